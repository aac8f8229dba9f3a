//! Whose face it is: a check is of one person.

use crate::face::{Embedder, Embedding, Mesh};
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, Sampler};

/// Knows the first face it meets, and how like it the others were.
pub struct Identity {
    embedder: Embedder,
    sampler: Sampler,
    who: Option<Embedding>,
    likeness: Option<f32>,
}

impl Identity {
    /// # Errors
    /// When the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self { embedder: Embedder::new(source)?, sampler: Sampler::new(), who: None, likeness: None })
    }

    pub fn forget(&mut self) {
        (self.who, self.likeness) = (None, None);
    }

    /// Looks at a face; the first is known from then on. A face whose landmarks coincide is nobody's.
    ///
    /// # Errors
    /// When the net cannot run.
    pub fn meet(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<(), InferenceError> {
        let Some(now) = self.embedder.embed(frame, mesh, &mut self.sampler)? else { return Ok(()) };
        match &self.who {
            Some(who) => {
                let likeness = who.similarity(&now);
                self.likeness = Some(self.likeness.map_or(likeness, |least| least.min(likeness)));
            }
            None => self.who = Some(now),
        }
        Ok(())
    }

    /// The first face.
    pub fn who(&self) -> Option<&Embedding> {
        self.who.as_ref()
    }

    /// How like the first the least like was (cosine); `None` before the second.
    pub fn likeness(&self) -> Option<f32> {
        self.likeness
    }

    /// Whether another person's face was met.
    pub fn met_another(&self) -> bool {
        self.likeness.is_some_and(|likeness| likeness < Embedding::SAME_PERSON)
    }
}
