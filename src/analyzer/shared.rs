// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state that the streaming thread and application threads share.

use std::collections::VecDeque;

use super::super::message::{Body, Header, Light, LivenessMessage, ResultBody};
use super::super::meta::RunningCheck;
use super::Method;
use super::outbox::Outbox;
use super::stream::Stream;
use super::watchdog::Watchdog;
use liveness_core::check::Ticks;
use liveness_core::session::{Decision, LivenessCheck, Session, SessionEvent};

/// The state of the session and the queues towards the bus and upstream.
#[derive(Default)]
pub struct Shared {
    /// The session: status, attempts and timeouts.
    pub session: Session,
    /// Number of frames that the running check analysed.
    pub frames_analysed: u64,
    /// Number of frames that the running check could not analyse.
    pub frames_skipped: u64,
    /// Times of the last frame.
    pub last_times: Times,
    /// The clock of the session. It also advances with frames that have no timestamp.
    pub ticks: Ticks,
    /// The structure of the last result message.
    pub last_result: Option<gst::Structure>,
    /// The light record that belongs to `last_result`.
    pub last_light: Option<Light>,
    /// Messages that wait for the bus.
    pub outbox: Outbox,
    /// The timeout for streams without frames.
    pub watchdog: Watchdog,
    /// Upstream events that wait because the sink pad was flushing.
    pub held: VecDeque<gst::Event>,
    /// Minimum latency of the pipeline: `None` before the query, `Some(None)` if the pipeline is not live.
    pub latency: Option<Option<gst::ClockTime>>,
}

/// The times of a frame.
#[derive(Clone, Copy, Default)]
pub struct Times {
    /// Presentation timestamp.
    pub timestamp: Option<gst::ClockTime>,
    /// Position in the stream.
    pub stream_time: Option<gst::ClockTime>,
    /// Running time of the pipeline.
    pub running_time: Option<gst::ClockTime>,
}

impl Times {
    /// Returns the running time in nanoseconds.
    pub fn nanoseconds(&self) -> Option<u64> {
        self.running_time.map(gst::ClockTime::nseconds)
    }
}

impl Shared {
    /// Starts a check and resets the frame counters.
    pub fn start(&mut self, method: Method) {
        (self.frames_analysed, self.frames_skipped) = (0, 0);
        let header = self.header(method);
        let events = self.session.start();
        self.tell(header, events);
    }

    /// Returns the header of messages at the last frame's time.
    pub fn header(&self, method: Method) -> Header {
        let Times { timestamp, stream_time, running_time } = self.last_times;
        Header { method, attempt: self.session.attempt(), timestamp, stream_time, running_time }
    }

    /// Returns the state of the check for the meta of a frame.
    pub fn check(&self, method: Method) -> RunningCheck {
        let session = &self.session;
        RunningCheck {
            method,
            status: session.status(),
            attempt: session.attempt(),
            guidance: session.guidance(),
            fraction: session.fraction(),
            score: session.score(),
            action: session.action(),
            advice: session.advice(),
            light: session.light().cloned(),
        }
    }

    /// Queues messages for `events`. Withdrawals and retries keep the header `before`, which belongs to the previous
    /// attempt. Decisions are left to the caller.
    pub fn tell(&mut self, before: Header, events: Vec<SessionEvent>) {
        for event in events {
            let mut header = before;
            let body = match event {
                SessionEvent::Guidance(guidance) => Body::Guidance(guidance),
                SessionEvent::Progress(progress) => {
                    header.attempt = self.session.attempt();
                    let (frames_analysed, frames_skipped) = (self.frames_analysed, self.frames_skipped);
                    Body::Progress { progress, frames_analysed, frames_skipped }
                }
                SessionEvent::Action(action) => Body::Action(action),
                SessionEvent::Light(light) => Body::Light(light),
                SessionEvent::Retry(retry) => Body::Retry(retry.into()),
                SessionEvent::Decided(_) => continue,
            };
            self.outbox.push(LivenessMessage { header, body });
        }
    }

    /// Returns the check's entry for the result. Without a `stream`, it has no evidence besides the counters.
    pub fn report(
        &self,
        node_id: &str,
        method: Method,
        decision: &Decision,
        stream: Option<&Stream>,
    ) -> LivenessCheck {
        let evidence = stream.map(Stream::evidence);
        let mut report = LivenessCheck::new(node_id, method, decision, evidence.as_ref());
        report.evidence.frames_analysed = self.frames_analysed;
        report.evidence.frames_skipped = self.frames_skipped;
        report.evidence.attempts_used = self.session.attempt();
        report
    }

    /// Queues the result message and keeps its structure for `last-result`.
    pub fn tell_result(&mut self, method: Method, report: LivenessCheck, pictures: Pictures) {
        let body = Body::Result(ResultBody {
            status: report.status,
            score: report.score,
            warnings: report.warnings.iter().map(|w| w.risk.name().to_owned()).collect(),
            json: report.to_json(),
            reference_image: pictures.reference,
            depth_map: pictures.depth,
        });
        let message = LivenessMessage { header: self.header(method), body };
        (self.last_result, self.last_light) = (Some(message.clone().into()), pictures.light);
        self.outbox.push(message);
    }
}

/// The pictures and the light record of a result.
#[derive(Default)]
pub struct Pictures {
    /// The reference image as `image/jpeg`.
    pub reference: Option<gst::Sample>,
    /// The depth map, from checks with light.
    pub depth: Option<gst::Sample>,
    /// The patterns of the secret light, from checks with light.
    pub light: Option<Light>,
}
