//! A frame's place in time, also on streams that tell none.

use std::time::Instant;

use super::Time;

/// Gives each frame a time. On a stream without timestamps a frame is of now; a single frame without one is of the time of the
/// frame before, so that the two clocks never mix.
#[derive(Debug)]
pub struct Ticks {
    clock: Instant,
    timed: bool,
    last: Option<Time>,
}

impl Default for Ticks {
    fn default() -> Self {
        Self { clock: Instant::now(), timed: false, last: None }
    }
}

impl Ticks {
    /// The frame's time, and how long after the last frame that is (0 for the first), in nanoseconds.
    pub fn of(&mut self, time: Option<Time>) -> (Time, Time) {
        let now = match time {
            Some(time) => time,
            None if self.timed => self.last.unwrap_or_default(),
            None => Time::try_from(self.clock.elapsed().as_nanos()).unwrap_or(Time::MAX),
        };
        self.timed |= time.is_some();
        let since = self.last.replace(now).map_or(0, |last| now.saturating_sub(last));
        (now, since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_without_a_time_is_of_that_of_the_last() {
        let mut ticks = Ticks::default();
        assert_eq!(ticks.of(Some(100)), (100, 0));
        assert_eq!(ticks.of(None), (100, 0));
        assert_eq!(ticks.of(Some(130)), (130, 30));
        // Time that runs back is no time passed.
        assert_eq!(ticks.of(Some(20)), (20, 0));
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
