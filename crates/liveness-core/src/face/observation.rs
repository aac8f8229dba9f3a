// SPDX-License-Identifier: MIT OR Apache-2.0

//! The observation of one frame.

use super::blendshapes::Blendshapes;
use super::landmarks::Mesh;
use super::pose::HeadPose;
use super::quality::FaceQuality;
use crate::vision::{Glimpse, Rect};

/// The faces of one frame, largest first. The first face is the one under test and the only one with a mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameObservation {
    /// Width of the frame in square pixels, the unit of all coordinates.
    pub width: usize,
    /// Height of the frame in square pixels.
    pub height: usize,
    /// Signature of the picture, for recognising it again.
    pub glimpse: Option<Glimpse>,
    /// The faces, with the tracked one first.
    pub faces: Vec<FaceObservation>,
}

/// A face in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceObservation {
    /// Number of the face, constant while it is tracked.
    pub id: u32,
    /// Confidence, 0–1: the detector's score or the landmark net's presence.
    pub confidence: f32,
    /// Bounding box in frame pixels.
    pub bbox: Rect,
    /// Measurements of the face, only for the tracked one.
    pub mesh: Option<FaceMesh>,
}

/// Measurements of the face under test.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMesh {
    /// The landmarks in frame pixels.
    pub mesh: Mesh,
    /// The head pose in degrees.
    pub pose: HeadPose,
    /// The expression, 0–1 per coefficient.
    pub blendshapes: Blendshapes,
    /// The image quality, 0–100 per component.
    pub quality: FaceQuality,
}

impl FrameObservation {
    /// Returns the face under test with its measurements, or `None` if its mesh was not found.
    pub fn primary(&self) -> Option<(&FaceObservation, &FaceMesh)> {
        let face = self.faces.first()?;
        face.mesh.as_ref().map(|mesh| (face, mesh))
    }

    /// Returns the observation without the faces besides the first.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { glimpse: self.glimpse.clone(), faces: self.faces.iter().take(1).cloned().collect(), ..*self }
    }

    /// Returns whether a second face has at least a quarter of the first one's area. It is then large enough
    /// to affect the check.
    pub fn has_rival(&self) -> bool {
        let mut areas = self.faces.iter().map(|face| face.bbox.area());
        areas.next().is_some_and(|first| areas.any(|other| other >= 0.25 * first))
    }
}
