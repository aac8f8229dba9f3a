// SPDX-License-Identifier: MIT OR Apache-2.0

//! The straight borders of a sheet or a screen beside the face.
//!
//! A border is a line along which the luma steps in one direction; the steps of a texture cancel out. A
//! picture held in front of the camera shows at least two of its four borders, so the second strongest of the
//! four sides counts.

use crate::vision::{Affine, Border, Frame, GAUSSIAN_0_8, Rect, Sampler, TensorSpec, luma, smooth};

/// Side of the searched square, in sides of the face's box.
const REACH: f32 = 3.2;
/// Side of the raster that covers the searched square, in pixels.
const SIDE: usize = 96;
/// Number of orientations: −30° to 30° from upright in steps of `STEP`.
const ORIENTATIONS: usize = 13;
/// Angle between two orientations, in degrees.
const STEP: f32 = 5.0;
/// Half the length of a border in sides of the face's box, centred beside the middle of the face.
const HALF_LENGTH: f32 = 0.9;
/// Least distance of a border from the middle of the face, in sides of its box.
const NEAR: f32 = 0.5;
/// Greatest distance of a border from the middle of the face, in sides of its box.
const FAR: f32 = 1.5;
/// Limit of a single step, in grey levels per raster pixel. Without it, one bright spot would count as a
/// border.
const CLIP: f32 = 12.0;

/// Detector of straight borders; keeps its buffers between frames.
#[derive(Debug, Default)]
pub struct BorderFinder {
    rgb: Vec<f32>,
    luma: Vec<f32>,
    scratch: Vec<f32>,
    gradients: Vec<[f32; 2]>,
}

impl BorderFinder {
    /// Returns the mean step along the second strongest side, in grey levels per raster pixel, 0–12. About 3
    /// for a person in a room, above 6 for most sheets and screens. Returns 0 if `face` is smaller than one
    /// pixel.
    pub fn strength(&mut self, frame: &Frame<'_>, face: &Rect, sampler: &mut Sampler) -> f32 {
        let side = face.width.max(face.height);
        let area = face.square(REACH).square_inside(frame.width() as f32, frame.height() as f32);
        if side < 1.0 || area.width < 1.0 {
            return 0.0;
        }
        let spec = TensorSpec::rgb(SIDE, SIDE);
        self.rgb.resize(spec.len(), 0.0);
        sampler.sample(frame, &Affine::from_rect(&area, SIDE, SIDE), &spec, Border::Replicate, &mut self.rgb);
        self.take_gradients();
        let zoom = SIDE as f32 / area.width;
        let (center, unit) = (face.center(), side * zoom);
        self.second_strongest(((center.x - area.x) * zoom - 0.5, (center.y - area.y) * zoom - 0.5), unit)
    }

    /// Computes the Sobel gradients of the smoothed luma, in grey levels per pixel.
    fn take_gradients(&mut self) {
        self.luma.clear();
        self.luma.extend(self.rgb.chunks_exact(3).map(luma));
        smooth(&mut self.luma, SIDE, SIDE, &GAUSSIAN_0_8, &mut self.scratch);
        self.gradients.clear();
        self.gradients.resize(SIDE * SIDE, [0.0; 2]);
        let at = |x: usize, y: usize| self.luma[y * SIDE + x];
        for y in 1..SIDE - 1 {
            for x in 1..SIDE - 1 {
                let across = |dy: usize| at(x + 1, y + dy - 1) - at(x - 1, y + dy - 1);
                let down = |dx: usize| at(x + dx - 1, y + 1) - at(x + dx - 1, y - 1);
                let sobel = |of: &dyn Fn(usize) -> f32| (of(0) + 2.0 * of(1) + of(2)) / 8.0;
                self.gradients[y * SIDE + x] = [sobel(&across), sobel(&down)];
            }
        }
    }

