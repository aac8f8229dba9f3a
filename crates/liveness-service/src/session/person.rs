// SPDX-License-Identifier: MIT OR Apache-2.0

//! Comparison of the faces of a session's checks.

use gstliveness::message::ResultBody;
use liveness_core::face::Embedding;
use liveness_core::session::Doubt;
use liveness_workflow::Node;

use crate::embed::Faces;
use crate::failure::Failure;

/// The faces of a session.
#[derive(Default)]
pub struct Person {
    /// Face of the first check.
    first: Option<Embedding>,
    /// Face of the last check.
    pub face: Option<Embedding>,
}

impl Person {
    /// Adds the portrait of the check `number` (from 0) and compares it with the first check's. Returns a
    /// doubt if they may show different people.
    ///
    /// # Errors
    /// The nets cannot be loaded, or the portrait cannot be decoded.
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

/// Returns the embedding of a check's portrait, or `None` without a portrait or a face.
fn face(node: &Node, result: &ResultBody) -> Result<Option<Embedding>, Failure> {
    let Some(reference) = &result.reference_image else {
        return Ok(None);
    };
    Faces::new(&node.model_source())?.of_reference(reference)
}
