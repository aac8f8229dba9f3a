//! Demodulation: how strongly each patch of skin answers each cell of the screen.
//!
//! For patch u and colour channel c, in linear light: L(u,t) = g(t)·(base(u) + drift + Σₖ sₖ(u)·wₖ(t−τ)), with the codes wₖ of the
//! channel's cells and the delay τ of the display. The drift follows time (to second order) and the head's motion.
//!
//! The camera's exposure g is a controller that integrates what it sees: ln g = −κ ∫ ln G with G the light of the whole face. So G
//! is fitted first, by ln G = ln(1 + Σ Sₖwₖ) + ln g + drift; each frame is then brought to the light that this fit says the face
//! has without g. What differs between patches needs no such care: no exposure can forge it.

use nalgebra::{DMatrix, DVector};

use super::code::{LightCode, PERIOD, REST};
use super::facemap::{SIDE, patches};
use super::series::{Series, Slot};
use crate::check::random::Randomness;

/// Seconds between the delays that are tried.
const LAG_STEP: f64 = 0.01;
/// Patches to a block's side, for the search.
const BLOCK: usize = 5;
/// 1, t, t² and the head's motion.
const DRIFT: usize = 8;
/// Fewer slots than this tell nothing.
const LEAST_SLOTS: usize = 28;
/// Codes that were not shown, and the delays that each is tried with.
const DECOYS: usize = 48;
const DECOY_LAGS: usize = 7;
/// Rounds in which ln(1 + Σ Sₖwₖ) is made linear.
const ROUNDS: usize = 3;

/// How the face answered the light.
#[derive(Clone, Debug)]
pub struct Response {
    /// Seconds from the light message to the light on the face.
    pub lag: f64,
    /// Share (0–1) of what changed, drift and exposure apart, that the code explains.
    pub explained: f64,
    /// What it does not explain, as a share of the light (root mean square over blocks of skin and time).
    pub unexplained: f64,
    /// The logarithm of what codes that were not shown leave unexplained, each at its best delay: mean and standard deviation.
    pub decoys: (f64, f64),
    /// Of each patch.
    pub patches: Vec<Answer>,
    /// The same from every other two periods of the code, and from those between.
    pub halves: [Vec<Answer>; 2],
    /// Standard deviation, in red, green and blue, of what remains unexplained in a frame, relative to the light.
    pub noise: [f64; 3],
}

/// What one patch of skin did.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Mean linear light.
    pub light: [f32; 3],
    /// Of each cell, at full drive.
    pub cells: Vec<[f32; 3]>,
}

impl Response {
    /// Standard deviations by which the code leaves less unexplained than codes that were not shown.
    pub fn freshness(&self) -> f64 {
        let (mean, deviation) = self.decoys;
        (mean - unexplained(self.explained)) / deviation.max(0.01)
    }

    /// The screen's share of the light on the face, at rest: the median over its patches.
    pub fn modulation(&self) -> f64 {
        let share = |answer: &Answer| {
            let screen: f32 = answer.cells.iter().flatten().sum();
            f64::from(REST * screen / answer.light.iter().sum::<f32>().max(1e-6))
        };
        let mut shares: Vec<f64> = self.patches.iter().map(share).collect();
        shares.sort_by(f64::total_cmp);
        shares.get(shares.len() / 2).copied().unwrap_or(0.0)
    }
}

/// `None` when there are too few frames, or what they show makes no sense.
pub fn demodulate(
    series: &Series,
    code: &LightCode,
    most_lag: f64,
    random: &mut Randomness,
) -> Option<Response> {
    let changes = Changes::new(series)?;
    let steps = (most_lag / LAG_STEP).round().max(0.0) as usize;
    let lags: Vec<f64> = (0..=steps).map(|i| LAG_STEP * i as f64).collect();
    let (lag, explained) = changes.best(code, &lags)?;
    let few: Vec<f64> = lags.iter().copied().step_by((lags.len() / DECOY_LAGS).max(1)).collect();
    let decoys: Vec<f64> = (0..DECOYS)
        .filter_map(|_| changes.best(&code.shuffled(random)?, &few))
        .map(|(_, explained)| unexplained(explained))
        .collect();
    let (patches, noise) = changes.answers(code, lag, |_| true)?;
    let half = |time: f64| ((time - lag).max(0.0) * 1e9 / (2 * PERIOD) as f64) as u64 % 2;
    let (first, _) = changes.answers(code, lag, |time| half(time) == 0)?;
    let (second, _) = changes.answers(code, lag, |time| half(time) == 1)?;
    Some(Response {
        lag,
        explained,
        unexplained: changes.size() * (1.0 - explained).max(0.0).sqrt(),
        decoys: spread(&decoys),
        patches,
        halves: [first, second],
        noise,
    })
}

