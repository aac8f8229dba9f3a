// SPDX-License-Identifier: MIT OR Apache-2.0

//! The picture of the flash check's light: depth and normals of the face, its response to each cell of the
//! screen, and the light on the face over time.

use std::fmt::Write;
use std::path::Path;

use gst::prelude::*;
use liveness_core::check::{LightRecord, patches};

use super::axis::Axis;
use super::metadata;
use super::png;
use super::svg::{Font, Svg};
use crate::failure::Failure;
use crate::input::Open;
use crate::provenance::Provenance;
use crate::whole;

const GROUND: &str = "#0b1120";
const LANE: &str = "#131c31";
const SOFT: &str = "#94a3b8";
const BRIGHT: &str = "#f8fafc";
/// Names and colours of the channels.
const CHANNELS: [(&str, &str); 3] = [("Red", "#f87171"), ("Green", "#4ade80"), ("Blue", "#60a5fa")];

/// Width of the picture in pixels.
const WIDTH: f64 = 1080.0;
const MARGIN: f64 = 36.0;
const GAP: f64 = 18.0;
/// Pixels per patch in the large maps; two of them and the responses fill the width.
const LARGE: f64 = (WIDTH - 2.0 * MARGIN - 2.0 * GAP) / 3.0 / SPAN;
/// Patches per side of a map, without the rim, which no face fills.
const SPAN: f64 = 40.0;
const HEAD: f64 = 110.0;
const LANE_HEIGHT: f64 = 84.0;
/// Height from the legend to the bottom in pixels, for the lines of the origin.
const IMPRINT: f64 = 86.0;
/// Time between two frames in seconds above which a curve has a gap. Frames are missing when the person moved
/// too much between them.
const PAUSE: f64 = 0.2;

/// Writes the picture as PNG.
///
/// # Errors
/// The picture cannot be rendered, or the file cannot be written.
pub fn save(path: &Path, record: &LightRecord, origin: &Provenance) -> Result<(), Failure> {
    let Drawing { svg, height } = draw(record, origin);
    let open = Open::made(&format!(
        "videotestsrc num-buffers=1 pattern=black ! video/x-raw,format=BGRA,width={WIDTH},height={height},framerate=1/1 \
         ! rsvgoverlay name=drawing ! videoconvert ! video/x-raw,format=RGB ! pngenc"
    ))?;
    open.element("drawing")?.set_property("data", svg);
    whole::write(path, &metadata::in_png(png(open)?, origin))
}

struct Drawing {
    svg: String,
    height: u32,
}

fn draw(record: &LightRecord, origin: &Provenance) -> Drawing {
    let cells = record.rows * record.columns;
    let large = SPAN * LARGE;
    // The responses are arranged to the right of depth and normals like the cells of the screen.
    let left = MARGIN + 2.0 * (large + GAP);
    let fitting = |space: f64, count: usize| (space - 6.0 * (count as f64 - 1.0)) / count as f64 / SPAN;
    let patch = fitting(WIDTH - MARGIN - left, record.columns).min(fitting(large, record.rows));
    let lanes = HEAD + large + 76.0;
    let below_curves = lanes + 3.0 * LANE_HEIGHT + 56.0;
    let height = below_curves + IMPRINT;
    let mut svg = Svg::new(WIDTH as u32, height as u32);
    svg.rect([0.0, 0.0, WIDTH, height], 0.0, GROUND, 1.0);
    title(&mut svg, record);
    map(&mut svg, (MARGIN, HEAD), LARGE, |i| depth_colour(record, i));
    map(&mut svg, (MARGIN + large + GAP, HEAD), LARGE, |i| normal_colour(record, i));
    let brightest = brightest(record);
    for cell in 0..cells {
        let (row, column) = (cell / record.columns, cell % record.columns);
        let place = |i: usize, from: f64| from + i as f64 * (SPAN * patch + 6.0);
        // The first column is at the person's left, which is on the right in the picture.
        let mirrored = record.columns - 1 - column;
        map(&mut svg, (place(mirrored, left), place(row, HEAD)), patch, |i| {
            answer_colour(record, cell, i, brightest)
        });
    }
    let label = Font::new(14.0, SOFT);
    let below = HEAD + large + 24.0;
    svg.text((MARGIN, below), "Depth (near is bright, holes are unknown)", &label);
    svg.text((MARGIN + large + GAP, below), "Surface normals", &label);
    svg.text((left, below), "Answer to each part of the screen, in its place", &label);
    if let (Some(first), Some(last)) = (record.course.first(), record.course.last()) {
        let axis = Axis::between(128.0, WIDTH - MARGIN - 8.0, first.time, last.time);
        for k in 0..CHANNELS.len() {
            curve(&mut svg, record, k, &axis, lanes + k as f64 * LANE_HEIGHT);
        }
        axis.ticks(&mut svg, lanes + 3.0 * LANE_HEIGHT);
    }
    let legend = "Light on the face, as a share of it: dots are seen, the line is what the code explains";
    svg.text((MARGIN, below_curves), legend, &label);
    let small = Font::new(11.5, SOFT);
    for (i, line) in origin.lines().iter().enumerate() {
        svg.text((MARGIN, below_curves + 34.0 + 16.0 * i as f64), line, &small);
    }
    Drawing { svg: svg.finish(), height: height as u32 }
}

