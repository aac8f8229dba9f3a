// SPDX-License-Identifier: MIT OR Apache-2.0

//! MobileFace embedding: a vector of 256 numbers, similar for pictures of the same person.

use std::sync::Arc;

use super::landmarks::{Mesh, index};
use crate::inference::{InferenceError, Model, ModelSource, Net};
use crate::vision::{Affine, Border, ChannelOrder, Frame, Layout, Point, Sampler, TensorSpec};

const SIDE: usize = 112;
const INPUT: TensorSpec = TensorSpec {
    width: SIDE,
    height: SIDE,
    layout: Layout::Nhwc,
    order: ChannelOrder::Rgb,
    scale: 1.0,
    bias: 0.0,
};
/// Positions of the left eye, right eye, nose tip and mouth corners in the picture, from ArcFace.
const TEMPLATE: [Point; 5] = [
    Point::new(38.2946, 51.6963),
    Point::new(73.5318, 51.5014),
    Point::new(56.0252, 71.7366),
    Point::new(41.5493, 92.3655),
    Point::new(70.7299, 92.2041),
];

/// A face template as a unit vector. Deliberately not `Debug`: it is biometric data and must not appear in a log.
#[derive(Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Cosine similarity below which two faces in one check are of different people. Faces in one clip have
    /// more than 0.6, different people less than 0.48 (99.9 % of the pairs of `models/reference/pairs.py`).
    pub const SAME_PERSON: f32 = 0.3;

    /// Scales `values` to length 1. Returns `None` if they are all zero or not finite.
    pub fn new(mut values: Vec<f32>) -> Option<Self> {
        let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !norm.is_finite() || norm <= f32::EPSILON {
            return None;
        }
        values.iter_mut().for_each(|v| *v /= norm);
        Some(Self(values))
    }

    /// Returns the components of the unit vector.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Returns the cosine similarity, −1 to 1.
    pub fn similarity(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// Computes face embeddings. Keeps its buffers between frames.
pub struct Embedder {
    net: Arc<Net>,
    input: Vec<f32>,
}

impl Embedder {
    /// Loads the model.
    ///
    /// # Errors
    /// An [`InferenceError`] if the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self { net: Net::load(Model::Embedding, source)?, input: vec![0.0; INPUT.len()] })
    }

    /// Returns the embedding of the face with the landmarks `mesh`, or `None` if the landmarks coincide.
    ///
    /// # Errors
    /// An [`InferenceError`] if the net cannot run.
    pub fn embed(
        &mut self,
        frame: &Frame<'_>,
        mesh: &Mesh,
        sampler: &mut Sampler,
    ) -> Result<Option<Embedding>, InferenceError> {
        let [right, left] = mesh.eyes();
        let points = [
            right,
            left,
            mesh.point(index::NOSE_TIP),
            mesh.point(index::MOUTH_RIGHT),
            mesh.point(index::MOUTH_LEFT),
        ];
        let Some(map) = Affine::similarity(&TEMPLATE, &points) else {
            return Ok(None);
        };
        sampler.sample(frame, &map, &INPUT, Border::Replicate, &mut self.input);
        self.net.run(&self.input, |outputs| Ok(Embedding::new(outputs.values("embedding", 1)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedding_has_length_one() {
        let a = Embedding::new(vec![3.0, 4.0]).unwrap();
        assert_eq!(a.values(), [0.6, 0.8]);
        assert!((a.similarity(&a) - 1.0).abs() < 1e-6);
        assert!(Embedding::new(vec![0.0; 4]).is_none());
        assert!(Embedding::new(vec![f32::NAN]).is_none());
    }
}
