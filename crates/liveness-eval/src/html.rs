// SPDX-License-Identifier: MIT OR Apache-2.0

//! The report as a self-contained web page, without scripts, external fonts or network access.

use std::collections::HashMap;
use std::fmt::{self, Write};

use super::case::Label;
use super::report::{Band, Figure, Mistake, Report};
use super::{plot, text};
use liveness_service::picture::svg::escaped;
use liveness_service::provenance::Provenance;

const STYLE: &str = include_str!("page.css");

/// Returns the page. `pictures` holds thumbnails of the errors as data URLs, by id.
pub fn page(report: &Report, origin: &Provenance, pictures: &HashMap<String, String>) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, report, origin, pictures);
    page
}

fn write(
    page: &mut String,
    report: &Report,
    origin: &Provenance,
    pictures: &HashMap<String, String>,
) -> fmt::Result {
    let title = format!("Liveness: {}", report.settings.method);
    writeln!(
        page,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>"
    )?;
    if report.settings.rendered {
        writeln!(
            page,
            "<p class=notice>Rendered people and attacks: what holds for them need not hold for real ones.</p>"
        )?;
    }
    writeln!(page, "<p class=verdict>{}</p>", escaped(&origin.verdict))?;
    for line in text::basis(report) {
        writeln!(page, "<p>{}</p>", escaped(&line))?;
    }
    rows(page, report)?;
    points(page, report)?;
    let thresholds = [report.settings.decline_threshold, report.settings.review_threshold];
    writeln!(page, "<h2>Scores</h2><figure>{}</figure>", plot::histograms(&report.rows, thresholds))?;
    if let Some(separation) = &report.separation {
        let (roc, review) = (&separation.roc, thresholds[1]);
        writeln!(
            page,
            "<p>The mark is the row “score above {review}”: the score alone, all attacks together, without the faults of \
             the picture that keep a score from being approved.</p>"
        )?;
        writeln!(page, "<div class=pair><figure>{}</figure>", plot::roc(roc, review))?;
        writeln!(page, "<figure>{}</figure></div>", plot::det(roc, review))?;
    }
    bands(page, "Face quality", &report.by_quality)?;
    bands(page, "Face luminance", &report.by_luminance)?;
    mistakes(page, "Attacks let through or sent to review", &report.attacks_accepted, pictures)?;
    mistakes(page, "Live people declined", &report.live_declined, pictures)?;
    failed(page, &report.failed)?;
    provenance(page, origin)?;
    writeln!(page, "</main></html>")
}

fn provenance(page: &mut String, origin: &Provenance) -> fmt::Result {
    writeln!(page, "<h2>Origin</h2><table class=origin>")?;
    for (name, value) in origin.entries() {
        writeln!(page, "<tr><th>{}<td>{}", escaped(&name), escaped(value))?;
    }
    writeln!(page, "</table>")
}

/// Formats a table cell with a rate, its interval and its counts.
fn cell(figure: &Figure) -> String {
    match figure.share {
        None => "<td>–".to_owned(),
        Some(share) => format!(
            "<td><b>{:.1} %</b> <span>[{:.1}, {:.1}] {} of {}</span>",
            100.0 * share,
            100.0 * figure.low,
            100.0 * figure.high,
            figure.hits,
            figure.n
        ),
    }
}

fn rows(page: &mut String, report: &Report) -> fmt::Result {
    writeln!(page, "<h2>By species</h2><table>")?;
    let mut label = None;
    for row in &report.rows {
        if label.replace(row.label) != Some(row.label) {
            let [title, none, approved, declined] = match row.label {
                Label::Live => ["Bona fide", "no response (BPNRR)", "approved", "declined (BPCER)"],
                Label::Attack => ["Attacks", "no response (APNRR)", "approved (APCER)", "declined"],
                Label::Other => ["Others, not to be let in", "no response", "approved", "declined"],
            };
            writeln!(page, "<tr><th>{title}<th>{none}<th>{approved}<th>in review<th>{declined}")?;
        }
        let figures = [row.no_response, row.approved, row.in_review, row.declined];
        let cells: String = figures.iter().map(cell).collect();
        writeln!(page, "<tr><td>{}{cells}", escaped(&row.species))?;
    }
    writeln!(page, "</table>")
}

fn points(page: &mut String, report: &Report) -> fmt::Result {
    if !report.points.is_empty() {
        writeln!(
            page,
            "<h2>Errors</h2><table><tr><th>let in<th>APCER of all attacks<th>of the worst species<th><th>BPCER<th>ACER"
        )?;
    }
    for point in report.points.iter().chain(&report.at_threshold) {
        writeln!(
            page,
            "<tr><td>{}{}{}<td>{}{}<td>{:.1} %",
            escaped(&point.accepted),
            cell(&point.apcer),
            cell(&point.apcer_worst),
            escaped(&point.apcer_worst_species),
            cell(&point.bpcer),
            100.0 * point.acer
        )?;
    }
    if !report.points.is_empty() {
        writeln!(page, "</table>")?;
    }
    if let Some(separation) = &report.separation {
        let eer = separation.eer;
        write!(page, "<table><tr><th>AUC<th>EER")?;
        for (apcer, _) in &separation.bpcer_at_apcer {
            write!(page, "<th>BPCER at APCER {:.0} %", 100.0 * apcer)?;
        }
        write!(
            page,
            "<tr><td>{}<td>{:.1} % [{:.1}, {:.1}]",
            separation.auc,
            100.0 * eer.value,
            100.0 * eer.low,
            100.0 * eer.high
        )?;
        for (_, bpcer) in &separation.bpcer_at_apcer {
            write!(page, "{}", cell(bpcer))?;
        }
        writeln!(page, "</table>")?;
    }
    match report.seconds {
        Some((middle, most)) if most > 0.0 => {
            writeln!(page, "<p>Decisions after {middle:.1} s of video (median), at most {most:.1} s.</p>")
        }
        _ => Ok(()),
    }
}

