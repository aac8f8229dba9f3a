// SPDX-License-Identifier: MIT OR Apache-2.0

//! Changes of the light on a face while the code played: of the whole light, and of its lean to the sides and
//! up.
//!
//! A light in front of the face changes nine numbers per frame, three in each channel. They have
//! almost no noise, because each is a mean over the whole face.

use nalgebra::{DMatrix, DVector};

use super::super::Time;
use super::code::{LightCode, REST};
use super::facemap::patches;
use super::series::{Series, Slot};

/// Weight of a lean of the light (in cm) relative to a change of the whole light.
const LEAN: f64 = 0.5;
/// Number of drift terms: 1, t, t² and the five of the head's motion.
pub(super) const DRIFT: usize = 8;
/// Least number of slots.
const LEAST_SLOTS: usize = 28;

/// The change of the light on the face at one time: its difference from the mean as a share of it, by
/// channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LightMoment {
    /// Seconds since the code began.
    pub time: f64,
    /// The measured change.
    pub seen: [f32; 3],
    /// The part of the change that the code explains.
    pub explained: [f32; 3],
}

/// The changes, weighted by the square root of each slot's number of frames.
pub struct Changes<'a> {
    pub(super) slots: &'a [Slot],
    /// Square roots of the slots' weights.
    pub(super) roots: DVector<f64>,
    pub(super) drift: DMatrix<f64>,
    /// ln G of each slot, with G the light of the whole face.
    pub(super) whole: DVector<f64>,
    /// Integral over time of ln G minus its mean.
    pub(super) integral: DVector<f64>,
    /// Shares of the channels in G.
    shares: [f64; 3],
    /// Basis of drift and exposure, which are removed from the light.
    steady: DMatrix<f64>,
    /// Basis of the drift, which is removed from the balance.
    drifting: DMatrix<f64>,
    /// Rest of the light of the whole face, by channel.
    light: [DMatrix<f64>; 3],
    /// Rest of the balance from side to side and up and down, by channel.
    balance: [DMatrix<f64>; 3],
    /// Squared norm of both rests.
    total: f64,
}

impl<'a> Changes<'a> {
    /// Computes the changes. Returns `None` if there are too few frames.
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

    /// Returns the delay that explains most, in seconds, and the explained share, 0–1.
    pub fn best(&self, code: &LightCode, lags: &[f64]) -> Option<(f64, f64)> {
        let explained = lags.iter().map(|lag| (*lag, self.explained(&self.codes(code, *lag))));
        explained.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Returns the codes in the slots with a delay of `lag` seconds, by channel.
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
                // The screen is at rest before and after the code.
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

    /// Returns the share of all changes that the codes explain.
    fn explained(&self, codes: &[DMatrix<f64>; 3]) -> f64 {
        let channel = |k: usize| {
            let normal = codes[k].tr_mul(&codes[k]);
            power(&self.steady, &codes[k], &normal, &self.light[k])
                + power(&self.drifting, &codes[k], &normal, &self.balance[k])
        };
        (0..3).map(channel).sum::<f64>() / self.total.max(1e-12)
    }

    /// Returns the change of the light in each slot and the part that the code explains, without drift and
    /// exposure.
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

    /// Returns the root mean square of the changes, as a share of the light.
    pub fn size(&self) -> f64 {
        (self.total / 9.0 / self.roots.norm_squared()).sqrt()
    }
}

/// Returns the i-th term of the drift in the j-th slot.
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

/// Returns the lean of a channel's light to the sides and up, relative to the light of the whole face.
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

/// Returns the power of `left` that the codes explain without their part in the space of `taken`: the squared
/// norm of the projection. `left` must have no part in that space.
fn power(taken: &DMatrix<f64>, codes: &DMatrix<f64>, normal: &DMatrix<f64>, left: &DMatrix<f64>) -> f64 {
    let (part, seen) = (taken.tr_mul(codes), codes.tr_mul(left));
    (normal - part.tr_mul(&part)).cholesky().map_or(0.0, |normal| normal.solve(&seen).dot(&seen))
}

/// Returns an orthonormal basis of the columns.
fn basis(columns: DMatrix<f64>) -> DMatrix<f64> {
    columns.qr().q()
}

/// Returns the columns without their part in the space of an orthonormal basis.
fn without(basis: &DMatrix<f64>, columns: DMatrix<f64>) -> DMatrix<f64> {
    let part = basis * (basis.transpose() * &columns);
    columns - part
}
