// SPDX-License-Identifier: MIT OR Apache-2.0

//! The timeout that ends an attempt when a camera stalls and no frame arrives.

use liveness_core::check::Time;
use liveness_core::session::{Session, SessionConfig};

/// The time of the last frame and the scheduled wake-up. Works on the element's clock while the element is PLAYING.
#[derive(Default)]
pub struct Watchdog {
    playing: bool,
    /// Clock time of the last frame or start.
    heard: Option<gst::ClockTime>,
    /// Session time of the last frame; `None` before the first frame and after a flush.
    frame: Option<Time>,
    wakeup: Option<gst::SingleShotClockId>,
}

/// The outcome of a wake-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The attempt is not due yet, because frames arrived.
    Early,
    /// The attempt, or the pause after it, is over. The value is the session time, in nanoseconds.
    Due(Time),
    /// No frame arrived within the timeout of an attempt.
    NoFrame,
}

impl Watchdog {
    /// Starts the watchdog at clock time `now`, or stops it, and cancels a scheduled wake-up.
    pub fn play(&mut self, playing: bool, now: Option<gst::ClockTime>) {
        self.playing = playing;
        self.heard = now;
        if let Some(wakeup) = self.wakeup.take() {
            wakeup.unschedule();
        }
    }

    /// Records a frame with session time `frame`, or, with `None`, the start of a check or a stream.
    pub fn hear(&mut self, now: Option<gst::ClockTime>, frame: Option<Time>) {
        (self.heard, self.frame) = (now, frame);
    }

    /// Returns the clock time at which `session` needs a wake-up, or `None` if one is scheduled or none is needed.
    pub fn needs(&self, session: &Session, config: &SessionConfig) -> Option<gst::ClockTime> {
        let idle = self.wakeup.is_none() && self.playing && session.is_running();
        self.due(session, config).filter(|_| idle)
    }

    /// Stores the scheduled wake-up.
    pub fn schedule(&mut self, wakeup: gst::SingleShotClockId) {
        self.wakeup = Some(wakeup);
    }

    /// Handles a wake-up at clock time `now`.
    pub fn wake(&mut self, now: gst::ClockTime, session: &Session, config: &SessionConfig) -> Finding {
        self.wakeup = None;
        let due = self.due(session, config).filter(|_| self.playing && session.is_running());
        let Some((heard, _)) = self.heard.zip(due).filter(|(_, due)| *due <= now) else {
            return Finding::Early;
        };
        let waited = now.saturating_sub(heard).nseconds();
        self.frame.map_or(Finding::NoFrame, |frame| Finding::Due(frame.saturating_add(waited)))
    }

    /// Returns the clock time at which the attempt ends unless a frame arrives.
    fn due(&self, session: &Session, config: &SessionConfig) -> Option<gst::ClockTime> {
        let left = match self.frame {
            Some(frame) => session.due(config).map_or(0, |due| due.saturating_sub(frame)),
            None => config.attempt_timeout,
        };
        self.heard?.checked_add(gst::ClockTime::from_nseconds(left.min(u64::MAX - 1)))
    }
}
