//! What a check found.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Action, Failure, Guidance, Mistake};
use crate::face::FaceQuality;

/// How liveness is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Passive,
    Flash,
    Action,
    ActionFlash,
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Passive, Self::Flash, Self::Action, Self::ActionFlash];

    /// The name in element messages and workflows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::Flash => "flash",
            Self::Action => "action",
            Self::ActionFlash => "action_flash",
        }
    }

    /// The name in the decision JSON.
    pub const fn json_name(self) -> &'static str {
        match self {
            Self::Passive => "PASSIVE",
            Self::Flash => "FLASHING",
            Self::Action | Self::ActionFlash => "ACTIVE_3D",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// One measured sign for or against liveness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    pub name: Cow<'static, str>,
    /// In the cue's own unit; `None` when it abstained.
    pub value: Option<f64>,
    /// Its share in the score; 0 for a cue that can only veto.
    pub weight: f64,
    pub abstained: bool,
}

impl Cue {
    /// A cue that abstains when it has no finite value.
    pub fn new(name: &'static str, value: Option<f64>, weight: f64) -> Self {
        let value = value.filter(|v| v.is_finite());
        Self { name: Cow::Borrowed(name), value, weight, abstained: value.is_none() }
    }
}

/// What came of one asked action; times in seconds from the attempt's first frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    pub action: Cow<'static, str>,
    pub requested: f64,
    /// When the face left rest, was furthest and was back; `None` when the action was not done.
    pub onset: Option<f64>,
    pub apex: Option<f64>,
    pub end: Option<f64>,
    /// How far it went; 1 is where the action counts.
    pub peak: Option<f64>,
}

/// What the frames of one attempt say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// 0 (attack) to 100 (live); `None` when nothing could be judged.
    pub score: Option<f64>,
    /// A presentation attack was recognised beyond doubt: no retry.
    pub attack: bool,
    /// What kept the frames from being usable; `Ok` when the score rests on good frames.
    pub hindrance: Guidance,
    /// Why the challenge was not passed, if there was one.
    pub failure: Option<Failure>,
    /// The movement that was asked last, and what was wrong with the answer.
    pub mistake: Option<(Action, Mistake)>,
    pub challenges: Vec<Challenge>,
    pub cues: Vec<Cue>,
    /// Bits of secret randomness that a replay would have had to guess; 0 where a seed is fixed.
    pub entropy_bits: f64,
    /// 0–100, of the frames that were judged.
    pub face_quality: Option<f64>,
    /// 0–100, of the frames that were judged.
    pub face_luminance: Option<f64>,
    /// The components behind it.
    pub quality: Option<FaceQuality>,
}

impl Evidence {
    /// Takes in that the attempt failed.
    pub fn reject(&mut self, failure: Failure) {
        self.failure = Some(failure);
        self.attack = failure.is_attack();
        self.score = self.score.map(|score| score.min(failure.ceiling()));
    }
}
