// SPDX-License-Identifier: MIT OR Apache-2.0

//! The surface behind the responses: slopes independent of albedo, compared with those of a face.
//!
//! Photometric stereo by the light of a screen (Face Flashing, NDSS 2018; Aurora Guard, 2019; FaceRevelio,
//! MobiCom 2020). With the place (xₖ, yₖ) of cell k on the screen, −1 to 1, and the response sₖ to it,
//! p = Σ xₖsₖ / Σ sₖ and q = Σ yₖsₖ / Σ sₖ cancel the colour of the skin. They grow with the surface's slopes
//! nₓ/n_z and n_y/n_z.

use nalgebra::{DMatrix, DVector, Rotation3, Vector3};

use super::code::LightCode;
use super::facemap::{Patch, neighbours, patches};
use super::response::Answer;
use crate::face::HeadPose;

/// A value for each patch; `None` if it is not known.
pub type Map = Vec<Option<f32>>;

/// The slopes of a surface, without a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Slopes {
    /// Slope towards the frame's right.
    pub p: Map,
    /// Slope upwards.
    pub q: Map,
}

/// Least response of a patch to the screen, relative to its light.
const LEAST_ANSWER: f32 = 0.01;
/// Maximum share of clipped frames for a channel to count.
const MOST_CLIPPED: f32 = 0.1;
/// Least cosine between a patch's normal and the view at the rim, where hair, ears and the wall interfere.
const LEAST_FACING: f32 = 0.6;
/// Half the side, in cm, of the central square in which every patch counts, because steep patches there
/// belong to the nose.
const RIM: f32 = 3.0;
/// Standard deviation of the Gaussian that smooths the slopes after a 3 × 3 median, in patches.
const SMOOTH: f32 = 1.5;

impl Slopes {
    /// Measures the slopes from the responses and their noise by channel. `clipped` is the share of frames in
    /// which each channel of each patch was clipped.
    pub fn measured(
        answers: &[Answer],
        noise: [f64; 3],
        code: &LightCode,
        clipped: impl Iterator<Item = [f32; 3]>,
    ) -> Self {
        let found = answers.iter().zip(patches()).zip(clipped).map(|((answer, patch), clipped)| {
            let (mut sum, mut across, mut up) = (0.0, 0.0, 0.0);
            for channel in (0..3).filter(|channel| clipped[*channel] <= MOST_CLIPPED) {
                let light = answer.light[channel].max(1e-4);
                // The reliability of a ratio grows with its divisor relative to the noise.
                let noise = (light * noise[channel].max(1e-4) as f32).powi(2);
                let total = answer.in_channel(channel);
                let trust = total.max(0.0) / noise;
                for (cell, value) in answer.cells.iter().enumerate() {
                    let (x, y) = code.place(cell);
                    across += trust * x * value[channel];
                    up += trust * y * value[channel];
                }
                sum += trust * total.max(0.0);
            }
            let seen = answer.to_screen() > LEAST_ANSWER * answer.bright() && sum > 0.0;
            (seen && counts(patch)).then(|| (across / sum, up / sum))
        });
        Self::of(found).smoothed(true)
    }

    /// Returns the slopes of the canonical face in the head's pose.
    pub fn expected(pose: HeadPose) -> Self {
        let [pitch, yaw, roll] = [pose.pitch, pose.yaw, pose.roll].map(f32::to_radians);
        let turn = Rotation3::from_euler_angles(pitch, yaw, roll);
        let slopes = patches().iter().map(|patch| {
            let n = turn * Vector3::from(patch.normal);
            let facing = n.z.max(0.2);
            counts(patch).then(|| (n.x / facing, n.y / facing))
        });
        Self::of(slopes).smoothed(false)
    }

    fn of(slopes: impl Iterator<Item = Option<(f32, f32)>>) -> Self {
        let (p, q) = slopes.map(|slope| (slope.map(|s| s.0), slope.map(|s| s.1))).unzip();
        Self { p, q }
    }

    fn smoothed(&self, robust: bool) -> Self {
        let smooth = |map: &Map| if robust { gaussian(&median(map)) } else { gaussian(map) };
        Self { p: smooth(&self.p), q: smooth(&self.q) }
    }

    /// Returns the slopes with left and right of the measuring light exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self { p: self.p.into_iter().map(|slope| slope.map(|p| -p)).collect(), ..self }
    }

    /// Returns the number of known patches.
    pub fn known(&self) -> usize {
        self.p.iter().flatten().count()
    }

    /// Returns the slopes without the tilt that the position of the screen causes: the mean of each slope
    /// becomes `gain` times that of `other`.
    pub fn levelled(&self, other: &Self, gain: f64) -> Self {
        let level = |map: &Map, like: &Map| {
            let both = || map.iter().zip(like).filter_map(|(a, b)| a.zip(*b));
            let shift = both().map(|(a, b)| a - gain as f32 * b).sum::<f32>() / both().count().max(1) as f32;
            map.iter().map(|v| v.map(|v| v - shift)).collect()
        };
        Self { p: level(&self.p, &other.p), q: level(&self.q, &other.q) }
    }

    /// Compares the slopes with another surface after removal of a quadric from both, because a flat, tilted
    /// or bent sheet in near light or a smooth mask has one. Returns `None` if fewer than 200 patches are
    /// known.
    pub fn likeness(&self, other: &Self) -> Option<Likeness> {
        self.compared(other, Trend::Quadric)
    }

    /// Compares the slopes with another surface after removal of a trend.
    pub(super) fn compared(&self, other: &Self, trend: Trend) -> Option<Likeness> {
        let (p, q) = (Relation::of(&self.p, &other.p, trend)?, Relation::of(&self.q, &other.q, trend)?);
        Some(Likeness {
            across: p.correlation,
            up: q.correlation,
            gain: [p.gain, q.gain],
            difference: 0.5 * (0.5 * (p.difference + q.difference)).sqrt(),
        })
    }
}

