//! What is attached to every buffer that passes a running check: what a screen shows is then always what the messages say.

use std::sync::Arc;

use super::super::meta::{LivenessMeta, RunningCheck};
use liveness_core::face::FrameObservation;
use liveness_core::session::Session;
use liveness_core::vision::Point;

/// The state of a check as a buffer passes, and what was seen in it, if it was analysed.
pub struct Marked {
    /// The observation, and the samples of the buffer per square pixel.
    pub observation: Option<(Arc<FrameObservation>, Point)>,
    pub check: RunningCheck,
}

impl Marked {
    /// The attempt ended with this frame.
    pub fn conclude(&mut self, session: &Session) {
        let RunningCheck { status, action, advice, light, .. } = &mut self.check;
        (*status, *advice) = (session.status(), session.advice());
        (*action, *light) = (session.action(), None);
    }

    /// Attaches the metas; to those of an element before only what is new.
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
        LivenessMeta::add(buffer, observation, check);
    }
}

/// A region of interest for each face, in samples of the buffer; the first is the one that is judged.
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
            // Only the first face is judged; -1 stands for no score.
            .field("score", score.filter(|_| i == 0).unwrap_or(-1.0))
            .build();
        let mut roi = gst_video::VideoRegionOfInterestMeta::add(buffer, "face", rect);
        roi.add_param(param);
    }
}
