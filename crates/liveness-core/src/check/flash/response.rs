// SPDX-License-Identifier: MIT OR Apache-2.0

//! Demodulation: the response of each patch of skin to each cell of the screen.
//!
//! For patch u and colour channel c, in linear light: L(u,t) = g(t)·(base(u) + drift + Σₖ sₖ(u)·wₖ(t−τ)),
//! with the codes wₖ of the channel's cells and the delay τ of the display. The drift is a function of time
//! (up to second order) and of the head's motion.
//!
//! The camera's exposure g is an integrating controller: ln g = −κ ∫ ln G, with G the light of the whole
//! face. G is therefore fitted first, by ln G = ln(1 + Σ Sₖwₖ) + ln g + drift. Each frame is then scaled to
//! the light that the face would have without g according to this fit. Differences between patches need no
//! such correction, because no exposure can imitate them.

use nalgebra::{DMatrix, DVector};

use super::changes::{Changes, DRIFT};
use super::code::{LightCode, PERIOD, REST};
use super::facemap::patches;

/// Number of linearisations of ln(1 + Σ Sₖwₖ).
const ROUNDS: usize = 3;

/// The response of a face to the light.
#[derive(Clone, Debug)]
pub struct Response {
    /// Response of each patch.
    pub patches: Vec<Answer>,
    /// The same from alternate pairs of code periods: those from the first pair on, and those in between.
    pub halves: [Vec<Answer>; 2],
    /// Standard deviation of the unexplained light of a patch in a frame, relative to its light, in red,
    /// green and blue.
    pub noise: [f64; 3],
}

/// The response of one patch of skin.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Mean linear light, in red, green and blue.
    pub light: [f32; 3],
    /// Response to each cell at full drive, in red, green and blue.
    pub cells: Vec<[f32; 3]>,
}

impl Response {
    /// Returns the screen's share of the light on the face, with the screen at rest: the median over the
    /// patches, 0–1.
    pub fn modulation(&self) -> f64 {
        let share = |answer: &Answer| f64::from(REST * answer.to_screen() / answer.bright().max(1e-6));
        let mut shares: Vec<f64> = self.patches.iter().map(share).collect();
        shares.sort_by(f64::total_cmp);
        shares.get(shares.len() / 2).copied().unwrap_or(0.0)
    }
}

impl Answer {
    /// Returns the response to the whole screen at full drive, summed over the channels.
    pub fn to_screen(&self) -> f32 {
        self.cells.iter().flatten().sum()
    }

    /// Returns the response to the whole screen at full drive in one channel.
    pub fn in_channel(&self, channel: usize) -> f32 {
        self.cells.iter().map(|cell| cell[channel]).sum()
    }

    /// Returns the mean light, summed over the channels.
    pub fn bright(&self) -> f32 {
        self.light.iter().sum()
    }
}

/// Returns the response of each patch to the code with a delay of `lag` seconds. `None` if there are too few
/// frames or if the fit fails.
pub fn demodulate(changes: &Changes<'_>, code: &LightCode, lag: f64) -> Option<Response> {
    let (patches, noise) = answers(changes, code, lag, |_| true)?;
    let half = |time: f64| ((time - lag).max(0.0) * 1e9 / (2 * PERIOD) as f64) as u64 % 2;
    let (first, _) = answers(changes, code, lag, |time| half(time) == 0)?;
    let (second, _) = answers(changes, code, lag, |time| half(time) == 1)?;
    Some(Response { patches, halves: [first, second], noise })
}

/// Returns the gain of each slot that removes exposure and drift from the light of the whole face.
fn gains(changes: &Changes<'_>, codes: &[DMatrix<f64>; 3]) -> Option<DVector<f64>> {
    let (slots, mixed) = (changes.roots.len(), changes.mixed(codes));
    let cells = mixed.ncols();
    let mut model = DVector::from_element(slots, 1.0);
    let plain = |j: usize, i: usize| mixed[(j, i)] / changes.roots[j];
    for _ in 0..ROUNDS {
        let design = DMatrix::from_fn(slots, cells + 1 + DRIFT, |j, i| match i {
            _ if i < cells => changes.roots[j] * plain(j, i) / model[j],
            _ if i == cells => changes.roots[j] * changes.integral[j],
            _ => changes.drift[(j, i - cells - 1)],
        });
        let target = DVector::from_fn(slots, |j, _| {
            changes.roots[j] * (changes.whole[j] - model[j].ln() - 1.0 / model[j] + 1.0)
        });
        let fit = regular(&design).cholesky()?.solve(&(design.transpose() * target));
        for j in 0..slots {
            let light: f64 = (0..cells).map(|cell| fit[cell] * plain(j, cell)).sum();
            model[j] = (1.0 + light).clamp(0.05, 50.0);
        }
    }
    let level = changes.whole.mean() - model.map(f64::ln).mean();
    Some(DVector::from_fn(slots, |j, _| (model[j].ln() + level - changes.whole[j]).exp()))
}

