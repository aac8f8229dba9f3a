// SPDX-License-Identifier: MIT OR Apache-2.0

use std::fmt;

use statrs::distribution::{Beta, ContinuousCDF};

use super::Interval;

/// A share of `n` presentations with its exact 95 % interval.
///
/// ```
/// use liveness_eval::metrics::Rate;
///
/// assert_eq!(Rate::new(0, 300).to_string(), "0.0 % [0.0, 1.2] (0 of 300)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Number of presentations counted, at most `n`.
    pub hits: usize,
    /// Number of all presentations.
    pub n: usize,
}

impl Rate {
    /// Returns the rate of `hits` in `n` presentations.
    pub const fn new(hits: usize, n: usize) -> Self {
        Self { hits, n }
    }

    /// Returns the rate of the items in `all` for which `hit` returns true.
    pub fn of<T>(all: impl IntoIterator<Item = T>, hit: impl Fn(&T) -> bool) -> Self {
        all.into_iter()
            .fold(Self::new(0, 0), |Self { hits, n }, one| Self::new(hits + usize::from(hit(&one)), n + 1))
    }

    /// Returns the share, 0–1, or `None` if `n` is 0.
    pub fn share(self) -> Option<f64> {
        (self.n > 0).then(|| self.hits as f64 / self.n as f64)
    }

    /// Returns the exact 95 % interval of Clopper and Pearson (1934). Each end is the share at which this number of
    /// hits, or a more extreme one, has a probability of 2.5 %.
    pub fn interval(self) -> Interval {
        let (hits, misses) = (self.hits as f64, self.n.saturating_sub(self.hits) as f64);
        let quantile = |a: f64, b: f64, p: f64, else_: f64| {
            // Without hits or without misses, the interval extends to 0 or to 1.
            Beta::new(a, b).map_or(else_, |beta| beta.inverse_cdf(p))
        };
        (quantile(hits, misses + 1.0, 0.025, 0.0), quantile(hits + 1.0, misses, 0.975, 1.0))
    }
}

/// Formats the rate in percent with the counts.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(share) = self.share() else {
            return f.write_str("n = 0");
        };
        let (low, high) = self.interval();
        let text = format!(
            "{:.1} % [{:.1}, {:.1}] ({} of {})",
            100.0 * share,
            100.0 * low,
            100.0 * high,
            self.hits,
            self.n
        );
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn intervals_are_those_of_the_tables() {
        // R: binom.test(k, n)$conf.int
        for (hits, n, low, high) in [
            (0, 10, 0.0, 0.308_497),
            (10, 10, 0.691_503, 1.0),
            (1, 212, 0.000_119, 0.026_008),
            (6, 351, 0.006_302, 0.036_828),
            (5, 10, 0.187_086, 0.812_914),
        ] {
            let interval = Rate::new(hits, n).interval();
            assert!((interval.0 - low).abs() < 1e-5, "{hits} of {n}: {interval:?}");
            assert!((interval.1 - high).abs() < 1e-5, "{hits} of {n}: {interval:?}");
        }
    }

    #[test]
    fn nothing_has_no_share_and_no_knowledge() {
        let none = Rate::new(0, 0);
        assert_eq!((none.share(), none.interval(), none.to_string()), (None, (0.0, 1.0), "n = 0".to_owned()));
    }

    proptest! {
        #[test]
        fn an_end_is_where_the_count_becomes_unlikely(n in 1usize..2000, part in 0.0f64..=1.0) {
            let hits = (part * n as f64) as usize;
            let (low, high) = Rate::new(hits, n).interval();
            prop_assert!(0.0 <= low && low <= part.max(hits as f64 / n as f64) && high <= 1.0);
            if hits > 0 {
                let more = 1.0 - Binomial::new(low, n as u64).unwrap().cdf(hits as u64 - 1);
                prop_assert!((more - 0.025).abs() < 1e-6, "{more}");
            }
            if hits < n {
                let fewer = Binomial::new(high, n as u64).unwrap().cdf(hits as u64);
                prop_assert!((fewer - 0.025).abs() < 1e-6, "{fewer}");
            }
        }
    }
}
