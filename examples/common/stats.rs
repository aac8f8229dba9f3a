//! Exact intervals and the area under the curve.

use std::fmt;

/// A rate with its n and exact 95 % interval (Clopper & Pearson 1934).
pub struct Rate {
    hits: usize,
    total: usize,
}

impl Rate {
    pub fn new(hits: usize, total: usize) -> Self {
        Self { hits, total }
    }

    /// The interval's bounds, by bisection on the binomial tails.
    fn interval(&self) -> (f64, f64) {
        let (k, n) = (self.hits, self.total);
        let low = if k == 0 { 0.0 } else { bisect(|p| 1.0 - binomial_cdf(k - 1, n, p) > 0.025) };
        let high = if k == n { 1.0 } else { bisect(|p| binomial_cdf(k, n, p) < 0.025) };
        (low, high)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total == 0 {
            return write!(f, "n = 0");
        }
        let (low, high) = self.interval();
        let rate = 100.0 * self.hits as f64 / self.total as f64;
        write!(f, "{rate:5.1} % [{:.1}, {:.1}] ({} of {})", 100.0 * low, 100.0 * high, self.hits, self.total)
    }
}

/// The least p in 0–1 for which `above` holds.
fn bisect(above: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if above(middle) { high = middle } else { low = middle }
    }
    high
}

fn binomial_cdf(k: usize, n: usize, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return if p <= 0.0 { 1.0 } else { f64::from(u8::from(k >= n)) };
    }
    let (mut choose, mut sum) = (0.0f64, 0.0);
    for i in 0..=k {
        if i > 0 {
            choose += ((n - i + 1) as f64 / i as f64).ln();
        }
        sum += (choose + i as f64 * p.ln() + (n - i) as f64 * (1.0 - p).ln()).exp();
    }
    sum.min(1.0)
}

/// The area under the ROC curve and its 95 % interval (DeLong et al. 1988); `None` without both kinds.
#[allow(dead_code, reason = "not every example needs it")]
pub fn auc(live: &[f64], attack: &[f64]) -> Option<(f64, f64, f64)> {
    if live.is_empty() || attack.is_empty() {
        return None;
    }
    let wins = |a: f64, b: f64| {
        if a > b {
            1.0
        } else if a == b {
            0.5
        } else {
            0.0
        }
    };
    let share = |x: f64, others: &[f64], flip: bool| {
        let sum: f64 = others.iter().map(|o| if flip { wins(*o, x) } else { wins(x, *o) }).sum();
        sum / others.len() as f64
    };
    let by_live: Vec<f64> = live.iter().map(|x| share(*x, attack, false)).collect();
    let by_attack: Vec<f64> = attack.iter().map(|x| share(*x, live, true)).collect();
    let area = by_live.iter().sum::<f64>() / live.len() as f64;
    let variance = |values: &[f64]| {
        let squares: f64 = values.iter().map(|v| (v - area).powi(2)).sum();
        squares / (values.len() as f64 - 1.0).max(1.0) / values.len() as f64
    };
    let margin = 1.96 * (variance(&by_live) + variance(&by_attack)).sqrt();
    Some((area, (area - margin).max(0.0), (area + margin).min(1.0)))
}
