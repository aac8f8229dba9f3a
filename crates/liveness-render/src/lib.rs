// SPDX-License-Identifier: MIT OR Apache-2.0

//! Renders a camera that looks at a person or an attack, with the ground truth of each frame. Does not need GStreamer.
//!
//! The head is a photographed scan (see `models/person/bake.py`); expressions and identities are displacements of it.
//! Light is linear: a room light, and the screen in front of the person as an area light of cells. The camera has
//! perspective, defocus, motion blur, automatic exposure, noise and optional compression. Lengths are in metres. x
//! points to the picture's right, y up, and z towards the camera, which is at the origin.

pub mod actor;
mod camera;
mod compression;
mod head;
mod held;
mod horizon;
mod light;
mod looks;
mod occlusion;
mod person;
mod picture;
mod prop;
mod raster;
mod room;
mod scene;
mod screen;
mod sensor;
#[cfg(test)]
mod tests;
mod truth;
mod turn;

pub use camera::Setting;
pub use scene::Renderer;
pub use screen::{ScreenLight, ScreenSize};
pub use truth::{Surface, Truth};

/// The rotation of the head in degrees, with the signs of [`liveness_core::face::HeadPose`] (ISO/IEC 39794-5), and its
/// shift from the resting place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeadPose {
    /// Degrees to the person's left; the signs follow [`liveness_core::face::HeadPose`].
    pub yaw: f32,
    /// Degrees down.
    pub pitch: f32,
    /// Degrees of sideways tilt.
    pub roll: f32,
    /// Metres along x, y and z.
    pub shift: [f32; 3],
}

/// The expression of a face. Each coefficient runs from 0 (neutral) to 1 (full).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expression {
    /// Closing of the person's right and left eye.
    pub blink: [f32; 2],
    /// Raised eyebrows.
    pub brows: f32,
    /// Smile.
    pub smile: f32,
    /// Opened mouth.
    pub jaw: f32,
    /// Gaze direction in degrees, to the person's left and down.
    pub gaze: [f32; 2],
}

/// The head pose and the expression of a person at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stance {
    /// Pose of the head.
    pub head: HeadPose,
    /// Expression of the face.
    pub expression: Expression,
}

/// The subject that the camera sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Presentation {
    /// The person.
    #[default]
    Live,
    /// A flat print on paper, held by a hand.
    Print,
    /// A print bent about its vertical axis.
    BentPrint,
    /// A print cut out along the head, without eye holes.
    CutoutPrint,
    /// A tablet that shows [`Scene::shown`].
    Screen,
    /// A rigid mask. The head turns and the wearer's eyes blink; nothing else moves.
    Mask,
    /// A print of the face, worn in front of the face and bent smoothly around the head, without relief.
    PaperMask,
    /// An empty room.
    Nobody,
    /// The person and a second one in the stance [`Scene::shown`].
    TwoPeople,
    /// The person in the room's light, in a video that replaces the camera's pictures. The attacker multiplies the
    /// video by the mean colour of [`Scene::shown_light`].
    Relit,
}

impl Presentation {
    /// Returns whether a hand holds the presentation in front of the camera.
    const fn held(self) -> bool {
        matches!(self, Self::Print | Self::BentPrint | Self::CutoutPrint | Self::Screen)
    }
}

/// One moment in front of the camera.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    /// The subject.
    pub presentation: Presentation,
    /// Stance of the person. For a print or a tablet, the head pose is that of the hand.
    pub stance: Stance,
    /// Stance of the person on the print or the tablet, or of the second person.
    pub shown: Stance,
    /// Light of the screen in front of the subject.
    pub light: Option<&'a ScreenLight>,
    /// Light of the screen that lit the person on the tablet, or by which an attacker tints a video.
    pub shown_light: Option<&'a ScreenLight>,
}
