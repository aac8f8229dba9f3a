//! What the streaming thread and application threads share.

use std::collections::VecDeque;

use super::super::message::{Body, Header, Light, LivenessMessage, ResultBody};
use super::super::meta::RunningCheck;
use super::Method;
use super::outbox::Outbox;
use super::stream::Stream;
use super::watchdog::Watchdog;
use liveness_core::check::Ticks;
use liveness_core::session::{Decision, LivenessCheck, Session, SessionEvent};

/// What application threads see too.
#[derive(Default)]
pub struct Shared {
    pub session: Session,
    /// Of the running check.
    pub frames_analysed: u64,
    pub frames_skipped: u64,
    pub last_times: Times,
    /// The session's clock, also where frames tell no time.
    pub ticks: Ticks,
    pub last_result: Option<gst::Structure>,
    /// What belongs to it.
    pub last_light: Option<Light>,
    pub outbox: Outbox,
    pub watchdog: Watchdog,
    /// Events for upstream that came while the pads were flushing.
    pub held: VecDeque<gst::Event>,
    /// The latency that frames have when they come on time; `None` until asked, or when not live.
    pub latency: Option<Option<gst::ClockTime>>,
}

/// A frame's place in time.
#[derive(Clone, Copy, Default)]
pub struct Times {
    pub timestamp: Option<gst::ClockTime>,
    pub stream_time: Option<gst::ClockTime>,
    pub running_time: Option<gst::ClockTime>,
}

impl Times {
    pub fn nanoseconds(&self) -> Option<u64> {
        self.running_time.map(gst::ClockTime::nseconds)
    }
}

impl Shared {
    /// Starts a check; the counters begin anew.
    pub fn start(&mut self, method: Method) {
        (self.frames_analysed, self.frames_skipped) = (0, 0);
        let header = self.header(method);
        let events = self.session.start();
        self.tell(header, events);
    }

    pub fn header(&self, method: Method) -> Header {
        let Times { timestamp, stream_time, running_time } = self.last_times;
        Header { method, attempt: self.session.attempt(), timestamp, stream_time, running_time }
    }

    /// Where the check stands, as its messages say.
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

    /// Puts messages of `events` into the outbox, under the header of before they arose: what is taken back and the retry are the
    /// old attempt's. A decision among them is completed by the caller.
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

    /// The result message, also kept for `last-result`.
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

/// What a result shows.
#[derive(Default)]
pub struct Pictures {
    pub reference: Option<gst::Sample>,
    pub depth: Option<gst::Sample>,
    pub light: Option<Light>,
}
