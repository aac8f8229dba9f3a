// SPDX-License-Identifier: MIT OR Apache-2.0

//! How well the depth map of the flash check agrees with the rendered person's true depth.
//!
//!     cargo run --release --example depth -- [SESSIONS] [SHEET.png]
//!
//! Each of SESSIONS (24) has its own person, pose, distance (30 to 60 cm), room (a tenth to 1.5 times the screen's light)
//! and noise. Told is the correlation over the face once the best plane is out of both; SHEET.png shows for each session the
//! face, its measured and its true depth.

#[path = "common/offline.rs"]
mod offline;

use liveness_core::check::{Check, DepthMap};
use liveness_render::Surface;
use nalgebra::{DMatrix, DVector};
use offline::SIZE;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Sessions to a row of the sheet.
const ACROSS: usize = 4;

/// What came of a session.
struct Session {
    map: DepthMap,
    truth: Surface,
    rgb: Vec<u8>,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(Ok(24), |n| n.parse())?;
    gst::init()?;
    let (mut sessions, mut correlations) = (Vec::new(), Vec::new());
    for n in 0..count {
        let (check, rgb, truth) = offline::play(n as u64)?;
        let Some(map) = check.depth_map() else {
            println!("{n}: no depth map");
            continue;
        };
        let session = Session { map, truth, rgb };
        correlations.push(session.correlation());
        sessions.push(session);
    }
    let mean = correlations.iter().sum::<f64>() / correlations.len().max(1) as f64;
    let worst = correlations.iter().copied().fold(f64::INFINITY, f64::min);
    let good = correlations.iter().filter(|c| **c >= 0.9).count();
    println!("depth: mean {mean:.3}, worst {worst:.3}, {good} of {} at 0.9 or above", correlations.len());
    match arguments.next() {
        Some(path) => sheet(&sessions, &path),
        None => Ok(()),
    }
}

impl Session {
    /// The pixel of the frame under one of the map.
    fn under(&self, column: usize, row: usize) -> usize {
        let DepthMap { area, side, .. } = &self.map;
        let at = |begin: f32, i: usize, size: usize| {
            (begin + (i as f32 + 0.5) * area.width / *side as f32).clamp(0.0, (size - 1) as f32) as usize
        };
        at(area.y, row, SIZE.1) * SIZE.0 + at(area.x, column, SIZE.0)
    }

    fn correlation(&self) -> f64 {
        let side = self.map.side;
        let pixels: Vec<_> = (0..side * side)
            .map(|i| (i % side, i / side, self.map.depth[i], self.under(i % side, i / side)))
            .filter(|(_, _, depth, under)| *depth > 0 && self.truth.mask[*under])
            .collect();
        let plane =
            DMatrix::from_fn(pixels.len(), 3, |i, j| [1.0, pixels[i].0 as f64, pixels[i].1 as f64][j]);
        let plane = plane.qr().q();
        let rest = |values: DVector<f64>| &values - &plane * (plane.transpose() * &values);
        let measured = rest(DVector::from_fn(pixels.len(), |i, _| f64::from(pixels[i].2)));
        let truth = rest(DVector::from_fn(pixels.len(), |i, _| -f64::from(self.truth.depth[pixels[i].3])));
        measured.dot(&truth) / (measured.norm() * truth.norm())
    }

    /// The face, its measured and its true depth, as rows of RGB.
    fn tiles(&self) -> Vec<Vec<u8>> {
        let side = self.map.side;
        let known = |i: usize| self.map.depth[i] > 0;
        let under = |i: usize| self.under(i % side, i / side);
        let depths =
            (0..side * side).filter(|i| known(*i)).map(|i| self.truth.depth[under(i)]).filter(|d| *d > 0.0);
        let (near, far) = depths.fold((f32::MAX, f32::MIN), |(near, far), d| (near.min(d), far.max(d)));
        let pixel = |tile: usize, i: usize| match tile {
            0 => [0, 1, 2].map(|k| self.rgb[3 * under(i) + k]),
            1 => [(self.map.depth[i] >> 8) as u8; 3],
            _ if !known(i) || !self.truth.mask[under(i)] => [0; 3],
            _ => {
                [(255.0 * (far - self.truth.depth[under(i)]) / (far - near).max(1e-6)).clamp(0.0, 255.0)
                    as u8; 3]
            }
        };
        (0..side)
            .map(|row| {
                (0..3)
                    .flat_map(|tile| (0..side).flat_map(move |c| [(tile, row * side + c)]))
                    .flat_map(|(t, i)| pixel(t, i))
                    .collect()
            })
            .collect()
    }
}

fn sheet(sessions: &[Session], path: &str) -> Result<(), Error> {
    let Some(side) = sessions.first().map(|session| session.map.side) else { return Ok(()) };
    let (width, height) = (3 * side * ACROSS, side * sessions.len().div_ceil(ACROSS));
    let mut rgb = vec![24u8; 3 * width * height];
    for (n, session) in sessions.iter().enumerate() {
        for (row, line) in session.tiles().iter().enumerate() {
            let at = 3 * ((n / ACROSS * side + row) * width + n % ACROSS * 3 * side);
            rgb[at..at + line.len()].copy_from_slice(line);
        }
    }
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", width as i32)
        .field("height", height as i32)
        .field("framerate", gst::Fraction::new(1, 1))
        .build();
    let sample = gst::Sample::builder().buffer(&gst::Buffer::from_slice(rgb)).caps(&caps).build();
    let png = gst::Caps::builder("image/png").build();
    let png = gst_video::convert_sample(&sample, &png, Some(gst::ClockTime::from_seconds(10)))?;
    let buffer = png.buffer().ok_or("no picture")?;
    std::fs::write(path, buffer.map_readable()?.as_slice())?;
    Ok(())
}
