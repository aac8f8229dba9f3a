//! A frame's place in time, also on streams that tell none.

use std::time::Instant;

use super::Time;

/// Gives each frame a time. A frame without a timestamp is as long after the one before as it came after it, but no longer than
/// frames with one last were apart.
#[derive(Debug, Default)]
pub struct Ticks {
    /// The last frame's time, and when it came.
    last: Option<(Time, Instant)>,
    /// Between the last two frames with timestamps.
    apart: Option<Time>,
}

impl Ticks {
    /// The frame's time, and how long after the last frame that is (0 for the first), in nanoseconds.
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