fn title(svg: &mut Svg, record: &LightRecord) {
    let findings = &record.findings;
    let likeness = findings.likeness.map_or("unknown".to_owned(), |l| format!("{:.2}", l.mean()));
    svg.text((MARGIN, 48.0), "What the light showed", &Font::new(26.0, BRIGHT).bold());
    let line = format!(
        "slopes like a face's {likeness} · code matched to {:.0} bits · screen's share of the light {:.0} % · display delay {:.0} ms",
        findings.freshness.bits(),
        100.0 * findings.modulation,
        1e3 * findings.freshness.lag
    );
    svg.text((MARGIN, 78.0), &line, &Font::new(16.0, SOFT));
}

/// Draws a face map with a square for each patch that has a colour.
fn map(svg: &mut Svg, (left, top): (f64, f64), size: f64, colour: impl Fn(usize) -> Option<[f64; 3]>) {
    svg.rect([left, top, SPAN * size, SPAN * size], 6.0, LANE, 1.0);
    for (i, patch) in patches().iter().enumerate() {
        let Some(colour) = colour(i) else { continue };
        let [r, g, b] = colour.map(|v| (255.0 * v.clamp(0.0, 1.0)).round() as u8);
        let [column, row] = patch.at.map(|v| v as f64);
        // The squares overlap slightly and have hard edges, so that no seam shows.
        svg.add(format_args!(
            "<rect shape-rendering=\"crispEdges\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"#{r:02x}{g:02x}{b:02x}\"/>",
            left + size * column,
            top + size * row,
            size + 0.6,
            size + 0.6
        ));
    }
}

/// Returns the colour of a patch's depth, from dark blue (far) over green to yellow (near).
fn depth_colour(record: &LightRecord, i: usize) -> Option<[f64; 3]> {
    let known = || record.depth.iter().flatten().copied();
    let (far, near) = known().fold((f32::MAX, f32::MIN), |(far, near), z| (far.min(z), near.max(z)));
    let x = f64::from((record.depth[i]? - far) / (near - far).max(1e-6));
    let stops =
        [[0.15, 0.11, 0.36], [0.17, 0.36, 0.55], [0.15, 0.62, 0.54], [0.55, 0.80, 0.35], [0.99, 0.91, 0.36]];
    let at = 4.0 * x;
    let below = (at as usize).min(3);
    Some([0, 1, 2].map(|k| stops[below][k] + (at - below as f64) * (stops[below + 1][k] - stops[below][k])))
}

/// Returns the colour of a patch's normal. The components to the right, up and towards the camera are red,
/// green and blue; a flat patch is grey blue.
fn normal_colour(record: &LightRecord, i: usize) -> Option<[f64; 3]> {
    let slopes = &record.findings.slopes;
    let [p, q] = [slopes.p[i]?, slopes.q[i]?].map(f64::from);
    let mean = |map: &[Option<f32>]| {
        let known = || map.iter().flatten();
        known().copied().map(f64::from).sum::<f64>() / known().count().max(1) as f64
    };
    // The screen's position tilts all normals alike, so the mean is removed. The measured slopes are a small
    // share of a face's, so they are enlarged.
    let [x, y] = [p - mean(&slopes.p), q - mean(&slopes.q)].map(|slope| 4.0 * slope);
    let length = (x * x + y * y + 1.0).sqrt();
    Some([0.5 + 0.5 * x / length, 0.5 + 0.5 * y / length, 0.5 + 0.5 / length])
}

/// Returns the 99th percentile of all responses.
fn brightest(record: &LightRecord) -> f32 {
    let answers = record.findings.response.patches.iter().flat_map(|answer| answer.cells.iter().flatten());
    let mut all: Vec<f32> = answers.copied().collect();
    all.sort_by(f32::total_cmp);
    all.get(all.len() * 99 / 100).copied().unwrap_or(1.0).max(1e-6)
}

fn answer_colour(record: &LightRecord, cell: usize, i: usize, brightest: f32) -> Option<[f64; 3]> {
    let answer = record.findings.response.patches.get(i)?.cells.get(cell)?;
    Some(answer.map(|v| f64::from(v / brightest).max(0.0).powf(1.0 / 2.2)))
}

fn curve(svg: &mut Svg, record: &LightRecord, channel: usize, axis: &Axis, top: f64) {
    let (name, colour) = CHANNELS[channel];
    let highest = record.course.iter().flat_map(|m| m.seen).map(f32::abs).fold(0.05, f32::max);
    let y = |value: f32| top + LANE_HEIGHT * (0.5 - 0.42 * f64::from(value / highest));
    svg.rect([axis.left - 8.0, top + 3.0, axis.right - axis.left + 16.0, LANE_HEIGHT - 6.0], 4.0, LANE, 1.0);
    svg.text((MARGIN, top + 0.5 * LANE_HEIGHT), name, &Font::new(15.0, colour).bold());
    svg.text(
        (MARGIN, top + 0.5 * LANE_HEIGHT + 18.0),
        &format!("±{:.0} %", 100.0 * highest),
        &Font::new(12.0, SOFT),
    );
    let mut path = String::new();
    let mut last = f64::MIN;
    for moment in &record.course {
        let command = if moment.time - last > PAUSE { 'M' } else { 'L' };
        last = moment.time;
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{:.1} {:.1}", axis.at(moment.time), y(moment.explained[channel]));
    }
    svg.path(&path, colour, 2.0, 0.85);
    for moment in &record.course {
        svg.dot((axis.at(moment.time), y(moment.seen[channel])), 2.4, BRIGHT, 0.75);
    }
}
