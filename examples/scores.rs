//! Draws what `sessions` measured: score histograms by species, and the ROC curve.
//!
//!     VERBOSE=1 cargo run --release --example sessions -- flash 300 print 2> print.txt
//!     cargo run --example scores -- TITLE live=live.txt print=print.txt … > scores.svg
//!
//! The first is the live one. Sessions that ended as non-response (asked for a darker place) have no score and are counted
//! apart, as ISO/IEC 30107-3 asks.

#[path = "common/stats.rs"]
mod stats;

use std::fmt::Write;

use stats::{Rate, auc};

type Error = Box<dyn std::error::Error>;

const BINS: usize = 25;
const ROW: f64 = 46.0;
const LEFT: f64 = 250.0;
const WIDE: f64 = 420.0;
const TOP: f64 = 92.0;
/// The ROC's side, and where it stands.
const SIDE: f64 = 330.0;
const ROC: f64 = LEFT + WIDE + 110.0;
/// Above it scores are approved, above the first they go to review.
const THRESHOLDS: [f64; 2] = [30.0, 60.0];
const TEAL: &str = "#34d399";
const RED: &str = "#f87171";

struct Species {
    name: String,
    scores: Vec<f64>,
    approved: usize,
    sessions: usize,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let title = arguments.next().ok_or("usage: scores TITLE NAME=FILE…")?;
    let all = arguments.map(|argument| read(&argument)).collect::<Result<Vec<_>, _>>()?;
    print!("{}", draw(&title, &all)?);
    Ok(())
}

fn read(argument: &str) -> Result<Species, Error> {
    let (name, path) = argument.split_once('=').ok_or("expected NAME=FILE")?;
    let mut species = Species { name: name.to_owned(), scores: Vec::new(), approved: 0, sessions: 0 };
    for line in std::fs::read_to_string(path)?.lines() {
        // "12 In Review 54 [reasons] cues": a number, a status of one or two words, a score.
        let Some((head, tail)) = line.split_once(" [") else { continue };
        let Some((status, score)) = head.rsplit_once(' ') else { continue };
        let Ok(score) = score.parse::<f64>() else { continue };
        species.sessions += 1;
        species.approved += usize::from(status.ends_with("Approved"));
        if !tail.starts_with("\"HIGH_FACE_LUMINANCE\"]") {
            species.scores.push(score);
        }
    }
    Ok(species)
}

