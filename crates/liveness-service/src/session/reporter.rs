//! Who is told what happens.

use gstliveness::message::LivenessMessage;
use serde_json::{Map, Value};

use super::CheckDecision;
use crate::failure::Failure;

pub trait Reporter {
    /// A message as it comes; `known` when it is one that this version has a type for.
    fn message(&mut self, structure: &gst::Structure, known: Option<&LivenessMessage>)
    -> Result<(), Failure>;

    /// A check is decided; the last check's decision is the session's end.
    fn check(&mut self, decision: &CheckDecision, last: bool) -> Result<(), Failure>;

    /// The end: the whole session.
    fn session(&mut self, record: &Map<String, Value>) -> Result<(), Failure>;
}
