// SPDX-License-Identifier: MIT OR Apache-2.0

//! Depth of a turning head. The corners of the eyes and the mouth lie almost in a plane. The affine map with
//! the least squared error moves them back to their places before the turn. Under this map a real nose moves
//! across the face by about 0.8 eye distances per tan(yaw); the nose of a flat picture does not move.

use nalgebra::{Matrix3, Matrix3x2, Vector3};

use super::super::evidence::Cue;
use crate::face::{Mesh, index};

/// Least turn that shows depth, in degrees.
const LEAST_TURN: f32 = 12.0;
/// Greatest turn, in degrees. Beyond it the far corners are hidden.
const MOST_TURN: f32 = 45.0;
/// Least number of frames for a result.
const LEAST_FRAMES: u32 = 3;
/// Slope below which a face is flat, in eye distances per tan(yaw). Live clips reach 0.70 to 1.03.
pub const FLAT: f64 = 0.4;

const CORNERS: [usize; 6] = [
    index::RIGHT_EYE_OUTER,
    index::RIGHT_EYE_INNER,
    index::LEFT_EYE_INNER,
    index::LEFT_EYE_OUTER,
    index::MOUTH_RIGHT,
    index::MOUTH_LEFT,
];

/// Linear regression of the nose's offset on tan(yaw), through the origin.
#[derive(Clone, Debug, Default)]
pub struct Planarity {
    before: Option<Mesh>,
    offset_tangent: f64,
    tangent_square: f64,
    frames: u32,
}

impl Planarity {
    /// Starts over with the face at rest.
    pub fn begin(&mut self, before: Mesh) {
        *self = Self { before: Some(before), ..Self::default() };
    }

    /// Observes a face that is turned by `turn` degrees of yaw from rest.
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

    /// Returns the slope in eye distances per tan(yaw); `None` if the head turned too little.
    pub fn slope(&self) -> Option<f64> {
        (self.frames >= LEAST_FRAMES).then(|| self.offset_tangent / self.tangent_square)
    }

    /// Returns the cue `nose_parallax`.
    pub fn cue(&self) -> Cue {
        Cue::new("nose_parallax", self.slope(), 0.0)
    }
}

/// Returns the distance by which the nose has moved across the face, to the frame's right, in eye distances.
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

    /// Returns a face whose nose stands `depth` eye distances in front of its corners, turned by `yaw`
    /// degrees in front of a distant camera.
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
