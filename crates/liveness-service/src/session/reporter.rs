// SPDX-License-Identifier: MIT OR Apache-2.0

//! The interface for reports of a session's progress.

use gstliveness::message::LivenessMessage;
use serde_json::{Map, Value};

use super::CheckDecision;
use crate::failure::Failure;

/// Receives the events of a session.
pub trait Reporter {
    /// Reports a liveness message. `known` is the parsed message, if this version has a type for it.
    ///
    /// # Errors
    /// The report cannot be written.
    fn message(&mut self, structure: &gst::Structure, known: Option<&LivenessMessage>)
    -> Result<(), Failure>;

    /// Reports the decision of a check. `last` is true if it ends the session.
    ///
    /// # Errors
    /// The report cannot be written.
    fn check(&mut self, decision: &CheckDecision, last: bool) -> Result<(), Failure>;

    /// Reports the final record of the session.
    ///
    /// # Errors
    /// The report cannot be written.
    fn session(&mut self, record: &Map<String, Value>) -> Result<(), Failure>;
}
