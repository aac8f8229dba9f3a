// SPDX-License-Identifier: MIT OR Apache-2.0

//! Decisions from evidence: attempts, thresholds, warnings and the report.

mod advice;
mod attempts;
mod decision;
#[cfg(test)]
mod invariants;
mod named;
mod record;
mod report;
mod risk;
mod rules;
/// Matches with lists of faces.
pub mod screening;
mod status_rule;

pub use advice::Advice;
pub use attempts::{Progress, RETRY_PAUSE, Retry, Session, SessionConfig, SessionEvent};
pub use decision::{Decision, Status, Thresholds, decide};
pub use record::{SessionDecision, SessionRecord};
pub use report::{EvidenceReport, LivenessCheck, Reason, Warning};
pub use risk::{LogType, Risk};
pub use rules::{Limit, RuleAction, Rules};
pub use screening::{Doubt, FaceMatch, Likeness, Screened, Screening};
pub use status_rule::{Operator, StatusRule, apply_status_rules};
