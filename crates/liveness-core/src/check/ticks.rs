// SPDX-License-Identifier: MIT OR Apache-2.0

//! Frame times, also for streams without timestamps.

use std::time::Instant;

use super::Time;

/// Assigns a time to each frame. A frame without a timestamp advances the clock by the elapsed wall time, at
/// most by the last interval between two frames with timestamps.
#[derive(Debug, Default)]
pub struct Ticks {
    /// Time of the last frame, and the moment of its arrival.
    last: Option<(Time, Instant)>,
    /// Last interval that ended with a timestamped frame, in nanoseconds.
    apart: Option<Time>,
}

impl Ticks {
    /// Returns the frame's time and the interval since the last frame (0 for the first), both in nanoseconds.
    pub fn of(&mut self, time: Option<Time>) -> (Time, Time) {
        let came = Instant::now();
        let guessed = |(last, then): (Time, Instant)| {
            let waited = Time::try_from(came.duration_since(then).as_nanos()).unwrap_or(Time::MAX);
            last.saturating_add(waited.min(self.apart.unwrap_or(Time::MAX)))
        };
        let now = time.or_else(|| self.last.map(guessed)).unwrap_or_default();
        let since = self.last.replace((now, came)).map_or(0, |(last, _)| now.saturating_sub(last));
        if time.is_some() && since > 0 {
            self.apart = Some(since);
        }
        (now, since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_as_they_come_and_never_run_back() {
        let mut ticks = Ticks::default();
        assert_eq!(ticks.of(Some(100)), (100, 0));
        assert_eq!(ticks.of(Some(130)), (130, 30));
        assert_eq!(ticks.of(Some(20)), (20, 0));
    }

    #[test]
    fn time_goes_on_where_timestamps_end() {
        let mut ticks = Ticks::default();
        ticks.of(Some(100));
        std::thread::sleep(std::time::Duration::from_millis(2));
        let (now, since) = ticks.of(None);
        assert!(since >= 2_000_000 && now == 100 + since);
        assert_eq!(ticks.of(Some(130)), (130, 0));
    }

    #[test]
    fn a_frame_without_a_time_does_not_run_ahead_of_the_others() {
        let mut ticks = Ticks::default();
        ticks.of(Some(100));
        ticks.of(Some(130));
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(ticks.of(None), (160, 30));
    }

    #[test]
    fn where_no_frame_has_a_time_it_is_that_of_a_clock() {
        let mut ticks = Ticks::default();
        let (first, _) = ticks.of(None);
        std::thread::sleep(std::time::Duration::from_millis(2));
        let (second, since) = ticks.of(None);
        assert!(second > first && since == second - first);
    }
}
