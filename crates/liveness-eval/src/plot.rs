// SPDX-License-Identifier: MIT OR Apache-2.0

//! The report's curves and histograms as SVG. The colours are variables of the page (`--name`) and follow its
//! colour scheme.

use crate::metrics::{Rate, Roc};
use statrs::distribution::{ContinuousCDF, Normal};

use super::case::Label;
use super::report::Row;
use liveness_service::picture::svg::{Font, Svg};

const INK: &str = "var(--ink)";
const FAINT: &str = "var(--faint)";
const GRID: &str = "var(--grid)";
const LIVE: &str = "var(--live)";
const ATTACK: &str = "var(--attack)";
const MARK: &str = "var(--mark)";

const BINS: usize = 25;
/// Lowest rate on a logarithmic or normal scale.
const LEAST: f64 = 1e-3;

/// A square plot with two axes.
struct Axes<'a> {
    svg: Svg,
    /// Maps a rate to a position of 0–1 on the axis.
    across: &'a dyn Fn(f64) -> f64,
    up: &'a dyn Fn(f64) -> f64,
}

const SIDE: f64 = 300.0;
const LEFT: f64 = 62.0;
const TOP: f64 = 34.0;

impl<'a> Axes<'a> {
    fn new(
        titles: (&str, &str),
        ticks: (&[f64], &[f64]),
        across: &'a dyn Fn(f64) -> f64,
        up: &'a dyn Fn(f64) -> f64,
    ) -> Self {
        let mut axes =
            Self { svg: Svg::new((LEFT + SIDE + 24.0) as u32, (TOP + SIDE + 52.0) as u32), across, up };
        let svg = &mut axes.svg;
        let font = Font::new(12.0, FAINT);
        svg.text((LEFT, TOP - 14.0), titles.1, &font);
        svg.text((LEFT + SIDE, TOP + SIDE + 42.0), titles.0, &font.to_the_left());
        for tick in ticks.0 {
            let x = LEFT + SIDE * across(*tick);
            svg.path(&format!("M{x} {TOP} v{SIDE}"), GRID, 1.0, 1.0);
            svg.text((x, TOP + SIDE + 20.0), &percent(*tick), &font.centred());
        }
        for tick in ticks.1 {
            let y = TOP + SIDE * (1.0 - up(*tick));
            svg.path(&format!("M{LEFT} {y} h{SIDE}"), GRID, 1.0, 1.0);
            svg.text((LEFT - 8.0, y + 4.0), &percent(*tick), &font.to_the_left());
        }
        axes
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (LEFT + SIDE * (self.across)(x), TOP + SIDE * (1.0 - (self.up)(y)))
    }

