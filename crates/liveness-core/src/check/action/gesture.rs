// SPDX-License-Identifier: MIT OR Apache-2.0

//! Detection of one action over time: at rest, under way, at its peak, back at rest. The hysteresis is
//! defined in levels and in time, not in frames, so that every frame rate gives the same result.

use super::super::{MILLISECOND, Time};
use super::ask::Action;

/// Extent below which a face is at rest.
const REST: f32 = 0.35;
/// Extent above which an action is under way. At 1 it counts.
const LEFT: f32 = 0.5;
/// Extent from which the rise is timed. The onset is extrapolated to rest from the crossings of `STIRRED` and
/// `LEFT`.
const STIRRED: f32 = 0.2;
/// Extent down to which a reached peak lasts.
const HELD: f32 = 0.8;

/// Time limits of an action, in nanoseconds.
struct Pace {
    /// Least duration of the peak, so that a single noisy frame is no peak.
    hold: Time,
    /// Least time from leaving rest to being back.
    least: Time,
    /// Greatest time from leaving rest to being back.
    most: Time,
}

impl Pace {
    const fn of(action: Action) -> Self {
        match action {
            // Shorter blinks exist; a deliberate one takes 200 to 400 ms.
            Action::Blink => Self { hold: 0, least: 0, most: 1_200 * MILLISECOND },
            // A head needs longer to turn by 18° and back, at a peak speed of about 200° per second.
            Action::Nod | Action::LookUp | Action::TurnLeft | Action::TurnRight => {
                Self { hold: 50 * MILLISECOND, least: 200 * MILLISECOND, most: 4_000 * MILLISECOND }
            }
            Action::Smile | Action::OpenMouth | Action::RaiseBrows => {
                Self { hold: 50 * MILLISECOND, least: 100 * MILLISECOND, most: 4_000 * MILLISECOND }
            }
        }
    }
}

