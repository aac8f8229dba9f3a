// SPDX-License-Identifier: MIT OR Apache-2.0

//! The depth map of a face as an image.

use super::depth::integrate;
use super::facemap::{neighbours, patches};
use super::shape::{Likeness, Slopes};
use crate::face::HeadPose;
use crate::vision::{Point, Rect};

/// The depth of a face over a square of the frame.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthMap {
    /// Side of the image, in pixels.
    pub side: usize,
    /// Depth row by row: 1 (farthest) to 65535 (nearest to the camera), 0 where it is not known.
    pub depth: Vec<u16>,
    /// Covered area of the frame, in pixels.
    pub area: Rect,
    /// Distance between the depths 1 and 65535, in cm for a face of average size. The shape is measured; its
    /// scale is fitted to a face. Near light makes it look somewhat rounder.
    pub range: f32,
}

/// Side of the image, in pixels.
const PIXELS: usize = 160;
/// Least gain of the slopes. Weaker slopes are not magnified further.
const LEAST_GAIN: f64 = 0.02;

impl DepthMap {
    /// Creates a depth map from slopes and their similarity to a face, for the landmarks of one frame in
    /// pixels. Returns `None` if no depth is known.
    pub fn new(slopes: &Slopes, likeness: Likeness, landmarks: &[Point]) -> Option<Self> {
        let (slopes, gain) = level(slopes, likeness);
        let depth = integrate(&slopes, gain.recip() as f32);
        let known = || depth.iter().flatten().copied();
        let (far, near) = known().fold((f32::MAX, f32::MIN), |(far, near), z| (far.min(z), near.max(z)));
        if far >= near {
            return None;
        }
        let area = Rect::around(landmarks.iter().copied())?.square(1.0);
        let scale = PIXELS as f32 / area.width.max(1.0);
        let places: Vec<[f32; 2]> = patches()
            .iter()
            .map(|patch| {
                let [x, y] = patch.in_frame(landmarks);
                [(x - area.x) * scale, (y - area.y) * scale]
            })
            .collect();
        let level = |i: usize| depth[i].map(|z| 1.0 + 65534.0 * (z - far) / (near - far));
        let mut picture = vec![0u16; PIXELS * PIXELS];
        for i in 0..places.len() {
            let at =
                |wanted: [isize; 2]| neighbours(i, 1).find(|(_, offset)| *offset == wanted).map(|(n, _)| n);
            let (Some(right), Some(below)) = (at([1, 0]), at([0, 1])) else { continue };
            fill(&mut picture, [i, right, below].map(|n| (places[n], level(n))));
            if let Some(opposite) = at([1, 1]) {
                fill(&mut picture, [opposite, right, below].map(|n| (places[n], level(n))));
            }
        }
        Some(Self { side: PIXELS, depth: picture, area, range: near - far })
    }
}

/// Returns the slopes without the tilt that the position of the screen causes, and their gain relative to a
/// face. Both directions share one gain, because the shape of the screen is not known.
pub fn level(slopes: &Slopes, likeness: Likeness) -> (Slopes, f64) {
    let gain = (0.5 * (likeness.gain[0] + likeness.gain[1])).max(LEAST_GAIN);
    (slopes.levelled(&Slopes::expected(HeadPose::default()), gain), gain)
}

/// Fills a triangle with the interpolated levels of its corners. Does nothing if a level is not known.
fn fill(picture: &mut [u16], corners: [([f32; 2], Option<f32>); 3]) {
    let [(a, Some(va)), (b, Some(vb)), (c, Some(vc))] = corners else { return };
    let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
    if !area.is_normal() {
        return;
    }
    let bounds = |axis: usize| {
        let values = [a[axis], b[axis], c[axis]];
        let low = values.iter().copied().fold(f32::MAX, f32::min).clamp(0.0, PIXELS as f32);
        let high = values.iter().copied().fold(f32::MIN, f32::max).clamp(0.0, PIXELS as f32);
        low as usize..(high.ceil() as usize).min(PIXELS)
    };
    for y in bounds(1) {
        for x in bounds(0) {
            let p = [x as f32 + 0.5, y as f32 + 0.5];
            let share = |u: [f32; 2], v: [f32; 2]| {
                ((u[0] - p[0]) * (v[1] - p[1]) - (v[0] - p[0]) * (u[1] - p[1])) / area
            };
            let (wa, wb, wc) = (share(b, c), share(c, a), share(a, b));
            if wa.min(wb).min(wc) >= -1e-4 {
                picture[y * PIXELS + x] = (wa * va + wb * vb + wc * vc).clamp(1.0, 65535.0) as u16;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::canonical_face;

    fn landmarks() -> Vec<Point> {
        let vertices = canonical_face().vertices.iter();
        vertices.map(|v| Point::new(200.0 + 10.0 * v[0], 150.0 - 10.0 * v[1])).collect()
    }

    #[test]
    fn the_nose_is_nearest() {
        let face = Slopes::expected(HeadPose::default());
        let map = DepthMap::new(&face, face.likeness(&face).unwrap(), &landmarks()).unwrap();
        assert!((4.0..12.0).contains(&map.range), "{} cm", map.range);
        let nearest = (0..map.depth.len()).max_by_key(|i| map.depth[*i]).unwrap();
        let scale = map.area.width / map.side as f32;
        let x = map.area.x + (nearest % map.side) as f32 * scale;
        assert!((x - 200.0).abs() < 15.0, "{x}");
        assert!(map.depth.iter().filter(|v| **v > 0).count() > map.depth.len() / 4);
    }
}
