// SPDX-License-Identifier: MIT OR Apache-2.0

//! The report as text for a terminal with 100 columns.

use std::fmt::{self, Write};

use super::case::Label;
use super::report::{Band, ENOUGH, Estimate, Figure, Mistake, Point, Report};
use liveness_service::provenance::Provenance;

/// Formats the rate in percent: `96.8 % [93.8, 98.6]`.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(share) = self.share else { return f.pad("–") };
        f.pad(&format!("{:.1} % [{:.1}, {:.1}]", 100.0 * share, 100.0 * self.low, 100.0 * self.high))
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.3} [{:.3}, {:.3}]", self.value, self.low, self.high))
    }
}

/// Returns sentences on the data, the thresholds and the intervals of the report.
pub fn basis(report: &Report) -> Vec<String> {
    let settings = &report.settings;
    let kind = if settings.rendered { "RENDERED sessions, no real people" } else { "files" };
    let intervals = if report.by_subject {
        "95 %: exact (Clopper–Pearson), widened to what resampling whole subjects gives"
    } else {
        "95 %, exact (Clopper–Pearson)"
    };
    vec![
        format!(
            "{} presentations ({kind}) of {} subjects: {}",
            report.presentations, report.subjects, report.source
        ),
        format!(
            "One attempt each; scores to {} decline, to {} go to review. Intervals: {intervals}.",
            settings.decline_threshold, settings.review_threshold
        ),
        format!(
            "Rates are of presentations that got a response (nothing to judge was seen in those without); the worst \
             species is one of at least {ENOUGH}."
        ),
    ]
}

/// Returns the result of the evaluation as a sentence.
pub fn verdict(report: &Report) -> String {
    match report.points.first() {
        Some(Point { accepted, apcer_worst, apcer_worst_species, bpcer, .. }) => format!(
            "{accepted}: attacks let in {apcer_worst} (APCER of the worst species, {apcer_worst_species}), live people kept \
             out {bpcer} (BPCER)"
        ),
        None => format!("No species has {ENOUGH} attacks and there are no error rates"),
    }
}

/// Returns the whole report as text.
pub fn table(report: &Report, origin: &Provenance) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, report, origin);
    text
}

fn write(text: &mut String, report: &Report, origin: &Provenance) -> fmt::Result {
    writeln!(text, "{} ({})\n", report.settings.method, report.settings.version)?;
    for line in basis(report) {
        writeln!(text, "{line}")?;
    }
    writeln!(
        text,
        "Run {} at {}; data SHA-256 {}",
        origin.session_id, origin.created_at, origin.data_sha256
    )?;
    mistakes(text, "Attacks let through or sent to review, the most alive first", &report.attacks_accepted)?;
    mistakes(text, "Live people declined, the least alive first", &report.live_declined)?;
    if !report.failed.is_empty() {
        writeln!(text, "\nNot played")?;
    }
    for (id, error) in &report.failed {
        writeln!(text, "  {id}: {error}")?;
    }
    bands(text, "face quality", &report.by_quality)?;
    bands(text, "face luminance", &report.by_luminance)?;
    rows(text, report)?;
    separation(text, report)?;
    points(text, report)
}

fn rows(text: &mut String, report: &Report) -> fmt::Result {
    let mut label = None;
    for row in &report.rows {
        if label.replace(row.label) != Some(row.label) {
            let (title, approved, declined) = match row.label {
                Label::Live => ("Bona fide", "approved", "declined (BPCER)"),
                Label::Attack => ("Attacks", "approved (APCER)", "declined"),
                Label::Other => ("Others, not to be let in", "approved", "declined"),
            };
            writeln!(
                text,
                "\n{title:<24}{:>5}{:>5}  {approved:<22}{:<22}{declined}",
                "n", "none", "in review"
            )?;
        }
        writeln!(
            text,
            "  {:<22}{:>5}{:>5}  {:<22}{:<22}{}",
            row.species, row.presentations, row.no_response.hits, row.approved, row.in_review, row.declined
        )?;
    }
    Ok(())
}

fn separation(text: &mut String, report: &Report) -> fmt::Result {
    if let Some(separation) = &report.separation {
        let (live, attacks) = separation.roc.counts();
        writeln!(text, "\nScores ({live} live, {attacks} attacks)")?;
        let eer = separation.eer;
        writeln!(text, "  AUC {}", separation.auc)?;
        writeln!(text, "  EER {:.1} % [{:.1}, {:.1}]", 100.0 * eer.value, 100.0 * eer.low, 100.0 * eer.high)?;
        for (apcer, bpcer) in &separation.bpcer_at_apcer {
            writeln!(text, "  BPCER at an APCER of {:>2.0} %: {bpcer}", 100.0 * apcer)?;
        }
    }
    if let Some((middle, most)) = report.seconds.filter(|(_, most)| *most > 0.0) {
        writeln!(text, "\nDecisions after {middle:.1} s of video (median), at most {most:.1} s")?;
    }
    Ok(())
}

/// Writes the error rates. They come last because they are the main result.
fn points(text: &mut String, report: &Report) -> fmt::Result {
    if !report.points.is_empty() {
        writeln!(
            text,
            "\n{:<24}{:<22}{:<22}{:<22}ACER",
            "Let in", "APCER of all", "of the worst species", "BPCER"
        )?;
    }
    for point in report.points.iter().chain(&report.at_threshold) {
        let acer = format!("{:.1} %", 100.0 * point.acer);
        let Point { accepted, apcer, apcer_worst: worst, apcer_worst_species: species, bpcer, .. } = point;
        writeln!(text, "  {accepted:<22}{apcer:<22}{worst:<22}{bpcer:<22}{acer:<10}worst: {species}")?;
    }
    if report.points.is_empty() { Ok(()) } else { writeln!(text, "\n{}", verdict(report)) }
}

fn bands(text: &mut String, name: &str, bands: &[Band]) -> fmt::Result {
    if !bands.is_empty() {
        writeln!(
            text,
            "\n{:<26}{:<23}{:<23}attacks approved",
            format!("By {name}"),
            "live approved",
            "live declined"
        )?;
    }
    for band in bands {
        let range = format!("{:.0} to {:.0}", band.from, band.to);
        writeln!(
            text,
            "  {range:<24}{:<23}{:<23}{}",
            band.live_approved, band.live_declined, band.attacks_approved
        )?;
    }
    Ok(())
}

fn mistakes(text: &mut String, title: &str, mistakes: &[Mistake]) -> fmt::Result {
    if !mistakes.is_empty() {
        writeln!(text, "\n{title}")?;
    }
    for mistake in mistakes {
        writeln!(
            text,
            "  {:>5.1} {:<9} {}  {}",
            mistake.score,
            mistake.status,
            mistake.id,
            mistake.reasons.join(", ")
        )?;
    }
    Ok(())
}
