//! The wake-up that ends an attempt although no frame comes: a camera may stall.

use liveness_core::check::Time;
use liveness_core::session::{Session, SessionConfig};

/// Keeps the last sign of life of a stream and the wake-up that is scheduled. Works on the element's clock, while it plays.
#[derive(Default)]
pub struct Watchdog {
    playing: bool,
    /// The clock's time at the last sign of life.
    heard: Option<gst::ClockTime>,
    /// The session's time of the last frame; `None` before the first, and after a flush.
    frame: Option<Time>,
    wakeup: Option<gst::SingleShotClockId>,
}

/// The state that a wake-up finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Frames came; the time-out is later.
    Early,
    /// The session's time is this and the attempt, or the pause after it, is over.
    Due(Time),
    /// No frame came within the time of an attempt.
    NoFrame,
}

impl Watchdog {
    /// Begins to work on a clock whose time is `now`, or stops.
    pub fn play(&mut self, playing: bool, now: Option<gst::ClockTime>) {
        self.playing = playing;
        self.heard = now;
        if let Some(wakeup) = self.wakeup.take() {
            wakeup.unschedule();
        }
    }

    /// Takes in that a frame came, whose time for the session is `frame`; or that a check or a stream begins without one.
    pub fn hear(&mut self, now: Option<gst::ClockTime>, frame: Option<Time>) {
        (self.heard, self.frame) = (now, frame);
    }

    /// The clock's time at which `session` needs a wake-up that is not scheduled yet.
    pub fn needs(&self, session: &Session, config: &SessionConfig) -> Option<gst::ClockTime> {
        let idle = self.wakeup.is_none() && self.playing && session.is_running();
        self.due(session, config).filter(|_| idle)
    }

    pub fn schedule(&mut self, wakeup: gst::SingleShotClockId) {
        self.wakeup = Some(wakeup);
    }

    /// Takes in that the wake-up came.
    pub fn wake(&mut self, now: gst::ClockTime, session: &Session, config: &SessionConfig) -> Finding {
        self.wakeup = None;
        let due = self.due(session, config).filter(|_| self.playing && session.is_running());
        let Some((heard, _)) = self.heard.zip(due).filter(|(_, due)| *due <= now) else {
            return Finding::Early;
        };
        let waited = now.saturating_sub(heard).nseconds();
        self.frame.map_or(Finding::NoFrame, |frame| Finding::Due(frame.saturating_add(waited)))
    }

    /// Returns the clock's time at which the attempt is over unless a frame comes.
    fn due(&self, session: &Session, config: &SessionConfig) -> Option<gst::ClockTime> {
        let left = match self.frame {
            Some(frame) => session.due(config).map_or(0, |due| due.saturating_sub(frame)),
            None => config.attempt_timeout,
        };
        self.heard?.checked_add(gst::ClockTime::from_nseconds(left.min(u64::MAX - 1)))
    }
}
