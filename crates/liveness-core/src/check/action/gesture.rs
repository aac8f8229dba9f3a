//! One action as a state machine over time: at rest → under way → at its peak → back. Its hysteresis is in levels and in
//! time, never in frames, so that any frame rate gives the same verdict.

use super::super::{MILLISECOND, Time};
use super::ask::Action;

/// Below it a face is at rest, above `LEFT` it is under way, at 1 the action counts.
const REST: f32 = 0.35;
const LEFT: f32 = 0.5;
/// Between it and `LEFT` the way up is followed back to where it began.
const STIRRED: f32 = 0.2;
/// A peak that has been reached stays one down to here.
const HELD: f32 = 0.8;

/// How long things take.
struct Pace {
    /// The peak is held at least so long; a single noisy frame is no peak.
    hold: Time,
    /// From leaving rest to being back.
    least: Time,
    most: Time,
}

impl Pace {
    const fn of(action: Action) -> Self {
        match action {
            // Shorter blinks exist; a deliberate one is 200 to 400 ms long.
            Action::Blink => Self { hold: 0, least: 0, most: 1_200 * MILLISECOND },
            // A head cannot turn by 18° and back in less (its peak speed is about 200° a second).
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
    /// When it began (the way up between two levels, prolonged down to rest), was highest and was over.
    pub onset: Time,
    pub apex: Time,
    pub end: Time,
    /// The highest extent; 1 is where the action counts.
    pub peak: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Phase {
    /// Rest has not been seen yet: what is under way began before.
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
    /// Since when the extent has been at its peak.
    high: Option<Time>,
    counts: bool,
}

/// Follows one action.
#[derive(Clone, Debug)]
pub struct Gesture {
    action: Action,
    phase: Phase,
    last: Option<(Time, f32)>,
    /// When the extent last rose above [`STIRRED`].
    stirred: Option<Time>,
}

impl Gesture {
    pub fn new(action: Action) -> Self {
        Self { action, phase: Phase::Unsettled, last: None, stirred: None }
    }

    pub fn action(&self) -> Action {
        self.action
    }

    /// When rest was left, if it was and the face is not back.
    pub fn under_way_since(&self) -> Option<Time> {
        match self.phase {
            Phase::Away(excursion) => Some(excursion.onset),
            _ => None,
        }
    }

    /// Whether the action counts already, though the face is not back.
    pub fn counts(&self) -> bool {
        matches!(self.phase, Phase::Away(Excursion { counts: true, .. }))
    }

    /// Whether the face is at rest.
    pub fn rests(&self) -> bool {
        self.phase == Phase::Rest
    }

    /// Takes in how far the action is carried out (0 rest, 1 counts); tells when it has been completed.
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

/// When the extent crossed `level` between two frames, by straight interpolation: the same at any frame rate.
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

    /// The performances of a bell-shaped excursion that starts at one second.
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
