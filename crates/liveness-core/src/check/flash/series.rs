// SPDX-License-Identifier: MIT OR Apache-2.0

//! Face maps over time, in slots of a fixed length that do not depend on the frame rate.

use super::facemap::{FaceMap, patches};

/// Length of a slot, in seconds. Frames in the same slot are averaged.
const SLOT: f64 = 0.025;
/// Maximum number of slots: 40 s, longer than any light.
const MOST_SLOTS: usize = 1600;

/// The patches of skin since the light began.
#[derive(Clone, Debug, Default)]
pub struct Series {
    slots: Vec<Slot>,
    frames: u32,
    clipped: Vec<[u32; 3]>,
}

/// Motion of the head: yaw, pitch, x, y and size, scaled so that usual changes are about 1.
pub type Motion = [f32; 5];

/// The frames of one slot.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// Time of each frame, in seconds since the light began.
    pub times: Vec<f64>,
    /// Mean linear light of each patch.
    pub light: Vec<[f32; 3]>,
    /// Mean motion of the head.
    pub motion: Motion,
}

impl Series {
    /// Adds a frame in constant time. `time` is in seconds since the light began and must not decrease.
    pub fn push(&mut self, time: f64, map: &FaceMap, motion: Motion) {
        if !time.is_finite() || map.light.len() != patches().len() {
            return;
        }
        self.frames += 1;
        self.clipped.resize(map.clipped.len(), [0; 3]);
        for (counts, clipped) in self.clipped.iter_mut().zip(&map.clipped) {
            (0..3).for_each(|k| counts[k] += u32::from(clipped[k]));
        }
        let full = self.slots.len() >= MOST_SLOTS;
        match self.slots.last_mut() {
            Some(slot) if time - slot.times[0] < SLOT => slot.add(time, &map.light, motion),
            _ if full => {}
            _ => self.slots.push(Slot { times: vec![time], light: map.light.clone(), motion }),
        }
    }

    /// Returns the slots in order of time.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Returns the number of frames.
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// Returns the share of frames in which each patch was clipped, by channel.
    pub fn clipped(&self) -> impl Iterator<Item = [f32; 3]> {
        self.clipped.iter().map(|counts| counts.map(|count| count as f32 / self.frames.max(1) as f32))
    }
}

impl Slot {
    fn add(&mut self, time: f64, light: &[[f32; 3]], motion: Motion) {
        self.times.push(time);
        let share = 1.0 / self.times.len() as f32;
        for (mean, new) in self.motion.iter_mut().zip(motion) {
            *mean += share * (new - *mean);
        }
        for (mean, new) in self.light.iter_mut().zip(light) {
            *mean = [0, 1, 2].map(|k| mean[k] + share * (new[k] - mean[k]));
        }
    }

    /// Returns the weight of the slot: its number of frames.
    pub fn weight(&self) -> f64 {
        self.times.len() as f64
    }

    /// Returns the mean of a function of time over the frames of the slot.
    pub fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.times.iter().map(|time| of(*time)).sum::<f64>() / self.times.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(light: f32) -> FaceMap {
        FaceMap { light: vec![[light; 3]; patches().len()], clipped: vec![[light > 0.9; 3]; patches().len()] }
    }

    #[test]
    fn fast_frames_share_a_slot() {
        let mut series = Series::default();
        for (time, light) in [(0.0, 0.2), (0.008, 0.4), (0.016, 0.9), (0.033, 1.0), (f64::NAN, 0.0)] {
            series.push(time, &map(light), [0.0; 5]);
        }
        assert_eq!((series.slots().len(), series.frames()), (2, 4));
        assert!((series.slots()[0].light[7][1] - 0.5).abs() < 1e-6);
        assert!((series.slots()[0].mean(|t| t) - 0.008).abs() < 1e-9);
        assert_eq!(series.clipped().next(), Some([0.25; 3]));
    }
}
