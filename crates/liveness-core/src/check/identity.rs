// SPDX-License-Identifier: MIT OR Apache-2.0

//! The identity of the checked face. A check covers one person.

use crate::face::{Embedder, Embedding, Mesh};
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, Sampler};

/// The first face of a check, and the similarity of the later faces to it.
pub struct Identity {
    embedder: Embedder,
    sampler: Sampler,
    who: Option<Embedding>,
    likeness: Option<f32>,
}

impl Identity {
    /// Loads the face embedding model.
    ///
    /// # Errors
    ///
    /// Returns an error if the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self { embedder: Embedder::new(source)?, sampler: Sampler::new(), who: None, likeness: None })
    }

    /// Forgets the first face and the similarities.
    pub fn forget(&mut self) {
        (self.who, self.likeness) = (None, None);
    }

    /// Observes a face; the first one becomes the reference. A face whose landmarks coincide has no embedding
    /// and is ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the net cannot run.
    pub fn meet(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<(), InferenceError> {
        if let Some(now) = self.embed(frame, mesh)? {
            self.note(now);
        }
        Ok(())
    }

    /// Returns the embedding of a face, or `None` if its landmarks coincide.
    ///
    /// # Errors
    ///
    /// Returns an error if the net cannot run.
    pub fn embed(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<Option<Embedding>, InferenceError> {
        self.embedder.embed(frame, mesh, &mut self.sampler)
    }

    /// Observes a face like [`Self::meet`], but makes another person's face the new reference. Returns true
    /// if the reference changed.
    ///
    /// # Errors
    ///
    /// Returns an error if the net cannot run.
    pub fn follow(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<bool, InferenceError> {
        let Some(now) = self.embed(frame, mesh)? else { return Ok(false) };
        let another = self.who.as_ref().is_some_and(|who| who.similarity(&now) < Embedding::SAME_PERSON);
        if another {
            self.forget();
        }
        self.note(now);
        Ok(another)
    }

    /// Observes a face by its embedding, like [`Self::meet`].
    pub fn note(&mut self, now: Embedding) {
        match &self.who {
            Some(who) => {
                let likeness = who.similarity(&now);
                self.likeness = Some(self.likeness.map_or(likeness, |least| least.min(likeness)));
            }
            None => self.who = Some(now),
        }
    }

    /// Returns the embedding of the first face.
    pub fn who(&self) -> Option<&Embedding> {
        self.who.as_ref()
    }

    /// Returns the lowest cosine similarity of a later face to the first one; `None` before the second face.
    pub fn likeness(&self) -> Option<f32> {
        self.likeness
    }

    /// Returns true if a later face was another person's.
    pub fn met_another(&self) -> bool {
        self.likeness.is_some_and(|likeness| likeness < Embedding::SAME_PERSON)
    }
}
