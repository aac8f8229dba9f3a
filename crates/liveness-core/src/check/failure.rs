// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reasons for a failed challenge.

/// The reason for a failed challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The face was not in good position long enough for the challenge to begin.
    NotPositioned,
    /// The requested action was not completed in time.
    NotDone,
    /// Another action was made.
    WrongAction,
    /// The answer was the mirror image of the request: the source is mirrored and `mirrored` is not set, or
    /// the reverse.
    Mirrored,
    /// Answers came before a person could have reacted to their prompts.
    TooEarly,
    /// The video stood still.
    Frozen,
    /// Earlier frames of the video came again.
    Looped,
    /// The face was replaced, or it jumped.
    Cut,
    /// The face at the end of the challenge is another person's than at its beginning.
    OtherFace,
    /// The face turned without depth.
    Flat,
    /// No challenge could be drawn, usually because the operating system supplied no random numbers.
    NoChallenge,
    /// The face left or turned away while the light played.
    MovedAway,
    /// Too few frames were usable to measure the light: they were missing or overexposed.
    TooFewFrames,
    /// The face reflected almost none of the screen's light.
    NoReflection,
    /// The light on the face followed another code than the screen's.
    OtherLight,
    /// The face reflected the light like a surface without a face's relief.
    NoRelief,
}

impl Failure {
    /// Returns the name used in messages and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotPositioned => "NOT_POSITIONED",
            Self::NotDone => "ACTION_NOT_DONE",
            Self::WrongAction => "WRONG_ACTION",
            Self::Mirrored => "MIRROR_IMAGE",
            Self::TooEarly => "ACTION_TOO_EARLY",
            Self::Frozen => "FROZEN_VIDEO",
            Self::Looped => "LOOPED_VIDEO",
            Self::Cut => "FACE_CUT",
            Self::OtherFace => "OTHER_FACE",
            Self::Flat => "FLAT_FACE",
            Self::NoChallenge => "NO_CHALLENGE",
            Self::MovedAway => "MOVED_AWAY",
            Self::TooFewFrames => "TOO_FEW_FRAMES",
            Self::NoReflection => "NO_REFLECTION",
            Self::OtherLight => "OTHER_LIGHT",
            Self::NoRelief => "NO_RELIEF",
        }
    }

    /// Returns a sentence for the person in front of the camera.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotPositioned => "Hold your face still in the middle of the picture for a moment.",
            Self::NotDone => "The asked movement was not seen in time.",
            Self::WrongAction => "Another movement was made than asked for.",
            Self::Mirrored => {
                "The answer fits the mirror image. If the source shows people as a mirror does, set mirrored; if it does not, unset it."
            }
            Self::TooEarly => "Wait for the prompt before you move.",
            Self::Frozen => "The picture stood still.",
            Self::Looped => "The pictures repeat themselves.",
            Self::Cut => "Keep your face in the picture all the time.",
            Self::OtherFace => "The face changed during the check.",
            Self::Flat => "The face seems to be a flat picture.",
            Self::NoChallenge => "No challenge could be drawn.",
            Self::MovedAway => "Keep your face before the screen while it glows.",
            Self::TooFewFrames => "The camera gave too few usable pictures.",
            Self::NoReflection => "Find a darker place, or make the screen brighter.",
            Self::OtherLight => "The light on the face is not the screen's.",
            Self::NoRelief => "The face seems to be a flat picture.",
        }
    }

    /// Returns true if an injected video is a likely cause. A stuck camera or unusual ambient light can also
    /// be one.
    pub const fn suggests_injection(self) -> bool {
        matches!(self, Self::Frozen | Self::Looped | Self::OtherLight)
    }

    /// Returns true if no camera that films one person can cause this failure.
    pub const fn is_attack(self) -> bool {
        matches!(self, Self::Looped | Self::OtherFace | Self::Flat | Self::NoRelief)
    }

    /// Returns the maximum score (0–100) of an attempt with this failure.
    pub const fn ceiling(self) -> f64 {
        if self.is_attack() { 5.0 } else { 20.0 }
    }
}
