// SPDX-License-Identifier: MIT OR Apache-2.0

//! Face embeddings of pictures.

use std::path::Path;
use std::time::{Duration, Instant};

use gstliveness::with_frame;
use liveness_core::face::{Embedder, Embedding, FaceAnalyzer, FaceQuality};
use liveness_core::inference::ModelSource;
use liveness_core::vision::{Frame, Sampler};

use super::failure::Failure;
use super::image::file;
use super::input::Open;

/// Maximum time to decode a picture.
const PATIENCE: Duration = Duration::from_secs(20);
/// Minimum of each component of face quality (0–100) for a face that must be found again.
const LEAST_QUALITY: f32 = 50.0;

/// Computes face embeddings. The nets are shared with running checks.
pub struct Faces {
    analyzer: FaceAnalyzer,
    embedder: Embedder,
    sampler: Sampler,
}

impl Faces {
    /// Loads the nets.
    ///
    /// # Errors
    /// A net or ONNX Runtime is missing.
    pub fn new(models: &ModelSource) -> Result<Self, Failure> {
        let missing = |e: liveness_core::inference::InferenceError| Failure::unavailable(e.to_string());
        Ok(Self {
            analyzer: FaceAnalyzer::new(models).map_err(missing)?,
            embedder: Embedder::new(models).map_err(missing)?,
            sampler: Sampler::new(),
        })
    }

    /// Returns the embedding of a JPEG reference image, or `None` without a face.
    ///
    /// # Errors
    /// The image cannot be decoded, or a net fails.
    pub fn of_reference(&mut self, reference: &gst::Sample) -> Result<Option<Embedding>, Failure> {
        let decoded = Open::sample(reference, "jpegdec ! videoconvert ! video/x-raw,format=RGB")?;
        self.of_picture(&decoded.first(PATIENCE)?)
    }

    /// Returns the embedding of a raw picture's largest face, or `None` without a face.
    ///
    /// # Errors
    /// The picture has no format, or a net fails.
    pub fn of_picture(&mut self, picture: &gst::Sample) -> Result<Option<Embedding>, Failure> {
        Ok(self.face_of(picture)?.map(|(embedding, _)| embedding))
    }

    /// Returns the embedding and the quality of a raw picture's largest face.
    fn face_of(&mut self, picture: &gst::Sample) -> Result<Option<(Embedding, FaceQuality)>, Failure> {
        let info = picture.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
        let (Some(info), Some(buffer)) = (info, picture.buffer()) else {
            return Err(Failure::internal("the picture has no format"));
        };
        let found = with_frame(buffer, &info, |frame| self.of_frame(frame));
        found.map_err(|e| Failure::internal(e.to_string()))?
    }

    fn of_frame(&mut self, frame: &Frame<'_>) -> Result<Option<(Embedding, FaceQuality)>, Failure> {
        let failed = |e: liveness_core::inference::InferenceError| Failure::internal(e.to_string());
        self.analyzer.reset();
        let observation = self.analyzer.analyze(frame).map_err(failed)?;
        let Some((_, face)) = observation.primary() else { return Ok(None) };
        let embedding = self.embedder.embed(frame, &face.mesh, &mut self.sampler).map_err(failed)?;
        Ok(embedding.map(|embedding| (embedding, face.quality)))
    }
}

/// Returns the embedding of a picture file's face.
///
/// # Errors
/// The file cannot be decoded or shows no face.
pub fn of_file(faces: &mut Faces, path: &Path) -> Result<Embedding, Failure> {
    Ok(face_of_file(faces, path)?.0)
}

/// Returns the embedding of a picture file's face for an index.
///
/// # Errors
/// The file cannot be decoded or shows no face, or a component of the face's quality is below 50.
pub fn to_be_found(faces: &mut Faces, path: &Path) -> Result<Embedding, Failure> {
    let (embedding, quality) = face_of_file(faces, path)?;
    let (component, value) = quality.weakest_for_comparison();
    if value < LEAST_QUALITY {
        let what = hindrance(component);
        let text = format!(
            "its face would never match: {what} ({component} {value:.0} of 100, {LEAST_QUALITY} are needed)"
        );
        return Err(Failure::data(text));
    }
    Ok(embedding)
}

fn face_of_file(faces: &mut Faces, path: &Path) -> Result<(Embedding, FaceQuality), Failure> {
    let picture = file::decode(path, file::Origin::Upload, Instant::now() + PATIENCE)?;
    faces.face_of(&picture)?.ok_or_else(|| Failure::data("no face is found in it"))
}

/// Returns the problem behind a low quality component, in words.
fn hindrance(component: &str) -> &'static str {
    match component {
        "pose" => "the head leans or is turned away",
        "sharpness" => "it is blurred",
        "eye_distance" => "it is too small",
        "occlusion" => "it is covered",
        _ => "it is too dark or too bright",
    }
}
