// SPDX-License-Identifier: MIT OR Apache-2.0

//! Landmarks without jitter, because a head moves as a rigid body.

use nalgebra::{Matrix4, Matrix4x2, Vector4};

use crate::face::Mesh;
use crate::vision::Point;

/// Maps the landmarks of the first frame into each later frame by the affine map of space with the least
/// squared error over all landmarks. Errors of the first frame remain constant, so a patch stays on the same
/// skin.
#[derive(Clone, Debug, Default)]
pub struct Steady {
    first: Vec<Vector4<f32>>,
    inverse: Matrix4<f32>,
    points: Vec<Point>,
}

/// The position and scale of the head in a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// Horizontal position of the face's centre, in eye distances.
    pub x: f32,
    /// Vertical position of the face's centre, in eye distances.
    pub y: f32,
    /// Natural logarithm of the scale, in pixels per eye distance of the first frame.
    pub size: f32,
}

impl Steady {
    /// Returns the stabilised landmarks in this frame, in pixels, and the position of the head.
    pub fn follow(&mut self, mesh: &Mesh) -> (&[Point], Place) {
        if self.first.is_empty() {
            self.begin(mesh);
        }
        let mut target = Matrix4x2::<f32>::zeros();
        for (first, now) in self.first.iter().zip(mesh.landmarks()) {
            target += first * nalgebra::RowVector2::new(now.x, now.y);
        }
        let map = self.inverse * target;
        self.points.clear();
        self.points.extend(self.first.iter().map(|first| {
            let place = map.transpose() * first;
            Point::new(place.x, place.y)
        }));
        // The first frame's points have their mean at the origin and an eye distance of 1.
        let scale = (map[(0, 0)] * map[(1, 1)] - map[(0, 1)] * map[(1, 0)]).abs().max(1e-6).sqrt();
        let place = Place { x: map[(3, 0)] / scale, y: map[(3, 1)] / scale, size: scale.ln() };
        (&self.points, place)
    }

    fn begin(&mut self, mesh: &Mesh) {
        let landmarks = mesh.landmarks();
        let count = landmarks.len() as f32;
        let mean = landmarks
            .iter()
            .fold([0.0; 3], |m, l| [m[0] + l.x / count, m[1] + l.y / count, m[2] + l.z / count]);
        let unit = mesh.eye_distance().max(1e-3);
        let normal = |l: &crate::face::Landmark| {
            Vector4::new((l.x - mean[0]) / unit, (l.y - mean[1]) / unit, (l.z - mean[2]) / unit, 1.0)
        };
        self.first = landmarks.iter().map(normal).collect();
        let mut gram = Matrix4::<f32>::identity() * 1e-3;
        self.first.iter().for_each(|first| gram += first * first.transpose());
        self.inverse = gram.try_inverse().unwrap_or_else(Matrix4::zeros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{LANDMARKS, Landmark, canonical_face};
    use crate::random::Random;

    fn mesh(of: impl FnMut(&[f32; 3]) -> Landmark) -> Mesh {
        let mut landmarks: Vec<_> = canonical_face().vertices.iter().map(of).collect();
        landmarks.resize(LANDMARKS, landmarks[0]);
        Mesh::new(landmarks).unwrap()
    }

    #[test]
    fn jitter_is_averaged_out() {
        let mut random = Random::new(3);
        let mut steady = Steady::default();
        let plain =
            |v: &[f32; 3]| Landmark { x: 300.0 + 10.0 * v[0], y: 200.0 - 10.0 * v[1], z: -10.0 * v[2] };
        steady.follow(&mesh(plain));
        // The head is turned, moved and larger, and each landmark has an error of about a pixel.
        let turned = |v: &[f32; 3]| {
            let [x, y, z] = [v[0] + 0.2 * v[2], v[1], v[2]];
            Landmark { x: 320.0 + 11.0 * x, y: 190.0 - 11.0 * y, z: -11.0 * z }
        };
        let jittered = mesh(|v| {
            let l = turned(v);
            Landmark { x: l.x + random.normal(), y: l.y + random.normal(), z: l.z }
        });
        let (points, place) = steady.follow(&jittered);
        let truth = mesh(turned);
        let error = points.iter().enumerate().map(|(i, p)| p.distance(truth.point(i))).sum::<f32>();
        assert!(error / (points.len() as f32) < 0.25, "{}", error / points.len() as f32);
        assert!(place.size > 0.0);
    }
}