fn bands(page: &mut String, name: &str, bands: &[Band]) -> fmt::Result {
    if bands.is_empty() {
        return Ok(());
    }
    writeln!(page, "<table><tr><th>{name}<th>live approved<th>live declined<th>attacks approved")?;
    for band in bands {
        let cells: String =
            [band.live_approved, band.live_declined, band.attacks_approved].iter().map(cell).collect();
        writeln!(page, "<tr><td>{:.0} to {:.0}{cells}", band.from, band.to)?;
    }
    writeln!(page, "</table>")
}

fn mistakes(
    page: &mut String,
    title: &str,
    mistakes: &[Mistake],
    pictures: &HashMap<String, String>,
) -> fmt::Result {
    if mistakes.is_empty() {
        return Ok(());
    }
    writeln!(page, "<h2>{title}</h2><div class=errors>")?;
    for mistake in mistakes {
        write!(page, "<article>")?;
        if let Some(url) = pictures.get(&mistake.id) {
            write!(page, "<img alt='' src='{url}'>")?;
        }
        writeln!(
            page,
            "<p><b>{:.1}</b> {} · {}</p><p class=id>{}</p><p>{}</p></article>",
            mistake.score,
            mistake.status,
            escaped(&mistake.species),
            escaped(&mistake.id),
            escaped(&mistake.reasons.join(", "))
        )?;
    }
    writeln!(page, "</div>")
}

fn failed(page: &mut String, failed: &[(String, String)]) -> fmt::Result {
    if failed.is_empty() {
        return Ok(());
    }
    writeln!(page, "<h2>Not played</h2><ul>")?;
    for (id, error) in failed {
        writeln!(page, "<li>{}: {}", escaped(id), escaped(error))?;
    }
    writeln!(page, "</ul>")
}

#[cfg(test)]
mod tests {
    use liveness_core::check::Method;
    use liveness_workflow::Node;

    use super::*;
    use crate::case::{Case, Origin};
    use crate::results::{Results, Settings};
    use crate::trial::Trial;

    /// Returns a report on live people and attacks with these scores and statuses.
    fn report(presentations: &[(Label, f64, &str)]) -> Report {
        let settings = Settings::of(&Node::new(Method::Passive), false).unwrap();
        let mut results = Results::open(None, &settings).unwrap();
        let mut cases = Vec::new();
        for (i, (label, score, status)) in presentations.iter().enumerate() {
            let id = i.to_string();
            let origin = Origin::File(id.clone().into());
            let trial = Trial { id: id.clone(), status: (*status).into(), score: *score, ..Trial::default() };
            results.add(trial).unwrap();
            cases.push(Case {
                id,
                label: *label,
                species: label.name().into(),
                subject: String::new(),
                origin,
            });
        }
        Report::of(&cases, &results, "a <dataset>".into(), settings)
    }

    fn origin(report: &Report) -> Provenance {
        Provenance {
            created_at: "2026-01-02T03:04:05Z".into(),
            software: "test 1",
            session_id: "the-run".into(),
            check: "passive".into(),
            verdict: text::verdict(report),
            data_sha256: "ab".repeat(32),
            models: report.settings.models.clone(),
        }
    }

    /// Returns a report in which three of twenty people and one of twelve attacks have a good score in a
    /// faulty picture.
    fn doubtful() -> Report {
        let live = (0..20).map(|i| match i {
            0..3 => (Label::Live, 80.0, "In Review"),
            3..5 => (Label::Live, 50.0, "In Review"),
            _ => (Label::Live, 90.0, "Approved"),
        });
        let attacks = (0..12).map(|i| match i {
            0 => (Label::Attack, 70.0, "In Review"),
            _ => (Label::Attack, 5.0, "Declined"),
        });
        report(&live.chain(attacks).collect::<Vec<_>>())
    }

    #[test]
    fn the_marked_point_is_a_row_of_the_table() {
        let report = doubtful();
        let point = report.at_threshold.as_ref().unwrap();
        let hits = |figure: &Figure| (figure.hits, figure.n);
        assert_eq!((hits(&point.apcer), hits(&point.bpcer)), ((1, 12), (2, 20)));
        let page = page(&report, &origin(&report), &HashMap::new());
        let row = page.lines().find(|line| line.starts_with("<tr><td>score above 60")).unwrap();
        assert!(row.contains("<b>8.3 %</b>") && row.contains("<b>10.0 %</b>"), "{row}");
        let told = page.matches(">APCER 8.3 %, BPCER 10.0 %<").count();
        assert_eq!(told, 2, "both curves say where the point lies");
        // The row of approvals is separate, as faults of the picture lower their number.
        let row = page.lines().find(|line| line.starts_with("<tr><td>Approved<")).unwrap();
        assert!(row.contains("<b>0.0 %</b>") && row.contains("<b>25.0 %</b>"), "{row}");
    }

    #[test]
    fn the_page_says_where_it_comes_from() {
        let report = doubtful();
        let origin = origin(&report);
        let page = page(&report, &origin, &HashMap::new());
        for (keyword, value) in origin.entries() {
            assert!(page.contains(&format!("<tr><th>{keyword}<td>{}", escaped(value))), "{keyword}");
        }
        assert_eq!(origin.entries().len(), 6 + 6, "{:?}", origin.entries());
        assert!(page.contains("<p class=verdict>Approved: attacks let in 0.0 % ["), "{page}");
    }
}
