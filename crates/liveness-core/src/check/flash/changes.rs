//! What changed in the light of a face while the code played: of all of it, and of how it leans to the sides and up.
//!
//! A light before the face shows in these nine numbers a frame (three in each channel) with next to no noise, since each is a
//! mean over the whole face.

use nalgebra::{DMatrix, DVector};

use super::super::Time;
use super::code::{LightCode, REST};
use super::facemap::patches;
use super::series::{Series, Slot};

/// How a lean of the light (in cm) counts beside a change of all of it.
const LEAN: f64 = 0.5;
/// 1, t, t² and the head's motion.
pub(super) const DRIFT: usize = 8;
/// Fewer slots than this tell nothing.
const LEAST_SLOTS: usize = 28;

/// How the light on the face differed from its mean, as a share of it, by channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LightMoment {
    /// Seconds since the code began.
    pub time: f64,
    pub seen: [f32; 3],
    /// What of it is the code's.
    pub explained: [f32; 3],
}

/// What changed, weighted by the square root of each slot's frames.
pub struct Changes<'a> {
    pub(super) slots: &'a [Slot],
    /// Square roots of the slots' weights.
    pub(super) roots: DVector<f64>,
    pub(super) drift: DMatrix<f64>,
    /// ln G and its integral.
    pub(super) whole: DVector<f64>,
    pub(super) integral: DVector<f64>,
    /// Shares of the channels in G.
    shares: [f64; 3],
    /// Bases of what is taken out of the light and of its balance.
    steady: DMatrix<f64>,
    drifting: DMatrix<f64>,
    /// What is left, by channel: of the light of the whole face, and of its balance from side to side and up and down.
    light: [DMatrix<f64>; 3],
    balance: [DMatrix<f64>; 3],
    /// Its squared norm.
    total: f64,
}

impl<'a> Changes<'a> {
    /// `None` when there are too few frames.
    pub fn new(series: &'a Series) -> Option<Self> {
        let slots = series.slots();
        if slots.len() < LEAST_SLOTS {
            return None;
        }
        let roots = DVector::from_iterator(slots.len(), slots.iter().map(|slot| slot.weight().sqrt()));
        let drift = weighted(&roots, DMatrix::from_fn(slots.len(), DRIFT, |j, i| drift(slots, j, i)));
        let means: Vec<[f64; 3]> = slots.iter().map(mean_light).collect();
        let total = means.iter().fold([0.0; 3], |sum, mean| [0, 1, 2].map(|k| sum[k] + mean[k]));
        let shares = total.map(|v| v / total.iter().sum::<f64>().max(1e-9));
        let whole = DVector::from_iterator(
            slots.len(),
            means.iter().map(|mean| mean.iter().sum::<f64>().max(1e-4).ln()),
        );
        let integral = integral(slots, &whole);
        let mut steady = drift.clone().insert_column(DRIFT, 0.0);
        steady.set_column(DRIFT, &integral.component_mul(&roots));
        let (steady, drifting) = (basis(steady), basis(drift.clone()));
        let light = [0, 1, 2].map(|channel| {
            let mean = (total[channel] / slots.len() as f64).max(1e-4);
            let light = DMatrix::from_fn(slots.len(), 1, |j, _| means[j][channel] / mean);
            without(&steady, weighted(&roots, light))
        });
        let balance =
            [0, 1, 2].map(|channel| without(&drifting, weighted(&roots, balance(slots, &means, channel))));
        let total = light.iter().chain(&balance).map(DMatrix::norm_squared).sum();
        Some(Self { slots, roots, drift, whole, integral, shares, steady, drifting, light, balance, total })
    }

