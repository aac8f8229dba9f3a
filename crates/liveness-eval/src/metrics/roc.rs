// SPDX-License-Identifier: MIT OR Apache-2.0

use super::{Interval, Rate};

/// The scores of bona fide presentations and attacks. A higher score means more likely live.
///
/// A presentation is accepted if its score is above a threshold.
#[derive(Clone, Debug, Default)]
pub struct Roc {
    /// Scores of bona fide presentations, ascending.
    live: Vec<f64>,
    /// Scores of attacks, ascending.
    attack: Vec<f64>,
}

impl Roc {
    /// Returns the curve, or `None` if there are no scores of either kind.
    pub fn new(mut live: Vec<f64>, mut attack: Vec<f64>) -> Option<Self> {
        live.sort_by(f64::total_cmp);
        attack.sort_by(f64::total_cmp);
        (!live.is_empty() && !attack.is_empty()).then_some(Self { live, attack })
    }

    /// Returns the numbers of bona fide presentations and attacks.
    pub fn counts(&self) -> (usize, usize) {
        (self.live.len(), self.attack.len())
    }

    /// Returns the share of bona fide presentations that are rejected at a threshold.
    pub fn bpcer(&self, threshold: f64) -> Rate {
        Rate::new(not_above(&self.live, threshold), self.live.len())
    }

    /// Returns the share of attacks that are accepted at a threshold.
    pub fn apcer(&self, threshold: f64) -> Rate {
        Rate::new(self.attack.len() - not_above(&self.attack, threshold), self.attack.len())
    }

