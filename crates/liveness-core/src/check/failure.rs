//! Why a challenge was not passed.

/// Why a challenge was not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The face was not in good position long enough to begin.
    NotPositioned,
    /// The asked action did not come in time.
    NotDone,
    /// Another one came.
    WrongAction,
    /// The answer was the mirror image of what was asked for: the source is mirrored and `mirrored` is not set, or the other way round.
    Mirrored,
    /// Answers came before their prompts.
    TooEarly,
    /// The picture stood still.
    Frozen,
    /// The pictures came round again.
    Looped,
    /// The face was replaced or jumped.
    Cut,
    /// Another person's face ended the challenge than began it.
    OtherFace,
    /// A turning face without depth.
    Flat,
    /// The operating system gave no randomness to draw from.
    NoChallenge,
    /// The face left or turned away while the light played.
    MovedAway,
    /// Too few frames came, or too many were burnt out, to see the light in them.
    TooFewFrames,
    /// The face hardly answered the screen's light.
    NoReflection,
    /// Its light followed another code than the screen's.
    OtherLight,
    /// It answered the light as a surface without a face's relief.
    NoRelief,
}

impl Failure {
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

    /// For the person before the camera.
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

    /// Whether it is what a video comes to that no camera films here and now; a stuck camera or odd light may too.
    pub const fn suggests_injection(self) -> bool {
        matches!(self, Self::Frozen | Self::Looped | Self::OtherLight)
    }

    /// Whether no camera that films one person can cause it.
    pub const fn is_attack(self) -> bool {
        matches!(self, Self::Looped | Self::OtherFace | Self::Flat | Self::NoRelief)
    }

    /// The score (0–100) of an attempt that ended so, at most.
    pub const fn ceiling(self) -> f64 {
        if self.is_attack() { 5.0 } else { 20.0 }
    }
}