    fn curve(&mut self, points: impl Iterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (i, point) in points.enumerate() {
            let (x, y) = self.place(point);
            path += &format!("{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        self.svg.path(&path, LIVE, 2.5, 1.0);
    }

    /// Draws a marked point. Its text is placed away from the curve and inside the page.
    fn mark(&mut self, point: (f64, f64), lines: &[String; 2], below: f64) {
        let (x, y) = self.place(point);
        self.svg.dot((x, y), 5.0, MARK, 1.0);
        let font = Font::new(12.0, INK);
        let (x, font) = if x > LEFT + 0.5 * SIDE { (x - 9.0, font.to_the_left()) } else { (x + 9.0, font) };
        for (line, down) in lines.iter().zip([0.0, 15.0]) {
            self.svg.text((x, y + below + down), line, &font);
        }
    }
}

/// Formats a rate in percent. The lower end of a logarithmic or normal scale stands for all smaller rates.
fn percent(share: f64) -> String {
    let less = if share > 0.0 && share <= LEAST { "≤ " } else { "" };
    format!("{less}{} %", (1e4 * share).round() / 1e2)
}

fn share(rate: Rate) -> f64 {
    rate.share().unwrap_or_default()
}

/// Returns the rates of a point as text. They agree with the table's row, even below the end of a scale.
fn caption(roc: &Roc, threshold: f64) -> [String; 2] {
    let [apcer, bpcer] = [roc.apcer(threshold), roc.bpcer(threshold)].map(|rate| 100.0 * share(rate));
    [format!("score above {threshold}"), format!("APCER {apcer:.1} %, BPCER {bpcer:.1} %")]
}

/// Draws the rate of accepted live people against that of accepted attacks, on a logarithmic scale. `review`
/// is the threshold in use, 0–100.
pub fn roc(roc: &Roc, review: f64) -> String {
    let across = |rate: f64| 1.0 - rate.max(LEAST).log10() / LEAST.log10();
    let up = |rate: f64| rate;
    let mut axes = Axes::new(
        ("attacks let in (APCER)", "live people let in (1 − BPCER)"),
        (&[0.001, 0.01, 0.1, 1.0], &[0.0, 0.25, 0.5, 0.75, 1.0]),
        &across,
        &up,
    );
    let point = |threshold| (share(roc.apcer(threshold)), 1.0 - share(roc.bpcer(threshold)));
    axes.curve(roc.thresholds().into_iter().map(point));
    axes.mark(point(review), &caption(roc, review), 18.0);
    axes.svg.finish()
}

/// Draws both error rates against each other, on scales that make normal distributions straight (Martin et
/// al. 1997). `review` is the threshold in use, 0–100.
pub fn det(roc: &Roc, review: f64) -> String {
    let normal = Normal::standard();
    let scale = |rate: f64| {
        let ends = normal.inverse_cdf(0.6) - normal.inverse_cdf(LEAST);
        ((normal.inverse_cdf(rate.clamp(LEAST, 0.6)) - normal.inverse_cdf(LEAST)) / ends).clamp(0.0, 1.0)
    };
    let ticks = [0.001, 0.01, 0.05, 0.1, 0.2, 0.4];
    let mut axes = Axes::new(
        ("attacks let in (APCER)", "live people kept out (BPCER)"),
        (&ticks, &ticks),
        &scale,
        &scale,
    );
    let point = |threshold| (share(roc.apcer(threshold)), share(roc.bpcer(threshold)));
    axes.curve(roc.thresholds().into_iter().map(point));
    axes.mark(point(review), &caption(roc, review), -23.0);
    axes.svg.finish()
}

/// Draws the distribution of scores for each species. `thresholds` are those for decline and review, 0–100.
pub fn histograms(rows: &[Row], thresholds: [f64; 2]) -> String {
    const WIDE: f64 = 560.0;
    const LEFT: f64 = 210.0;
    const TALL: f64 = 40.0;
    let rows: Vec<_> = rows.iter().filter(|row| !row.summary && !row.scores.is_empty()).collect();
    let bottom = 14.0 + TALL * rows.len() as f64;
    let mut svg = Svg::new((LEFT + WIDE + 20.0) as u32, (bottom + 44.0) as u32);
    for (i, row) in rows.iter().enumerate() {
        let base = 14.0 + TALL * (i + 1) as f64 - 6.0;
        let colour = if row.label == Label::Live { LIVE } else { ATTACK };
        svg.text((LEFT - 14.0, base - 6.0), &row.species, &Font::new(13.0, INK).to_the_left());
        svg.path(&format!("M{LEFT} {base} h{WIDE}"), GRID, 1.0, 1.0);
        let bins = binned(&row.scores);
        let most = bins.iter().copied().max().unwrap_or(0).max(1) as f64;
        let step = WIDE / BINS as f64;
        for (bin, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
            // Square roots, so that small counts remain visible beside large ones.
            let tall = (TALL - 12.0) * (*count as f64 / most).sqrt();
            svg.rect([LEFT + step * bin as f64, base - tall, step - 1.5, tall], 1.5, colour, 1.0);
        }
    }
    let font = Font::new(12.0, FAINT).centred();
    for score in [0.0, thresholds[0], thresholds[1], 100.0] {
        let x = LEFT + WIDE * score / 100.0;
        if score == thresholds[0] || score == thresholds[1] {
            svg.path(&format!("M{x} 8 V{bottom}"), MARK, 1.0, 0.8);
        }
        svg.text((x, bottom + 16.0), &score.to_string(), &font);
    }
    svg.text(
        (LEFT + WIDE, bottom + 36.0),
        "score; heights are square roots of counts",
        &Font::new(12.0, FAINT).to_the_left(),
    );
    svg.finish()
}

fn binned(scores: &[f64]) -> [usize; BINS] {
    let mut bins = [0; BINS];
    for score in scores {
        bins[((score / 100.0 * BINS as f64).max(0.0) as usize).min(BINS - 1)] += 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_stay_on_the_paper() {
        let scores = Roc::new(vec![90.0, 80.0, 0.0], vec![10.0, 95.0, 100.0]).unwrap();
        for svg in [roc(&scores, 60.0), det(&scores, 60.0)] {
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            // A letter is about 6.5 pixels wide.
            for text in svg.split("<text x=\"").skip(1) {
                let x: f64 = text.split('"').next().unwrap().parse().unwrap();
                let content = text.split_once('>').unwrap().1.split('<').next().unwrap();
                let wide = 6.5 * content.chars().count() as f64;
                let right = if text.contains("\"start\"") { x + wide } else { x };
                assert!(right <= LEFT + SIDE + 24.0, "{content} ends at {right}");
            }
            let path = svg.split("d=\"").last().unwrap().split('"').next().unwrap();
            for number in path.split(['M', 'L', ' ']).filter(|n| !n.is_empty()) {
                let number: f64 = number.parse().unwrap();
                assert!((TOP..=LEFT + SIDE).contains(&number), "{number}");
            }
        }
    }

    #[test]
    fn scores_fall_into_their_bins() {
        let bins = binned(&[0.0, 3.9, 4.0, 100.0, 120.0, -1.0]);
        assert_eq!((bins[0], bins[1], bins[BINS - 1]), (3, 1, 2));
    }
}
