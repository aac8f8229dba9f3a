//! Who is told what happens.

use gstliveness::elements::message::LivenessMessage;

use crate::failure::Failure;
use crate::verdict::Decision;

pub trait Reporter {
    /// A message as it comes; `known` when it is one that this version has a type for.
    fn message(&mut self, structure: &gst::Structure, known: Option<&LivenessMessage>)
    -> Result<(), Failure>;

    /// The end.
    fn result(&mut self, decision: &Decision) -> Result<(), Failure>;
}
