//! Observations over time → [`Evidence`]. A check watches the frames of one attempt; it decides nothing.

mod antispoof;
mod border;
mod evidence;
mod guidance;
mod passive;

pub use antispoof::{AntiSpoof, Reading, calibrated};
pub use evidence::{Cue, Evidence, Method};
pub use guidance::Guidance;
pub use passive::{PassiveCheck, PassiveConfig};

use crate::face::FrameObservation;
use crate::inference::InferenceError;
use crate::vision::Frame;

/// A time on the stream's running clock, in nanoseconds.
pub type Time = u64;

/// Where a check stands after a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub guidance: Guidance,
    /// How much of the check is done, 0–1.
    pub fraction: f64,
    /// Whether the evidence is complete.
    pub done: bool,
    /// The score so far, 0–100, once there is one.
    pub score: Option<f64>,
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

    /// What can be said by now.
    fn evidence(&self) -> Evidence;
}
