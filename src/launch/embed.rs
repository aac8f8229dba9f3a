//! From a picture to the numbers by which its face is found again.

use std::time::{Duration, Instant};

use gstliveness::elements::with_frame;
use gstliveness::face::{Embedder, Embedding, FaceAnalyzer};
use gstliveness::inference::ModelSource;
use gstliveness::vision::{Frame, Sampler};

use super::failure::Failure;
use super::image::file;
use super::input::Open;

const PATIENCE: Duration = Duration::from_secs(20);

/// The nets of an embedding; they are shared with those of a running check.
pub struct Faces {
    analyzer: FaceAnalyzer,
    embedder: Embedder,
    sampler: Sampler,
}

impl Faces {
    pub fn new(models: &ModelSource) -> Result<Self, Failure> {
        let missing = |e: gstliveness::inference::InferenceError| Failure::unavailable(e.to_string());
        Ok(Self {
            analyzer: FaceAnalyzer::new(models).map_err(missing)?,
            embedder: Embedder::new(models).map_err(missing)?,
            sampler: Sampler::new(),
        })
    }

    /// Of a reference image (a sample of JPEG).
    pub fn of_reference(&mut self, reference: &gst::Sample) -> Result<Option<Embedding>, Failure> {
        let decoded = Open::sample(reference, "jpegdec ! videoconvert ! video/x-raw,format=RGB")?;
        self.of_picture(&decoded.first(PATIENCE)?)
    }

    /// Of a raw picture's largest face; `None` without one.
    pub fn of_picture(&mut self, picture: &gst::Sample) -> Result<Option<Embedding>, Failure> {
        let info = picture.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
        let (Some(info), Some(buffer)) = (info, picture.buffer()) else {
            return Err(Failure::internal("the picture has no format"));
        };
        let found = with_frame(buffer, &info, |frame| self.of_frame(frame));
        found.map_err(|e| Failure::internal(e.to_string()))?
    }

    fn of_frame(&mut self, frame: &Frame<'_>) -> Result<Option<Embedding>, Failure> {
        let failed = |e: gstliveness::inference::InferenceError| Failure::internal(e.to_string());
        self.analyzer.reset();
        let observation = self.analyzer.analyze(frame).map_err(failed)?;
        match observation.primary() {
            Some((_, face)) => self.embedder.embed(frame, &face.mesh, &mut self.sampler).map_err(failed),
            None => Ok(None),
        }
    }
}

/// A picture file's face.
pub fn of_file(faces: &mut Faces, path: &std::path::Path) -> Result<Embedding, Failure> {
    let picture = file::decode(path, file::Origin::Upload, Instant::now() + PATIENCE)?;
    faces.of_picture(&picture)?.ok_or_else(|| Failure::data("no face is found in it"))
}
