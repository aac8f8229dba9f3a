// SPDX-License-Identifier: MIT OR Apache-2.0

//! The panel below the frame, with the decision and its measures.

use liveness_core::face::HeadPose;
use liveness_core::session::{LivenessCheck, LogType, Thresholds};

use super::layout::{Layout, PANEL};
use super::svg::{Font, Svg};
use crate::seen::Shot;

/// Background colour.
pub const GROUND: &str = "#0b1120";
const TRACK: &str = "#1e293b";
const BRIGHT: &str = "#f8fafc";
/// Colour of secondary text.
pub const SOFT: &str = "#94a3b8";

/// Font size of the lines of the origin, in units of the panel.
pub const SMALL_PRINT: f64 = 11.3;
/// Left edge of the lines of the origin, in units of the panel.
pub const MARGIN: f64 = DECISION.0;
/// Left edge and width of the decision's column, in units of the panel.
const DECISION: (f64, f64) = (44.0, 330.0);
/// Left edge and width of the measures' column.
const MEASURES: (f64, f64) = (430.0, 270.0);
/// Left edge and width of the facts' column.
const FACTS: (f64, f64) = (756.0, 280.0);

/// Draws the panel.
pub fn draw(
    svg: &mut Svg,
    shot: &Shot,
    check: &LivenessCheck,
    layout: &Layout,
    accent: &str,
    thresholds: Thresholds,
) {
    let (top, scale) = (layout.frame.height, layout.panel_scale);
    svg.add(format_args!("<g transform=\"translate(0 {top}) scale({scale:.4})\">"));
    svg.rect([0.0, 0.0, PANEL.0 + 2.0, PANEL.1 + 2.0], 0.0, GROUND, 1.0);
    svg.rect([0.0, 0.0, PANEL.0 + 2.0, 4.0], 0.0, accent, 1.0);
    decision(svg, check, accent, thresholds);
    measures(svg, check, shot);
    facts(svg, check, shot);
    footer(svg, check, shot);
    svg.add(format_args!("</g>"));
}

fn decision(svg: &mut Svg, check: &LivenessCheck, accent: &str, thresholds: Thresholds) {
    let (left, width) = DECISION;
    svg.dot((left + 9.0, 44.0), 9.0, accent, 1.0);
    svg.text((left + 30.0, 53.0), check.status.name(), &Font::new(27.0, accent).bold());
    let score = format!("{:.1}", check.score);
    svg.text((left - 4.0, 130.0), &score, &Font::new(72.0, BRIGHT).bold());
    // Digits of the bold font are about 0.7 em wide.
    let end = left + 72.0 * (0.7 * (score.len() as f64 - 1.0) + 0.38);
    svg.text((end + 12.0, 130.0), "of 100", &Font::new(20.0, SOFT));
    gauge(svg, [left, 156.0, width, 12.0], check.score, thresholds);
}

/// Draws the score on a scale with the thresholds.
fn gauge(svg: &mut Svg, [x, y, width, height]: [f64; 4], score: f64, thresholds: Thresholds) {
    let at = |percent: f64| x + width * percent.clamp(0.0, 100.0) / 100.0;
    let zones = [
        (0.0, thresholds.decline, "#f87171"),
        (thresholds.decline, thresholds.review, "#fbbf24"),
        (thresholds.review, 100.0, "#34d399"),
    ];
    for (from, to, colour) in zones {
        let here = if (score > from || from == 0.0) && score <= to { 0.9 } else { 0.32 };
        svg.rect([at(from) + 1.0, y, (at(to) - at(from) - 2.0).max(0.0), height], 3.0, colour, here);
    }
    svg.rect([at(score) - 4.5, y - 6.0, 9.0, height + 12.0], 4.5, GROUND, 1.0);
    svg.rect([at(score) - 2.5, y - 4.0, 5.0, height + 8.0], 2.5, BRIGHT, 1.0);
}

fn measures(svg: &mut Svg, check: &LivenessCheck, shot: &Shot) {
    let quality = shot.observation.primary().map(|(_, mesh)| mesh.quality);
    let rows = [
        ("Face quality", check.face_quality),
        ("Luminance", check.face_luminance),
        ("Sharpness", quality.map(|q| f64::from(q.sharpness))),
        ("Uncovered", quality.map(|q| f64::from(q.occlusion))),
    ];
    for (i, (name, value)) in rows.into_iter().enumerate() {
        measure(svg, 50.0 + 38.0 * i as f64, name, value);
    }
}

fn measure(svg: &mut Svg, y: f64, name: &str, value: Option<f64>) {
    let (left, width) = MEASURES;
    svg.text((left, y), name, &Font::new(17.0, SOFT));
    let text = value.map_or("–".to_owned(), |value| format!("{value:.0}"));
    svg.text((left + width, y), &text, &Font::new(17.0, BRIGHT).bold().to_the_left());
    svg.rect([left, y + 8.0, width, 5.0], 2.5, TRACK, 1.0);
    let share = value.unwrap_or(0.0).clamp(0.0, 100.0) / 100.0;
    svg.rect([left, y + 8.0, width * share, 5.0], 2.5, "#38bdf8", 1.0);
}

fn facts(svg: &mut Svg, check: &LivenessCheck, shot: &Shot) {
    let pose = shot.observation.primary().map(|(_, mesh)| mesh.pose);
    let evidence = &check.evidence;
    let age = check.age_estimation.map(|age| ("Age about", format!("{age:.0}")));
    let rows = [
        Some(("Head", pose.map_or("–".to_owned(), |pose| degrees(&pose)))),
        Some((
            "Frames",
            format!("{} analysed, {} skipped", evidence.frames_analysed, evidence.frames_skipped),
        )),
        Some(("Attempt", evidence.attempts_used.to_string())),
        age,
    ];
    let (left, width) = FACTS;
    for (i, (name, value)) in rows.iter().flatten().enumerate() {
        let y = 50.0 + 38.0 * i as f64;
        svg.text((left, y), name, &Font::new(17.0, SOFT));
        svg.text((left + width, y), value, &Font::new(16.0, BRIGHT).to_the_left());
    }
}

fn degrees(pose: &HeadPose) -> String {
    let angles = [("yaw", pose.yaw), ("pitch", pose.pitch), ("roll", pose.roll)];
    // Adding zero turns −0 into 0.
    angles.map(|(name, angle)| format!("{name} {:.0}°", angle.round() + 0.0)).join(" · ")
}

/// Draws the warnings, or "No warnings", and the method.
fn footer(svg: &mut Svg, check: &LivenessCheck, shot: &Shot) {
    let warnings = check.warnings.iter().filter(|warning| warning.log_type != LogType::Information);
    let warnings = warnings.map(|warning| &*warning.short_description).collect::<Vec<_>>();
    let said = if warnings.is_empty() { "No warnings".to_owned() } else { warnings.join(" · ") };
    svg.rect([DECISION.0, 196.0, PANEL.0 - 2.0 * DECISION.0, 1.0], 0.0, TRACK, 1.0);
    svg.text((DECISION.0, 226.0), &said, &Font::new(16.0, BRIGHT));
    let method = format!("{} liveness", shot.check.method.name());
    svg.text((PANEL.0 - DECISION.0, 226.0), &method, &Font::new(14.0, SOFT).to_the_left());
}
