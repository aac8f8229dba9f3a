// SPDX-License-Identifier: MIT OR Apache-2.0

//! Synthetic faces with known responses, for tests.

use super::code::LightCode;
use super::facemap::{FaceMap, Patch, patches};
use super::series::Series;
use crate::check::random::Randomness;

/// The properties of a camera.
pub struct Camera {
    /// Returns the seconds from the n-th frame to the next.
    pub steps: fn(usize) -> f64,
    /// Rate at which the exposure follows the light, per second.
    pub exposure: f64,
    /// Standard deviation of the noise of each patch in each frame, relative to its light.
    pub noise: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { steps: |_| 1.0 / 30.0, exposure: 0.0, noise: 0.0 }
    }
}

/// Returns a code of 3 s for a grid of 2 × 2 cells.
pub fn code(seed: u64) -> LightCode {
    LightCode::draw(2, 2, 3_000_000_000, &mut Randomness::new(seed)).unwrap()
}

/// Returns the response of a patch of skin to the cell at (`across`, `up`). The room gives a third of the
/// light.
pub fn skin(patch: &Patch, across: f32, up: f32) -> f32 {
    let [x, y, z] = patch.normal;
    0.5 * (0.3 * across * x + 0.2 * up * y + z).max(0.0)
}

/// Returns the patches of a face under a code that is shown with a delay of `lag` seconds.
pub fn played(
    code: &LightCode,
    lag: f64,
    camera: &Camera,
    answer: impl Fn(&Patch, f32, f32) -> f32,
) -> Series {
    let (mut series, mut time, mut exposure, mut random) = (Series::default(), 0.0, 1.0, Randomness::new(9));
    let mut noise = || (random.below(2001).unwrap() as f64 / 1000.0 - 1.0) * 3f64.sqrt() * camera.noise;
    let places: Vec<(f32, f32)> = (0..code.cells()).map(|cell| code.place(cell)).collect();
    let end = code.duration() as f64 * 1e-9 + 0.15;
    for i in 0.. {
        let cells = code.at_seconds(time - lag);
        let seen = |patch: &Patch, channel: usize| {
            let screen =
                cells.iter().zip(&places).map(|(cell, (x, y))| cell[channel] * answer(patch, *x, *y));
            0.3 + screen.sum::<f32>()
        };
        let light: Vec<[f32; 3]> = patches()
            .iter()
            .map(|patch| [0, 1, 2].map(|k| 0.3 * exposure as f32 * seen(patch, k) * (1.0 + noise() as f32)))
            .collect();
        let step = (camera.steps)(i);
        let mean = light.iter().flatten().sum::<f32>() / (3 * light.len()) as f32;
        exposure *= (-camera.exposure * step * f64::from(mean / 0.4).ln()).exp();
        series.push(time, &FaceMap { clipped: vec![[false; 3]; light.len()], light }, [0.0; 5]);
        time += step;
        if time > end {
            break;
        }
    }
    series
}
