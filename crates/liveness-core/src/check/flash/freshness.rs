// SPDX-License-Identifier: MIT OR Apache-2.0

//! Freshness: the probability that the light on the face follows this code and no other.

use super::changes::Changes;
use super::code::LightCode;
use crate::check::random::Randomness;

/// Step of the tested delays, in seconds.
const LAG_STEP: f64 = 0.01;
/// Number of decoys: codes that were not shown.
const DECOYS: usize = 96;
/// Step through the list of delays for a decoy.
const DECOY_LAGS: usize = 4;
/// Standard errors by which the decoys' mean and spread are increased, as a worst case.
const DOUBT: f64 = 2.0;
/// Least probability that is distinguished from zero.
const LEAST_P: f64 = 1e-30;

/// The agreement of the changes with the code.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// Delay from the light message to the light on the face, in seconds.
    pub lag: f64,
    /// Share of the changes that the code explains, without drift and exposure, 0–1.
    pub explained: f64,
    /// Root mean square of the unexplained changes, as a share of the light.
    pub unexplained: f64,
    /// Shares that codes which were not shown explain, each at its best delay, 0–1.
    pub decoys: Vec<f64>,
}

impl Freshness {
    /// Searches the delay, up to `most_lag` seconds. Returns `None` without randomness.
    pub fn search(
        changes: &Changes<'_>,
        code: &LightCode,
        most_lag: f64,
        random: &mut Randomness,
    ) -> Option<Self> {
        let lags = lags(most_lag);
        let (lag, explained) = changes.best(code, &lags)?;
        let few: Vec<f64> = lags.iter().copied().step_by(DECOY_LAGS).collect();
        let decoy = |_| Some(changes.best(&code.shuffled(random)?, &few)?.1);
        let decoys = (0..DECOYS).map(decoy).collect::<Option<_>>()?;
        let unexplained = changes.size() * (1.0 - explained).max(0.0).sqrt();
        Some(Self { lag, explained, unexplained, decoys })
    }

    /// Returns −log₂ of the probability that a code that was not shown explains as much.
    pub fn bits(&self) -> f64 {
        self.bits_of(self.explained)
    }

    /// Returns −log₂ of the probability that a code that was not shown explains at least the share
    /// `explained`. The share of a signal that a random direction explains is beta distributed. Mean and
    /// variance are those of the decoys, increased to their worst case.
    pub fn bits_of(&self, explained: f64) -> f64 {
        let (mean, variance) = spread(&self.decoys);
        let count = self.decoys.len().max(1) as f64;
        let mean = (mean + DOUBT * (variance / count).sqrt()).clamp(1e-3, 1.0 - 1e-3);
        let variance = variance * (1.0 + DOUBT / (2.0 * count).sqrt()).powi(2);
        let both = (mean * (1.0 - mean) / variance.max(1e-4) - 1.0).max(1e-3);
        let rest = (1.0 - explained).clamp(0.0, 1.0);
        let p = statrs::function::beta::beta_reg((1.0 - mean) * both, mean * both, rest);
        -p.max(LEAST_P).log2()
    }
}

/// Returns the tested delays up to `most`, in seconds.
pub fn lags(most: f64) -> Vec<f64> {
    let steps = (most / LAG_STEP).round().max(0.0) as usize;
    (0..=steps).map(|i| LAG_STEP * i as f64).collect()
}

/// Returns mean and variance.
fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count)
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Camera, code, played, skin};
    use super::*;

    fn freshness(shown: u64, asked: u64, lag: f64, camera: &Camera) -> Freshness {
        let series = played(&code(shown), lag, camera, skin);
        Freshness::search(&Changes::new(&series).unwrap(), &code(asked), 0.5, &mut Randomness::new(3))
            .unwrap()
    }

    #[test]
    fn the_shown_code_is_known_with_its_delay_at_any_frame_rate() {
        let rates: [fn(usize) -> f64; 5] = [
            |_| 1.0 / 10.0,
            |_| 1.0 / 15.0,
            |_| 1.0 / 60.0,
            |_| 1.0 / 120.0,
            |i| [0.02, 0.05, 0.033, 0.071][i % 4],
        ];
        for (i, steps) in rates.into_iter().enumerate() {
            let camera = Camera { steps, noise: 0.03, exposure: 2.0 };
            let freshness = freshness(i as u64 + 1, i as u64 + 1, 0.13, &camera);
            assert!(freshness.bits() > 40.0 && freshness.explained > 0.9, "{i}: {freshness:?}");
            assert!((freshness.lag - 0.13).abs() < 0.015, "{i}: {}", freshness.lag);
        }
    }

    #[test]
    fn another_code_is_not() {
        for seed in 1..20 {
            let freshness = freshness(seed, seed + 100, 0.1, &Camera::default());
            assert!(freshness.bits() < 20.0, "{seed}: {}", freshness.bits());
            assert!(freshness.unexplained > 0.02, "{seed}: {}", freshness.unexplained);
        }
    }

    #[test]
    fn the_chances_are_those_of_the_decoys() {
        let freshness = freshness(1, 200, 0.1, &Camera::default());
        let (mean, _) = spread(&freshness.decoys);
        assert!((0.5..1.2).contains(&freshness.bits_of(mean)));
        assert!(freshness.bits_of(1.0) > 90.0 && freshness.bits_of(0.0).abs() < 1e-9);
        let bits: Vec<f64> = (0..=20).map(|i| freshness.bits_of(f64::from(i) / 20.0)).collect();
        assert!(bits.is_sorted(), "{bits:?}");
    }
}
