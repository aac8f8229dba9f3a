// SPDX-License-Identifier: MIT OR Apache-2.0

//! Analysis of one frame into a [`FrameObservation`]: the faces, their positions, head pose and image quality.

mod age;
mod analyzer;
mod blendshapes;
mod canonical;
mod detector;
mod embedding;
mod landmarks;
mod matrix;
mod observation;
mod pose;
mod quality;
mod reference;

pub use age::{AgeEstimator, AgeGender, Gender};
pub use analyzer::FaceAnalyzer;
pub use blendshapes::{BLENDSHAPE_NAMES, Blendshape, Blendshapes};
pub use canonical::{CanonicalFace, canonical_face};
pub use detector::{Detection, FaceDetector};
pub use embedding::{Embedder, Embedding};
pub use landmarks::{FACE_OVAL, LANDMARKS, Landmark, LandmarkNet, Mesh, index};
pub use matrix::EmbeddingMatrix;
pub use observation::{FaceMesh, FaceObservation, FrameObservation};
pub use pose::{HeadPose, fit_pose};
pub use quality::{FaceQuality, QualityMeter};
pub use reference::ReferenceShot;
