//! Observations over time → [`Evidence`]. A check watches the frames of one attempt; it decides nothing.

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

/// From one time to a later one.
pub(crate) fn seconds(from: Time, to: Time) -> f64 {
    to.saturating_sub(from) as f64 * 1e-9
}

/// Where a check stands after a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub guidance: Guidance,
    /// How much of the check is done, 0–1.
    pub fraction: f64,
    /// Whether the evidence is complete.
    pub done: bool,
    /// The score so far, 0–100, once there is one.
    pub score: Option<f64>,
    /// What is asked of the person, or came of it.
    pub actions: Vec<ActionEvent>,
    /// What the screen is to show from this frame's time on, when that changes.
    pub light: Option<LightCue>,
    /// The check proper begins with this frame: a portrait from before may show somebody else.
    pub anew: bool,
}

impl Step {
    /// Of a check that has nothing left to do.
    fn over() -> Self {
        Self { fraction: 1.0, done: true, ..Self::coaching(Guidance::Ok) }
    }

    /// A step that only coaches; the check does not take the frame in.
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

/// What the screen shows until the next cue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LightCue {
    /// `false`: nothing; the other fields then say nothing either.
    pub active: bool,
    /// From 0, of this attempt.
    pub index: u32,
    pub rows: u32,
    pub columns: u32,
    /// 0xRRGGBB in sRGB, row by row from the top left as the person facing the screen sees it.
    pub colors: Vec<u32>,
    /// How long it will stay if frames go on to come as they do, in nanoseconds.
    pub duration: Time,
}

impl LightCue {
    /// The end of a light.
    pub fn off(index: u32) -> Self {
        Self { index, ..Self::default() }
    }
}

/// A challenge is asked, done or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionEvent {
    pub action: Action,
    /// From 0.
    pub index: u32,
    pub count: u32,
    pub state: ActionState,
    /// Until when the answer must have begun.
    pub deadline: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionState {
    Requested,
    Done,
    Failed,
}

impl ActionState {
    pub const ALL: [Self; 3] = [Self::Requested, Self::Done, Self::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One attempt's worth of watching. A new attempt takes a new check.
pub trait Check: Send {
    fn method(&self) -> Method;

    /// Whether a frame at `time` is to be analysed.
    fn wants(&self, _time: Option<Time>) -> bool {
        true
    }

    /// Takes in one analysed frame; `time` is `None` on streams without timestamps.
    ///
    /// # Errors
    /// When a net cannot run.
    fn observe(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
    ) -> Result<Step, InferenceError>;

    /// Coaching for a frame between two attempts.
    fn coach(&self, observation: &FrameObservation) -> Guidance {
        Guidance::of(observation)
    }

    /// What can be said by now.
    fn evidence(&self) -> Evidence;

    /// The face that was checked; the reference image must show the same.
    fn who(&self) -> Option<&Embedding> {
        None
    }

    /// The depth of the face, where the method measures it.
    fn depth_map(&self) -> Option<DepthMap> {
        None
    }

    /// What the light showed, where the method plays light.
    fn light_record(&self) -> Option<Arc<LightRecord>> {
        None
    }
}
