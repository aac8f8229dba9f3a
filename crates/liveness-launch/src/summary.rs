// SPDX-License-Identifier: MIT OR Apache-2.0

//! The summary of a decision for people at a terminal: its reasons, and the decision.

use liveness_core::session::{LivenessCheck, LogType, Status, Warning};

use super::console::{Colour, Style};

/// Returns the reasons of a check's decision as lines: warnings, measurements, and numbers of frames.
pub fn details(check: &LivenessCheck, style: Style) -> Vec<String> {
    let mut lines: Vec<_> = check.warnings.iter().map(|warning| warning_line(warning, style)).collect();
    let measures = measures(check);
    if !measures.is_empty() {
        lines.push(format!("    {measures}"));
    }
    lines.push(format!("    {}", style.faint(&effort(check))));
    lines
}

/// Returns the decision and its subject, such as `● Approved   score 88.7 of 100`.
pub fn decision(status: Status, about: &str, style: Style) -> String {
    let status = style.bold(&style.paint(colour(status), &format!("● {}", status.name())));
    format!("  {status}   {about}")
}

/// Returns the colour of a status.
const fn colour(status: Status) -> Colour {
    match status {
        Status::Approved => Colour::Green,
        Status::Declined => Colour::Red,
        _ => Colour::Amber,
    }
}

/// Returns the line for a warning.
fn warning_line(warning: &Warning, style: Style) -> String {
    let colour = match warning.log_type {
        LogType::Error => Colour::Red,
        LogType::Warning => Colour::Amber,
        LogType::Information => Colour::Cyan,
    };
    format!("    {} {}", style.paint(colour, &format!("{}:", warning.short_description)), warning.text())
}

/// Returns the measurements as text.
fn measures(check: &LivenessCheck) -> String {
    let measure = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {value:.0}"));
    let gender = check.evidence.gender.map(|gender| gender.name().to_owned());
    let all = [
        measure("face quality", check.face_quality),
        measure("luminance", check.face_luminance),
        measure("age about", check.age_estimation),
        gender,
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Returns the numbers of frames and attempts as text.
fn effort(check: &LivenessCheck) -> String {
    let evidence = &check.evidence;
    let (analysed, skipped, attempts) =
        (evidence.frames_analysed, evidence.frames_skipped, evidence.attempts_used);
    format!("{analysed} frames analysed · {skipped} skipped · attempt {attempts}")
}
