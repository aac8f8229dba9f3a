// SPDX-License-Identifier: MIT OR Apache-2.0

//! Models that stay loaded.

use std::sync::Arc;

use super::{InferenceError, Model, ModelSource, Net};

/// Keeps models loaded. Checks that begin meanwhile share them and start at once.
pub struct LoadedModels {
    _nets: Vec<Arc<Net>>,
}

impl LoadedModels {
    /// Loads `models`.
    ///
    /// # Errors
    /// ONNX Runtime or a model cannot be loaded.
    pub fn new(
        source: &ModelSource,
        models: impl IntoIterator<Item = Model>,
    ) -> Result<Self, InferenceError> {
        let nets = models.into_iter().map(|model| Net::load(model, source)).collect::<Result<_, _>>()?;
        Ok(Self { _nets: nets })
    }
}