    /// Returns all thresholds at which a rate changes, ascending. The first one accepts all presentations.
    pub fn thresholds(&self) -> Vec<f64> {
        let mut all = [&[f64::NEG_INFINITY], self.live.as_slice(), self.attack.as_slice()].concat();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    /// Returns the lowest threshold that accepts at most the share `apcer` of the attacks.
    pub fn threshold_at_apcer(&self, apcer: f64) -> f64 {
        let accepted = (apcer * self.attack.len() as f64 + 1e-9).floor() as usize;
        let rejected = self.attack.len().saturating_sub(accepted);
        rejected.checked_sub(1).map_or(f64::NEG_INFINITY, |last| self.attack[last])
    }

    /// Returns the BPCER at an APCER of at most `apcer`: `BPCER10` at 0.1, `BPCER20` at 0.05, `BPCER100` at 0.01.
    pub fn bpcer_at_apcer(&self, apcer: f64) -> Rate {
        self.bpcer(self.threshold_at_apcer(apcer))
    }

    /// Returns the equal error rate, 0–1: the mean of APCER and BPCER at the threshold where they are closest.
    pub fn eer(&self) -> f64 {
        let rates = |threshold| {
            let share = |rate: Rate| rate.share().unwrap_or_default();
            (share(self.apcer(threshold)), share(self.bpcer(threshold)))
        };
        let gap = |(a, b): &(f64, f64)| (a - b).abs();
        let nearest = self.thresholds().into_iter().map(rates).min_by(|a, b| gap(a).total_cmp(&gap(b)));
        nearest.map_or(f64::NAN, |(a, b)| 0.5 * (a + b))
    }

    /// Returns the area under the curve, 0–1: the probability that a live score exceeds an attack's. Ties
    /// count half.
    pub fn auc(&self) -> f64 {
        let sum: f64 = self.live.iter().map(|score| beaten(*score, &self.attack)).sum();
        sum / self.live.len() as f64
    }

    /// Returns the 95 % interval of [`Self::auc`] after DeLong et al. (1988).
    pub fn auc_interval(&self) -> Interval {
        let area = self.auc();
        let by_live: Vec<f64> = self.live.iter().map(|score| beaten(*score, &self.attack)).collect();
        let by_attack: Vec<f64> = self.attack.iter().map(|score| 1.0 - beaten(*score, &self.live)).collect();
        let variance = |values: &[f64]| {
            let squares: f64 = values.iter().map(|v| (v - area).powi(2)).sum();
            squares / (values.len() as f64 - 1.0).max(1.0) / values.len() as f64
        };
        let margin = 1.96 * (variance(&by_live) + variance(&by_attack)).sqrt();
        ((area - margin).max(0.0), (area + margin).min(1.0))
    }
}

/// Returns the area under the ROC curve and its 95 % interval, or `None` if there are no scores of either kind.
pub fn auc(live: &[f64], attack: &[f64]) -> Option<(f64, Interval)> {
    let roc = Roc::new(live.to_vec(), attack.to_vec())?;
    Some((roc.auc(), roc.auc_interval()))
}

fn not_above(ascending: &[f64], threshold: f64) -> usize {
    ascending.partition_point(|score| *score <= threshold)
}

/// Returns the share of `ascending` that is below `score`. Ties count half.
fn beaten(score: f64, ascending: &[f64]) -> f64 {
    let below = ascending.partition_point(|other| *other < score);
    let wins = (below + not_above(ascending, score)) as f64 / 2.0;
    wins / ascending.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn roc() -> Roc {
        Roc::new(vec![90.0, 80.0, 70.0, 40.0], vec![10.0, 20.0, 40.0, 75.0, 5.0]).unwrap()
    }

    #[test]
    fn rates_at_a_threshold_count_ties_as_rejected() {
        assert_eq!(roc().bpcer(40.0), Rate::new(1, 4));
        assert_eq!(roc().apcer(40.0), Rate::new(1, 5));
        assert_eq!(roc().apcer(f64::NEG_INFINITY), Rate::new(5, 5));
    }

    #[test]
    fn figures_are_those_by_hand() {
        // Pairs won: 90 and 80 exceed 5, 70 exceeds 4, 40 exceeds 3 and ties with one.
        assert!((roc().auc() - (5.0 + 5.0 + 4.0 + 3.5) / 20.0).abs() < 1e-12);
        // At 40 the rates are closest: 1/5 and 1/4.
        assert!((roc().eer() - 0.225).abs() < 1e-12);
        assert_eq!(roc().bpcer_at_apcer(0.2), Rate::new(1, 4));
        assert_eq!(roc().bpcer_at_apcer(0.19), Rate::new(2, 4));
        assert_eq!(roc().bpcer_at_apcer(1.0), Rate::new(0, 4));
    }

    #[test]
    fn kinds_that_do_not_overlap_are_told_apart() {
        let roc = Roc::new(vec![0.9, 0.8], vec![0.1, 0.2, 0.3]).unwrap();
        assert_eq!((roc.auc(), roc.eer(), roc.bpcer_at_apcer(0.01)), (1.0, 0.0, Rate::new(0, 2)));
        assert!(Roc::new(vec![], vec![1.0]).is_none());
    }

    proptest! {
        #[test]
        fn figures_are_shares(live in prop::collection::vec(0u8..20, 1..40), attack in prop::collection::vec(0u8..20, 1..40)) {
            let scores = |of: &[u8]| of.iter().map(|s| f64::from(*s)).collect::<Vec<_>>();
            let roc = Roc::new(scores(&live), scores(&attack)).unwrap();
            let flipped = Roc::new(scores(&attack), scores(&live)).unwrap();
            prop_assert!((roc.auc() + flipped.auc() - 1.0).abs() < 1e-9);
            let (low, high) = roc.auc_interval();
            prop_assert!(low <= roc.auc() && roc.auc() <= high && (0.0..=1.0).contains(&roc.eer()));
            for apcer in [0.01, 0.05, 0.1, 0.5] {
                let threshold = roc.threshold_at_apcer(apcer);
                prop_assert!(roc.apcer(threshold).share().unwrap() <= apcer);
                // No lower threshold that changes a rate keeps the APCER within the limit.
                let lower = roc.thresholds().into_iter().rfind(|t| *t < threshold);
                if let Some(lower) = lower {
                    prop_assert!(roc.apcer(lower).share().unwrap() > apcer || roc.apcer(lower) == roc.apcer(threshold));
                }
            }
        }
    }
}
