// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tracking of one person's face through a challenge by its embedding, so that no other person's movement can
//! be cut in.
//!
//! The embedding of a profile view identifies a person poorly, so faces are compared in the same pose: with
//! the previous frame and with every earlier frame of the challenge. In any pose, an embedding changes little
//! within a fifth of a second, so a face is also compared with the face at that age. The limits were set on
//! 24 clips of real people (see `docs/measurements.md`).

use std::collections::VecDeque;

use super::super::evidence::Cue;
use super::super::{MILLISECOND, Time, seconds};
use crate::face::{Embedding, HeadPose};

/// Least interval between two looks, in nanoseconds.
const SPACING: Time = 15 * MILLISECOND;
/// Maximum number of kept looks.
const MAX_LOOKS: usize = 512;
/// Greatest interval between consecutive looks, in nanoseconds.
const NEXT: Time = 105 * MILLISECOND;
/// Greatest interval between close looks, in nanoseconds.
const CLOSE: Time = 50 * MILLISECOND;
/// Highest speed of a turning head, in degrees per second.
const FASTEST: f64 = 400.0;
/// Turns below this, in degrees, are noise of the landmarks.
const MIN_JUMP: f32 = 15.0;
/// Greatest difference in yaw and pitch of two poses that count as the same, in degrees.
const SAME_POSE: f32 = 10.0;
/// Greatest turn from the first pose at which an embedding distinguishes people, in degrees.
const SURE_POSE: f32 = 25.0;
/// Least cosine similarity of consecutive looks in the same pose, at most `CLOSE` apart. The lowest value of
/// one person was 0.72 at 25 to 30 frames per second; two people in the same pose reach 0.50.
const STEP_CLOSE: f32 = 0.6;
/// Least cosine similarity of consecutive looks in the same pose, at most `NEXT` apart.
const STEP: f32 = 0.5;
/// Least cosine similarity of close looks if the head turned by more than [`SAME_POSE`].
const STEP_TURNED: f32 = 0.4;
/// Minimum age of earlier looks (nanoseconds), and the cosine similarity that the best of them in the same
/// pose must reach. The older ones reveal a slow fade.
const MEMORIES: [(Time, f32); 2] = [(120 * MILLISECOND, 0.55), (400 * MILLISECOND, 0.45)];
/// Maximum age of an earlier look in any pose (nanoseconds), and the cosine similarity to it that must be
/// reached. The lowest values of one person were 0.40 and 0.27; half of the people who are cut in stay below
/// 0.1.
const MOMENTS: [(Time, f32); 2] = [(175 * MILLISECOND, 0.35), (225 * MILLISECOND, 0.25)];
/// Minimum age of a look that is compared in any pose, in nanoseconds.
const MOMENT: Time = 85 * MILLISECOND;
/// Number of consecutive looks that must disagree with a memory or a moment, because a single one may be
/// blurred.
const IN_A_ROW: u32 = 2;

struct Look {
    time: Time,
    pose: HeadPose,
    embedding: Embedding,
}

/// Tracker of one face since the beginning of the challenge.
#[derive(Default)]
pub struct IdentityTrack {
    looks: VecDeque<Look>,
    /// The pose of the first look.
    rest: Option<HeadPose>,
    /// Number of consecutive looks that disagree, for each of [`MEMORIES`].
    doubts: [u32; MEMORIES.len()],
    /// Number of consecutive looks that disagree, for each of [`MOMENTS`].
    changes: [u32; MOMENTS.len()],
    /// Lowest of the best similarities to the first memory.
    least: Option<f32>,
}

impl IdentityTrack {
    /// Observes the face of a frame. Returns true if it is another face than the tracked one.
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

