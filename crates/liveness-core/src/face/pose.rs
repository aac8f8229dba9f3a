// SPDX-License-Identifier: MIT OR Apache-2.0

//! Head pose: MediaPipe's canonical face, fitted to the landmarks by weighted Procrustes analysis in metric
//! space. The method is that of MediaPipe's face geometry module, which assumes a pinhole camera with a
//! vertical field of view of 63°.

use std::sync::LazyLock;

use nalgebra::{Matrix3, Matrix3xX, Vector3};

use super::canonical::canonical_face;
use super::landmarks::Mesh;

const VERTICAL_FIELD_OF_VIEW: f32 = 63.0;

/// The head's rotation in degrees, after ISO/IEC 39794-5: with positive yaw the person looks to their own
/// left (right in an unmirrored picture), with positive pitch down; with positive roll the head leans to the
/// person's right shoulder. R = Rz·Ry·Rx.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeadPose {
    /// Rotation about the vertical axis in degrees.
    pub yaw: f32,
    /// Rotation about the horizontal axis in degrees.
    pub pitch: f32,
    /// Rotation about the viewing axis in degrees.
    pub roll: f32,
    /// Distance from the camera in cm, for a head of average size and the assumed camera.
    pub distance: f32,
}

impl HeadPose {
    /// Returns the larger of |yaw| and |pitch|, in degrees.
    pub fn turn(&self) -> f32 {
        self.turn_from(&Self::default())
    }

    /// Returns the larger of the absolute differences in yaw and pitch, in degrees.
    pub fn turn_from(&self, other: &Self) -> f32 {
        (self.yaw - other.yaw).abs().max((self.pitch - other.pitch).abs())
    }
}

/// The weighted points of the canonical face in cm: x to the picture's right, y up, z towards the camera.
struct Canonical {
    indices: Vec<usize>,
    points: Matrix3xX<f32>,
    weights: Vec<f32>,
}

static CANONICAL: LazyLock<Canonical> = LazyLock::new(|| {
    let file = canonical_face();
    let basis: Vec<_> = file.procrustes_basis.iter().filter(|(i, _)| *i < file.vertices.len()).collect();
    Canonical {
        points: Matrix3xX::from_iterator(basis.len(), basis.iter().flat_map(|(i, _)| file.vertices[*i])),
        indices: basis.iter().map(|(i, _)| *i).collect(),
        weights: basis.iter().map(|(_, weight)| *weight).collect(),
    }
});

/// A similarity transform: rotation, uniform scale and translation.
struct Similarity {
    rotation: Matrix3<f32>,
    scale: f32,
    translation: Vector3<f32>,
}

/// Returns the head's pose from its landmarks in a picture of `width` × `height` pixels, or `None` if the
/// points are degenerate.
pub fn fit_pose(mesh: &Mesh, width: usize, height: usize) -> Option<HeadPose> {
    let canonical = &*CANONICAL;
    let screen = Screen::new(width as f32, height as f32);
    let seen = Matrix3xX::from_iterator(
        canonical.indices.len(),
        canonical.indices.iter().flat_map(|i| screen.project(&mesh.landmarks()[*i])),
    );
    let depth = seen.row(2).mean();
    // Two rounds: the first estimates the scale on the near plane, the second corrects it after removing the
    // perspective.
    let first = fit(canonical, &flip(&seen))?.scale;
    let second = fit(canonical, &flip(&unproject(&seen, depth, first)))?.scale;
    let metric = flip(&unproject(&seen, depth, first * second));
    let Similarity { rotation: r, translation, .. } = fit(canonical, &metric)?;
    let pose = HeadPose {
        yaw: (-r[(2, 0)]).clamp(-1.0, 1.0).asin().to_degrees(),
        pitch: r[(2, 1)].atan2(r[(2, 2)]).to_degrees(),
        roll: r[(1, 0)].atan2(r[(0, 0)]).to_degrees(),
        distance: -translation.z,
    };
    [pose.yaw, pose.pitch, pose.roll, pose.distance].iter().all(|v| v.is_finite()).then_some(pose)
}

/// The near plane, at distance 1, onto which the picture is projected.
struct Screen {
    picture: [f32; 2],
    plane: [f32; 2],
}

impl Screen {
    fn new(width: f32, height: f32) -> Self {
        let plane_height = 2.0 * (0.5 * VERTICAL_FIELD_OF_VIEW.to_radians()).tan();
        Self { picture: [width, height], plane: [plane_height * width / height, plane_height] }
    }

    fn project(&self, l: &super::Landmark) -> [f32; 3] {
        let ([w, h], [pw, ph]) = (self.picture, self.plane);
        [(l.x / w - 0.5) * pw, (0.5 - l.y / h) * ph, l.z / w * pw]
    }
}

