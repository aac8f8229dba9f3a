// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plot of prompts and the face's signals over time.

use std::fmt::Write;

use liveness_core::check::{Action, Challenge, Signals};

use super::axis::Axis;
use super::layout::{Layout, PANEL};
use super::svg::{Font, Svg};
use crate::seen::Moment;

const GROUND: &str = "#0b1120";
const LANE: &str = "#131c31";
const SOFT: &str = "#94a3b8";
const BRIGHT: &str = "#f8fafc";
const DONE: &str = "#34d399";
const FAILED: &str = "#f87171";

/// Left edge of the curves, in units of the panel like the sizes below.
const LEFT: f64 = 150.0;
/// Right edge of the curves.
const RIGHT: f64 = 1036.0;
/// Height of the prompts above the curves.
const HEAD: f64 = 64.0;
/// Height of a lane.
const LANE_HEIGHT: f64 = 74.0;
/// Height of the axis below the curves.
const FOOT: f64 = 44.0;

/// The plot of one signal over time.
struct Lane {
    name: &'static str,
    unit: &'static str,
    colour: &'static str,
    of: fn(&Signals) -> f32,
    /// Minimum range of values from bottom to top.
    span: f32,
}

const EYES: Lane = Lane { name: "Eyes open", unit: "", colour: "#38bdf8", of: |s| s.eyes, span: 0.3 };
const YAW: Lane = Lane { name: "Yaw", unit: "°", colour: "#a78bfa", of: |s| s.yaw, span: 40.0 };
const PITCH: Lane = Lane { name: "Pitch", unit: "°", colour: "#f472b6", of: |s| s.pitch, span: 30.0 };
const SMILE: Lane = Lane { name: "Smile", unit: "", colour: "#fbbf24", of: |s| s.smile, span: 0.6 };
const JAW: Lane = Lane { name: "Mouth", unit: "", colour: "#fb923c", of: |s| s.jaw, span: 0.6 };
const BROWS: Lane = Lane { name: "Brows up", unit: "", colour: "#2dd4bf", of: |s| s.brows, span: 0.6 };

/// Returns the lanes to plot: eyes and head always, other parts of the face if a challenge asks for them.
fn lanes(challenges: &[Challenge]) -> Vec<&'static Lane> {
    let asked = |action: Action| challenges.iter().any(|challenge| challenge.action == action.name());
    let mut lanes = vec![&EYES, &YAW, &PITCH];
    let others = [(Action::Smile, &SMILE), (Action::OpenMouth, &JAW), (Action::RaiseBrows, &BROWS)];
    lanes.extend(others.into_iter().filter(|(action, _)| asked(*action)).map(|(_, lane)| lane));
    lanes
}

/// Returns the height of the plot in units of the panel, or 0 without challenges.
pub fn height(challenges: &[Challenge]) -> f64 {
    if challenges.is_empty() { 0.0 } else { HEAD + LANE_HEIGHT * lanes(challenges).len() as f64 + FOOT }
}

/// Draws the plot below the panel.
pub fn draw(svg: &mut Svg, moments: &[Moment], challenges: &[Challenge], layout: &Layout) {
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return;
    };
    let (scale, top) = (layout.panel_scale, f64::from(layout.frame.height) + PANEL.1 * layout.panel_scale);
    let axis = Axis::between(LEFT, RIGHT, first.time, last.time);
    let lanes = lanes(challenges);
    let bottom = HEAD + LANE_HEIGHT * lanes.len() as f64;
    svg.add(format_args!("<g transform=\"translate(0 {top:.2}) scale({scale:.4})\">"));
    svg.rect([0.0, 0.0, PANEL.0 + 2.0, height(challenges) + 2.0], 0.0, GROUND, 1.0);
    for i in 0..lanes.len() {
        let y = HEAD + LANE_HEIGHT * i as f64;
        svg.rect([LEFT, y + 3.0, RIGHT - LEFT, LANE_HEIGHT - 6.0], 4.0, LANE, 1.0);
    }
    challenges.iter().for_each(|challenge| prompt(svg, challenge, &axis, bottom));
    for (i, lane) in lanes.iter().enumerate() {
        curve(svg, lane, moments, &axis, HEAD + LANE_HEIGHT * i as f64);
    }
    axis.ticks(svg, bottom);
    svg.add(format_args!("</g>"));
}

/// Draws a challenge from its prompt to the end of the action: faint during the reaction, stronger during the
/// action.
fn prompt(svg: &mut Svg, challenge: &Challenge, axis: &Axis, bottom: f64) {
    let end = challenge.end.unwrap_or(axis.seconds);
    let colour = if challenge.end.is_some() { DONE } else { FAILED };
    let (from, to) = (axis.after(challenge.requested), axis.after(end));
    svg.rect([from, HEAD - 4.0, (to - from).max(2.0), bottom - HEAD + 4.0], 3.0, colour, 0.13);
    if let Some(onset) = challenge.onset {
        let from = axis.after(onset);
        svg.rect([from, HEAD - 4.0, (to - from).max(2.0), bottom - HEAD + 4.0], 3.0, colour, 0.15);
    }
    svg.rect([from - 1.0, HEAD - 12.0, 2.0, bottom - HEAD + 12.0], 1.0, colour, 1.0);
    let place = from.min(RIGHT - 140.0);
    svg.text((place, 30.0), &challenge.action, &Font::new(18.0, BRIGHT).bold());
    let outcome = match challenge.onset {
        Some(onset) => format!("answered after {:.2} s", onset - challenge.requested),
        None => "not done".to_owned(),
    };
    svg.text((place, 48.0), &outcome, &Font::new(13.0, colour));
}

fn curve(svg: &mut Svg, lane: &Lane, moments: &[Moment], axis: &Axis, top: f64) {
    let values = || moments.iter().filter_map(|moment| moment.signals.as_ref()).map(lane.of);
    let (low, high) = values().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return;
    }
    let (middle, span) = (0.5 * (low + high), (high - low).max(lane.span) * 1.15);
    let place = |value: f32| top + LANE_HEIGHT * (0.5 - f64::from((value - middle) / span));
    let mut path = String::new();
    let mut pen = 'M';
    for moment in moments {
        let Some(signals) = &moment.signals else {
            // A frame without a face leaves a gap.
            pen = 'M';
            continue;
        };
        let (x, y) = (axis.at(moment.time), place((lane.of)(signals)));
        // Writing to a string cannot fail.
        let _ = write!(path, "{pen}{x:.1} {y:.1}");
        pen = 'L';
    }
    svg.path(&path, lane.colour, 2.5, 1.0);
    let middle_of_lane = top + 0.5 * LANE_HEIGHT;
    svg.text((44.0, middle_of_lane - 2.0), lane.name, &Font::new(16.0, lane.colour).bold());
    let digits = usize::from(lane.unit.is_empty()) * 2;
    // Adding zero turns −0 into 0.
    let unit = if digits == 0 { 1.0 } else { 100.0 };
    let [low, high] = [low, high].map(|v| (unit * v).round() / unit + 0.0);
    let range = format!("{low:.digits$} to {high:.digits$}{}", lane.unit);
    svg.text((44.0, middle_of_lane + 16.0), &range, &Font::new(13.0, SOFT));
}
