// SPDX-License-Identifier: MIT OR Apache-2.0

//! Liveness cues of a single frame: a net at two scales, the borders of a picture beside the face, and the
//! detail around it.
//!
//! The constants were set by hand on few and simple quantities. A step was kept only if it raised the AUC on
//! the labelled media by more than its uncertainty (see the table in docs/measurements.md).

use std::sync::Arc;

use super::backdrop::BackdropMeter;
use super::border::BorderFinder;
use crate::face::Mesh;
use crate::inference::{InferenceError, Model, ModelSource, Net};
use crate::vision::{Affine, Border, ChannelOrder, Frame, Layout, Rect, Sampler, TensorSpec, smooth};

const SIDE: usize = 128;
const INPUT: TensorSpec = TensorSpec {
    width: SIDE,
    height: SIDE,
    layout: Layout::Nchw,
    order: ChannelOrder::Bgr,
    scale: 1.0,
    bias: 0.0,
};
/// The crops: side in units of the square around the landmarks, and weight in the logit.
const CROPS: [(f32, f64); 2] = [(0.9, 1.0 / 3.0), (2.4, 2.0 / 3.0)];
/// One half of a Gaussian kernel with σ of 0.85 pixels, centre first. The highest octave of a crop belongs to
/// the camera (noise, sharpening, JPEG), not to the attack: without it the AUC on sources other than NUAA
/// rises from 0.86 to 0.92.
const SOFTEN: [f32; 3] = [0.470_22, 0.235_35, 0.029_54];
/// Border strength up to which nothing is subtracted; rooms have such borders too.
const BORDER_FREE: f64 = 6.0;
/// Logits subtracted per unit of border strength above `BORDER_FREE`.
const BORDER_WEIGHT: f64 = 0.5;
/// Minimum share of detail in a room. The lowest of 338 live pictures from nine sources is 0.12.
const LEAST_BACKDROP: f64 = 0.08;

/// The cues of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Logit of live against both attack classes, from the face alone.
    pub near: f64,
    /// Logit of live against both attack classes, from the face with its surroundings.
    pub wide: f64,
    /// Strength of straight borders beside the face, 0–12.
    pub border: f64,
    /// Share of the surroundings with detail, 0–1; `None` if too little of them is in the frame.
    pub backdrop: Option<f64>,
}

impl Reading {
    /// Returns the combined logit of the net and the borders.
    pub fn logit(&self) -> f64 {
        CROPS[0].1 * self.near + CROPS[1].1 * self.wide - BORDER_WEIGHT * (self.border - BORDER_FREE).max(0.0)
    }

    /// Returns whether the surroundings of the face can be a room. Surroundings outside the frame count as
    /// one.
    pub fn has_real_surroundings(&self) -> bool {
        self.backdrop.is_none_or(|detail| detail >= LEAST_BACKDROP)
    }

    /// Returns the score, 0 (attack) to 100 (live).
    pub fn score(&self) -> f64 {
        calibrated(self.logit())
    }
}

/// Returns the score of a logit: 100 / (1 + exp(−(z − 1) / 2)). The default thresholds 30 and 60 correspond
/// to the logits −0.7 and 1.8. The slope of 0.5 is flatter than the fits on the media (0.7 to 0.9), because a
/// new camera shifts the net's logits.
pub fn calibrated(logit: f64) -> f64 {
    100.0 / (1.0 + (-0.5 * (logit - 1.0)).exp())
}

/// Reader of single frames; keeps its buffers between frames.
pub struct AntiSpoof {
    net: Arc<Net>,
    borders: BorderFinder,
    backdrop: BackdropMeter,
    sampler: Sampler,
    input: Vec<f32>,
    scratch: Vec<f32>,
}

impl AntiSpoof {
    /// Loads the anti-spoofing model.
    ///
    /// # Errors
    ///
    /// Returns an error if the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self {
            net: Net::load(Model::AntiSpoof, source)?,
            borders: BorderFinder::default(),
            backdrop: BackdropMeter::default(),
            sampler: Sampler::new(),
            input: vec![0.0; INPUT.len()],
            scratch: Vec::new(),
        })
    }

    /// Reads the face with the landmarks `mesh`.
    ///
    /// # Errors
    ///
    /// Returns an error if the net cannot run.
    pub fn read(&mut self, frame: &Frame<'_>, mesh: &Mesh) -> Result<Reading, InferenceError> {
        self.read_box(frame, &mesh.bbox())
    }

    /// Reads the face in `bbox`, the box around its landmarks in pixels.
    ///
    /// # Errors
    ///
    /// Returns an error if the net cannot run.
    pub fn read_box(&mut self, frame: &Frame<'_>, bbox: &Rect) -> Result<Reading, InferenceError> {
        let near = self.net_logit(frame, bbox, CROPS[0].0)?;
        let wide = self.net_logit(frame, bbox, CROPS[1].0)?;
        let border = f64::from(self.borders.strength(frame, bbox, &mut self.sampler));
        let backdrop = self.backdrop.detail(frame, bbox, &mut self.sampler).map(f64::from);
        Ok(Reading { near, wide, border, backdrop })
    }

    fn net_logit(&mut self, frame: &Frame<'_>, bbox: &Rect, scale: f32) -> Result<f64, InferenceError> {
        let crop = bbox.square(scale).square_inside(frame.width() as f32, frame.height() as f32);
        let map = Affine::from_rect(&crop, SIDE, SIDE);
        self.sampler.sample(frame, &map, &INPUT, Border::Replicate, &mut self.input);
        smooth(&mut self.input, SIDE, SIDE, &SOFTEN, &mut self.scratch);
        self.net.run(&self.input, |outputs| {
            let classes = outputs.values("logits", 3)?;
            Ok(f64::from(classes[0] - log_sum_exp(classes[1], classes[2])))
        })
    }
}

fn log_sum_exp(a: f32, b: f32) -> f32 {
    a.max(b) + (-(a - b).abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thresholds_are_where_the_documentation_says() {
        assert!((calibrated(1.0) - 50.0).abs() < 1e-9);
        assert!((calibrated(-0.69) - 30.0).abs() < 0.1 && (calibrated(1.81) - 60.0).abs() < 0.1);
    }

    #[test]
    fn a_border_only_ever_lowers_the_score() {
        let reading = |border| Reading { near: 2.0, wide: 3.0, border, backdrop: None };
        assert_eq!(reading(0.0).score(), reading(6.0).score());
        assert!(reading(9.0).score() < reading(6.0).score());
    }
}
