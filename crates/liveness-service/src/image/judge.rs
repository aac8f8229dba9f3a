// SPDX-License-Identifier: MIT OR Apache-2.0

//! The check of a single picture in one rotation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gstliveness::message::{Body, LivenessMessage};
use liveness_core::face::{FaceMesh, FaceObservation, FrameObservation};
use liveness_core::session::LivenessCheck;

use super::turn::Turn;
use crate::check::{Check, Event, report};
use crate::failure::Failure;
use crate::input::Open;
use crate::seen::Seen;
use liveness_workflow::Node;

/// Maximum time to wait for the frame after its result, which may arrive first.
const FRAME: Duration = Duration::from_millis(500);

/// The result of checking a picture.
pub struct Judgement {
    /// Rotation that was applied to the picture.
    pub turn: Turn,
    pub check: LivenessCheck,
    observation: Option<Arc<FrameObservation>>,
}

impl Judgement {
    /// Returns the faces, largest first.
    pub fn faces(&self) -> &[FaceObservation] {
        self.observation.as_ref().map_or(&[], |observation| &observation.faces)
    }

    /// Returns the checked face, or `None` without one.
    pub fn face(&self) -> Option<(&FaceObservation, &FaceMesh)> {
        self.observation.as_ref()?.primary()
    }
}

fn sink() -> Result<gst::Element, Failure> {
    let sink = gst::ElementFactory::make("fakesink").build();
    sink.map_err(|_| Failure::unavailable("GStreamer's element fakesink is missing"))
}

/// Checks a frame after rotating it by `turn`.
///
/// # Errors
/// An element is missing, the check fails, or it does not end by `deadline`.
pub fn judge(frame: &gst::Sample, turn: Turn, node: &Node, deadline: Instant) -> Result<Judgement, Failure> {
    let open =
        Open::sample(frame, &format!("videoflip video-direction={} ! videoconvert", turn.direction()))?;
    let check = Check::new(open, vec![Check::element(node)?], &sink()?)?;
    let seen = Seen::watch(&check.output()?);
    check.start()?;
    let (report, timestamp) = decision(&check, deadline)?;
    let observation = seen.best(timestamp, FRAME).map(|shot| shot.observation);
    Ok(Judgement { turn, check: report, observation })
}

/// Waits for the result and returns its decision, status and timestamp.
fn decision(check: &Check, deadline: Instant) -> Result<(LivenessCheck, Option<gst::ClockTime>), Failure> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match check.next(left)? {
            Some(Event::Liveness(_, structure)) => {
                let message = LivenessMessage::try_from(structure.as_ref());
                if let Ok(LivenessMessage { header, body: Body::Result(result) }) = message {
                    return Ok((report(&result)?, header.timestamp));
                }
            }
            Some(Event::Ended) => return Err(Failure::internal("it was not judged")),
            None if left.is_zero() => return Err(Failure::data("it takes too long")),
            None => {}
        }
    }
}