    /// Returns true if enough consecutive looks disagree with earlier looks in the same pose.
    fn contradicts(&mut self, now: &Look) -> bool {
        for ((age, limit), doubts) in MEMORIES.iter().zip(&mut self.doubts) {
            let old = self.looks.iter().take_while(|look| now.time.saturating_sub(look.time) >= *age);
            let alike = old
                .filter(|look| look.pose.turn_from(&now.pose) <= SAME_POSE)
                .map(|look| look.embedding.similarity(&now.embedding));
            // A pose without earlier looks gives no evidence.
            let Some(best) = alike.max_by(f32::total_cmp) else { continue };
            if *age == MEMORIES[0].0 {
                self.least = Some(self.least.map_or(best, |least| least.min(best)));
            }
            *doubts = if best < *limit { *doubts + 1 } else { 0 };
        }
        self.doubts.iter().any(|doubts| *doubts >= IN_A_ROW)
    }

    /// Returns true if enough consecutive looks disagree with the face about a fifth of a second earlier.
    fn changes(&mut self, now: &Look) -> bool {
        for ((age, limit), changes) in MOMENTS.iter().zip(&mut self.changes) {
            let age_of = |look: &Look| now.time.saturating_sub(look.time);
            let oldest = self.looks.iter().rev().take_while(|look| age_of(look) <= *age).last();
            let Some(old) = oldest.filter(|look| age_of(look) >= MOMENT) else { continue };
            *changes = if old.embedding.similarity(&now.embedding) < *limit { *changes + 1 } else { 0 };
        }
        self.changes.iter().any(|changes| *changes >= IN_A_ROW)
    }

    /// Returns the cue `likeness_in_motion`: the lowest cosine similarity of a look to the earlier looks in
    /// its pose.
    pub fn cue(&self) -> Cue {
        Cue::new("likeness_in_motion", self.least.map(f64::from), 0.0)
    }
}

/// Returns true if `now` cannot show the same face as `last`.
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

    /// Returns an embedding with the cosine similarity cos(`angle`) to `face(0.0)`; `angle` is in radians.
    fn face(angle: f32) -> Embedding {
        Embedding::new(vec![angle.cos(), angle.sin(), 0.0]).unwrap()
    }

    /// Returns the number of the frame, at `rate` per second, in which another face is detected. `look`
    /// returns the yaw in degrees and the angle of the embedding.
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
            // The head turns by 40° and back in half a second. The embedding drifts far from the first one,
            // but slowly.
            let turn = |i: u64| (std::f32::consts::TAU * i as f32 / rate as f32).sin().max(0.0);
            assert_eq!(broken(rate, 2 * rate, |i| (40.0 * turn(i), 1.2 * turn(i))), None, "{rate}");
        }
    }

    #[test]
    fn another_person_is_found_at_the_cut() {
        for rate in [10, 15, 30, 60] {
            let cut = rate;
            // The cosine similarity is 0.45.
            let found = broken(rate, 2 * rate, |i| (0.0, if i < cut { 0.0 } else { 1.104 }));
            assert!(found.is_some_and(|i| i <= cut + 1), "{rate}: {found:?}");
        }
    }

    #[test]
    fn another_person_who_is_faded_in_is_found() {
        // Fades of 5 and 10 frames have no large step.
        for fade in [5.0, 10.0] {
            let found = broken(30, 60, |i| (0.0, 1.2 * ((i as f32 - 30.0) / fade).clamp(0.0, 1.0)));
            assert!(found.is_some_and(|i| i < 42), "{found:?}");
        }
    }

    #[test]
    fn another_person_who_is_cut_in_turned_away_is_found() {
        // The cosine similarity is 0.2, and a head can make this turn.
        let found = broken(30, 60, |i| if i < 30 { (0.0, 0.0) } else { (12.0, 1.37) });
        assert_eq!(found, Some(30));
        // A head cannot make this turn.
        assert_eq!(broken(30, 60, |i| if i < 30 { (0.0, 0.0) } else { (28.0, 0.0) }), Some(30));
    }

    #[test]
    fn another_person_who_turns_away_while_being_faded_in_is_found() {
        // The head turns by 45° within 5 or 6 frames, to a cosine similarity of 0.05. Neither a single step
        // nor a look in the same pose reveals it.
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
