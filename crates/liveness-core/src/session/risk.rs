// SPDX-License-Identifier: MIT OR Apache-2.0

//! The warnings of a decision. Their names and texts follow Didit's reports.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::named::named;
use crate::check::Guidance;

/// A risk that a check has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Risk {
    NoFaceDetected,
    MultipleFacesDetected,
    LowFaceLuminance,
    HighFaceLuminance,
    LowFaceQuality,
    HighFaceOcclusion,
    LowLivenessScore,
    LivenessFaceAttack,
    AgeNotDetected,
    AgeBelowMinimum,
    FaceInBlocklist,
    PossibleFaceInBlocklist,
    DuplicatedFace,
    PossibleDuplicatedFace,
}

/// The severity of a warning: an error declines, a warning sends to review, an information has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogType {
    Information,
    Warning,
    Error,
}

impl Risk {
    /// All risks.
    pub const ALL: [Self; 14] = [
        Self::NoFaceDetected,
        Self::MultipleFacesDetected,
        Self::LowFaceLuminance,
        Self::HighFaceLuminance,
        Self::LowFaceQuality,
        Self::HighFaceOcclusion,
        Self::LowLivenessScore,
        Self::LivenessFaceAttack,
        Self::AgeNotDetected,
        Self::AgeBelowMinimum,
        Self::FaceInBlocklist,
        Self::PossibleFaceInBlocklist,
        Self::DuplicatedFace,
        Self::PossibleDuplicatedFace,
    ];

    /// Returns the risk's name in the decision.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoFaceDetected => "NO_FACE_DETECTED",
            Self::MultipleFacesDetected => "MULTIPLE_FACES_DETECTED",
            Self::LowFaceLuminance => "LOW_FACE_LUMINANCE",
            Self::HighFaceLuminance => "HIGH_FACE_LUMINANCE",
            Self::LowFaceQuality => "LOW_FACE_QUALITY",
            Self::HighFaceOcclusion => "HIGH_FACE_OCCLUSION",
            Self::LowLivenessScore => "LOW_LIVENESS_SCORE",
            Self::LivenessFaceAttack => "LIVENESS_FACE_ATTACK",
            Self::AgeNotDetected => "AGE_NOT_DETECTED",
            Self::AgeBelowMinimum => "AGE_BELOW_MINIMUM",
            Self::FaceInBlocklist => "FACE_IN_BLOCKLIST",
            Self::PossibleFaceInBlocklist => "POSSIBLE_FACE_IN_BLOCKLIST",
            Self::DuplicatedFace => "DUPLICATED_FACE",
            Self::PossibleDuplicatedFace => "POSSIBLE_DUPLICATED_FACE",
        }
    }

    /// Returns the risk with this name, or `None` for an unknown name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.name() == name)
    }

    /// Returns whether the warning also gives the reason for a failed challenge.
    pub const fn tells_why(self) -> bool {
        matches!(self, Self::LowLivenessScore | Self::NoFaceDetected)
    }

    /// Returns whether another attempt may remove the risk.
    pub const fn retryable(self) -> bool {
        !matches!(
            self,
            Self::LivenessFaceAttack
                | Self::AgeBelowMinimum
                | Self::FaceInBlocklist
                | Self::PossibleFaceInBlocklist
                | Self::DuplicatedFace
                | Self::PossibleDuplicatedFace
        )
    }

    /// Returns a title of a few words.
    pub const fn short_description(self) -> &'static str {
        match self {
            Self::NoFaceDetected => "No face detected",
            Self::MultipleFacesDetected => "Multiple faces detected",
            Self::LowFaceLuminance => "Face too dark",
            Self::HighFaceLuminance => "Face too bright",
            Self::LowFaceQuality => "Low face quality",
            Self::HighFaceOcclusion => "Face covered",
            Self::LowLivenessScore => "Low liveness score",
            Self::LivenessFaceAttack => "Presentation attack detected",
            Self::AgeNotDetected => "Age not detected",
            Self::AgeBelowMinimum => "Age below the minimum",
            Self::FaceInBlocklist => "Face on the blocklist",
            Self::PossibleFaceInBlocklist => "Face possibly on the blocklist",
            Self::DuplicatedFace => "Face known under another name",
            Self::PossibleDuplicatedFace => "Face possibly known under another name",
        }
    }

    /// Returns an explanation in a sentence or two.
    pub const fn long_description(self) -> &'static str {
        match self {
            Self::NoFaceDetected => "No face was found in the pictures of this attempt.",
            Self::MultipleFacesDetected => {
                "More than one face was in the picture, so that it is not certain who was checked."
            }
            Self::LowFaceLuminance => "The face was too dark to be judged. More light on the face helps.",
            Self::HighFaceLuminance => {
                "The face was too bright to be judged. Softer light, or a place out of the sun, helps."
            }
            Self::LowFaceQuality => {
                "The pictures of the face were not good enough to be judged: too small, blurred, turned away, cut off \
                 or full of glare."
            }
            Self::HighFaceOcclusion => "A part of the face was covered.",
            Self::LowLivenessScore => "The liveness score is at or below the threshold.",
            Self::LivenessFaceAttack => {
                "The check recognised a presentation attack, such as a print, a screen or a mask."
            }
            Self::AgeNotDetected => {
                "The age of the person could not be estimated from the reference picture."
            }
            Self::AgeBelowMinimum => "The person looks younger than the minimum age.",
            Self::FaceInBlocklist => "The face is that of somebody on the blocklist.",
            Self::PossibleFaceInBlocklist => "The face resembles that of somebody on the blocklist.",
            Self::DuplicatedFace => "The face is that of somebody who was checked before as another person.",
            Self::PossibleDuplicatedFace => {
                "The face resembles that of somebody who was checked before as another person."
            }
        }
    }

    /// Returns the risk of a fault in the frames, or `None` without a fault.
    pub const fn of(hindrance: Guidance) -> Option<Self> {
        Some(match hindrance {
            Guidance::Ok => return None,
            Guidance::NoFace => Self::NoFaceDetected,
            Guidance::MultipleFaces => Self::MultipleFacesDetected,
            Guidance::TooDark => Self::LowFaceLuminance,
            Guidance::TooBright => Self::HighFaceLuminance,
            Guidance::FaceCovered => Self::HighFaceOcclusion,
            Guidance::MoveCloser
            | Guidance::MoveBack
            | Guidance::CenterFace
            | Guidance::LookStraight
            | Guidance::HoldStill
            | Guidance::OpenEyes
            | Guidance::Blurred
            | Guidance::Glare => Self::LowFaceQuality,
        })
    }
}

impl Serialize for Risk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Risk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named(deserializer, "risk", Self::from_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_risks() {
        for risk in Risk::ALL {
            assert_eq!(Risk::from_name(risk.name()), Some(risk));
        }
        assert_eq!(Risk::from_name("NONE"), None);
    }

    #[test]
    fn an_attack_the_age_and_who_it_is_are_final() {
        let final_ones: Vec<_> = Risk::ALL.into_iter().filter(|risk| !risk.retryable()).collect();
        assert_eq!(final_ones[..2], [Risk::LivenessFaceAttack, Risk::AgeBelowMinimum]);
        assert_eq!(final_ones.len(), 6);
    }
}
