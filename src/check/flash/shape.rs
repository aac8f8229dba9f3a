//! The surface that the answers show: slopes free of albedo, compared with a face's.
//!
//! Photometric stereo by the light of a screen (Face Flashing, NDSS 2018; Aurora Guard, 2019; FaceRevelio, MobiCom 2020): with
//! xₖ, yₖ the place of cell k on the screen (−1 to 1), p = Σ xₖsₖ / Σ sₖ and q = Σ yₖsₖ / Σ sₖ cancel the colour of the skin and grow
//! with the surface's slope nₓ/n_z and n_y/n_z.

use super::code::LightCode;
use super::facemap::patches;
use super::response::Response;
use crate::face::HeadPose;

/// Slopes over the face map, by patch; positive p faces the picture's right, positive q faces up.
#[derive(Clone, Debug)]
pub struct Slopes {
    pub p: Vec<f32>,
    pub q: Vec<f32>,
    /// How much each patch is to be trusted: 0 for those that are not.
    pub weight: Vec<f32>,
}

/// What a surface must not answer less than, relative to its light, to be counted.
const LEAST_ANSWER: f32 = 0.01;
/// Patches clipped in a larger share of frames are left out.
const MOST_CLIPPED: f32 = 0.1;
/// Slopes further from the median than this many median deviations are brought there.
const OUTLYING: f32 = 5.0;

/// Slopes from the answers; `clipped` is the share of frames in which each patch was.
pub fn slopes(response: &Response, code: &LightCode, clipped: impl Iterator<Item = f32>) -> Slopes {
    let count = response.patches.len();
    let (mut p, mut q, mut weight) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    for (i, (answer, clipped)) in response.patches.iter().zip(clipped).enumerate() {
        for channel in 0..3 {
            let (mut sum, mut across, mut up) = (0.0, 0.0, 0.0);
            for (cell, value) in answer.cells.iter().enumerate() {
                let (x, y) = code.place(cell);
                (sum, across, up) =
                    (sum + value[channel], across + x * value[channel], up + y * value[channel]);
            }
            let light = answer.light[channel].max(1e-4);
            if sum < LEAST_ANSWER * light || clipped > MOST_CLIPPED {
                continue;
            }
            // The variance of a ratio is that of its parts over the square of the sum.
            let trust = (sum / light / response.noise[channel].max(1e-4) as f32).powi(2);
            weight[i] += trust;
            p[i] += trust * across / sum;
            q[i] += trust * up / sum;
        }
        if weight[i] > 0.0 {
            (p[i], q[i]) = (p[i] / weight[i], q[i] / weight[i]);
        }
    }
    // No patch is worth many others.
    let most = 2.0 * median(&weight, &weight);
    weight.iter_mut().for_each(|w| *w = w.min(most));
    [&mut p, &mut q].into_iter().for_each(|values| bring_in(values, &weight));
    Slopes { p, q, weight }
}

/// The median of those with a weight.
fn median(values: &[f32], weight: &[f32]) -> f32 {
    let mut values: Vec<f32> =
        values.iter().zip(weight).filter(|(_, w)| **w > 0.0).map(|(v, _)| *v).collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn bring_in(values: &mut [f32], weight: &[f32]) {
    let middle = median(values, weight);
    let distances: Vec<f32> = values.iter().map(|v| (v - middle).abs()).collect();
    let most = OUTLYING * median(&distances, weight);
    values.iter_mut().for_each(|v| *v = v.clamp(middle - most, middle + most));
}

/// The canonical face's slopes, turned as the head was.
pub fn expected(pose: HeadPose) -> (Vec<f32>, Vec<f32>) {
    let turn = nalgebra::Rotation3::from_euler_angles(
        pose.pitch.to_radians(),
        pose.yaw.to_radians(),
        pose.roll.to_radians(),
    );
    let slopes = patches().iter().map(|patch| {
        let n = turn * nalgebra::Vector3::from(patch.normal);
        let facing = n.z.max(0.2);
        (n.x / facing, n.y / facing)
    });
    slopes.unzip()
}

/// Surfaces that are taken out before slopes are compared: a plane, as a flat or tilted sheet in near light, and a quadric, as
/// a bent one or a smooth mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    Plane,
    Quadric,
}

impl Without {
    fn terms(self) -> usize {
        match self {
            Self::Plane => 3,
            Self::Quadric => 6,
        }
    }
}

/// The correlation (−1 to 1) of two maps over the weighted patches once such surfaces are out of both.
pub fn correlation(a: &[f32], b: &[f32], weight: &[f32], without: Without) -> Option<f64> {
    let (a, b) = (remove(a, weight, without)?, remove(b, weight, without)?);
    let dot = |a: &[f64], b: &[f64]| {
        a.iter().zip(b).zip(weight).map(|((a, b), w)| a * b * f64::from(*w)).sum::<f64>()
    };
    let norm = (dot(&a, &a) * dot(&b, &b)).sqrt();
    (norm > 0.0).then(|| dot(&a, &b) / norm)
}

/// What remains of a map.
pub fn remove(values: &[f32], weight: &[f32], without: Without) -> Option<Vec<f64>> {
    let terms = without.terms();
    let row = |i: usize| {
        let [x, y, _] = patches()[i].place.map(|v| f64::from(v) / 8.0);
        [1.0, x, y, x * x, x * y, y * y]
    };
    let mut normal = nalgebra::DMatrix::<f64>::zeros(terms, terms);
    let mut target = nalgebra::DVector::<f64>::zeros(terms);
    for (i, (value, weight)) in values.iter().zip(weight).enumerate().filter(|(_, (_, w))| **w > 0.0) {
        let row = row(i);
        for j in 0..terms {
            target[j] += row[j] * f64::from(*value) * f64::from(*weight);
            (0..terms).for_each(|k| normal[(j, k)] += row[j] * row[k] * f64::from(*weight));
        }
    }
    let fit = normal.cholesky()?.solve(&target);
    let rest = values
        .iter()
        .enumerate()
        .map(|(i, value)| f64::from(*value) - row(i).iter().zip(fit.iter()).map(|(a, b)| a * b).sum::<f64>());
    Some(rest.collect())
}
