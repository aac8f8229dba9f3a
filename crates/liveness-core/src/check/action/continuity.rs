// SPDX-License-Identifier: MIT OR Apache-2.0

//! Continuity of the video: frozen, looped or cut videos do not show one scene in front of one camera.

use std::collections::HashMap;

use super::super::Time;
use crate::face::Mesh;
use crate::vision::Point;

/// Longest time of identical frames, in nanoseconds. A camera's noise changes every frame; frame rate
/// conversion repeats only a few.
const STILL: Time = 600_000_000;
/// Least age of an earlier copy of a frame in a loop, in nanoseconds.
const AGE: Time = 500_000_000;
/// Number of such copies that make a loop.
const COPIES: u32 = 5;
/// Highest speed of a head, in eye distances per second.
const FASTEST: f32 = 30.0;
/// Greatest change of size of a face from one frame to the next, as a factor.
const GROWTH: f32 = 1.4;
/// Greatest interval between compared frames, in nanoseconds.
const NEXT: Time = 200_000_000;

/// A break in the continuity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The frames were identical for too long.
    Frozen,
    /// Earlier frames came again.
    Looped,
    /// The face was replaced, or it jumped.
    Cut,
}

struct Glimpse {
    time: Time,
    print: u64,
    /// Time since which the frames are exact copies.
    since: Time,
    /// Centre of the face in heights of the frame, because the resolution may change.
    center: Point,
    /// Eye distance in heights of the frame.
    eyes: f32,
    id: u32,
}

/// Detector of breaks over one attempt.
#[derive(Default)]
pub struct Continuity {
    last: Option<Glimpse>,
    seen: HashMap<u64, Time>,
    copies: u32,
    longest_still: Time,
}

impl Continuity {
    /// Observes a frame by its fingerprint, its height in pixels and the face with number `id` in it. Returns
    /// the break, if there is one.
    pub fn observe(&mut self, time: Time, print: u64, height: f32, id: u32, mesh: &Mesh) -> Option<Break> {
        let center = mesh.bbox().center();
        let center = Point::new(center.x / height, center.y / height);
        let eyes = mesh.eye_distance().max(1.0) / height;
        let still = self.last.as_ref().filter(|last| last.print == print).map(|last| last.since);
        let since = still.unwrap_or(time);
        self.longest_still = self.longest_still.max(time.saturating_sub(since));
        if still.is_none() {
            let earlier = self.seen.insert(print, time);
            self.copies += u32::from(earlier.is_some_and(|then| time.saturating_sub(then) >= AGE));
        }
        let now = Glimpse { time, print, since, center, eyes, id };
        let cut = self.last.as_ref().is_some_and(|last| jumps(last, &now));
        self.last = Some(now);
        if self.longest_still > STILL {
            Some(Break::Frozen)
        } else if self.copies >= COPIES {
            Some(Break::Looped)
        } else {
            cut.then_some(Break::Cut)
        }
    }

    /// Returns the longest time of identical frames, in seconds.
    pub fn longest_still(&self) -> f64 {
        self.longest_still as f64 * 1e-9
    }

    /// Returns the number of frames that are copies of earlier ones.
    pub fn copies(&self) -> u32 {
        self.copies
    }
}

fn jumps(last: &Glimpse, now: &Glimpse) -> bool {
    let waited = now.time.saturating_sub(last.time);
    if waited > NEXT {
        return false;
    }
    let way = now.center.distance(last.center) / last.eyes;
    let growth = now.eyes / last.eyes;
    let turned = !(1.0 / GROWTH..=GROWTH).contains(&growth);
    now.id != last.id || way > FASTEST * (waited as f32 * 1e-9).max(0.02) || (turned && way > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{LANDMARKS, Landmark};

    /// Returns a face around (`x`, 100) whose landmarks lie on a raster of 8 × 6 pixels.
    fn face(x: f32) -> Mesh {
        let at =
            |i: usize| Landmark { x: x + (i % 20) as f32 * 8.0, y: 100.0 + (i / 20) as f32 * 6.0, z: 0.0 };
        Mesh::new((0..LANDMARKS).map(at).collect()).unwrap()
    }

    /// Returns the first break. The position of the face also serves as the fingerprint of the frame.
    fn breaks(faces: impl Iterator<Item = (f32, u32)>) -> Option<Break> {
        let mut continuity = Continuity::default();
        let time = |i: usize| i as Time * 33_000_000;
        faces
            .enumerate()
            .find_map(|(i, (x, id))| continuity.observe(time(i), u64::from(x.to_bits()), 480.0, id, &face(x)))
    }

    #[test]
    fn noise_is_life_and_copies_are_not() {
        assert_eq!(breaks((0..200).map(|i| ((i as f32 * 0.7).sin(), 1))), None);
        assert_eq!(breaks((0..200).map(|i| ((i as f32 / 2.0).floor() * 0.01, 1))), None);
        assert_eq!(breaks((0..200).map(|_| (5.0, 1))), Some(Break::Frozen));
        assert_eq!(breaks((0..200).map(|i| ((i % 40) as f32 * 0.1, 1))), Some(Break::Looped));
    }

    #[test]
    fn another_place_or_another_face_is_a_cut() {
        assert_eq!(
            breaks((0..60).map(|i| (if i < 30 { 0.0 } else { 200.0 } + 0.01 * i as f32, 1))),
            Some(Break::Cut)
        );
        assert_eq!(breaks((0..60).map(|i| (0.01 * i as f32, 1 + i / 30))), Some(Break::Cut));
    }
}
