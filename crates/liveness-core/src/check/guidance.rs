//! What the person should do so that a frame can be used.

use crate::face::{FACE_OVAL, FrameObservation, Mesh};

/// Coaching, one thing at a time, most important first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Guidance {
    #[default]
    Ok,
    NoFace,
    MultipleFaces,
    MoveCloser,
    MoveBack,
    CenterFace,
    LookStraight,
    HoldStill,
    OpenEyes,
    TooDark,
    TooBright,
    Blurred,
    Glare,
    FaceCovered,
}

/// Components of face quality below this spoil a frame.
const POOR: f32 = 50.0;
/// The frame's shorter side in sides of the face's box: with less room around the face, a sheet's or a screen's borders
/// and the hands that hold it stay unseen.
const LEAST_ROOM: f32 = 1.6;
/// The same for a face that is not wholly in the picture: with less it is too near, with more only off the middle.
const LARGE: f32 = 1.25;
/// Turned or leaning further than this (degrees), a face is not judged.
const MAX_TURN: f32 = 25.0;
/// Both eyes are closed beyond this blendshape value.
const EYES_CLOSED: f32 = 0.6;
/// A face that is not bright enough is dark below this luminance (0–100).
const HALF_BRIGHT: f32 = 50.0;

impl Guidance {
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

    /// The contract's code.
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

    /// A sentence for the person before the camera.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ok => "Hold this position",
            Self::NoFace => "Place your face in front of the camera",
            Self::MultipleFaces => "Only one person may be in the picture",
            Self::MoveCloser => "Move closer",
            Self::MoveBack => "Move back a little",
            Self::CenterFace => "Move your face to the middle",
            Self::LookStraight => "Look straight at the camera",
            Self::HoldStill => "Hold still",
            Self::OpenEyes => "Open your eyes",
            Self::TooDark => "Find more light",
            Self::TooBright => "Find softer light",
            Self::Blurred => "The picture is blurred: hold still and wipe the lens",
            Self::Glare => "Avoid reflections on your face or glasses",
            Self::FaceCovered => "Uncover your face",
        }
    }

    /// Drops hints that do not apply during a flash check: the screen lights a dark room and shines in glasses. While the light
    /// `plays`, it also changes brightness and exposure.
    #[must_use]
    pub fn in_light(self, plays: bool) -> Self {
        match self {
            Self::Glare | Self::TooDark => Self::Ok,
            Self::TooBright | Self::Blurred if plays => Self::Ok,
            guidance => guidance,
        }
    }

    /// Returns the first fault of a frame that is judged by itself; the face's surroundings must be in the picture.
    pub fn of(observation: &FrameObservation) -> Self {
        Self::first(observation, true)
    }

    /// Returns the first fault of a frame in a check of movement or light; the face from chin to forehead is enough, as phones
    /// in a hand show it.
    pub fn of_whole_face(observation: &FrameObservation) -> Self {
        Self::first(observation, false)
    }

    /// The first hindrance; `room`: the surroundings are needed.
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
            // What is measured along the picture's sides says nothing of a face that does not stand upright.
            (mesh.pose.roll.abs() > MAX_TURN, Self::LookStraight),
            (near, Self::MoveBack),
            (quality.eye_distance < POOR || quality.size < POOR, Self::MoveCloser),
            (cut, Self::CenterFace),
            (quality.brightness < POOR && quality.luminance < HALF_BRIGHT, Self::TooDark),
            (quality.brightness < POOR || quality.exposure < POOR, Self::TooBright),
            (mesh.pose.yaw.abs() > MAX_TURN, Self::LookStraight),
            // Before the pitch: under a mask the landmarks seem to look down.
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
