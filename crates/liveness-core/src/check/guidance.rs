// SPDX-License-Identifier: MIT OR Apache-2.0

//! Hints for the person in front of the camera that make frames usable.

use crate::face::{FACE_OVAL, FrameObservation, Mesh};
use crate::locale::{Language, Sentence};

/// A hint for the person. One is given at a time, the most important first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Guidance {
    /// The frame is usable.
    #[default]
    Ok,
    /// No face is in the frame.
    NoFace,
    /// More than one face is in the frame.
    MultipleFaces,
    /// The face is too small.
    MoveCloser,
    /// The face is too near to the camera.
    MoveBack,
    /// The face is not wholly in the frame.
    CenterFace,
    /// The head is turned or tilted too far.
    LookStraight,
    /// The face moves too fast.
    HoldStill,
    /// Both eyes are closed.
    OpenEyes,
    /// The face is too dark.
    TooDark,
    /// The face is too bright or badly exposed.
    TooBright,
    /// The face is blurred.
    Blurred,
    /// Reflections cover parts of the face.
    Glare,
    /// Something covers the face.
    FaceCovered,
}

/// Components of face quality (0–100) below this make a frame unusable.
const POOR: f32 = 50.0;
/// Minimum ratio of the frame's shorter side to the longer side of the face's box. With less room, the
/// borders of a sheet or a screen and the hands that hold it are out of view.
const LEAST_ROOM: f32 = 1.6;
/// The same ratio for a face that the frame cuts off: below it the face is too near, above it only
/// off-centre.
const LARGE: f32 = 1.25;
/// Maximum yaw, pitch and roll of a usable face, in degrees.
const MAX_TURN: f32 = 25.0;
/// Blendshape value above which both eyes count as closed.
const EYES_CLOSED: f32 = 0.6;
/// Luminance (0–100) that separates a dark face from a bright one when the brightness component is poor.
const HALF_BRIGHT: f32 = 50.0;

impl Guidance {
    /// All hints.
    pub const ALL: [Self; 14] = [
        Self::Ok,
        Self::NoFace,
        Self::MultipleFaces,
        Self::MoveCloser,
        Self::MoveBack,
        Self::CenterFace,
        Self::LookStraight,
        Self::HoldStill,
        Self::OpenEyes,
        Self::TooDark,
        Self::TooBright,
        Self::Blurred,
        Self::Glare,
        Self::FaceCovered,
    ];

    /// Returns the code used in messages and records.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NoFace => "NO_FACE",
            Self::MultipleFaces => "MULTIPLE_FACES",
            Self::MoveCloser => "MOVE_CLOSER",
            Self::MoveBack => "MOVE_BACK",
            Self::CenterFace => "CENTER_FACE",
            Self::LookStraight => "LOOK_STRAIGHT",
            Self::HoldStill => "HOLD_STILL",
            Self::OpenEyes => "OPEN_EYES",
            Self::TooDark => "TOO_DARK",
            Self::TooBright => "TOO_BRIGHT",
            Self::Blurred => "BLURRED",
            Self::Glare => "GLARE",
            Self::FaceCovered => "FACE_COVERED",
        }
    }

    /// The sentence for the person in front of the camera.
    pub fn sentence(self, language: Language) -> &'static Sentence {
        language.words().guidance.get(self.code())
    }

    /// The sentence of messages, in English.
    pub fn text(self) -> &'static str {
        self.sentence(Language::ENGLISH).in_message()
    }

    /// Drops hints that do not apply during a flash check: the screen lights a dark room and reflects in
    /// glasses. While the light `plays`, it also changes brightness and exposure.
    #[must_use]
    pub fn in_light(self, plays: bool) -> Self {
        match self {
            Self::Glare | Self::TooDark => Self::Ok,
            Self::TooBright | Self::Blurred if plays => Self::Ok,
            guidance => guidance,
        }
    }

    /// Returns the first fault of a frame that is judged on its own. The surroundings of the face must be in
    /// the frame.
    pub fn of(observation: &FrameObservation) -> Self {
        Self::first(observation, true)
    }

    /// Returns the first fault of a frame in a check of movement or light. The face from chin to forehead is
    /// enough, as a hand-held phone shows it.
    pub fn of_whole_face(observation: &FrameObservation) -> Self {
        Self::first(observation, false)
    }

    /// Returns the first fault, or `Ok`. With `room`, the surroundings of the face must be in the frame.
    fn first(observation: &FrameObservation, room: bool) -> Self {
        let Some((face, mesh)) = observation.primary() else {
            return Self::NoFace;
        };
        if observation.has_rival() {
            return Self::MultipleFaces;
        }
        let quality = &mesh.quality;
        let shorter = observation.width.min(observation.height) as f32;
        let longest = face.bbox.width.max(face.bbox.height);
        let (near, cut) = if room {
            (shorter < LEAST_ROOM * longest, quality.framing < POOR)
        } else {
            let cut = !is_whole(observation, &mesh.mesh);
            (cut && shorter < LARGE * longest, cut)
        };
        let faults = [
            // Roll comes first: measures along the frame's axes are meaningless for a tilted face.
            (mesh.pose.roll.abs() > MAX_TURN, Self::LookStraight),
            (near, Self::MoveBack),
            (quality.eye_distance < POOR || quality.size < POOR, Self::MoveCloser),
            (cut, Self::CenterFace),
            (quality.brightness < POOR && quality.luminance < HALF_BRIGHT, Self::TooDark),
            (quality.brightness < POOR || quality.exposure < POOR, Self::TooBright),
            (mesh.pose.yaw.abs() > MAX_TURN, Self::LookStraight),
            // Occlusion comes before pitch: under a mask the landmarks seem to look down.
            (quality.occlusion < POOR, Self::FaceCovered),
            (mesh.pose.pitch.abs() > MAX_TURN, Self::LookStraight),
            (quality.sharpness < POOR, Self::Blurred),
            (quality.glare < POOR, Self::Glare),
            (mesh.blendshapes.eyes_closed() > EYES_CLOSED, Self::OpenEyes),
        ];
        faults.into_iter().find(|(fault, _)| *fault).map_or(Self::Ok, |(_, guidance)| guidance)
    }
}

/// Returns whether the whole face is in the picture, from chin to forehead and cheek to cheek.
fn is_whole(observation: &FrameObservation, mesh: &Mesh) -> bool {
    let (width, height) = (observation.width as f32, observation.height as f32);
    FACE_OVAL
        .iter()
        .map(|i| mesh.point(*i))
        .all(|p| (0.0..=width).contains(&p.x) && (0.0..=height).contains(&p.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_upper_case_and_has_a_text() {
        for guidance in Guidance::ALL {
            assert!(guidance.code().chars().all(|c| c.is_ascii_uppercase() || c == '_'));
            assert!(!guidance.text().is_empty());
        }
    }

    #[test]
    fn an_empty_frame_has_no_face() {
        assert_eq!(Guidance::of(&FrameObservation::default()), Guidance::NoFace);
    }
}