    /// The delay that explains most, and how much.
    pub fn best(&self, code: &LightCode, lags: &[f64]) -> Option<(f64, f64)> {
        let explained = lags.iter().map(|lag| (*lag, self.explained(&self.codes(code, *lag))));
        explained.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// By channel the codes over the slots at a delay.
    pub(super) fn codes(&self, code: &LightCode, lag: f64) -> [DMatrix<f64>; 3] {
        let slots = self.slots;
        let mut codes = [(); 3].map(|()| DMatrix::zeros(slots.len(), code.cells()));
        for (j, slot) in slots.iter().enumerate() {
            let share = self.roots[j] / slot.weight();
            for time in &slot.times {
                let since = time - lag;
                let mut add = |cell: usize, level: [f32; 3]| {
                    (0..3).for_each(|channel| codes[channel][(j, cell)] += share * f64::from(level[channel]));
                };
                // Before the code and after it the screen is at rest.
                match since < 0.0 {
                    true => (0..code.cells()).for_each(|cell| add(cell, [REST; 3])),
                    false => code
                        .lights((since * 1e9) as Time)
                        .enumerate()
                        .for_each(|(cell, level)| add(cell, level)),
                }
            }
        }
        codes
    }

    pub(super) fn mixed(&self, codes: &[DMatrix<f64>; 3]) -> DMatrix<f64> {
        &codes[0] * self.shares[0] + &codes[1] * self.shares[1] + &codes[2] * self.shares[2]
    }

    /// The share of all changes that the codes explain.
    fn explained(&self, codes: &[DMatrix<f64>; 3]) -> f64 {
        let channel = |k: usize| {
            let normal = codes[k].tr_mul(&codes[k]);
            power(&self.steady, &codes[k], &normal, &self.light[k])
                + power(&self.drifting, &codes[k], &normal, &self.balance[k])
        };
        (0..3).map(channel).sum::<f64>() / self.total.max(1e-12)
    }

    /// How the light changed in each slot and what of it the code explains, drift and exposure apart.
    pub fn course(&self, code: &LightCode, lag: f64) -> Vec<LightMoment> {
        let codes = self.codes(code, lag);
        let explained = [0, 1, 2].map(|k| {
            let rest = without(&self.steady, codes[k].clone());
            let basis = basis(rest);
            &basis * (basis.transpose() * &self.light[k])
        });
        let moment = |j: usize| {
            let plain = |left: &DMatrix<f64>| (left[(j, 0)] / self.roots[j]) as f32;
            LightMoment {
                time: self.slots[j].times[0],
                seen: [0, 1, 2].map(|k| plain(&self.light[k])),
                explained: [0, 1, 2].map(|k| plain(&explained[k])),
            }
        };
        (0..self.slots.len()).map(moment).collect()
    }

    /// How much the light changed, as a share of it (root mean square).
    pub fn size(&self) -> f64 {
        (self.total / 9.0 / self.roots.norm_squared()).sqrt()
    }
}

/// The i-th term of the drift in the j-th slot.
fn drift(slots: &[Slot], j: usize, i: usize) -> f64 {
    let (first, last) = (slots[0].times[0], slots[slots.len() - 1].times[0]);
    let half = (0.5 * (last - first)).max(1e-3);
    let t = (slots[j].times[0] - first) / half - 1.0;
    match i {
        0..3 => t.powi(i as i32),
        _ => f64::from(slots[j].motion[i - 3]),
    }
}

fn mean_light(slot: &Slot) -> [f64; 3] {
    let sum = slot.light.iter().fold([0.0; 3], |sum, l| [0, 1, 2].map(|k| sum[k] + f64::from(l[k])));
    sum.map(|v| v / slot.light.len().max(1) as f64)
}

fn integral(slots: &[Slot], whole: &DVector<f64>) -> DVector<f64> {
    let middle = whole.mean();
    let mut integral = DVector::zeros(slots.len());
    for j in 1..slots.len() {
        let step = slots[j].times[0] - slots[j - 1].times[0];
        integral[j] = integral[j - 1] + (whole[j - 1] - middle) * step;
    }
    integral
}

/// How the light of a channel, relative to that of the whole face, leans to the sides and up.
fn balance(slots: &[Slot], means: &[[f64; 3]], channel: usize) -> DMatrix<f64> {
    let count = patches().len();
    let relative = |j: usize, i: usize| f64::from(slots[j].light[i][channel]) / means[j][channel].max(1e-4);
    let usual: Vec<f64> = (0..count)
        .map(|i| (0..slots.len()).map(|j| relative(j, i)).sum::<f64>() / slots.len() as f64)
        .collect();
    DMatrix::from_fn(slots.len(), 2, |j, axis| {
        let lean = |i: usize| f64::from(patches()[i].place[axis]) * relative(j, i) / usual[i].max(1e-3);
        LEAN * (0..count).map(lean).sum::<f64>() / count as f64
    })
}

fn weighted(roots: &DVector<f64>, mut rows: DMatrix<f64>) -> DMatrix<f64> {
    rows.column_iter_mut().for_each(|mut column| column.component_mul_assign(roots));
    rows
}

/// How much of `left`, which has no part in the space of `taken`, the codes explain without theirs: the squared norm of the
/// projection.
fn power(taken: &DMatrix<f64>, codes: &DMatrix<f64>, normal: &DMatrix<f64>, left: &DMatrix<f64>) -> f64 {
    let (part, seen) = (taken.tr_mul(codes), codes.tr_mul(left));
    (normal - part.tr_mul(&part)).cholesky().map_or(0.0, |normal| normal.solve(&seen).dot(&seen))
}

/// An orthonormal basis of the columns.
fn basis(columns: DMatrix<f64>) -> DMatrix<f64> {
    columns.qr().q()
}

/// The columns less their part in the space of an orthonormal basis.
fn without(basis: &DMatrix<f64>, columns: DMatrix<f64>) -> DMatrix<f64> {
    let part = basis * (basis.transpose() * &columns);
    columns - part
}