    fn second_strongest(&self, center: (f32, f32), unit: f32) -> f32 {
        let mut sides = [[0.0f32; 4]; ORIENTATIONS];
        for (i, strengths) in sides.iter_mut().enumerate() {
            let angle = (STEP * (i as f32 - (ORIENTATIONS / 2) as f32)).to_radians();
            let (sin, cos) = angle.sin_cos();
            let normals = [(-cos, -sin), (cos, sin), (sin, -cos), (-sin, cos)];
            *strengths = normals.map(|normal| self.strongest(center, normal, unit));
        }
        // The four sides of a picture seen at a slant differ a little in direction.
        let around = |i: usize| &sides[i.saturating_sub(1)..(i + 2).min(ORIENTATIONS)];
        let second = |i: usize| {
            let mut best: [f32; 4] =
                std::array::from_fn(|side| around(i).iter().map(|s| s[side]).fold(0.0, f32::max));
            best.sort_by(f32::total_cmp);
            best[2]
        };
        (0..ORIENTATIONS).map(second).fold(0.0, f32::max)
    }

    /// Returns the strongest of the lines with this normal, over all distances.
    fn strongest(&self, center: (f32, f32), (nx, ny): (f32, f32), unit: f32) -> f32 {
        let half = (HALF_LENGTH * unit) as i32;
        let distances = (NEAR * unit).ceil() as i32..=(FAR * unit) as i32;
        distances
            .map(|distance| {
                let middle = (center.0 + distance as f32 * nx, center.1 + distance as f32 * ny);
                self.mean_step(middle, (nx, ny), half).abs()
            })
            .fold(0.0, f32::max)
    }

    /// Returns the mean luma step across a line, or 0 if less than half of the line lies in the raster. Every
    /// second point is enough because the luma is smoothed.
    fn mean_step(&self, (x, y): (f32, f32), (nx, ny): (f32, f32), half: i32) -> f32 {
        let (from, to) = clip(x, -ny, clip(y, nx, (-half, half)));
        let count = to - from + 1;
        if 2 * count < 2 * half + 1 {
            return 0.0;
        }
        let steps = (from..=to).step_by(2).map(|t| {
            let (column, row) = (x - t as f32 * ny + 0.5, y + t as f32 * nx + 0.5);
            let [gx, gy] = self.gradients[row as i32 as usize * SIDE + column as i32 as usize];
            (gx * nx + gy * ny).clamp(-CLIP, CLIP)
        });
        steps.sum::<f32>() / ((count + 1) / 2) as f32
    }
}

/// Returns the part of the integers `from..=to` for which `at + t · slope` rounds to a pixel of the raster.
fn clip(at: f32, slope: f32, (from, to): (i32, i32)) -> (i32, i32) {
    let (low, high) = (-0.49, SIDE as f32 - 0.51);
    if slope.abs() < 1e-6 {
        return if (low..=high).contains(&at) { (from, to) } else { (1, 0) };
    }
    let (a, b) = ((low - at) / slope, (high - at) / slope);
    (from.max(a.min(b).ceil() as i32), to.min(a.max(b).floor() as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the strength for a dark square sheet in a light room, with sides of 2 × `half` pixels, turned
    /// by `degrees`.
    fn strength_of(half: f32, degrees: f32) -> f32 {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let rgb: Vec<u8> = (0..320 * 320)
            .flat_map(|i| {
                let (x, y) = ((i % 320) as f32 - 160.0, (i / 320) as f32 - 160.0);
                let inside = (cos * x + sin * y).abs() < half && (cos * y - sin * x).abs() < half;
                [if inside { 60 } else { 200 }; 3]
            })
            .collect();
        let frame = Frame::rgb(&rgb, 320, 320).unwrap();
        BorderFinder::default().strength(&frame, &Rect::new(110.0, 110.0, 100.0, 100.0), &mut Sampler::new())
    }

    #[test]
    fn a_sheet_around_the_face_has_borders_and_a_plain_room_none() {
        assert!(strength_of(80.0, 0.0) > 10.0);
        assert!(strength_of(80.0, 20.0) > 8.0);
        assert!(strength_of(400.0, 0.0) < 0.1);
    }
}