fn counts(patch: &Patch) -> bool {
    patch.normal[2] >= LEAST_FACING || (patch.place[0].abs() < RIM && patch.place[1].abs() < RIM)
}

/// The similarity of two surfaces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Correlation of p, −1 to 1.
    pub across: f64,
    /// Correlation of q, −1 to 1.
    pub up: f64,
    /// Regression coefficients of the first surface's slopes on the other's, across and up.
    pub gain: [f64; 2],
    /// Half the root mean square of the difference: the standard deviation of the mean of two equally precise
    /// measurements.
    pub difference: f64,
}

impl Likeness {
    /// Returns the likeness for a first surface whose slopes from side to side have the opposite sign.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self { across: -self.across, gain: [-self.gain[0], self.gain[1]], ..self }
    }

    /// Returns the mean correlation, −1 to 1.
    pub fn mean(&self) -> f64 {
        0.5 * (self.across + self.up)
    }
}

pub(super) fn median(map: &Map) -> Map {
    let around = |i: usize| {
        let mut values: Vec<f32> = neighbours(i, 1).filter_map(|(other, _)| map[other]).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    };
    (0..map.len()).map(|i| map[i].and_then(|_| around(i))).collect()
}

fn gaussian(map: &Map) -> Map {
    let around = |i: usize| {
        let (mut sum, mut total) = (0.0, 0.0);
        for (other, [dx, dy]) in neighbours(i, 4) {
            if let Some(value) = map[other] {
                let weight = (-0.5 * (dx * dx + dy * dy) as f32 / (SMOOTH * SMOOTH)).exp();
                (sum, total) = (sum + weight * value, total + weight);
            }
        }
        sum / total
    };
    (0..map.len()).map(|i| map[i].map(|_| around(i))).collect()
}

/// Least number of known patches for a comparison.
const LEAST_PATCHES: usize = 200;

/// The trend that is removed from maps before a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trend {
    Plane,
    Quadric,
}

/// The relation of two maps without their trends.
pub(super) struct Relation {
    /// Correlation of the two maps, −1 to 1.
    pub correlation: f64,
    /// Regression coefficient of the first map on the second.
    gain: f64,
    /// Mean square of the difference.
    difference: f64,
}

impl Relation {
    /// Compares two maps without their trends. Returns `None` if fewer than [`LEAST_PATCHES`] patches are known.
    pub fn of(a: &Map, b: &Map, trend: Trend) -> Option<Self> {
        let known: Vec<usize> = (0..a.len()).filter(|i| a[*i].is_some() && b[*i].is_some()).collect();
        if known.len() < LEAST_PATCHES {
            return None;
        }
        let terms = if trend == Trend::Plane { 3 } else { 6 };
        let trend = DMatrix::from_fn(known.len(), terms, |row, column| {
            let [x, y, _] = patches()[known[row]].place.map(|v| f64::from(v) / 8.0);
            [1.0, x, y, x * x, x * y, y * y][column]
        })
        .qr()
        .q();
        let rest = |map: &Map| {
            let values =
                DVector::from_iterator(known.len(), known.iter().map(|i| f64::from(map[*i].unwrap_or(0.0))));
            &values - &trend * (trend.transpose() * &values)
        };
        let (a, b) = (rest(a), rest(b));
        let (norms, dot) = (a.norm() * b.norm(), a.dot(&b));
        (norms > 0.0).then(|| Self {
            correlation: dot / norms,
            gain: dot / b.norm_squared(),
            difference: (a - b).norm_squared() / known.len() as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slopes(of: impl Fn([f32; 3], [f32; 3]) -> (f32, f32)) -> Slopes {
        Slopes::of(patches().iter().map(|p| Some(of(p.place, p.normal)))).smoothed(true)
    }

    #[test]
    fn a_face_is_like_a_face() {
        let face = Slopes::expected(HeadPose { yaw: 4.0, pitch: -3.0, ..HeadPose::default() });
        let likeness = face.likeness(&Slopes::expected(HeadPose::default())).unwrap();
        assert!(likeness.across > 0.97 && likeness.up > 0.97, "{likeness:?}");
        let likeness = slopes(|_, n| (0.3 * n[0] / n[2] + 0.1, 0.2 * n[1] / n[2])).likeness(&face).unwrap();
        assert!(likeness.mean() > 0.9, "{likeness:?}");
        assert!((likeness.gain[0] - 0.3).abs() < 0.05 && (likeness.gain[1] - 0.2).abs() < 0.05);
    }

    #[test]
    fn sheets_are_not() {
        let face = Slopes::expected(HeadPose::default());
        // Near light falls across a flat, a tilted and a bent sheet, with a ripple in place of noise.
        for bend in [0.0, 0.05, 0.2] {
            let sheet = slopes(|[x, y, _], _| {
                let ripple = 0.02 * (9.0 * x).sin() * (7.0 * y).cos();
                (0.1 + bend * x + 0.01 * x * y + ripple, -0.2 + 0.02 * y + 0.003 * y * y + ripple)
            });
            let likeness = sheet.likeness(&face).unwrap();
            assert!(likeness.mean() < 0.15, "{likeness:?}");
        }
    }

    #[test]
    fn what_is_hardly_known_is_nothing() {
        let face = Slopes::expected(HeadPose::default());
        let mut little = face.clone();
        little.p.iter_mut().skip(100).for_each(|v| *v = None);
        assert_eq!(little.likeness(&face), None);
    }
}
