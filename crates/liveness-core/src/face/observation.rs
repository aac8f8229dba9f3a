//! What one frame shows.

use super::blendshapes::Blendshapes;
use super::landmarks::Mesh;
use super::pose::HeadPose;
use super::quality::FaceQuality;
use crate::vision::{Glimpse, Rect};

/// The faces of one frame, largest first. The first is the one that is judged, and the only one with a mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameObservation {
    /// Size of the frame in square pixels, in which all coordinates are.
    pub width: usize,
    pub height: usize,
    /// The picture in which this was seen, to know it again.
    pub glimpse: Option<Glimpse>,
    pub faces: Vec<FaceObservation>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FaceObservation {
    /// Stays the same while the face is followed.
    pub id: u32,
    /// 0–1: the detector's score, or the landmark net's presence.
    pub confidence: f32,
    /// In frame pixels.
    pub bbox: Rect,
    pub mesh: Option<FaceMesh>,
}

/// What is measured on the face that is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMesh {
    pub mesh: Mesh,
    pub pose: HeadPose,
    pub blendshapes: Blendshapes,
    pub quality: FaceQuality,
}

impl FrameObservation {
    /// The face that is judged, once its mesh was found.
    pub fn primary(&self) -> Option<(&FaceObservation, &FaceMesh)> {
        let face = self.faces.first()?;
        face.mesh.as_ref().map(|mesh| (face, mesh))
    }

    /// As if nobody else were in the picture.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { glimpse: self.glimpse.clone(), faces: self.faces.iter().take(1).cloned().collect(), ..*self }
    }

    /// Whether a second face is large enough (a quarter of the first one's area) to be part of the check.
    pub fn has_rival(&self) -> bool {
        let mut areas = self.faces.iter().map(|face| face.bbox.area());
        areas.next().is_some_and(|first| areas.any(|other| other >= 0.25 * first))
    }
}