/// A completed action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Performance {
    /// Start of the movement, extrapolated to rest from two levels of the rise.
    pub onset: Time,
    /// Time of the greatest extent.
    pub apex: Time,
    /// Time of the return to rest.
    pub end: Time,
    /// Greatest extent; at 1 the action counts.
    pub peak: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Phase {
    /// Rest was not seen yet, so a movement under way began earlier.
    #[default]
    Unsettled,
    Rest,
    Away(Excursion),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Excursion {
    onset: Time,
    apex: Time,
    peak: f32,
    /// Time since which the extent is at its peak.
    high: Option<Time>,
    counts: bool,
}

/// Detector of one action.
#[derive(Clone, Debug)]
pub struct Gesture {
    action: Action,
    phase: Phase,
    last: Option<(Time, f32)>,
    /// Time at which the extent last rose above [`STIRRED`].
    stirred: Option<Time>,
}

impl Gesture {
    /// Creates a detector that first waits for rest.
    pub fn new(action: Action) -> Self {
        Self { action, phase: Phase::Unsettled, last: None, stirred: None }
    }

    /// Returns the detected action.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Returns the time at which the face left rest; `None` if it is not under way.
    pub fn under_way_since(&self) -> Option<Time> {
        match self.phase {
            Phase::Away(excursion) => Some(excursion.onset),
            _ => None,
        }
    }

    /// Returns true if the action under way counts already, before the face is back.
    pub fn counts(&self) -> bool {
        matches!(self.phase, Phase::Away(Excursion { counts: true, .. }))
    }

    /// Returns true if the face is at rest.
    pub fn rests(&self) -> bool {
        self.phase == Phase::Rest
    }

    /// Observes the extent of the action (0 at rest, 1 where it counts). Returns the performance when it is
    /// completed.
    pub fn observe(&mut self, time: Time, extent: f32) -> Option<Performance> {
        let before = self.last.replace((time, extent));
        if extent > STIRRED && before.is_none_or(|(_, low)| low <= STIRRED) {
            self.stirred = Some(crossing(STIRRED, before, (time, extent)));
        }
        match &mut self.phase {
            Phase::Unsettled | Phase::Rest if extent <= REST => self.phase = Phase::Rest,
            Phase::Unsettled => {}
            Phase::Rest if extent < LEFT => {}
            Phase::Rest => {
                let left = crossing(LEFT, before, (time, extent));
                let rise = left.saturating_sub(self.stirred.unwrap_or(left));
                let onset = left.saturating_sub((rise as f32 * LEFT / (LEFT - STIRRED)) as Time);
                let mut excursion = Excursion { onset, apex: time, peak: extent, high: None, counts: false };
                excursion.rise(time, extent, &Pace::of(self.action));
                self.phase = Phase::Away(excursion);
            }
            Phase::Away(excursion) => {
                let pace = Pace::of(self.action);
                excursion.rise(time, extent, &pace);
                let lasted = time.saturating_sub(excursion.onset);
                if extent <= REST {
                    let done = *excursion;
                    self.phase = Phase::Rest;
                    let in_pace = (pace.least..=pace.most).contains(&lasted);
                    return (done.counts && in_pace).then_some(Performance {
                        onset: done.onset,
                        apex: done.apex,
                        end: time,
                        peak: done.peak,
                    });
                }
                if lasted > pace.most {
                    self.phase = Phase::Unsettled;
                }
            }
        }
        None
    }
}

impl Excursion {
    fn rise(&mut self, time: Time, extent: f32, pace: &Pace) {
        if extent > self.peak {
            (self.peak, self.apex) = (extent, time);
        }
        if extent >= 1.0 {
            self.high.get_or_insert(time);
        } else if extent < HELD {
            self.high = None;
        }
        self.counts |= self.high.is_some_and(|since| time.saturating_sub(since) >= pace.hold);
    }
}

/// Returns the time at which the extent crossed `level` between two frames. Linear interpolation makes it
/// independent of the frame rate.
fn crossing(level: f32, before: Option<(Time, f32)>, (time, extent): (Time, f32)) -> Time {
    let Some((then, low)) = before.filter(|(then, low)| *then < time && *low < level && extent > *low) else {
        return time;
    };
    let share = f64::from((level - low) / (extent - low));
    then + ((time - then) as f64 * share) as Time
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the performances for a bell-shaped excursion that starts at one second.
    fn performed(
        action: Action,
        height: f32,
        lasts_ms: f64,
        times_ms: impl Iterator<Item = f64>,
    ) -> Vec<Performance> {
        let mut gesture = Gesture::new(action);
        let extent = |ms: f64| {
            let phase = (ms - 1_000.0) / lasts_ms;
            if (0.0..1.0).contains(&phase) {
                height * (std::f64::consts::PI * phase).sin() as f32
            } else {
                0.0
            }
        };
        times_ms.filter_map(|ms| gesture.observe((ms * 1e6) as Time, extent(ms))).collect()
    }

    fn at_rate(rate: f64) -> impl Iterator<Item = f64> {
        (0..(4.0 * rate) as u32).map(move |i| f64::from(i) * 1_000.0 / rate)
    }

    #[test]
    fn every_rate_gives_the_same_verdict_and_onset() {
        for action in Action::ALL {
            let lasts = if action == Action::Blink { 300.0 } else { 900.0 };
            for rate in [10.0, 15.0, 24.0, 30.0, 60.0, 120.0] {
                let [done] = performed(action, 1.4, lasts, at_rate(rate))[..] else {
                    panic!("{action:?} at {rate}");
                };
                let onset = done.onset as f64 / 1e6 - 1_000.0;
                assert!((-1_000.0 / rate..0.1 * lasts).contains(&onset), "{action:?} at {rate}: {onset}");
                assert!(performed(action, 0.8, lasts, at_rate(rate)).is_empty(), "{action:?} at {rate}");
            }
        }
    }

    #[test]
    fn what_is_under_way_at_the_start_does_not_count() {
        let mut gesture = Gesture::new(Action::Nod);
        let seen = [1.2, 1.2, 1.2, 0.0, 0.0].iter().enumerate();
        assert!(
            seen.filter_map(|(i, extent)| gesture.observe(i as Time * 100_000_000, *extent)).next().is_none()
        );
        assert!(gesture.rests());
    }

    #[test]
    fn a_head_that_jumps_and_one_that_stays_are_no_turn() {
        assert!(performed(Action::TurnLeft, 1.5, 150.0, at_rate(60.0)).is_empty());
        assert!(performed(Action::TurnLeft, 1.5, 6_000.0, (0..200).map(|i| f64::from(i) * 40.0)).is_empty());
        assert_eq!(performed(Action::TurnLeft, 1.5, 700.0, at_rate(60.0)).len(), 1);
    }

    proptest! {
        #[test]
        fn variable_rates_find_it_too(steps in prop::collection::vec(8.0f64..100.0, 150)) {
            let times = steps.iter().scan(0.0, |at, step| { *at += step; Some(*at) });
            prop_assert_eq!(performed(Action::Smile, 1.4, 900.0, times).len(), 1);
        }

        #[test]
        fn nothing_upsets_it(seen in prop::collection::vec((any::<u64>(), any::<f32>()), 0..60)) {
            let mut gesture = Gesture::new(Action::Blink);
            for (time, extent) in seen {
                gesture.observe(time, extent);
            }
        }
    }
}
