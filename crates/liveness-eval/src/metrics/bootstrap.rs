use std::collections::BTreeMap;

use super::Interval;
use liveness_core::random::Random;

/// How many resamples an interval takes.
const RESAMPLES: u64 = 1000;

/// Samples of the same subjects, drawn with replacement: what comes of one subject stays together, since its pictures are no
/// independent witnesses (Efron and Tibshirani 1993; ISO/IEC 19795-1 asks for it).
pub struct Resamples<'a, T> {
    clusters: Vec<Vec<&'a T>>,
}

impl<'a, T> Resamples<'a, T> {
    /// Items of an empty subject are subjects of their own.
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

    /// Whether any subject has several items; without, exact intervals say more.
    pub fn are_clustered(&self) -> bool {
        self.clusters.iter().any(|cluster| cluster.len() > 1)
    }

    pub fn subjects(&self) -> usize {
        self.clusters.len()
    }

    /// `figure` of each resample that has one. The same items always give the same.
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

/// The middle 95 % of the figures; `None` of none.
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
        // The binomial's: 2 · 1.96 · √(¼ / 20).
        assert!((width(&once) - 0.438).abs() < 0.08, "{}", width(&once));
    }

    #[test]
    fn the_nameless_stand_alone() {
        let items = [("", 0.0), ("", 1.0), ("a", 0.0)];
        assert_eq!(Resamples::by_subject(&items, |(name, _)| name).subjects(), 3);
        assert_eq!(interval(Vec::new()), None);
    }
}
