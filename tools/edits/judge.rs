// SPDX-License-Identifier: MIT OR Apache-2.0

//! One picture through the passive check, as `livenesspassive` judges it.

use image::RgbImage;
use liveness_core::check::AntiSpoof;
use liveness_core::check::{Check, Cue, Guidance, PassiveCheck, PassiveConfig};
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::session::{Status, Thresholds, decide};
use liveness_core::vision::{Frame, Rect};

use super::edit::Error;

/// The judgement of a picture by the check.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub status: Status,
    pub score: f64,
    pub guidance: Guidance,
    /// The box around the landmarks, in pixels; `None` where no face was found.
    pub face: Option<Rect>,
    pub cues: Vec<Cue>,
}

impl Judgement {
    /// Declined for what was seen of the face, not for a fault of the picture.
    pub fn is_refused(&self) -> bool {
        self.status == Status::Declined && self.guidance != Guidance::NoFace
    }
}

/// Judges pictures one by one.
pub struct Judge {
    analyzer: FaceAnalyzer,
    /// Keeps the net loaded.
    _net: AntiSpoof,
}

impl Judge {
    /// # Errors
    /// When a model cannot be loaded.
    pub fn new() -> Result<Self, Error> {
        let source = ModelSource::Embedded;
        Ok(Self { analyzer: FaceAnalyzer::new(&source)?, _net: AntiSpoof::new(&source)? })
    }

    /// # Errors
    /// When a net cannot run.
    pub fn judge(&mut self, picture: &RgbImage) -> Result<Judgement, Error> {
        let frame = Frame::rgb(picture.as_raw(), picture.width() as usize, picture.height() as usize)?;
        self.analyzer.reset();
        let seen = self.analyzer.analyze(&frame)?;
        let config = PassiveConfig { frames: 1, ..PassiveConfig::default() };
        let mut check = PassiveCheck::new(config, AntiSpoof::new(&ModelSource::Embedded)?);
        let step = check.observe(&frame, &seen, Some(0))?;
        let evidence = check.evidence();
        let decision = decide(&evidence, Thresholds::default());
        Ok(Judgement {
            status: decision.status,
            score: decision.score,
            guidance: step.guidance,
            face: seen.primary().map(|(_, face)| face.mesh.bbox()),
            cues: evidence.cues,
        })
    }
}
