//! Follows one person's face through a challenge by its embedding, so that nobody else's movement is cut in.
//!
//! The embedding of a profile says little about a person. A face is therefore compared with what was seen in the same pose: with
//! the frame before, and with every earlier frame of the challenge. However the head turns, an embedding changes by little
//! within a fifth of a second: a face is compared with the one of that moment too. The limits were set on 24 clips of real
//! people (see `docs/measurements.md`).

use std::collections::VecDeque;

use super::super::evidence::Cue;
use super::super::{MILLISECOND, Time, seconds};
use crate::face::{Embedding, HeadPose};

/// Looks are at least this far apart (nanoseconds), and at most this many are kept.
const SPACING: Time = 15 * MILLISECOND;
const MAX_LOOKS: usize = 512;
/// Looks further apart (nanoseconds) do not follow each other.
const NEXT: Time = 105 * MILLISECOND;
const CLOSE: Time = 50 * MILLISECOND;
/// No head turns faster, in degrees per second; less than `MIN_JUMP` degrees is noise of the landmarks.
const FASTEST: f64 = 400.0;
const MIN_JUMP: f32 = 15.0;
/// Degrees of yaw and pitch between two poses that count as one.
const SAME_POSE: f32 = 10.0;
/// Degrees from the first pose up to which an embedding tells people apart.
const SURE_POSE: f32 = 25.0;
/// Similarity (cosine) below which one look after another shows another face, at most `CLOSE` apart and at most `NEXT` apart.
/// One person's least was 0.72 at 25 to 30 frames a second; two people in one pose reach 0.50.
const STEP_CLOSE: f32 = 0.6;
const STEP: f32 = 0.5;
/// The same where the head turned by more than [`SAME_POSE`] between two looks that are close.
const STEP_TURNED: f32 = 0.4;
/// Age of looks (nanoseconds) and the similarity that the most similar of them must reach. The older ones find a slow fade.
const MEMORIES: [(Time, f32); 2] = [(120 * MILLISECOND, 0.55), (400 * MILLISECOND, 0.45)];
/// Age of a look (nanoseconds), in any pose, and the similarity to it that must be reached. One person's least was 0.40 and 0.27;
/// half of the people who are cut in stay below 0.1.
const MOMENTS: [(Time, f32); 2] = [(175 * MILLISECOND, 0.35), (225 * MILLISECOND, 0.25)];
/// Looks closer than this (nanoseconds) belong to one moment.
const MOMENT: Time = 85 * MILLISECOND;
/// Looks in a row that must disagree with a memory or a moment: one may be blurred.
const IN_A_ROW: u32 = 2;

struct Look {
    time: Time,
    pose: HeadPose,
    embedding: Embedding,
}

/// The looks at one face since the challenge began.
#[derive(Default)]
pub struct IdentityTrack {
    looks: VecDeque<Look>,
    /// The pose of the first look.
    rest: Option<HeadPose>,
    /// Looks in a row that disagree with each of [`MEMORIES`].
    doubts: [u32; MEMORIES.len()],
    /// Looks in a row that disagree with each of [`MOMENTS`].
    changes: [u32; MOMENTS.len()],
    /// The least of the best similarities to the first memory.
    least: Option<f32>,
}

impl IdentityTrack {
    /// Takes in the face of a frame. Returns whether it is not the face that was followed.
    pub fn observe(&mut self, time: Time, pose: &HeadPose, embedding: Embedding) -> bool {
        let last = self.looks.back().map(|look| look.time);
        if last.is_some_and(|last| time < last.saturating_add(SPACING)) {
            return false;
        }
        let sure = pose.turn_from(self.rest.get_or_insert(*pose)) <= SURE_POSE;
        let now = Look { time, pose: *pose, embedding };
        let other = self.looks.back().is_some_and(|last| jumps(last, &now))
            | self.changes(&now)
            | (sure && self.contradicts(&now));
        if self.looks.len() == MAX_LOOKS {
            self.looks.pop_front();
        }
        self.looks.push_back(now);
        other
    }

    /// Returns whether a memory contradicts this look and the ones before it.
    fn contradicts(&mut self, now: &Look) -> bool {
        for ((age, limit), doubts) in MEMORIES.iter().zip(&mut self.doubts) {
            let old = self.looks.iter().take_while(|look| now.time.saturating_sub(look.time) >= *age);
            let alike = old
                .filter(|look| look.pose.turn_from(&now.pose) <= SAME_POSE)
                .map(|look| look.embedding.similarity(&now.embedding));
            // A pose that was not seen before says nothing.
            let Some(best) = alike.max_by(f32::total_cmp) else { continue };
            if *age == MEMORIES[0].0 {
                self.least = Some(self.least.map_or(best, |least| least.min(best)));
            }
            *doubts = if best < *limit { *doubts + 1 } else { 0 };
        }
        self.doubts.iter().any(|doubts| *doubts >= IN_A_ROW)
    }

