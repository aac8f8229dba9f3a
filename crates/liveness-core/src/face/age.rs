// SPDX-License-Identifier: MIT OR Apache-2.0

//! Estimation of age and gender (FaceRes).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::landmarks::Mesh;
use crate::inference::{InferenceError, Model, ModelSource, Net};
use crate::vision::{Affine, Border, ChannelOrder, Frame, Layout, Sampler, TensorSpec};

const SIDE: usize = 224;
const INPUT: TensorSpec = TensorSpec {
    width: SIDE,
    height: SIDE,
    layout: Layout::Nhwc,
    order: ChannelOrder::Rgb,
    scale: 1.0,
    bias: 0.0,
};

/// The estimated gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    Female,
    Male,
}

impl Gender {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }
}

/// The estimated age and gender of a face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AgeGender {
    /// Age in years, 0.5 to below 120.
    pub age: f32,
    /// The more likely gender.
    pub gender: Gender,
    /// Confidence in the gender, 0–1.
    pub gender_confidence: f32,
}

/// Estimates age and gender. Keeps its buffers between frames.
pub struct AgeEstimator {
    net: Arc<Net>,
    input: Vec<f32>,
}

impl AgeEstimator {
    /// Loads the model.
    ///
    /// # Errors
    /// An [`InferenceError`] if the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self { net: Net::load(Model::AgeGender, source)?, input: vec![0.0; INPUT.len()] })
    }

    /// Estimates the age and gender of the face with the landmarks `mesh`. Returns `None` if the estimated
    /// age is outside 0.5–120 years.
    ///
    /// # Errors
    /// An [`InferenceError`] if the net cannot run.
    pub fn estimate(
        &mut self,
        frame: &Frame<'_>,
        mesh: &Mesh,
        sampler: &mut Sampler,
    ) -> Result<Option<AgeGender>, InferenceError> {
        let map = Affine::from_rect(&mesh.bbox().square(1.4), SIDE, SIDE);
        sampler.sample(frame, &map, &INPUT, Border::Replicate, &mut self.input);
        self.net.run(&self.input, |outputs| {
            let age = outputs.values("age", 1)?[0];
            let male = outputs.values("gender", 1)?[0];
            let gender = if male >= 0.5 { Gender::Male } else { Gender::Female };
            let gender_confidence = (2.0 * (male - 0.5).abs()).min(1.0);
            Ok((0.5..120.0).contains(&age).then_some(AgeGender { age, gender, gender_confidence }))
        })
    }
}
