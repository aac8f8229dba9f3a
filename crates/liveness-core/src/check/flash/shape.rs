//! The surface that the answers show: slopes free of albedo, compared with a face's.
//!
//! Photometric stereo by the light of a screen (Face Flashing, NDSS 2018; Aurora Guard, 2019; FaceRevelio, MobiCom 2020): with
//! xₖ, yₖ the place of cell k on the screen (−1 to 1), p = Σ xₖsₖ / Σ sₖ and q = Σ yₖsₖ / Σ sₖ cancel the colour of the skin and grow
//! with the surface's slope nₓ/n_z and n_y/n_z.

use nalgebra::{DMatrix, DVector, Rotation3, Vector3};

use super::code::LightCode;
use super::facemap::{Patch, neighbours, patches};
use super::response::Answer;
use crate::face::HeadPose;

/// A value for each patch; `None` where it is not known.
pub type Map = Vec<Option<f32>>;

/// The slopes of a surface towards the picture's right and up.
#[derive(Clone, Debug, PartialEq)]
pub struct Slopes {
    pub p: Map,
    pub q: Map,
}

/// What a patch must not answer less than, relative to its light, to be counted.
const LEAST_ANSWER: f32 = 0.01;
/// Channels clipped in a larger share of frames are left out.
const MOST_CLIPPED: f32 = 0.1;
/// Patches that are turned further away (cosine) are left out at the rim: hair, ears and the wall come in there. Further in,
/// in cm from the middle, it is the nose.
const LEAST_FACING: f32 = 0.6;
const RIM: f32 = 3.0;
/// Of the Gaussian that slopes are smoothed with, in patches, after a median of 3 × 3.
const SMOOTH: f32 = 1.5;

impl Slopes {
    /// From answers and their noise by channel; `clipped` is the share of frames in which each channel of
    /// each patch was.
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
                // A ratio is as sure as its divisor is above the noise.
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

    /// The canonical face's, turned as the head was.
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

    /// How many patches are known.
    pub fn known(&self) -> usize {
        self.p.iter().flatten().count()
    }

    /// Without the tilt that the screen's place gives it: as steep on average as another, with this share of its slopes.
    pub fn levelled(&self, other: &Self, gain: f64) -> Self {
        let level = |map: &Map, like: &Map| {
            let both = || map.iter().zip(like).filter_map(|(a, b)| a.zip(*b));
            let shift = both().map(|(a, b)| a - gain as f32 * b).sum::<f32>() / both().count().max(1) as f32;
            map.iter().map(|v| v.map(|v| v - shift)).collect()
        };
        Self { p: level(&self.p, &other.p), q: level(&self.q, &other.q) }
    }

    /// Compares with another surface, once a quadric is out of the slopes of both: a flat, tilted or bent sheet in near
    /// light, or a smooth mask. `None` when too little is known.
    pub fn likeness(&self, other: &Self) -> Option<Likeness> {
        self.compared(other, Trend::Quadric)
    }

    /// Compares with another surface, less a trend.
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

/// How two surfaces compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Correlations of p and of q, −1 to 1.
    pub across: f64,
    pub up: f64,
    /// How much of the other's slopes, across and up, there is in the first's.
    pub gain: [f64; 2],
    /// Half the root mean square of what they differ by: the deviation of the mean of two equal measurements.
    pub difference: f64,
}

impl Likeness {
    /// Returns the likeness for a first surface whose slopes from side to side have the other sign.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self { across: -self.across, gain: [-self.gain[0], self.gain[1]], ..self }
    }

    /// The mean correlation.
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

/// Fewer known patches than this are no surface.
const LEAST_PATCHES: usize = 200;

/// What is taken out of maps before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trend {
    Plane,
    Quadric,
}

/// How two maps relate without their trends.
pub(super) struct Relation {
    pub correlation: f64,
    /// The regression of the first on the second.
    gain: f64,
    /// Mean square.
    difference: f64,
}

impl Relation {
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
        // Near light across a flat, a tilted and a bent sheet, with a ripple as of noise.
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
