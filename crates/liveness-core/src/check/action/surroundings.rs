// SPDX-License-Identifier: MIT OR Apache-2.0

//! Motion of the surroundings of a moving head. The background of a photo moves with the face; a living head
//! moves in front of it.

use std::collections::VecDeque;

use super::super::evidence::Cue;
use super::super::{Time, seconds};
use crate::face::Mesh;
use crate::vision::{Affine, Border, Frame, Point, Rect, Sampler, TensorSpec};

/// Side of the raster around the face, in pixels.
const SIDE: usize = 32;
/// Side of the raster around the face, in sides of the face.
const WIDTH: f32 = 2.4;
const PATCH: TensorSpec = TensorSpec::rgb(SIDE, SIDE);
/// Least interval between compared frames, in seconds.
const APART: f64 = 0.2;
/// Greatest interval between compared frames, in seconds.
const MOST_APART: f64 = 0.5;
/// Least motion of the face between compared frames, in eye distances. A face that moves less shows nothing.
const LEAST_MOTION: f32 = 0.05;
/// Least time in motion for a result, in seconds.
const LEAST: f64 = 0.5;
/// Least number of raster pixels inside both frames.
const LEAST_PIXELS: usize = SIDE * SIDE / 11;

/// Compares the surroundings beside and above the head with those of an earlier frame: once as if they had
/// moved with the face, and once as if they had stood still.
#[derive(Default)]
pub struct Surroundings {
    face: Option<Anchor>,
    past: VecDeque<Moment>,
    last: Option<Time>,
    /// Time in motion, in seconds.
    seconds: f64,
    /// Sum of the residual variance times seconds, if the surroundings moved with the face.
    along: f64,
    /// Sum of the residual variance times seconds, if the surroundings stood still.
    still: f64,
    eye: Eye,
    /// The present frame, read at the face's place in the earlier frame.
    here: Vec<f32>,
    /// Pixels of the surroundings inside both frames.
    seen: Vec<usize>,
}

/// Reader of grey rasters; keeps its buffer between frames.
#[derive(Default)]
struct Eye {
    sampler: Sampler,
    rgb: Vec<f32>,
}

/// The first face in raster coordinates.
struct Anchor {
    points: Vec<Point>,
    corners: [Point; 4],
    /// Raster pixels of the surroundings.
    ring: Vec<usize>,
}

struct Moment {
    time: Time,
    /// Map from the raster to the frame.
    map: Affine,
    patch: Vec<f32>,
}

impl Surroundings {
    /// Observes a frame and its face.
    pub fn observe(&mut self, frame: &Frame<'_>, time: Time, mesh: &Mesh) {
        let step = self.last.replace(time).map_or(0.0, |last| seconds(last, time)).min(MOST_APART);
        let points: Vec<Point> = mesh.landmarks().iter().map(|landmark| landmark.point()).collect();
        let face = self.face.get_or_insert_with(|| Anchor::of(&points));
        let Some(map) = Affine::similarity(&face.points, &points) else { return };
        // The buffer of an outdated frame is used again.
        let mut patch = Vec::new();
        while self.past.get(1).is_some_and(|next| seconds(next.time, time) >= APART) {
            patch = self.past.pop_front().map_or(patch, |old| old.patch);
        }
        self.eye.read(frame, &map, &mut patch);
        let now = Moment { time, map, patch };
        self.compare(frame, &now, step, mesh.eye_distance());
        self.past.push_back(now);
    }

    /// Compares a frame with the oldest kept one.
    fn compare(&mut self, frame: &Frame<'_>, now: &Moment, step: f64, eye_distance: f32) {
        let (Some(then), Some(face)) = (self.past.front(), &self.face) else { return };
        let moved = face.moved(&then.map, &now.map) / eye_distance;
        if moved <= LEAST_MOTION || !(APART..=MOST_APART).contains(&seconds(then.time, now.time)) {
            return;
        }
        self.eye.read(frame, &then.map, &mut self.here);
        let both = |i: &&usize| shows(frame, &now.map, **i) && shows(frame, &then.map, **i);
        self.seen.clear();
        self.seen.extend(face.ring.iter().filter(both));
        if self.seen.len() < LEAST_PIXELS {
            return;
        }
        self.along += step * variance(self.seen.iter().map(|i| now.patch[*i] - then.patch[*i]));
        self.still += step * variance(self.seen.iter().map(|i| self.here[*i] - then.patch[*i]));
        self.seconds += step;
    }

    /// Returns ln(a / s), with the residual variance a for surroundings that moved with the face and s for
    /// surroundings that stood still. It is negative if they moved with the face. `None` if the face hardly
    /// moved.
    pub fn value(&self) -> Option<f64> {
        (self.seconds >= LEAST).then(|| (self.along / self.still).ln())
    }

    /// Returns the cue `background_stays`.
    pub fn cue(&self) -> Cue {
        Cue::new("background_stays", self.value(), 0.0)
    }
}

