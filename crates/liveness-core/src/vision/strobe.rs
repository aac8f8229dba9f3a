// SPDX-License-Identifier: MIT OR Apache-2.0

//! Detection of dark frames from cameras with strobing lamps. Infrared lamps often light only every second frame.

/// A frame is dark if its mean luma is below this share of the last lit frame's.
const DARK: f32 = 1.0 / 3.0;
/// Maximum time in nanoseconds between a lit frame and a dark frame of the same strobe cycle.
const GAP: u64 = 100_000_000;
/// The same limit for the first frame after a lit one, in nanoseconds. It is longer to allow for low frame rates.
const FIRST: u64 = 250_000_000;

/// Finds the frames between the flashes of a lamp. A lasting loss of light is recognised after 100 ms or with
/// the second dark frame.
#[derive(Clone, Debug, Default)]
pub struct StrobeFilter {
    /// Mean luma and time in nanoseconds of the last lit frame.
    lit: Option<(f32, Option<u64>)>,
    /// true if no dark frame has followed the last lit one.
    fresh: bool,
}

impl StrobeFilter {
    /// Adds the mean luma of the next frame and its time in nanoseconds. Returns whether the frame lies
    /// between two flashes.
    ///
    /// ```
    /// use liveness_core::vision::StrobeFilter;
    ///
    /// let mut filter = StrobeFilter::default();
    /// let frames = [(120.0, 0), (5.0, 33), (118.0, 66), (4.0, 99)];
    /// let dark = frames.map(|(luma, ms)| filter.is_between_flashes(luma, Some(ms * 1_000_000)));
    /// assert_eq!(dark, [false, true, false, true]);
    /// ```
    pub fn is_between_flashes(&mut self, luma: f32, time: Option<u64>) -> bool {
        let fresh = std::mem::take(&mut self.fresh);
        if let Some((lit, then)) = self.lit
            && luma < DARK * lit
        {
            // Frames without times: only one dark frame is skipped.
            let waited = then.zip(time).map_or(FIRST, |(then, now)| now.abs_diff(then));
            if waited <= GAP || (fresh && waited <= FIRST) {
                return true;
            }
        }
        (self.lit, self.fresh) = (Some((luma, time)), true);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Returns for each luma whether its frame lies between flashes; the frames are `step` apart.
    fn skipped(lumas: &[f32], step: Option<u64>) -> Vec<bool> {
        let mut filter = StrobeFilter::default();
        let frames = lumas.iter().zip(0..);
        frames.map(|(luma, i)| filter.is_between_flashes(*luma, step.map(|step| i * step))).collect()
    }

    #[test]
    fn every_second_frame_is_skipped_at_every_rate_and_in_both_phases() {
        for step in [Some(100 * MS), Some(66 * MS), Some(33 * MS), Some(16 * MS), None] {
            let (lit, dark) = (100.0, 4.0);
            assert_eq!(skipped(&[lit, dark, lit, dark, lit], step), [false, true, false, true, false]);
            // No lit frame precedes the first dark one.
            assert_eq!(skipped(&[dark, lit, dark, lit, dark], step), [false, false, true, false, true]);
        }
    }

    #[test]
    fn light_that_goes_out_is_dark_soon_and_light_that_fades_at_once() {
        assert_eq!(skipped(&[90.0, 5.0, 5.0, 5.0], Some(100 * MS)), [false, true, false, false]);
        assert_eq!(
            skipped(&[90.0, 5.0, 5.0, 5.0, 5.0, 5.0], Some(33 * MS)),
            [false, true, true, true, false, false]
        );
        assert_eq!(skipped(&[90.0, 60.0, 40.0, 20.0, 9.0, 4.0], Some(33 * MS)), [false; 6]);
        assert_eq!(skipped(&[90.0, 5.0], Some(1000 * MS)), [false, false]);
    }
}
