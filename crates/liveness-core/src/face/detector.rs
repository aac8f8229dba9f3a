// SPDX-License-Identifier: MIT OR Apache-2.0

//! BlazeFace short range (Bazarevsky et al. 2019): boxes and six key points of the faces in a frame.

use std::f32::consts::{FRAC_PI_4, PI};
use std::sync::Arc;

use crate::inference::{InferenceError, Model, ModelSource, Net};
use crate::vision::{
    Affine, Border, ChannelOrder, Frame, Layout, Point, Rect, RotatedRect, Sampler, TensorSpec,
};

const SIDE: usize = 128;
/// Minimum score of a face, from MediaPipe.
const MIN_SCORE: f32 = 0.5;
/// Overlap (intersection over union) above which two boxes belong to the same face.
const SAME_FACE: f32 = 0.3;
const INPUT: TensorSpec = TensorSpec {
    width: SIDE,
    height: SIDE,
    layout: Layout::Nhwc,
    order: ChannelOrder::Rgb,
    scale: 1.0 / 127.5,
    bias: -1.0,
};
const VALUES: usize = 16;
/// Side of a close-up in sides of the face's box. Scores are highest for faces that fill this share of the input.
const CLOSE_UP: f32 = 2.0;
/// Rotations of a close-up in radians: leaning heads, and cameras that lie on their side or hang upside down.
const LEANING: [f32; 3] = [0.0, FRAC_PI_4, -FRAC_PI_4];
const LYING: [f32; 5] = [2.0 * FRAC_PI_4, 3.0 * FRAC_PI_4, PI, -3.0 * FRAC_PI_4, -2.0 * FRAC_PI_4];
/// Minimum lead in score of a lying face over a leaning one. A face under a black mask also resembles one upside down: such
/// faces lead by at most 0.07 (3 rendered people), faces upside down by at least 0.14 (4 rendered people, 6 clips).
const SURER: f32 = 0.1;
/// Maximum loss of score at which the eyes of the face turned upright are preferred.
const NEARLY: f32 = 0.05;
/// Maximum distance of a decoded value from its anchor, in input pixels.
const FARTHEST: f32 = 1e4;

/// A detected face, in frame pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Score of the detection, 0–1.
    pub score: f32,
    /// Bounding box in frame pixels.
    pub bbox: Rect,
    /// The person's right eye, left eye, nose tip, mouth, right ear and left ear.
    pub keypoints: [Point; 6],
}

impl Detection {
    /// Returns the input region of the landmark net: 1.5 times the longer side of the box, rotated so that
    /// the eyes are level.
    pub fn region(&self) -> RotatedRect {
        let [right_eye, left_eye, ..] = self.keypoints;
        let square = self.bbox.square(1.5);
        RotatedRect {
            center: square.center(),
            width: square.width,
            height: square.height,
            angle: (left_eye.y - right_eye.y).atan2(left_eye.x - right_eye.x),
        }
    }
}

/// Detects faces. Keeps its buffers between frames.
pub struct FaceDetector {
    net: Arc<Net>,
    anchors: Vec<Point>,
    input: Vec<f32>,
}

impl FaceDetector {
    /// Loads the model.
    ///
    /// # Errors
    /// An [`InferenceError`] if the model cannot be loaded.
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        let net = Net::load(Model::Detector, source)?;
        Ok(Self { net, anchors: anchors(), input: vec![0.0; INPUT.len()] })
    }

    /// Returns the faces in `frame`, largest first.
    ///
    /// # Errors
    /// An [`InferenceError`] if the net cannot run.
    pub fn detect(
        &mut self,
        frame: &Frame<'_>,
        sampler: &mut Sampler,
    ) -> Result<Vec<Detection>, InferenceError> {
        let whole = Rect::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
        self.detect_in(frame, &whole.square(1.0).turned(0.0), sampler)
    }

    /// Examines a detected face in close-ups and determines its rotation. In the whole picture the angle and
    /// the score are unreliable, above all for a face that lies on its side. Returns the detection of the
    /// best rotation, or `None` if no close-up shows a face. Below a score of 0.6 there is no face, below
    /// 0.75 rarely one.
    ///
    /// # Errors
    /// An [`InferenceError`] if the net cannot run.
    pub fn confirm(
        &mut self,
        frame: &Frame<'_>,
        found: &Rect,
        sampler: &mut Sampler,
    ) -> Result<Option<Detection>, InferenceError> {
        let leaning = self.surest(frame, found, &LEANING, sampler)?;
        let lying = self.surest(frame, found, &LYING, sampler)?;
        let least = leaning.map_or(0.0, |leaning| leaning.score + SURER);
        let Some(best) = lying.filter(|lying| lying.score > least).or(leaning) else { return Ok(None) };
        // Once more at the angle that was found: the eyes are located best in an upright face.
        let upright = self.surest(frame, found, &[best.region().angle], sampler)?;
        Ok(upright.filter(|upright| upright.score > best.score - NEARLY).or(Some(best)))
    }

    /// Returns the detection with the highest score in close-ups of a face at the rotations `turns`, in radians.
    fn surest(
        &mut self,
        frame: &Frame<'_>,
        found: &Rect,
        turns: &[f32],
        sampler: &mut Sampler,
    ) -> Result<Option<Detection>, InferenceError> {
        let square = found.square(CLOSE_UP);
        let mut best: Option<Detection> = None;
        for turn in turns {
            let seen = self.detect_in(frame, &square.turned(*turn), sampler)?;
            let same = seen.into_iter().filter(|seen| seen.bbox.iou(found) > SAME_FACE);
            best = same.chain(best).max_by(|a, b| a.score.total_cmp(&b.score));
        }
        Ok(best)
    }

    /// Returns the faces in a rotated square of `frame`, largest first.
    ///
    /// # Errors
    /// An [`InferenceError`] if the net cannot run.
    pub fn detect_in(
        &mut self,
        frame: &Frame<'_>,
        area: &RotatedRect,
        sampler: &mut Sampler,
    ) -> Result<Vec<Detection>, InferenceError> {
        let map = Affine::from_rotated(area, SIDE, SIDE);
        sampler.sample(frame, &map, &INPUT, Border::Black, &mut self.input);
        let anchors = &self.anchors;
        let candidates = self.net.run(&self.input, |outputs| {
            let boxes = outputs.values("regressors", anchors.len() * VALUES)?;
            let logits = outputs.values("classificators", anchors.len())?;
            let rows = boxes.chunks_exact(VALUES).zip(logits).zip(anchors);
            Ok(rows.filter_map(|((raw, logit), anchor)| decode(raw, logit, *anchor, &map)).collect())
        })?;
        let mut faces = suppress(candidates);
        faces.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area()));
        Ok(faces)
    }
}