impl Eye {
    fn read(&mut self, frame: &Frame<'_>, map: &Affine, grey: &mut Vec<f32>) {
        self.rgb.resize(PATCH.len(), 0.0);
        self.sampler.sample(frame, map, &PATCH, Border::Replicate, &mut self.rgb);
        grey.clear();
        grey.extend(self.rgb.chunks_exact(3).map(|pixel| pixel.iter().sum::<f32>() / 3.0));
    }
}

impl Anchor {
    fn of(points: &[Point]) -> Self {
        let face = Rect::around(points.iter().copied()).unwrap_or_default();
        let (center, side) = (face.center(), WIDTH * face.width.max(face.height).max(1.0));
        let scale = SIDE as f32 / side;
        let middle = 0.5 * SIDE as f32;
        let inside =
            |p: Point| Point::new(scale * (p.x - center.x) + middle, scale * (p.y - center.y) + middle);
        let half = (0.5 * scale * face.width, 0.5 * scale * face.height);
        let corner = |x: f32, y: f32| Point::new(middle + x * half.0, middle + y * half.1);
        // Hair belongs to the head, and the area below the mouth shows neck and shoulders.
        let surrounds = |i: &usize| {
            let pixel = pixel(*i);
            let (x, y) = ((pixel.x - middle) / half.0, (pixel.y - middle) / half.1);
            y < -1.6 || (x.abs() > 1.45 && y < 0.6)
        };
        Self {
            points: points.iter().copied().map(inside).collect(),
            corners: [corner(-1.0, -1.0), corner(1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0)],
            ring: (0..SIDE * SIDE).filter(surrounds).collect(),
        }
    }

    /// Returns the mean distance by which the corners of the face have moved, in pixels of the frame.
    fn moved(&self, then: &Affine, now: &Affine) -> f32 {
        self.corners.iter().map(|corner| now.apply(*corner).distance(then.apply(*corner))).sum::<f32>() / 4.0
    }
}

/// Returns the centre of the raster's n-th pixel.
fn pixel(n: usize) -> Point {
    Point::new((n % SIDE) as f32 + 0.5, (n / SIDE) as f32 + 0.5)
}

fn shows(frame: &Frame<'_>, map: &Affine, n: usize) -> bool {
    let place = map.apply(pixel(n));
    (0.0..frame.width() as f32).contains(&place.x) && (0.0..frame.height() as f32).contains(&place.y)
}

/// Returns the variance. The mean is removed because a change of the whole light is no motion.
fn variance(values: impl ExactSizeIterator<Item = f32> + Clone) -> f64 {
    let count = values.len() as f64;
    let mean = values.clone().map(f64::from).sum::<f64>() / count;
    values.map(|value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{LANDMARKS, Landmark};

    const SIZE: (usize, usize) = (320, 240);

    /// Returns the horizontal offset, in pixels, of a face that sways by `reach` pixels once a second.
    fn sway(at: f64, reach: f32) -> f32 {
        reach * (std::f64::consts::TAU * at).sin() as f32
    }

    fn face(x: f32) -> Mesh {
        let landmark = |i: usize| {
            let (sin, cos) = (i as f32 * 0.7).sin_cos();
            Landmark { x: x + 160.0 + 30.0 * cos, y: 120.0 + 40.0 * sin, z: 0.0 }
        };
        Mesh::new((0..LANDMARKS).map(landmark).collect()).unwrap()
    }

    /// A textured wall, shifted.
    fn wall(x: f32) -> Vec<u8> {
        let value = |column: usize, row: usize| {
            let wave = ((column as f32 - x) / 9.0).sin() + (row as f32 / 7.0).cos();
            (128.0 + 50.0 * wave) as u8
        };
        (0..SIZE.1).flat_map(|row| (0..SIZE.0).flat_map(move |column| [value(column, row); 3])).collect()
    }

    fn value(rate: u32, reach: f32, share: f32) -> Option<f64> {
        let mut surroundings = Surroundings::default();
        for i in 0..3 * rate {
            let at = f64::from(i) / f64::from(rate);
            let x = sway(at, reach);
            let rgb = wall(share * x);
            let frame = Frame::rgb(&rgb, SIZE.0, SIZE.1).unwrap();
            surroundings.observe(&frame, (at * 1e9) as Time, &face(x));
        }
        surroundings.value()
    }

    #[test]
    fn a_wall_that_stays_and_one_that_goes_along_are_told_apart_at_every_rate() {
        for rate in [10, 15, 30] {
            let [stays, along] = [0.0, 1.0].map(|share| value(rate, 12.0, share).unwrap());
            assert!(stays > 1.5 && along < -1.5, "{rate}: {stays} {along}");
        }
        assert!(value(30, 12.0, 0.5).unwrap().abs() < 1.0, "half of the way is neither");
    }

    #[test]
    fn a_face_that_hardly_moves_abstains() {
        assert_eq!(value(30, 0.5, 0.0), None);
        assert!(Surroundings::default().cue().abstained);
    }
}
