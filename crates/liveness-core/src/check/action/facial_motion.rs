// SPDX-License-Identifier: MIT OR Apache-2.0

//! Motion within a face. Lids, gaze, brows and mouth of a living face are never quite at rest. Those of a
//! picture show only the noise of the landmarks, however the picture is moved.

use super::super::evidence::Cue;
use super::super::{Time, seconds};
use crate::face::Blendshapes;

/// Time constant of the quick mean, in seconds. Faster changes are noise of the landmarks.
const QUICK: f64 = 0.1;
/// Time constant of the slow mean, in seconds. Slower changes belong to the head's pose and the light.
const SLOW: f64 = 1.0;
/// Seconds before motion counts. The slow mean has then lost a third of its initial value.
const WARM_UP: f64 = 0.4;
/// Longest interval between frames of one motion, in seconds.
const GAP: f64 = 0.4;
/// Least time for a result, in seconds.
const LEAST: f64 = 2.0;

/// Root mean square, over time and blendshapes, of the difference between a quick and a slow mean of each
/// blendshape.
#[derive(Clone, Debug, Default)]
pub struct FacialMotion {
    means: Option<Means>,
    /// Observed time, in seconds.
    seconds: f64,
    /// Sum of the mean square motion times seconds.
    sum: f64,
}

#[derive(Clone, Debug)]
struct Means {
    since: Time,
    last: Time,
    quick: Blendshapes,
    slow: Blendshapes,
}

impl FacialMotion {
    /// Observes the blendshapes of a frame.
    pub fn observe(&mut self, time: Time, now: &Blendshapes) {
        let Some(means) = self.means.as_mut().filter(|means| seconds(means.last, time) <= GAP) else {
            self.means = Some(Means { since: time, last: time, quick: now.clone(), slow: now.clone() });
            return;
        };
        let step = seconds(means.last, time);
        follow(&mut means.quick, now, step / QUICK);
        follow(&mut means.slow, now, step / SLOW);
        means.last = time;
        if seconds(means.since, time) > WARM_UP {
            let pairs = means.quick.0.iter().zip(&means.slow.0);
            let squares: f64 = pairs.map(|(quick, slow)| f64::from(quick - slow).powi(2)).sum();
            self.sum += step * squares / means.quick.0.len() as f64;
            self.seconds += step;
        }
    }

    /// Returns the root mean square motion in units of the blendshapes; `None` if the time was too short.
    pub fn value(&self) -> Option<f64> {
        (self.seconds >= LEAST).then(|| (self.sum / self.seconds).sqrt())
    }

    /// Returns the cue `facial_motion`.
    pub fn cue(&self) -> Cue {
        Cue::new("facial_motion", self.value(), 0.0)
    }
}

/// Advances an exponential mean by `times` time constants. The result does not depend on the frame rate.
fn follow(mean: &mut Blendshapes, now: &Blendshapes, times: f64) {
    let share = (1.0 - (-times).exp()) as f32;
    mean.0.iter_mut().zip(&now.0).for_each(|(mean, now)| *mean += share * (now - *mean));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn motion(rate: u32, seconds: u32, mut of: impl FnMut(f64) -> Blendshapes) -> Option<f64> {
        let mut motion = FacialMotion::default();
        for i in 0..seconds * rate {
            let at = f64::from(i) / f64::from(rate);
            motion.observe((at * 1e9) as Time, &of(at));
        }
        motion.value()
    }

    fn all(value: f64) -> Blendshapes {
        Blendshapes([value as f32; 52])
    }

    #[test]
    fn motion_is_worth_the_same_at_every_rate_and_noise_and_drift_little() {
        let swing = |at: f64| all(0.3 + 0.1 * (std::f64::consts::TAU * at).sin());
        let at30 = motion(30, 4, swing).unwrap();
        for rate in [10, 15, 60] {
            assert!((motion(rate, 4, swing).unwrap() / at30 - 1.0).abs() < 0.1, "{rate}");
        }
        let mut random = Random::new(5);
        let noise = motion(30, 4, |_| Blendshapes([(); 52].map(|()| 0.3 + 0.03 * random.normal()))).unwrap();
        let drift = motion(30, 4, |at| all(0.3 + 0.02 * at)).unwrap();
        assert!(at30 > 0.04 && noise < 0.02 && drift < 0.02, "{at30} {noise} {drift}");
    }

    #[test]
    fn what_is_too_short_or_full_of_gaps_abstains() {
        assert_eq!(motion(30, 2, all), None);
        assert_eq!(motion(2, 20, all), None, "half a second between frames");
        assert!(FacialMotion::default().cue().abstained);
    }
}