/// Returns the 896 anchor centres in input pixels: two per cell of 8 × 8 pixels, six per cell of 16 × 16.
fn anchors() -> Vec<Point> {
    [(8, 2), (16, 6)]
        .into_iter()
        .flat_map(|(stride, repeats)| {
            let cells = SIDE / stride;
            let center = move |i: usize| (i as f32 + 0.5) * stride as f32;
            (0..cells * cells)
                .map(move |i| Point::new(center(i % cells), center(i / cells)))
                .flat_map(move |point| std::iter::repeat_n(point, repeats))
        })
        .collect()
}

fn decode(raw: &[f32], logit: f32, anchor: Point, map: &Affine) -> Option<Detection> {
    let score = 1.0 / (1.0 + (-logit).exp());
    let (width, height) = (raw[2] * map.scale(), raw[3] * map.scale());
    if score < MIN_SCORE || width <= 0.0 || height <= 0.0 {
        return None;
    }
    // A faulty net may return values of any size.
    if !raw.iter().all(|value| value.abs() < FARTHEST) {
        return None;
    }
    let at = |i: usize| map.apply(Point::new(anchor.x + raw[i], anchor.y + raw[i + 1]));
    let center = at(0);
    Some(Detection {
        score,
        bbox: Rect::new(center.x - 0.5 * width, center.y - 0.5 * height, width, height),
        keypoints: std::array::from_fn(|i| at(4 + 2 * i)),
    })
}

/// Weighted non-maximum suppression: the boxes of one face are replaced by their mean, weighted by score. The
/// mean is steadier than the best box alone.
fn suppress(mut candidates: Vec<Detection>) -> Vec<Detection> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = candidates.first().copied() {
        let (same, rest): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|c| c.bbox.iou(&best.bbox) > SAME_FACE || *c == best);
        faces.push(merge(best.score, &same));
        candidates = rest;
    }
    faces
}

fn merge(score: f32, same: &[Detection]) -> Detection {
    let total: f32 = same.iter().map(|d| d.score).sum();
    let mean = |of: &dyn Fn(&Detection) -> f32| same.iter().map(|d| d.score * of(d)).sum::<f32>() / total;
    Detection {
        score,
        bbox: Rect::new(
            mean(&|d| d.bbox.x),
            mean(&|d| d.bbox.y),
            mean(&|d| d.bbox.width),
            mean(&|d| d.bbox.height),
        ),
        keypoints: std::array::from_fn(|i| {
            Point::new(mean(&|d| d.keypoints[i].x), mean(&|d| d.keypoints[i].y))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(score: f32, x: f32) -> Detection {
        Detection { score, bbox: Rect::new(x, 0.0, 10.0, 10.0), keypoints: [Point::default(); 6] }
    }

    #[test]
    fn there_are_896_anchors_inside_the_input() {
        let anchors = anchors();
        assert_eq!(anchors.len(), 896);
        assert_eq!(
            (anchors[0], anchors[1], anchors[2]),
            (Point::new(4.0, 4.0), Point::new(4.0, 4.0), Point::new(12.0, 4.0))
        );
        assert_eq!(anchors[895], Point::new(120.0, 120.0));
    }

    #[test]
    fn overlapping_boxes_become_one_and_apart_ones_stay() {
        let faces = suppress(vec![detection(0.6, 0.0), detection(0.9, 1.0), detection(0.8, 50.0)]);
        assert_eq!(faces.len(), 2);
        assert_eq!(faces[0].score, 0.9);
        assert!((faces[0].bbox.x - 0.6).abs() < 1e-5);
    }

    #[test]
    fn a_box_without_area_ends_the_suppression_all_the_same() {
        let flat = Detection { bbox: Rect::new(0.0, 0.0, 0.0, 0.0), ..detection(0.9, 0.0) };
        assert_eq!(suppress(vec![flat, flat]).len(), 1);
    }
}
