// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sequence of the light: the face is positioned, the screen shows even light for a moment, and the code
//! plays. If the face leaves, the sequence starts over.

use super::super::Time;

/// Time in good position before the code begins, in nanoseconds.
pub const SETTLE: Time = 400_000_000;
/// Longest interruption of the good position, in nanoseconds.
const LAPSE: Time = 300_000_000;
/// Time after the code in which its last light is still seen, in nanoseconds.
pub const TAIL: Time = 150_000_000;
/// Share of the progress reserved for the planned light; the rest covers a possible extension.
const PLANNED: f64 = 0.9;
/// Maximum number of restarts of the light.
const REARMS: u32 = 2;

/// The action of the screen in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The light was never on.
    Dark,
    /// The screen shows even light.
    Rest,
    /// The code plays; `since` is the time from its start, in nanoseconds.
    Play { since: Time },
    /// The light ends with this frame.
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Waiting,
    /// First and last time of the good position.
    Settling(Time, Time),
    Playing(Time),
    Over,
}

/// The state of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    phase: Phase,
    /// True while the light is on.
    lit: bool,
    who: Option<u32>,
    last_good: Time,
    now: Time,
    rearms: u32,
    rearmed: bool,
}

impl Stage {
    /// Advances to a frame. `good` is true if its face is in good position, `who` is the number of the face,
    /// and `duration` is the length of the code in nanoseconds.
    pub fn advance(&mut self, time: Time, good: bool, who: Option<u32>, duration: Time) -> Turn {
        self.rearmed = false;
        self.now = time;
        let same = who.is_some() && who == self.who;
        self.phase = match self.phase {
            Phase::Waiting if good => Phase::Settling(time, time),
            Phase::Settling(..) if good && !same => Phase::Settling(time, time),
            Phase::Settling(from, _) if good && time.saturating_sub(from) >= SETTLE => Phase::Playing(time),
            Phase::Settling(from, _) if good => Phase::Settling(from, time),
            Phase::Settling(_, last) if time.saturating_sub(last) > LAPSE => Phase::Waiting,
            Phase::Playing(_) if self.is_lost(time, good, who) => self.begin_anew(),
            Phase::Playing(_) if self.after(time, duration).is_some() => Phase::Over,
            phase => phase,
        };
        if good {
            (self.last_good, self.who) = (time, who);
        }
        let was_lit = self.lit;
        self.lit |= matches!(self.phase, Phase::Settling(..) | Phase::Playing(_));
        match self.phase {
            Phase::Over if was_lit => {
                self.lit = false;
                Turn::Off
            }
            Phase::Playing(from) => Turn::Play { since: time.saturating_sub(from) },
            _ if self.lit => Turn::Rest,
            _ => Turn::Dark,
        }
    }

    fn is_lost(&self, time: Time, good: bool, who: Option<u32>) -> bool {
        let replaced = good && who != self.who;
        replaced || (!good && time.saturating_sub(self.last_good) > LAPSE)
    }

    fn begin_anew(&mut self) -> Phase {
        self.rearms += 1;
        self.rearmed = true;
        if self.rearms > REARMS { Phase::Over } else { Phase::Waiting }
    }

    /// Returns true if the good position begins with this frame.
    pub fn begins(&self) -> bool {
        matches!(self.phase, Phase::Settling(from, _) if from == self.now)
    }

    /// Returns true if the light was restarted with this frame.
    pub fn was_rearmed(&self) -> bool {
        self.rearmed
    }

    /// Returns true if the face left too often.
    pub fn gave_up(&self) -> bool {
        self.rearms > REARMS
    }

    /// Returns true if the light is over.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Returns true while the code plays.
    pub fn is_playing(&self) -> bool {
        matches!(self.phase, Phase::Playing(_))
    }

    /// Returns the nanoseconds since a code of length `duration` ended, or `None` until [`TAIL`] has passed
    /// after it.
    pub fn after(&self, time: Time, duration: Time) -> Option<Time> {
        let Phase::Playing(from) = self.phase else { return None };
        time.saturating_sub(from).checked_sub(duration).filter(|after| *after >= TAIL)
    }

    /// Returns the progress of the attempt, 0–1. A code with the length `planned` may have been extended to
    /// `duration`.
    pub fn fraction(&self, planned: Time, duration: Time) -> f64 {
        let share = |done: Time, whole: Time| (done as f64 / whole.max(1) as f64).min(1.0);
        let first = |done: Time| PLANNED * share(done, SETTLE + planned + TAIL);
        match self.phase {
            Phase::Waiting => 0.0,
            Phase::Settling(from, _) => first(self.now.saturating_sub(from).min(SETTLE)),
            Phase::Playing(from) => {
                let since = self.now.saturating_sub(from);
                let more = share(since.saturating_sub(planned + TAIL), duration.saturating_sub(planned));
                first(SETTLE + since) + (1.0 - PLANNED) * more
            }
            Phase::Over => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Time = 1_000_000;
    const LIGHT: Time = 1000 * MS;

    fn run(stage: &mut Stage, frames: std::ops::Range<u64>, who: Option<u32>) -> Vec<Turn> {
        frames.map(|i| stage.advance(i * 33 * MS, who.is_some(), who, LIGHT)).collect()
    }

    #[test]
    fn a_face_that_stays_sees_the_code_once() {
        let mut stage = Stage::default();
        assert_eq!(run(&mut stage, 0..3, None), [Turn::Dark; 3]);
        let turns = run(&mut stage, 3..60, Some(1));
        assert_eq!(turns[0], Turn::Rest);
        assert_eq!(turns.iter().filter(|t| **t == (Turn::Play { since: 0 })).count(), 1);
        assert_eq!(turns.iter().filter(|t| **t == Turn::Off).count(), 1);
        assert!(stage.is_over() && !stage.gave_up());
    }

    #[test]
    fn a_face_that_leaves_begins_anew_and_at_last_gives_up() {
        let mut stage = Stage::default();
        let mut rearmed = 0;
        for i in 0..400u64 {
            let there = i % 40 < 25;
            stage.advance(i * 33 * MS, there, there.then_some(1), LIGHT);
            rearmed += u32::from(stage.was_rearmed());
        }
        assert!(stage.is_over() && stage.gave_up());
        assert_eq!(rearmed, REARMS + 1);
    }

    #[test]
    fn another_face_begins_anew() {
        let mut stage = Stage::default();
        run(&mut stage, 0..20, Some(1));
        assert!(matches!(stage.advance(20 * 33 * MS, true, Some(2), LIGHT), Turn::Rest));
        assert!(stage.was_rearmed());
    }

    proptest! {
        /// The light is off when an attempt is over, whatever the frames show.
        #[test]
        fn the_light_ends(frames in prop::collection::vec((0u64..500, prop::option::of(0u32..2)), 1..300)) {
            let (mut stage, mut time, mut lit) = (Stage::default(), 0, false);
            for (step, who) in frames {
                time += step * MS;
                match stage.advance(time, who.is_some(), who, LIGHT) {
                    Turn::Rest | Turn::Play { .. } => lit = true,
                    Turn::Off => lit = false,
                    Turn::Dark => prop_assert!(!lit),
                }
                prop_assert!(!stage.is_over() || !lit);
                prop_assert!((0.0..=1.0).contains(&stage.fraction(LIGHT, LIGHT)));
            }
        }
    }
}
