//! A camera looking at a person who isn't there: rendered frames with their truth, without GStreamer.
//!
//! The head is a photographed scan (see `models/person/bake.py`); expressions and identities are displacements of it. Light
//! is linear: a room light, and the screen before the person as an area light of cells. The camera has perspective,
//! defocus, motion blur, an exposure that adapts, noise, and may compress. Lengths are metres; x runs to the picture's right, y up, z
//! towards the camera, which stands at the origin.

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

/// The head's turn in degrees with the signs of [`liveness_core::face::HeadPose`] (ISO/IEC 39794-5), and its shift in metres from
/// its resting place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeadPose {
    pub yaw: f32,
    pub pitch: f32,
    pub roll: f32,
    pub shift: [f32; 3],
}

/// Each 0 (neutral) to 1 (as far as it goes).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expression {
    /// Of the person's right and left eye.
    pub blink: [f32; 2],
    pub brows: f32,
    pub smile: f32,
    pub jaw: f32,
    /// Degrees to the person's left and down.
    pub gaze: [f32; 2],
}

/// What a person does at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stance {
    pub head: HeadPose,
    pub expression: Expression,
}

/// What stands before the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Presentation {
    #[default]
    Live,
    /// A print on paper held by a hand: flat.
    Print,
    /// Bent about its upright axis.
    BentPrint,
    /// Cut out along the head, without eye holes.
    CutoutPrint,
    /// A tablet that shows [`Scene::shown`].
    Screen,
    /// A rigid mask: the head turns, the wearer's eyes blink, nothing else moves.
    Mask,
    /// A print of the face worn before it, bent smoothly around the head, without relief.
    PaperMask,
    Nobody,
    /// The person and another, who does [`Scene::shown`].
    TwoPeople,
    /// The person in the room's light, in a video that an attacker multiplies by the mean colour of
    /// [`Scene::shown_light`], injected in place of the camera's.
    Relit,
}

impl Presentation {
    /// Whether a hand holds it before the camera.
    const fn held(self) -> bool {
        matches!(self, Self::Print | Self::BentPrint | Self::CutoutPrint | Self::Screen)
    }
}

/// One moment before the camera.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    pub presentation: Presentation,
    /// Of the person; or of the hand that holds the print or tablet (its head pose).
    pub stance: Stance,
    /// Of the person in the print or on the tablet, or of the second person.
    pub shown: Stance,
    /// The screen before the camera's subject.
    pub light: Option<&'a ScreenLight>,
    /// The screen that lit the person on the tablet, or by which an attacker tints a video.
    pub shown_light: Option<&'a ScreenLight>,
}
