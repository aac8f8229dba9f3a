// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plugin's models: the source of their bytes and their expected tensors.

use std::borrow::Cow;
use std::path::PathBuf;

use ort::session::Session;

use super::InferenceError;

/// The models that the plugin uses. `models/models.toml` lists their origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    Detector,
    Landmarks,
    Blendshapes,
    AntiSpoof,
    Embedding,
    AgeGender,
}

/// The source of the model bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ModelSource {
    /// The files built into the plugin.
    #[default]
    Embedded,
    /// A folder whose files replace the embedded models of the same name.
    Directory(PathBuf),
}

impl Model {
    /// All models.
    pub const ALL: [Self; 6] = [
        Self::Detector,
        Self::Landmarks,
        Self::Blendshapes,
        Self::AntiSpoof,
        Self::Embedding,
        Self::AgeGender,
    ];

    /// Returns the name of the model's file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Detector => "face_detector.onnx",
            Self::Landmarks => "face_landmarks.onnx",
            Self::Blendshapes => "face_blendshapes.onnx",
            Self::AntiSpoof => "antispoof.onnx",
            Self::Embedding => "face_embedding.onnx",
            Self::AgeGender => "age_gender.onnx",
        }
    }

    const fn embedded(self) -> &'static [u8] {
        match self {
            Self::Detector => include_bytes!("../../../../models/face_detector.onnx"),
            Self::Landmarks => include_bytes!("../../../../models/face_landmarks.onnx"),
            Self::Blendshapes => include_bytes!("../../../../models/face_blendshapes.onnx"),
            Self::AntiSpoof => include_bytes!("../../../../models/antispoof.onnx"),
            Self::Embedding => include_bytes!("../../../../models/face_embedding.onnx"),
            Self::AgeGender => include_bytes!("../../../../models/age_gender.onnx"),
        }
    }

    /// Returns the shape of the only input.
    const fn input_shape(self) -> &'static [i64] {
        match self {
            Self::Detector => &[1, 128, 128, 3],
            Self::Landmarks => &[1, 192, 192, 3],
            Self::Blendshapes => &[1, 146, 2],
            Self::AntiSpoof => &[1, 3, 128, 128],
            Self::Embedding => &[1, 112, 112, 3],
            Self::AgeGender => &[1, 224, 224, 3],
        }
    }

    /// Returns the names of the outputs that are read.
    const fn outputs(self) -> &'static [&'static str] {
        match self {
            Self::Detector => &["regressors", "classificators"],
            Self::Landmarks => &["landmarks", "presence"],
            Self::Blendshapes => &["blendshapes"],
            Self::AntiSpoof => &["logits"],
            Self::Embedding => &["embedding"],
            Self::AgeGender => &["age", "gender"],
        }
    }

    /// Returns the content of the model's file, embedded or from the folder in `source`.
    ///
    /// # Errors
    /// [`InferenceError::NoModels`] if the folder holds none of the models, [`InferenceError::Unreadable`] if
    /// the file cannot be read.
    pub fn bytes(self, source: &ModelSource) -> Result<Cow<'static, [u8]>, InferenceError> {
        let ModelSource::Directory(directory) = source else {
            return Ok(self.embedded().into());
        };
        let path = directory.join(self.file_name());
        if path.exists() {
            return match std::fs::read(&path) {
                Ok(bytes) => Ok(bytes.into()),
                Err(source) => Err(InferenceError::Unreadable { path, source }),
            };
        }
        if Self::ALL.iter().any(|model| directory.join(model.file_name()).exists()) {
            return Ok(self.embedded().into());
        }
        Err(InferenceError::NoModels(directory.clone()))
    }

    /// Rejects a model with unexpected tensors. Returns the shape of the input.
    pub(super) fn check(self, session: &Session) -> Result<Vec<usize>, InferenceError> {
        let wrong = |reason| Err(InferenceError::WrongModel { file: self.file_name(), reason });
        let [input] = session.inputs() else {
            return wrong(format!("it has {} inputs instead of 1", session.inputs().len()));
        };
        let want = self.input_shape();
        match input.dtype().tensor_shape() {
            Some(shape) if shape[..] == *want => {}
            shape => return wrong(format!("its input is {shape:?} instead of {want:?}")),
        }
        for name in self.outputs() {
            if !session.outputs().iter().any(|output| output.name() == *name) {
                return wrong(format!("it has no output {name}"));
            }
        }
        Ok(want.iter().map(|side| *side as usize).collect())
    }
}
