// SPDX-License-Identifier: MIT OR Apache-2.0

//! MediaPipe's attention mesh (Grishchenko et al. 2020): 478 landmarks with refined eyes, irises and lips.

use std::sync::Arc;

use crate::inference::{InferenceError, Model, ModelSource, Net};
use crate::vision::{
    Affine, Border, ChannelOrder, Frame, Layout, Point, Rect, RotatedRect, Sampler, TensorSpec,
};

/// Number of landmarks of a face: 468 of the mesh and 5 of each iris.
pub const LANDMARKS: usize = 478;
const SIDE: usize = 192;
const INPUT: TensorSpec = TensorSpec {
    width: SIDE,
    height: SIDE,
    layout: Layout::Nhwc,
    order: ChannelOrder::Rgb,
    scale: 1.0 / 255.0,
    bias: 0.0,
};

/// Indices of landmarks in the mesh. Right and left are the person's own.
pub mod index {
    /// Tip of the nose.
    pub const NOSE_TIP: usize = 1;
    /// Top of the forehead.
    pub const FOREHEAD: usize = 10;
    /// Bottom of the chin.
    pub const CHIN: usize = 152;
    /// Outer corner of the right eye.
    pub const RIGHT_EYE_OUTER: usize = 33;
    /// Inner corner of the right eye.
    pub const RIGHT_EYE_INNER: usize = 133;
    /// Inner corner of the left eye.
    pub const LEFT_EYE_INNER: usize = 362;
    /// Outer corner of the left eye.
    pub const LEFT_EYE_OUTER: usize = 263;
    /// Right corner of the mouth.
    pub const MOUTH_RIGHT: usize = 61;
    /// Left corner of the mouth.
    pub const MOUTH_LEFT: usize = 291;
    /// Centre of the right iris.
    pub const RIGHT_IRIS: usize = 468;
    /// Centre of the left iris.
    pub const LEFT_IRIS: usize = 473;
}

/// Landmarks of the face's outline, clockwise in the picture from the top.
pub const FACE_OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176,
    149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// A landmark in frame pixels. `z` is in the same unit and grows away from the camera; it is 0 near the
/// head's centre.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Landmark {
    /// Column, from the left edge.
    pub x: f32,
    /// Row, from the top edge.
    pub y: f32,
    /// Depth, away from the camera.
    pub z: f32,
}

impl Landmark {
    /// Returns the position in the picture.
    pub fn point(self) -> Point {
        Point::new(self.x, self.y)
    }
}

/// The landmarks of one face, always [`LANDMARKS`] of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    landmarks: Vec<Landmark>,
}

impl Mesh {
    /// Returns a mesh, or `None` unless there are [`LANDMARKS`] landmarks, all finite.
    pub fn new(landmarks: Vec<Landmark>) -> Option<Self> {
        let finite = |l: &Landmark| l.x.is_finite() && l.y.is_finite() && l.z.is_finite();
        (landmarks.len() == LANDMARKS && landmarks.iter().all(finite)).then_some(Self { landmarks })
    }

    /// Returns all landmarks.
    pub fn landmarks(&self) -> &[Landmark] {
        &self.landmarks
    }

    /// Returns the position of a landmark in frame pixels.
    ///
    /// # Panics
    /// If `index` is not below [`LANDMARKS`].
    pub fn point(&self, index: usize) -> Point {
        self.landmarks[index].point()
    }

    /// Returns the midpoints between the corners of the person's right and left eye. They do not move with
    /// the gaze.
    pub fn eyes(&self) -> [Point; 2] {
        let middle = |a, b| self.point(a).midpoint(self.point(b));
        [
            middle(index::RIGHT_EYE_OUTER, index::RIGHT_EYE_INNER),
            middle(index::LEFT_EYE_INNER, index::LEFT_EYE_OUTER),
        ]
    }

    /// Returns the midpoint between the corners of the mouth.
    pub fn mouth(&self) -> Point {
        self.point(index::MOUTH_RIGHT).midpoint(self.point(index::MOUTH_LEFT))
    }

    /// Returns the distance between the eyes in pixels.
    pub fn eye_distance(&self) -> f32 {
        let [right, left] = self.eyes();
        right.distance(left)
    }

    /// Returns the bounding box of all landmarks.
    pub fn bbox(&self) -> Rect {
        Rect::around(self.landmarks.iter().map(|l| l.point())).unwrap_or_default()
    }

    /// Returns the input region for the next frame: 1.5 times the longer side of the box, rotated so that the
    /// eyes are level.
    pub fn region(&self) -> RotatedRect {
        let square = self.bbox().square(1.5);
        let (right, left) = (self.point(index::RIGHT_EYE_OUTER), self.point(index::LEFT_EYE_OUTER));
        RotatedRect {
            center: square.center(),
            width: square.width,
            height: square.height,
            angle: (left.y - right.y).atan2(left.x - right.x),
        }
    }
}

/// Finds the landmarks of a face. Keeps its buffers between frames.
pub struct LandmarkNet {
    net: Arc<Net>,
    input: Vec<f32>,
}

impl LandmarkNet {
    /// Loads the model.
    ///
    /// # Errors
    /// An [`InferenceError`] if the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self { net: Net::load(Model::Landmarks, source)?, input: vec![0.0; INPUT.len()] })
    }

    /// Returns the landmarks of the face in `region` and the probability that a face is present (0–1). The
    /// mesh is `None` if its values are not finite.
    ///
    /// # Errors
    /// An [`InferenceError`] if the net cannot run.
    pub fn find(
        &mut self,
        frame: &Frame<'_>,
        region: &RotatedRect,
        sampler: &mut Sampler,
    ) -> Result<(Option<Mesh>, f32), InferenceError> {
        let map = Affine::from_rotated(region, SIDE, SIDE);
        sampler.sample(frame, &map, &INPUT, Border::Replicate, &mut self.input);
        let depth = map.scale();
        self.net.run(&self.input, |outputs| {
            let raw = outputs.values("landmarks", 3 * LANDMARKS)?;
            let presence = outputs.values("presence", 1)?[0];
            let landmarks = raw
                .chunks_exact(3)
                .map(|p| {
                    let Point { x, y } = map.apply(Point::new(p[0], p[1]));
                    Landmark { x, y, z: depth * p[2] }
                })
                .collect();
            Ok((Mesh::new(landmarks), presence))
        })
    }
}
