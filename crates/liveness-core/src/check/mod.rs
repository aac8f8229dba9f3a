// SPDX-License-Identifier: MIT OR Apache-2.0

//! Liveness checks. A check observes the frames of one attempt and collects [`Evidence`]; it makes no
//! decision.

mod action;
mod action_flash;
mod antispoof;
mod backdrop;
mod border;
mod evidence;
mod failure;
mod flash;
mod guidance;
mod identity;
mod passive;
mod random;
mod ticks;

pub use action::*;
pub use action_flash::ActionFlashCheck;
pub use antispoof::{AntiSpoof, Reading, calibrated};
pub use evidence::{Challenge, Cue, Evidence, Method};
pub use failure::Failure;
pub use flash::*;
pub use guidance::Guidance;
pub use identity::Identity;
pub use passive::{PassiveCheck, PassiveConfig};
pub use random::Randomness;
pub use ticks::Ticks;

use std::sync::Arc;

use crate::face::{Embedding, FrameObservation};
use crate::inference::InferenceError;
use crate::vision::Frame;

/// A time on the stream's running clock, in nanoseconds.
pub type Time = u64;

const MILLISECOND: Time = 1_000_000;

/// Returns the seconds between two times, or 0 if `to` is earlier than `from`.
pub(crate) fn seconds(from: Time, to: Time) -> f64 {
    to.saturating_sub(from) as f64 * 1e-9
}

/// The state of a check after a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The hint for the person in front of the camera.
    pub guidance: Guidance,
    /// Progress of the check, 0–1.
    pub fraction: f64,
    /// Set once the evidence is complete.
    pub done: bool,
    /// The score so far, 0 (attack) to 100 (live); `None` before the first one.
    pub score: Option<f64>,
    /// Changes of the action prompts with this frame.
    pub actions: Vec<ActionEvent>,
    /// The new light of the screen, from this frame's time on; `None` if the light stays as it is.
    pub light: Option<LightCue>,
    /// Set on the frame with which the check proper begins or starts over. A portrait from an earlier frame
    /// may show another person.
    pub anew: bool,
}

impl Step {
    /// Returns the step of a check that has nothing left to do.
    fn over() -> Self {
        Self { fraction: 1.0, done: true, ..Self::coaching(Guidance::Ok) }
    }

    /// Returns a step that only carries a hint; the check ignores the frame.
    pub fn coaching(guidance: Guidance) -> Self {
        Self {
            guidance,
            fraction: 0.0,
            done: false,
            score: None,
            actions: Vec::new(),
            light: None,
            anew: false,
        }
    }
}

/// The light of the screen, valid until the next cue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LightCue {
    /// True while the screen plays a light. If false, the other fields except `index` are meaningless.
    pub active: bool,
    /// Number of the cue within the attempt, from 0.
    pub index: u32,
    /// Number of rows of the grid.
    pub rows: u32,
    /// Number of columns of the grid.
    pub columns: u32,
    /// Colours of the cells as 0xRRGGBB in sRGB, row by row from the top left as seen by the person facing
    /// the screen.
    pub colors: Vec<u32>,
    /// Expected duration at the present frame rate, in nanoseconds.
    pub duration: Time,
}

impl LightCue {
    /// Returns the cue that ends a light.
    pub fn off(index: u32) -> Self {
        Self { index, ..Self::default() }
    }
}

/// A state change of one action prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionEvent {
    /// The requested action.
    pub action: Action,
    /// Number of the prompt within the challenge, from 0.
    pub index: u32,
    /// Number of prompts in the challenge.
    pub count: u32,
    /// The new state of the prompt.
    pub state: ActionState,
    /// The latest time at which the answer may begin.
    pub deadline: Time,
}

/// The state of an action prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionState {
    /// The person is asked for the action.
    Requested,
    /// The action was completed.
    Done,
    /// The challenge failed while the prompt was open.
    Failed,
}

impl ActionState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Requested, Self::Done, Self::Failed];

    /// Returns the name used in element messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Returns the state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A liveness check over one attempt. A new attempt needs a new check.
pub trait Check: Send {
    /// Returns the method of this check.
    fn method(&self) -> Method;

    /// Returns true if a frame at `time` needs to be analysed.
    fn wants(&self, _time: Option<Time>) -> bool {
        true
    }

    /// Observes one analysed frame. `time` is `None` on streams without timestamps.
    ///
    /// # Errors
    ///
    /// Returns an error if a net cannot run.
    fn observe(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
    ) -> Result<Step, InferenceError>;

    /// Returns the hint for a frame between two attempts.
    fn coach(&self, observation: &FrameObservation) -> Guidance {
        Guidance::of(observation)
    }

    /// Returns the evidence collected so far.
    fn evidence(&self) -> Evidence;

    /// Returns the embedding of the checked face. The reference image must show the same person.
    fn who(&self) -> Option<&Embedding> {
        None
    }

    /// Returns the depth map of the face; `None` if the method does not measure depth.
    fn depth_map(&self) -> Option<DepthMap> {
        None
    }

    /// Returns the record of the light's reflection; `None` if the method plays no light.
    fn light_record(&self) -> Option<Arc<LightRecord>> {
        None
    }
}
