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
        if let Some(now) = self.embed(frame, mesh)? {
            self.note(now);
        }
        Ok(())
    }

    /// The embedding of a face; `None` when its landmarks coincide.
    ///
    /// # Errors
    /// When the net cannot run.
    pub fn embed(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<Option<Embedding>, InferenceError> {
        self.embedder.embed(frame, mesh, &mut self.sampler)
    }

    /// Like [`Self::meet`], but another person takes the first one's place; tells whether one did.
    ///
    /// # Errors
    /// When the net cannot run.
    pub fn follow(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<bool, InferenceError> {
        let Some(now) = self.embed(frame, mesh)? else { return Ok(false) };
        let another = self.who.as_ref().is_some_and(|who| who.similarity(&now) < Embedding::SAME_PERSON);
        if another {
            self.forget();
        }
        self.note(now);
        Ok(another)
    }

    /// Takes in a face by its embedding, like [`Self::meet`].
    pub fn note(&mut self, now: Embedding) {
        match &self.who {
            Some(who) => {
                let likeness = who.similarity(&now);
                self.likeness = Some(self.likeness.map_or(likeness, |least| least.min(likeness)));
            }
            None => self.who = Some(now),
        }
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
