// SPDX-License-Identifier: MIT OR Apache-2.0

//! The evidence of a check.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Action, Failure, Guidance, Mistake};
use crate::face::FaceQuality;

/// The method of a liveness check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Single frames, without a challenge.
    Passive,
    /// The reflection of coloured light from the screen.
    Flash,
    /// Movements on request.
    Action,
    /// Movements on request while the light plays.
    ActionFlash,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 4] = [Self::Passive, Self::Flash, Self::Action, Self::ActionFlash];

    /// Returns the name in element messages and workflows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::Flash => "flash",
            Self::Action => "action",
            Self::ActionFlash => "action_flash",
        }
    }

    /// Returns the name in the decision JSON.
    pub const fn json_name(self) -> &'static str {
        match self {
            Self::Passive => "PASSIVE",
            Self::Flash => "FLASHING",
            Self::Action | Self::ActionFlash => "ACTIVE_3D",
        }
    }

    /// Returns the method whose [`Self::name`] is `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// One measured sign for or against liveness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// Name of the cue, unique within a check.
    pub name: Cow<'static, str>,
    /// Value in the cue's own unit; `None` if the cue abstained.
    pub value: Option<f64>,
    /// Weight in the score; 0 for a cue that has no direct part in it.
    pub weight: f64,
    /// True if the cue has no value.
    pub abstained: bool,
}

impl Cue {
    /// Returns a cue. It abstains if `value` is `None` or not finite.
    pub fn new(name: &'static str, value: Option<f64>, weight: f64) -> Self {
        let value = value.filter(|v| v.is_finite());
        Self { name: Cow::Borrowed(name), value, weight, abstained: value.is_none() }
    }
}

/// The result of one requested action. Times are in seconds from the first frame of the attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    /// Name of the action.
    pub action: Cow<'static, str>,
    /// Time of the request.
    pub requested: f64,
    /// Time at which the face left rest; `None` if the action was not completed.
    pub onset: Option<f64>,
    /// Time of the greatest extent; `None` if the action was not completed.
    pub apex: Option<f64>,
    /// Time at which the face was back at rest; `None` if the action was not completed.
    pub end: Option<f64>,
    /// Greatest extent of the movement, 1 being the threshold of the action; `None` if the action was not
    /// completed.
    pub peak: Option<f64>,
}

/// The evidence of one attempt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Score from 0 (attack) to 100 (live); `None` if no frame could be judged.
    pub score: Option<f64>,
    /// True if a presentation attack was detected beyond doubt, which rules out a retry.
    pub attack: bool,
    /// The reason that made frames unusable; `Ok` if the score rests on good frames.
    pub hindrance: Guidance,
    /// The reason for a failed challenge; `None` if it was passed or the method has none.
    pub failure: Option<Failure>,
    /// The last requested action and the fault in its answer; `None` if it was answered.
    pub mistake: Option<(Action, Mistake)>,
    /// Results of the requested actions, in order.
    pub challenges: Vec<Challenge>,
    /// All cues, including those that abstained.
    pub cues: Vec<Cue>,
    /// Bits of secret randomness that a replay would have had to guess; 0 with a fixed seed.
    pub entropy_bits: f64,
    /// Mean quality of the judged faces, 0–100.
    pub face_quality: Option<f64>,
    /// Mean luminance of the judged faces, 0–100.
    pub face_luminance: Option<f64>,
    /// Mean components of the face quality.
    pub quality: Option<FaceQuality>,
}

impl Evidence {
    /// Records a failed attempt and caps the score accordingly.
    pub fn reject(&mut self, failure: Failure) {
        self.failure = Some(failure);
        self.attack = failure.is_attack();
        self.score = self.score.map(|score| score.min(failure.ceiling()));
    }
}