    /// Returns whether this look and the ones before it show another face than a moment ago.
    fn changes(&mut self, now: &Look) -> bool {
        for ((age, limit), changes) in MOMENTS.iter().zip(&mut self.changes) {
            let age_of = |look: &Look| now.time.saturating_sub(look.time);
            let oldest = self.looks.iter().rev().take_while(|look| age_of(look) <= *age).last();
            let Some(old) = oldest.filter(|look| age_of(look) >= MOMENT) else { continue };
            *changes = if old.embedding.similarity(&now.embedding) < *limit { *changes + 1 } else { 0 };
        }
        self.changes.iter().any(|changes| *changes >= IN_A_ROW)
    }

    /// The least similarity (cosine) of a look to the looks in its pose.
    pub fn cue(&self) -> Cue {
        Cue::new("likeness_in_motion", self.least.map(f64::from), 0.0)
    }
}

/// Returns whether `now` cannot show the same face as `last`.
fn jumps(last: &Look, now: &Look) -> bool {
    let apart = now.time.saturating_sub(last.time);
    if apart > NEXT {
        return false;
    }
    let turn = now.pose.turn_from(&last.pose);
    if turn > MIN_JUMP && f64::from(turn) > FASTEST * seconds(last.time, now.time) {
        return true;
    }
    let limit = match (apart <= CLOSE, turn <= SAME_POSE) {
        (true, true) => STEP_CLOSE,
        (true, false) => STEP_TURNED,
        (false, true) => STEP,
        (false, false) => return false,
    };
    last.embedding.similarity(&now.embedding) < limit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An embedding whose similarity to that of `person` 0 is the cosine of the angle (radians).
    fn face(angle: f32) -> Embedding {
        Embedding::new(vec![angle.cos(), angle.sin(), 0.0]).unwrap()
    }

    /// The number of the frame, at `rate` a second, in which another face is found. `look` gives yaw in degrees and the angle
    /// of the embedding.
    fn broken(rate: u64, frames: u64, look: impl Fn(u64) -> (f32, f32)) -> Option<u64> {
        let mut track = IdentityTrack::default();
        (0..frames).find(|i| {
            let (yaw, angle) = look(*i);
            track.observe(i * 1_000_000_000 / rate, &HeadPose { yaw, ..HeadPose::default() }, face(angle))
        })
    }

    #[test]
    fn one_person_is_followed_through_a_turn_at_any_rate() {
        for rate in [10, 15, 30, 60, 120] {
            // 40 degrees and back in half a second; the embedding drifts far from the first, but slowly.
            let turn = |i: u64| (std::f32::consts::TAU * i as f32 / rate as f32).sin().max(0.0);
            assert_eq!(broken(rate, 2 * rate, |i| (40.0 * turn(i), 1.2 * turn(i))), None, "{rate}");
        }
    }

    #[test]
    fn another_person_is_found_at_the_cut() {
        for rate in [10, 15, 30, 60] {
            let cut = rate;
            // Cosine 0.45.
            let found = broken(rate, 2 * rate, |i| (0.0, if i < cut { 0.0 } else { 1.104 }));
            assert!(found.is_some_and(|i| i <= cut + 1), "{rate}: {found:?}");
        }
    }

    #[test]
    fn another_person_who_is_faded_in_is_found() {
        // 5 and 10 frames long: no step is large.
        for fade in [5.0, 10.0] {
            let found = broken(30, 60, |i| (0.0, 1.2 * ((i as f32 - 30.0) / fade).clamp(0.0, 1.0)));
            assert!(found.is_some_and(|i| i < 42), "{found:?}");
        }
    }

    #[test]
    fn another_person_who_is_cut_in_turned_away_is_found() {
        // Cosine 0.2 and a turn that a head could make.
        let found = broken(30, 60, |i| if i < 30 { (0.0, 0.0) } else { (12.0, 1.37) });
        assert_eq!(found, Some(30));
        // A head cannot.
        assert_eq!(broken(30, 60, |i| if i < 30 { (0.0, 0.0) } else { (28.0, 0.0) }), Some(30));
    }

    #[test]
    fn another_person_who_turns_away_while_being_faded_in_is_found() {
        // Neither a step nor a look in the same pose tells: 45 degrees within 5 and 6 frames, cosine 0.05.
        for (rate, fade) in [(30, 5.0), (30, 6.0), (25, 4.0), (15, 1.5)] {
            let share = |i: u64| ((i as f32 - rate as f32) / fade).clamp(0.0, 1.0);
            let found = broken(rate, 2 * rate, |i| (45.0 * share(i), 1.52 * share(i)));
            assert!(found.is_some_and(|i| i < rate + rate / 3), "{rate} {fade}: {found:?}");
        }
    }

    #[test]
    fn one_odd_look_is_forgiven() {
        assert_eq!(broken(30, 60, |i| (0.0, if i == 30 { 0.9 } else { 0.0 })), None);
    }
}