/// The logarithm of the rest.
fn unexplained(explained: f64) -> f64 {
    (1.0 - explained).max(1e-4).ln()
}

fn spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt())
}

/// What changed, weighted by the square root of each slot's frames.
struct Changes<'a> {
    series: &'a Series,
    roots: DVector<f64>,
    drift: DMatrix<f64>,
    /// ln G and its integral.
    whole: DVector<f64>,
    integral: DVector<f64>,
    /// Shares of the channels in G.
    shares: [f64; 3],
    /// Bases of what is taken out of the whole face and of the blocks.
    steady: DMatrix<f64>,
    drifting: DMatrix<f64>,
    /// What is left: of the whole face, and of the blocks relative to it, by channel.
    left_whole: DMatrix<f64>,
    left_apart: [DMatrix<f64>; 3],
}

impl<'a> Changes<'a> {
    fn new(series: &'a Series) -> Option<Self> {
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
        let left_whole =
            without(&steady, weighted(&roots, DMatrix::from_columns(std::slice::from_ref(&whole))));
        let groups = groups();
        let left_apart = [0, 1, 2].map(|channel| {
            let relative = relative(slots, &groups, &means, channel);
            without(&drifting, weighted(&roots, relative))
        });
        Some(Self { series, roots, drift, whole, integral, shares, steady, drifting, left_whole, left_apart })
    }

