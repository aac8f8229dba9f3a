// SPDX-License-Identifier: MIT OR Apache-2.0

//! The annotation of a buffer that passes a running check. It keeps the screen in step with the messages.

use std::sync::Arc;

use super::super::CAT;
use super::super::meta::{LivenessMeta, RunningCheck};
use liveness_core::face::FrameObservation;
use liveness_core::session::Session;
use liveness_core::vision::Point;

/// The state of a check when a buffer passes it, and the observation of the buffer's picture if it was analysed.
pub struct Marked {
    /// The observation, and the number of buffer samples per square pixel.
    pub observation: Option<(Arc<FrameObservation>, Point)>,
    /// The state of the check.
    pub check: RunningCheck,
}

impl Marked {
    /// Updates the state of the check after the attempt ended with this frame.
    pub fn conclude(&mut self, session: &Session) {
        let RunningCheck { status, action, advice, light, .. } = &mut self.check;
        (*status, *advice) = (session.status(), session.advice());
        (*action, *light) = (session.action(), None);
    }

    /// Attaches the metas to the buffer. Adds only what the previous element of the chain did not attach.
    pub fn attach(self, buffer: &mut gst::BufferRef) {
        let Self { observation, check } = self;
        let known = buffer.meta::<LivenessMeta>().is_some_and(|meta| meta.observation().is_some());
        if let Some((observation, density)) = observation.as_ref().filter(|_| !known) {
            attach_regions(buffer, observation, *density, check.score);
        }
        let observation = observation.map(|(observation, _)| observation);
        if let Some(mut meta) = buffer.meta_mut::<LivenessMeta>() {
            meta.push(observation, check);
            return;
        }
        if LivenessMeta::add(buffer, observation, check).is_none() {
            gst::warning!(CAT, "no meta is attached: this process holds two copies of the plugin");
        }
    }
}

/// Adds a region of interest for each face, in samples of the buffer. The first face is the one under test.
fn attach_regions(
    buffer: &mut gst::BufferRef,
    observation: &FrameObservation,
    density: Point,
    score: Option<f64>,
) {
    let width = (observation.width as f32 * density.x).round();
    let height = (observation.height as f32 * density.y).round();
    for (i, face) in observation.faces.iter().enumerate() {
        let bbox = face.bbox.scaled(density);
        let (left, top) = (bbox.x.clamp(0.0, width), bbox.y.clamp(0.0, height));
        let right = (bbox.x + bbox.width).clamp(left, width);
        let bottom = (bbox.y + bbox.height).clamp(top, height);
        let rect = (left as u32, top as u32, (right - left) as u32, (bottom - top) as u32);
        let pose = face.mesh.as_ref().map(|mesh| mesh.pose).unwrap_or_default();
        let param = gst::Structure::builder("liveness")
            .field("id", face.id)
            .field("confidence", f64::from(face.confidence))
            .field("yaw", f64::from(pose.yaw))
            .field("pitch", f64::from(pose.pitch))
            .field("roll", f64::from(pose.roll))
            // Only the first face has a score; -1 means no score.
            .field("score", score.filter(|_| i == 0).unwrap_or(-1.0))
            .build();
        let mut roi = gst_video::VideoRegionOfInterestMeta::add(buffer, "face", rect);
        roi.add_param(param);
    }
}
