//! Face maps over time, in slots of a fixed length, whatever the frame rate.

use super::facemap::{FaceMap, patches};

/// Seconds to a slot; frames that share one are added up.
const SLOT: f64 = 0.025;
/// Longer than any light.
const MOST_SLOTS: usize = 1600;

/// What the patches looked like since the light began.
#[derive(Clone, Debug, Default)]
pub struct Series {
    slots: Vec<Slot>,
    frames: u32,
    clipped: Vec<[u32; 3]>,
}

/// How the head moved, in numbers of about 1: yaw and pitch, place and size.
pub type Motion = [f32; 5];

/// Frames of about one moment.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// Of each frame, in seconds since the light began.
    pub times: Vec<f64>,
    /// Mean linear light of each patch.
    pub light: Vec<[f32; 3]>,
    /// Mean [`Motion`].
    pub motion: Motion,
}

impl Series {
    /// Adds a frame; each costs the same. Time does not run backwards.
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

    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// The share of frames in which each patch was clipped, by channel.
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

    /// How much a slot counts.
    pub fn weight(&self) -> f64 {
        self.times.len() as f64
    }

    /// The mean of a function of time over its frames.
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