    /// The delay that explains most, and how much.
    fn best(&self, code: &LightCode, lags: &[f64]) -> Option<(f64, f64)> {
        let explained = lags.iter().map(|lag| (*lag, self.explained(&self.codes(code, *lag))));
        explained.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// By channel the codes over the slots at a delay.
    fn codes(&self, code: &LightCode, lag: f64) -> [DMatrix<f64>; 3] {
        let slots = self.series.slots();
        let mut codes = [(); 3].map(|()| DMatrix::zeros(slots.len(), code.cells()));
        for (j, slot) in slots.iter().enumerate() {
            let share = self.roots[j] / slot.weight();
            for time in &slot.times {
                // Before the code and after it the screen is at rest.
                let shown = code.at_seconds(time - lag);
                for (cell, level) in shown.iter().enumerate() {
                    (0..3).for_each(|channel| codes[channel][(j, cell)] += share * f64::from(level[channel]));
                }
            }
        }
        codes
    }

    fn mixed(&self, codes: &[DMatrix<f64>; 3]) -> DMatrix<f64> {
        &codes[0] * self.shares[0] + &codes[1] * self.shares[1] + &codes[2] * self.shares[2]
    }

    /// The share of all changes that the codes explain.
    fn explained(&self, codes: &[DMatrix<f64>; 3]) -> f64 {
        // What the whole face does, every block does.
        let whole = self.columns() * power(&self.steady, &self.mixed(codes), &self.left_whole);
        let apart =
            codes.iter().zip(&self.left_apart).map(|(codes, left)| power(&self.drifting, codes, left));
        (whole + apart.sum::<f64>()) / self.total().max(1e-12)
    }

    fn columns(&self) -> f64 {
        self.left_apart.iter().map(DMatrix::ncols).sum::<usize>() as f64
    }

    fn total(&self) -> f64 {
        let apart: f64 = self.left_apart.iter().map(DMatrix::norm_squared).sum();
        self.columns() * self.left_whole.norm_squared() + apart
    }

    /// How much the light changed, as a share of it (root mean square over blocks and time).
    fn size(&self) -> f64 {
        (self.total() / self.columns().max(1.0) / self.roots.norm_squared()).sqrt()
    }

    /// What the light of the whole face is in each slot without exposure and drift, over what it is.
    fn gains(&self, codes: &[DMatrix<f64>; 3]) -> Option<DVector<f64>> {
        let (slots, mixed) = (self.roots.len(), self.mixed(codes));
        let cells = mixed.ncols();
        let mut model = DVector::from_element(slots, 1.0);
        let plain = |j: usize, i: usize| mixed[(j, i)] / self.roots[j];
        for _ in 0..ROUNDS {
            let design = DMatrix::from_fn(slots, cells + 1 + DRIFT, |j, i| match i {
                _ if i < cells => self.roots[j] * plain(j, i) / model[j],
                _ if i == cells => self.roots[j] * self.integral[j],
                _ => self.drift[(j, i - cells - 1)],
            });
            let target = DVector::from_fn(slots, |j, _| {
                self.roots[j] * (self.whole[j] - model[j].ln() - 1.0 / model[j] + 1.0)
            });
            let fit = regular(&design).cholesky()?.solve(&(design.transpose() * target));
            for j in 0..slots {
                let light: f64 = (0..cells).map(|cell| fit[cell] * plain(j, cell)).sum();
                model[j] = (1.0 + light).clamp(0.05, 50.0);
            }
        }
        let level = self.whole.mean() - model.map(f64::ln).mean();
        Some(DVector::from_fn(slots, |j, _| (model[j].ln() + level - self.whole[j]).exp()))
    }

    /// Each patch's answers in the slots at these times, and the noise by channel.
    fn answers(
        &self,
        code: &LightCode,
        lag: f64,
        counts: impl Fn(f64) -> bool,
    ) -> Option<(Vec<Answer>, [f64; 3])> {
        let codes = self.codes(code, lag);
        let (gains, all) = (self.gains(&codes)?, self.series.slots());
        let chosen: Vec<usize> = (0..all.len()).filter(|j| counts(all[*j].times[0])).collect();
        if chosen.len() <= DRIFT + code.cells() {
            return None;
        }
        let roots = DVector::from_iterator(chosen.len(), chosen.iter().map(|j| self.roots[*j]));
        let none = Answer { light: [0.0; 3], cells: vec![[0.0; 3]; code.cells()] };
        let mut answers = vec![none; patches().len()];
        let mut noise = [0.0; 3];
        let frames = roots.norm_squared();
        for channel in 0..3 {
            let design = DMatrix::from_fn(chosen.len(), DRIFT + code.cells(), |j, i| {
                let j = chosen[j];
                if i < DRIFT { self.drift[(j, i)] } else { codes[channel][(j, i - DRIFT)] }
            });
            let solution = regular(&design).cholesky()?.inverse() * design.transpose();
            let data = DMatrix::from_fn(chosen.len(), answers.len(), |j, i| {
                roots[j] * gains[chosen[j]] * f64::from(all[chosen[j]].light[i][channel])
            });
            let found = &solution * &data;
            let rest = &data - &design * &found;
            let mut relative = 0.0;
            for (i, answer) in answers.iter_mut().enumerate() {
                let light = data.column(i).dot(&roots) / frames;
                answer.light[channel] = light as f32;
                for (cell, value) in answer.cells.iter_mut().enumerate() {
                    value[channel] = found[(DRIFT + cell, i)] as f32;
                }
                relative += rest.column(i).norm_squared() / light.max(1e-3).powi(2);
            }
            let freedom = (chosen.len() - DRIFT - code.cells()) * answers.len();
            noise[channel] = (relative / freedom as f64).sqrt();
        }
        Some((answers, noise))
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

/// Blocks of skin relative to the whole face.
fn relative(slots: &[Slot], groups: &[Vec<usize>], means: &[[f64; 3]], channel: usize) -> DMatrix<f64> {
    let mut data = DMatrix::from_fn(slots.len(), groups.len(), |j, group| {
        let sum: f64 = groups[group].iter().map(|i| f64::from(slots[j].light[*i][channel])).sum();
        sum / groups[group].len() as f64 / means[j][channel].max(1e-4)
    });
    for mut column in data.column_iter_mut() {
        let mean = column.mean();
        column.scale_mut(1.0 / mean.max(1e-3));
    }
    data
}

/// Patches by block.
fn groups() -> Vec<Vec<usize>> {
    let across = SIDE.div_ceil(BLOCK);
    let mut groups = vec![Vec::new(); across * across];
    for (i, patch) in patches().iter().enumerate() {
        groups[patch.at[1] / BLOCK * across + patch.at[0] / BLOCK].push(i);
    }
    groups.retain(|group| group.len() >= BLOCK);
    groups
}

fn weighted(roots: &DVector<f64>, mut rows: DMatrix<f64>) -> DMatrix<f64> {
    rows.column_iter_mut().for_each(|mut column| column.component_mul_assign(roots));
    rows
}

/// The normal matrix; a head that does not move must not make it singular.
fn regular(design: &DMatrix<f64>) -> DMatrix<f64> {
    let mut normal = design.transpose() * design;
    for i in 0..normal.nrows() {
        normal[(i, i)] += 1e-6;
    }
    normal
}

/// How much of `left`, which has no part in the space of `taken`, the codes explain without theirs: the squared norm of the
/// projection.
fn power(taken: &DMatrix<f64>, codes: &DMatrix<f64>, left: &DMatrix<f64>) -> f64 {
    let (part, seen) = (taken.transpose() * codes, codes.transpose() * left);
    let normal = codes.transpose() * codes - part.transpose() * part;
    normal.cholesky().map_or(0.0, |normal| normal.solve(&seen).dot(&seen))
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