/// Negates z: landmark depth grows away from the camera, metric depth towards it.
fn flip(points: &Matrix3xX<f32>) -> Matrix3xX<f32> {
    let mut flipped = points.clone();
    flipped.row_mut(2).neg_mut();
    flipped
}

fn unproject(points: &Matrix3xX<f32>, depth: f32, scale: f32) -> Matrix3xX<f32> {
    let mut points = points.clone();
    for mut p in points.column_iter_mut() {
        p.z = (p.z - depth + 1.0) / scale;
        p.x *= p.z;
        p.y *= p.z;
    }
    points
}

/// Returns the similarity that maps the canonical points closest to `targets` in weighted least squares.
fn fit(canonical: &Canonical, targets: &Matrix3xX<f32>) -> Option<Similarity> {
    let total: f32 = canonical.weights.iter().sum();
    let center = |points: &Matrix3xX<f32>| {
        let sum =
            points.column_iter().zip(&canonical.weights).fold(Vector3::zeros(), |sum, (p, w)| sum + p * *w);
        sum / total
    };
    let (from, to) = (center(&canonical.points), center(targets));
    let (mut design, mut spread) = (Matrix3::zeros(), 0.0);
    for ((p, q), w) in canonical.points.column_iter().zip(targets.column_iter()).zip(&canonical.weights) {
        let (p, q) = (p - from, q - to);
        design += q * p.transpose() * *w;
        spread += p.norm_squared() * *w;
    }
    if spread <= f32::EPSILON || !design.iter().all(|v| v.is_finite()) {
        return None;
    }
    let svd = design.svd(true, true);
    let (mut u, vt) = (svd.u?, svd.v_t?);
    if u.determinant() * vt.determinant() < 0.0 {
        // The result must be a rotation, not a reflection: flip the weakest axis.
        let weakest = svd.singular_values.imin();
        u.column_mut(weakest).neg_mut();
    }
    let rotation = u * vt;
    let scale = (rotation.transpose() * design).trace() / spread;
    (scale > 0.0).then(|| Similarity { rotation, scale, translation: to - rotation * from * scale })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::landmarks::{LANDMARKS, Landmark};
    use super::*;
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    /// Returns a mesh of the canonical face, rotated by the given degrees and seen by the assumed camera from
    /// 50 cm.
    pub(crate) fn turned_mesh(yaw: f32, pitch: f32, roll: f32, width: usize, height: usize) -> Mesh {
        let [yaw, pitch, roll] = [yaw, pitch, roll].map(f32::to_radians);
        let turn = Rotation3::from_axis_angle(&Vector3::z_axis(), roll)
            * Rotation3::from_axis_angle(&Vector3::y_axis(), yaw)
            * Rotation3::from_axis_angle(&Vector3::x_axis(), pitch);
        let file = canonical_face();
        let screen = Screen::new(width as f32, height as f32);
        let pixels = width as f32 / screen.plane[0];
        let mut landmarks: Vec<Landmark> = file
            .vertices
            .iter()
            .map(|v| {
                let p = turn * Vector3::from(*v) - Vector3::new(0.0, 0.0, 50.0);
                let (x, y) = (p.x / -p.z, p.y / -p.z);
                Landmark {
                    x: 0.5 * width as f32 + x * pixels,
                    y: 0.5 * height as f32 - y * pixels,
                    z: -(p.z + 50.0) / 50.0 * pixels,
                }
            })
            .collect();
        landmarks.resize(LANDMARKS, landmarks[0]);
        Mesh::new(landmarks).unwrap()
    }

    #[test]
    fn a_frontal_face_has_no_turn() {
        let pose = fit_pose(&turned_mesh(0.0, 0.0, 0.0, 640, 480), 640, 480).unwrap();
        assert!(pose.turn() < 0.5 && pose.roll.abs() < 0.5, "{pose:?}");
        assert!((pose.distance - 50.0).abs() < 3.0, "{pose:?}");
    }

    #[test]
    fn coinciding_points_have_no_pose() {
        let mesh = Mesh::new(vec![Landmark::default(); LANDMARKS]).unwrap();
        assert!(fit_pose(&mesh, 640, 480).is_none_or(|pose| pose.yaw.is_finite()));
    }

    proptest! {
        #[test]
        fn a_turn_is_found_again(yaw in -40f32..40.0, pitch in -30f32..30.0, roll in -40f32..40.0, wide in any::<bool>()) {
            let (width, height) = if wide { (1280, 720) } else { (480, 640) };
            let pose = fit_pose(&turned_mesh(yaw, pitch, roll, width, height), width, height).unwrap();
            prop_assert!((pose.yaw - yaw).abs() < 2.5 && (pose.pitch - pitch).abs() < 2.5 && (pose.roll - roll).abs() < 2.5, "{pose:?}");
        }
    }
}
