// SPDX-License-Identifier: MIT OR Apache-2.0

use std::collections::BTreeMap;

use super::Interval;
use liveness_core::random::Random;

/// Number of resamples for an interval.
const RESAMPLES: u64 = 1000;

/// Bootstrap samples of subjects, drawn with replacement. All items of a subject are drawn together, since
/// they are not independent (Efron and Tibshirani 1993; required by ISO/IEC 19795-1).
pub struct Resamples<'a, T> {
    clusters: Vec<Vec<&'a T>>,
}

impl<'a, T> Resamples<'a, T> {
    /// Groups the items by subject. Each item with an empty subject forms its own group.
    pub fn by_subject(items: &'a [T], subject: impl Fn(&T) -> &str) -> Self {
        let mut named: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
        let mut clusters = Vec::new();
        for item in items {
            match subject(item) {
                "" => clusters.push(vec![item]),
                name => named.entry(name).or_default().push(item),
            }
        }
        clusters.extend(named.into_values());
        Self { clusters }
    }

    /// Returns whether any subject has several items. Otherwise exact intervals are more accurate.
    pub fn are_clustered(&self) -> bool {
        self.clusters.iter().any(|cluster| cluster.len() > 1)
    }

    /// Returns the number of subjects.
    pub fn subjects(&self) -> usize {
        self.clusters.len()
    }

    /// Returns `figure` of each resample for which it is defined. The result is repeatable.
    pub fn figures(&self, figure: impl Fn(&[&'a T]) -> Option<f64>) -> Vec<f64> {
        let count = self.clusters.len();
        let draw = |n| {
            let mut random = Random::nth(0, n);
            let drawn = (0..count).flat_map(|_| &self.clusters[random.below(count)]);
            drawn.copied().collect::<Vec<_>>()
        };
        (0..RESAMPLES).filter_map(|n| figure(&draw(n))).collect()
    }
}

/// Returns the 2.5 % and 97.5 % quantiles of the figures, or `None` if there are no figures.
pub fn interval(mut figures: Vec<f64>) -> Option<Interval> {
    figures.sort_by(f64::total_cmp);
    let at = |p: f64| figures.get(((figures.len() as f64 - 1.0) * p).round() as usize).copied();
    at(0.025).zip(at(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(items: &[&(&str, f64)]) -> Option<f64> {
        Some(items.iter().map(|(_, value)| value).sum::<f64>() / items.len() as f64)
    }

    #[test]
    fn repeating_a_subjects_items_adds_no_knowledge() {
        let names: Vec<String> = (0..20).map(|i| i.to_string()).collect();
        let once: Vec<(&str, f64)> =
            names.iter().enumerate().map(|(i, name)| (name.as_str(), (i % 2) as f64)).collect();
        let often = once.repeat(10);
        let width = |items: &[(&str, f64)]| {
            let resamples = Resamples::by_subject(items, |(name, _)| name);
            assert_eq!((resamples.subjects(), resamples.are_clustered()), (20, items.len() > 20));
            let (low, high) = interval(resamples.figures(mean)).unwrap();
            assert!(low < 0.5 && high > 0.5);
            high - low
        };
        assert!((width(&once) - width(&often)).abs() < 1e-9);
        // The width of the binomial distribution's interval: 2 · 1.96 · √(¼ / 20).
        assert!((width(&once) - 0.438).abs() < 0.08, "{}", width(&once));
    }

    #[test]
    fn the_nameless_stand_alone() {
        let items = [("", 0.0), ("", 1.0), ("a", 0.0)];
        assert_eq!(Resamples::by_subject(&items, |(name, _)| name).subjects(), 3);
        assert_eq!(interval(Vec::new()), None);
    }
}