/// Returns the response of each patch in the slots whose time `counts`, and the noise by channel.
fn answers(
    changes: &Changes<'_>,
    code: &LightCode,
    lag: f64,
    counts: impl Fn(f64) -> bool,
) -> Option<(Vec<Answer>, [f64; 3])> {
    let codes = changes.codes(code, lag);
    let (gains, all) = (gains(changes, &codes)?, changes.slots);
    let chosen: Vec<usize> = (0..all.len()).filter(|j| counts(all[*j].times[0])).collect();
    if chosen.len() <= DRIFT + code.cells() {
        return None;
    }
    let roots = DVector::from_iterator(chosen.len(), chosen.iter().map(|j| changes.roots[*j]));
    let none = Answer { light: [0.0; 3], cells: vec![[0.0; 3]; code.cells()] };
    let mut answers = vec![none; patches().len()];
    let mut noise = [0.0; 3];
    let frames = roots.norm_squared();
    for channel in 0..3 {
        let design = DMatrix::from_fn(chosen.len(), DRIFT + code.cells(), |j, i| {
            let j = chosen[j];
            if i < DRIFT { changes.drift[(j, i)] } else { codes[channel][(j, i - DRIFT)] }
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

/// Returns the normal matrix. A small ridge keeps it regular if the head does not move.
fn regular(design: &DMatrix<f64>) -> DMatrix<f64> {
    let mut normal = design.transpose() * design;
    for i in 0..normal.nrows() {
        normal[(i, i)] += 1e-6;
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Camera, code, played, skin};
    use super::*;

    fn response(camera: &Camera) -> Response {
        let code = code(1);
        let series = played(&code, 0.1, camera, skin);
        demodulate(&Changes::new(&series).unwrap(), &code, 0.1).unwrap()
    }

    /// Returns the greatest error of a patch's response, relative to the mean, after scaling to the true
    /// responses.
    fn error(response: &Response) -> f32 {
        let code = code(1);
        let truth = |patch, cell| {
            let (x, y) = code.place(cell);
            skin(patch, x, y)
        };
        let answers = response.patches.iter().zip(patches());
        let pairs: Vec<(f32, f32)> = answers
            .flat_map(|(answer, patch)| {
                answer.cells.iter().enumerate().map(move |(k, cell)| (cell[1], truth(patch, k)))
            })
            .collect();
        let scale =
            pairs.iter().map(|(a, b)| a * b).sum::<f32>() / pairs.iter().map(|(_, b)| b * b).sum::<f32>();
        let mean = scale * pairs.iter().map(|(_, b)| b).sum::<f32>() / pairs.len() as f32;
        pairs.iter().map(|(a, b)| (a - scale * b).abs() / mean).fold(0.0, f32::max)
    }

    #[test]
    fn answers_are_found_under_a_still_and_under_a_moving_exposure() {
        let still = error(&response(&Camera::default()));
        assert!(still < 0.04, "{still}");
        let moving = error(&response(&Camera { exposure: 2.0, ..Camera::default() }));
        assert!(moving < 0.1, "{moving}");
    }

    #[test]
    fn noise_is_measured_and_averaged_out() {
        let response = response(&Camera { noise: 0.05, ..Camera::default() });
        assert!(response.noise.iter().all(|noise| (noise - 0.05).abs() < 0.005), "{:?}", response.noise);
        assert!(error(&response) < 0.5, "{}", error(&response));
    }

    #[test]
    fn the_modulation_is_the_screen_s_share() {
        // The four cells respond with one half and are at rest at 0.6; the room adds 0.3. Patches at an angle
        // receive less.
        let modulation = response(&Camera::default()).modulation();
        assert!((0.72..0.82).contains(&modulation), "{modulation}");
    }
}
