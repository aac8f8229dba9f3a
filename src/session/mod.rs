//! Evidence → decision: attempts, thresholds, warnings and the report.

mod attempts;
mod decision;
mod report;
mod risk;

pub use attempts::{Progress, Retry, Session, SessionConfig, SessionEvent};
pub use decision::{Decision, Status, Thresholds, decide};
pub use report::{LivenessCheck, Warning};
pub use risk::{LogType, Risk};
