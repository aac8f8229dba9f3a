//! Who is before the camera, by the portraits of the checks.

use gstliveness::message::ResultBody;
use liveness_core::face::Embedding;
use liveness_core::session::Doubt;
use liveness_workflow::Node;

use crate::embed::Faces;
use crate::failure::Failure;

/// The person of a session.
#[derive(Default)]
pub struct Person {
    first: Option<Embedding>,
    /// The face of the last check.
    pub face: Option<Embedding>,
}

impl Person {
    /// Takes in the portrait of the check `number`, and says whether it is not certainly that of the first.
    pub fn see(&mut self, number: usize, node: &Node, result: &ResultBody) -> Result<Option<Doubt>, Failure> {
        self.face = face(node, result)?;
        if number == 0 {
            self.first.clone_from(&self.face);
            return Ok(None);
        }
        let both = self.first.as_ref().zip(self.face.as_ref());
        Ok(Doubt::of_likeness(both.map(|(first, now)| first.similarity(now))))
    }
}

/// The face of a check's portrait; `None` when there is none.
fn face(node: &Node, result: &ResultBody) -> Result<Option<Embedding>, Failure> {
    let Some(reference) = &result.reference_image else {
        return Ok(None);
    };
    Faces::new(&node.model_source())?.of_reference(reference)
}
