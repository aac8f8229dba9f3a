// SPDX-License-Identifier: MIT OR Apache-2.0

//! The best frame of a check and its signals over time, collected after the checking element.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gst::prelude::*;
use gstliveness::meta::{LivenessMeta, RunningCheck};
use liveness_core::check::{Guidance, Signals};
use liveness_core::face::FrameObservation;

/// An analysed frame with its results.
#[derive(Clone)]
pub struct Shot {
    /// Copy of the frame.
    pub frame: gst::Sample,
    /// Faces found in it.
    pub observation: Arc<FrameObservation>,
    /// State of the check at this frame.
    pub check: RunningCheck,
}

/// The face's signals in an analysed frame.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Timestamp in seconds.
    pub time: f64,
    /// Signals of the face; `None` without a face.
    pub signals: Option<Signals>,
}

/// Maximum number of moments; more than an attempt that a person waits for.
const MOST_MOMENTS: usize = 20_000;

/// Collects the best analysed frame of the last attempt, and its signals over time.
#[derive(Default)]
pub struct Seen {
    state: Mutex<State>,
    passed: Condvar,
}

#[derive(Default)]
struct State {
    best: Option<(Rank, Shot)>,
    attempt: u32,
    moments: Vec<Moment>,
    /// Timestamp of the last frame.
    last: Option<gst::ClockTime>,
}

/// Attempt, absence of a capture fault, and quality score, compared in this order. The score is −1 without a
/// face.
type Rank = (u32, bool, f32);

impl Seen {
    /// Observes the frames that pass `pad`.
    pub fn watch(pad: &gst::Pad) -> Arc<Self> {
        let seen = Arc::new(Self::default());
        let probe = seen.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if let Some(buffer) = info.buffer() {
                probe.consider(pad, buffer);
            }
            gst::PadProbeReturn::Ok
        });
        seen
    }

    /// Returns the best frame. Waits up to `patience` for the frame with `timestamp`, whose message arrives
    /// before the frame itself. Without `timestamp`, waits for any analysed frame.
    pub fn best(&self, timestamp: Option<gst::ClockTime>, patience: Duration) -> Option<Shot> {
        let waiting = |state: &mut State| match timestamp {
            Some(timestamp) => state.last.is_none_or(|last| last < timestamp),
            None => state.best.is_none(),
        };
        let waited = self.passed.wait_timeout_while(self.lock(), patience, waiting);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.best.as_ref().map(|(_, shot)| shot.clone())
    }

    /// Returns the signals of the last attempt over time.
    pub fn moments(&self) -> Vec<Moment> {
        self.lock().moments.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn consider(&self, pad: &gst::Pad, buffer: &gst::Buffer) {
        let mut state = self.lock();
        if let Some(meta) = buffer.meta::<LivenessMeta>()
            && let Some(observation) = meta.observation()
        {
            let (check, rank) = (meta.check(), rank(observation, meta.check()));
            if state.best.as_ref().is_none_or(|(best, _)| rank >= *best) {
                let shot = shot(pad, buffer, observation, check);
                state.best = shot.map(|shot| (rank, shot)).or(state.best.take());
            }
            state.note(observation, check, buffer.pts());
        }
        state.last = buffer.pts();
        self.passed.notify_all();
    }
}

impl State {
    fn note(&mut self, observation: &FrameObservation, check: &RunningCheck, time: Option<gst::ClockTime>) {
        if check.attempt != self.attempt {
            self.attempt = check.attempt;
            self.moments.clear();
        }
        if let Some(time) = time.filter(|_| self.moments.len() < MOST_MOMENTS) {
            let signals = observation.primary().map(|(_, face)| Signals::of(face));
            self.moments.push(Moment { time: time.nseconds() as f64 * 1e-9, signals });
        }
    }
}

fn rank(observation: &FrameObservation, check: &RunningCheck) -> Rank {
    let quality = observation.primary().map_or(-1.0, |(_, mesh)| mesh.quality.score());
    (check.attempt, check.guidance == Guidance::Ok, quality)
}

/// Copies a frame, because a camera has few buffers and needs them back.
fn shot(
    pad: &gst::Pad,
    buffer: &gst::Buffer,
    observation: &Arc<FrameObservation>,
    check: &RunningCheck,
) -> Option<Shot> {
    let (caps, copy) = (pad.current_caps()?, buffer.copy_deep().ok()?);
    let frame = gst::Sample::builder().buffer(&copy).caps(&caps).build();
    Some(Shot { frame, observation: observation.clone(), check: check.clone() })
}