fn draw(title: &str, all: &[Species]) -> Result<String, Error> {
    let height = TOP + ROW * all.len() as f64 + 60.0;
    let height = height.max(TOP + SIDE + 70.0);
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='1180' height='{height}' font-family='DejaVu Sans' font-size='13'>\
         <rect width='100%' height='100%' fill='#0b1020'/>\
         <text x='24' y='38' fill='#fff' font-size='21' font-weight='bold'>{title}</text>"
    );
    writeln!(svg, "<text x='24' y='62' fill='#94a3b8'>Score by species; non-responses have none</text>")?;
    for (i, species) in all.iter().enumerate() {
        histogram(&mut svg, species, TOP + ROW * i as f64, if i == 0 { TEAL } else { RED })?;
    }
    let bottom = TOP + ROW * all.len() as f64;
    for threshold in THRESHOLDS {
        let x = LEFT + WIDE * threshold / 100.0;
        writeln!(svg, "<path d='M{x} {TOP} V{bottom}' stroke='#fbbf24' stroke-dasharray='3 4'/>")?;
    }
    for score in [0, 30, 60, 100] {
        let x = LEFT + WIDE * f64::from(score) / 100.0;
        writeln!(
            svg,
            "<text x='{x}' y='{}' fill='#94a3b8' text-anchor='middle'>{score}</text>",
            bottom + 20.0
        )?;
    }
    curve(&mut svg, all)?;
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn histogram(svg: &mut String, species: &Species, top: f64, colour: &str) -> Result<(), Error> {
    let Species { name, scores, approved, sessions } = species;
    let mut bins = [0usize; BINS];
    for score in scores {
        bins[((score / 100.0 * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    let most = bins.iter().copied().max().unwrap_or(0).max(1) as f64;
    let base = top + ROW - 10.0;
    writeln!(svg, "<text x='24' y='{}' fill='#fff' font-weight='bold'>{name}</text>", base - 14.0)?;
    let rate = Rate::new(*approved, *sessions).to_string();
    let rate = rate.trim().split(" (").next().unwrap_or_default();
    writeln!(
        svg,
        "<text x='24' y='{}' fill='#94a3b8' font-size='11'>approved {rate}, n {sessions}</text>",
        base + 1.0
    )?;
    writeln!(svg, "<path d='M{LEFT} {base} h{WIDE}' stroke='#334155'/>")?;
    let step = WIDE / BINS as f64;
    for (i, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
        // Roots, so that the few that matter are seen beside the many.
        let tall = (ROW - 14.0) * (*count as f64 / most).sqrt();
        let (x, y, wide) = (LEFT + step * i as f64, base - tall, step - 1.5);
        writeln!(
            svg,
            "<rect x='{x:.1}' y='{y:.1}' width='{wide:.1}' height='{tall:.1}' fill='{colour}' rx='1.5'/>"
        )?;
    }
    Ok(())
}

/// True and false acceptance over all thresholds, false ones on a logarithmic scale.
fn curve(svg: &mut String, all: &[Species]) -> Result<(), Error> {
    let Some((live, attacks)) = all.split_first() else { return Ok(()) };
    let attacks: Vec<f64> = attacks.iter().flat_map(|species| species.scores.iter().copied()).collect();
    let Some((area, low, high)) = auc(&live.scores, &attacks) else { return Ok(()) };
    let (bottom, least) = (TOP + SIDE, 1e-4f64);
    let across = |rate: f64| ROC + SIDE * (1.0 - rate.max(least).log10() / least.log10());
    let up = |rate: f64| bottom - SIDE * rate;
    writeln!(svg, "<rect x='{ROC}' y='{TOP}' width='{SIDE}' height='{SIDE}' fill='#141d31'/>")?;
    for power in -4..=0 {
        let x = across(10f64.powi(power));
        writeln!(svg, "<path d='M{x} {TOP} V{bottom}' stroke='#26324a'/>")?;
        let label = 100.0 * 10f64.powi(power);
        writeln!(
            svg,
            "<text x='{x}' y='{}' fill='#94a3b8' text-anchor='middle'>{label}</text>",
            bottom + 18.0
        )?;
    }
    for percent in [0, 25, 50, 75, 100] {
        let y = up(f64::from(percent) / 100.0);
        writeln!(svg, "<path d='M{ROC} {y} h{SIDE}' stroke='#26324a'/>")?;
        writeln!(
            svg,
            "<text x='{}' y='{}' fill='#94a3b8' text-anchor='end'>{percent}</text>",
            ROC - 8.0,
            y + 4.0
        )?;
    }
    let share = |scores: &[f64], least: f64| {
        scores.iter().filter(|s| **s >= least).count() as f64 / scores.len() as f64
    };
    let points = (0..=1010).rev().map(|i| f64::from(i) / 10.0);
    let points: Vec<String> = points
        .map(|least| format!("{:.1},{:.1}", across(share(&attacks, least)), up(share(&live.scores, least))))
        .collect();
    writeln!(
        svg,
        "<polyline points='{}' fill='none' stroke='{TEAL}' stroke-width='2.5'/>",
        points.join(" ")
    )?;
    let (x, y) = (across(share(&attacks, THRESHOLDS[1])), up(share(&live.scores, THRESHOLDS[1])));
    writeln!(svg, "<circle cx='{x:.1}' cy='{y:.1}' r='5' fill='#fbbf24'/>")?;
    let text = format!("AUC {area:.4} [{low:.4}, {high:.4}]");
    writeln!(
        svg,
        "<text x='{}' y='{}' fill='#fff' font-weight='bold'>{text}</text>",
        ROC + 60.0,
        bottom - 40.0
    )?;
    writeln!(
        svg,
        "<text x='{}' y='{}' fill='#94a3b8'>dot: approved above 60</text>",
        ROC + 60.0,
        bottom - 18.0
    )?;
    writeln!(svg, "<text x='{ROC}' y='{}' fill='#94a3b8'>live accepted, %</text>", TOP - 10.0)?;
    let middle = ROC + SIDE / 2.0;
    writeln!(
        svg,
        "<text x='{middle}' y='{}' fill='#94a3b8' text-anchor='middle'>attacks accepted, %</text>",
        bottom + 40.0
    )?;
    Ok(())
}
