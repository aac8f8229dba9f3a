// SPDX-License-Identifier: MIT OR Apache-2.0

//! The times at which the camera takes its frames.

use gst::prelude::MulDiv;

use liveness_core::random::Random;

/// The frame times for the rate of the caps. At a variable rate (0/1), the camera takes its frames 1/30 to 1/15 s
/// apart, as webcams do in dim light.
#[derive(Clone, Debug)]
pub struct Timing {
    rate: gst::Fraction,
    /// Time of the next frame.
    time: gst::ClockTime,
    /// Time from which the rate holds; `frames` counts from it.
    since: gst::ClockTime,
    frames: u64,
    random: Random,
}

const SECOND: u64 = gst::ClockTime::SECOND.nseconds();
/// Shortest and longest frame interval at a variable rate, in seconds.
const INTERVAL: (f32, f32) = (1.0 / 30.0, 1.0 / 15.0);

impl Timing {
    /// Creates the times of a variable rate. The first frame is at `start`.
    pub fn new(start: gst::ClockTime, seed: u64) -> Self {
        Self {
            rate: gst::Fraction::new(0, 1),
            time: start,
            since: start,
            frames: 0,
            random: Random::new(seed),
        }
    }

    /// Sets the rate from the next frame on.
    pub fn set_rate(&mut self, rate: gst::Fraction) {
        if rate != self.rate {
            (self.rate, self.since, self.frames) = (rate, self.time, 0);
        }
    }

    /// Advances to the next frame. Returns its time and its duration.
    pub fn next(&mut self) -> (gst::ClockTime, gst::ClockTime) {
        let time = self.time;
        self.frames = self.frames.saturating_add(1);
        self.time = match self.regular(self.frames) {
            Some(after) => self.since.saturating_add(after),
            None => time.saturating_add(self.irregular()),
        };
        (time, self.time.saturating_sub(time))
    }

    /// Skips the frames that ended before `now`. Has no effect at a variable rate.
    pub fn skip_to(&mut self, now: gst::ClockTime) {
        let (Ok(num), Ok(den)) = (u64::try_from(self.rate.numer()), u64::try_from(self.rate.denom())) else {
            return;
        };
        let missed = now.saturating_sub(self.since).nseconds();
        let frames = missed.mul_div_floor(num, den.saturating_mul(SECOND)).unwrap_or(0);
        if frames > self.frames {
            self.frames = frames;
            self.time = self.since.saturating_add(self.regular(frames).unwrap_or_default());
        }
    }

    /// Returns the duration of `frames` frames, or `None` at a variable rate.
    fn regular(&self, frames: u64) -> Option<gst::ClockTime> {
        let num = u64::try_from(self.rate.numer()).ok().filter(|n| *n > 0)?;
        let den = u64::try_from(self.rate.denom()).ok()?;
        Some(gst::ClockTime::from_nseconds(frames.mul_div_floor(den.saturating_mul(SECOND), num)?))
    }

    /// Returns a random frame interval.
    fn irregular(&mut self) -> gst::ClockTime {
        let seconds = self.random.between(INTERVAL.0, INTERVAL.1);
        gst::ClockTime::from_nseconds((f64::from(seconds) * SECOND as f64) as u64)
    }
}
