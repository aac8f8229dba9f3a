//! Whether a turning head has depth. The corners of eyes and mouth lie nearly in a plane; brought back to where they were
//! before the turn (by the affine map that fits them best), a real nose has moved across the face by about 0.8 eye distances
//! per tan(yaw), that of a flat picture has not.

use nalgebra::{Matrix3, Matrix3x2, Vector3};

use super::super::evidence::Cue;
use crate::face::{Mesh, index};

/// Less turn than this (degrees) tells nothing.
const LEAST_TURN: f32 = 12.0;
/// Beyond this, the far corners are hidden.
const MOST_TURN: f32 = 45.0;
/// Fewer frames than this tell nothing.
const LEAST_FRAMES: u32 = 3;
/// A face whose nose follows less than this is flat. (Live clips: 0.70 to 1.03.)
pub const FLAT: f64 = 0.4;

const CORNERS: [usize; 6] = [
    index::RIGHT_EYE_OUTER,
    index::RIGHT_EYE_INNER,
    index::LEFT_EYE_INNER,
    index::LEFT_EYE_OUTER,
    index::MOUTH_RIGHT,
    index::MOUTH_LEFT,
];

/// The regression of the nose's offset on tan(yaw), through the origin.
#[derive(Clone, Debug, Default)]
pub struct Planarity {
    before: Option<Mesh>,
    offset_tangent: f64,
    tangent_square: f64,
    frames: u32,
}

impl Planarity {
    /// Begins with the face at rest.
    pub fn begin(&mut self, before: Mesh) {
        *self = Self { before: Some(before), ..Self::default() };
    }

    /// Takes in a face turned by `turn` degrees of yaw from rest.
    pub fn observe(&mut self, turn: f32, mesh: &Mesh) {
        if !(LEAST_TURN..=MOST_TURN).contains(&turn.abs()) {
            return;
        }
        let Some(offset) = self.before.as_ref().and_then(|before| nose_offset(before, mesh)) else {
            return;
        };
        let tangent = f64::from(turn.to_radians().tan());
        self.offset_tangent += offset * tangent;
        self.tangent_square += tangent * tangent;
        self.frames += 1;
    }

    /// Eye distances per tan(yaw); `None` when the head turned too little.
    pub fn slope(&self) -> Option<f64> {
        (self.frames >= LEAST_FRAMES).then(|| self.offset_tangent / self.tangent_square)
    }

    pub fn cue(&self) -> Cue {
        Cue::new("nose_parallax", self.slope(), 0.0)
    }
}

/// How far the nose has moved across the face to the picture's right, in eye distances.
fn nose_offset(before: &Mesh, now: &Mesh) -> Option<f64> {
    let point = |mesh: &Mesh, i: usize| {
        let p = mesh.point(i);
        Vector3::new(f64::from(p.x), f64::from(p.y), 1.0)
    };
    let (mut normal, mut target) = (Matrix3::zeros(), Matrix3x2::zeros());
    for corner in CORNERS {
        let (from, to) = (point(now, corner), point(before, corner));
        normal += from * from.transpose();
        target += from * to.xy().transpose();
    }
    let map = normal.try_inverse()? * target;
    let nose = map.transpose() * point(now, index::NOSE_TIP);
    let offset = (nose.x - point(before, index::NOSE_TIP).x) / f64::from(before.eye_distance());
    offset.is_finite().then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{LANDMARKS, Landmark};

    /// A face whose nose stands `depth` eye distances before its corners, turned by `yaw` degrees before a far camera.
    fn turned(depth: f32, yaw: f32) -> Mesh {
        let mut points = vec![[0.0f32; 3]; LANDMARKS];
        let corners =
            [[-50.0, -20.0], [-25.0, -21.0], [25.0, -21.0], [50.0, -20.0], [-28.0, 50.0], [28.0, 50.0]];
        CORNERS.into_iter().zip(corners).for_each(|(i, [x, y])| points[i] = [x, y, 0.0]);
        points[index::NOSE_TIP] = [0.0, 20.0, 75.0 * depth];
        let (sin, cos) = yaw.to_radians().sin_cos();
        let seen = |[x, y, z]: [f32; 3]| Landmark { x: 200.0 + x * cos + z * sin, y: 150.0 + y, z: 0.0 };
        Mesh::new(points.into_iter().map(seen).collect()).unwrap()
    }

    fn slope(depth: f32, yaws: &[f32]) -> Option<f64> {
        let mut planarity = Planarity::default();
        planarity.begin(turned(depth, 0.0));
        yaws.iter().for_each(|yaw| planarity.observe(*yaw, &turned(depth, *yaw)));
        planarity.slope()
    }

    #[test]
    fn a_nose_with_depth_follows_and_a_flat_one_does_not() {
        assert!((slope(0.8, &[14.0, -20.0, 25.0]).unwrap() - 0.8).abs() < 0.05);
        assert!(slope(0.0, &[14.0, -20.0, 25.0]).unwrap().abs() < 0.01);
    }

    #[test]
    fn little_turn_is_no_evidence() {
        assert_eq!(slope(0.8, &[11.0, 5.0, -8.0, 60.0]), None);
        assert_eq!(slope(0.8, &[20.0, 20.0]), None);
    }
}
