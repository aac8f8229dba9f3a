// SPDX-License-Identifier: MIT OR Apache-2.0

//! The signals of a frame that actions are detected from.

use super::super::Time;
use super::ask::Action;
use crate::face::{Blendshape, FaceMesh, Mesh};

/// Landmarks of each eye: outer corner, two points of the upper lid, inner corner, and two points of the
/// lower lid (below the upper ones, the inner first).
const EYES: [[usize; 6]; 2] = [[33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380]];

/// The signals of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// Yaw in degrees, as in [`crate::face::HeadPose`].
    pub yaw: f32,
    /// Pitch in degrees, as in [`crate::face::HeadPose`].
    pub pitch: f32,
    /// Eye aspect ratio (Soukupová and Čech 2016), averaged over both eyes: about 0.3 open, 0.1 closed.
    pub eyes: f32,
    /// Blendshape of the smile, 0–1, averaged over both sides.
    pub smile: f32,
    /// Blendshape of the open jaw, 0–1.
    pub jaw: f32,
    /// Mean of the three blendshapes of raised brows, 0–1.
    pub brows: f32,
}

impl Signals {
    /// Returns the person's signals. With `mirrored`, the yaw of the frame changes its sign.
    pub fn of_person(face: &FaceMesh, mirrored: bool) -> Self {
        let seen = Self::of(face);
        if mirrored { Self { yaw: -seen.yaw, ..seen } } else { seen }
    }

    /// Returns the signals as the frame shows them.
    pub fn of(face: &FaceMesh) -> Self {
        let shape = |name| face.blendshapes.get(name);
        Self {
            yaw: face.pose.yaw,
            pitch: face.pose.pitch,
            eyes: 0.5 * (aspect(&face.mesh, &EYES[0]) + aspect(&face.mesh, &EYES[1])),
            smile: 0.5 * (shape(Blendshape::MouthSmileLeft) + shape(Blendshape::MouthSmileRight)),
            jaw: shape(Blendshape::JawOpen),
            brows: (shape(Blendshape::BrowInnerUp)
                + shape(Blendshape::BrowOuterUpLeft)
                + shape(Blendshape::BrowOuterUpRight))
                / 3.0,
        }
    }
}

fn aspect(mesh: &Mesh, [outer, top, top2, inner, below2, below]: &[usize; 6]) -> f32 {
    let apart = |a: usize, b: usize| mesh.point(a).distance(mesh.point(b));
    (apart(*top, *below) + apart(*top2, *below2)) / (2.0 * apart(*outer, *inner)).max(f32::EPSILON)
}

/// The signals of one person at rest in front of one camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neutral(Signals);

impl Neutral {
    /// Returns the medians of frames in which the person looked into the camera; `None` without frames.
    pub fn of(seen: &[Signals]) -> Option<Self> {
        let median = |of: fn(&Signals) -> f32| {
            let mut values: Vec<f32> = seen.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            values.get(values.len() / 2).copied()
        };
        Some(Self(Signals {
            yaw: median(|s| s.yaw)?,
            pitch: median(|s| s.pitch)?,
            eyes: median(|s| s.eyes)?,
            smile: median(|s| s.smile)?,
            jaw: median(|s| s.jaw)?,
            brows: median(|s| s.brows)?,
        }))
    }

    /// Returns the extent of an action: 0 at rest, 1 where it counts, negative in the opposite direction.
    pub fn extent(&self, action: Action, now: &Signals) -> f32 {
        let rest = &self.0;
        match action {
            Action::Blink => (1.0 - now.eyes / rest.eyes.max(f32::EPSILON)) / CLOSED,
            Action::Nod => (now.pitch - rest.pitch) / NOD,
            Action::LookUp => (rest.pitch - now.pitch) / NOD,
            Action::TurnLeft => (now.yaw - rest.yaw) / TURN,
            Action::TurnRight => (rest.yaw - now.yaw) / TURN,
            Action::Smile => (now.smile - rest.smile) / SHAPE,
            Action::OpenMouth => (now.jaw - rest.jaw) / SHAPE,
            Action::RaiseBrows => (now.brows - rest.brows) / SHAPE,
        }
    }

    /// Returns the yaw from rest, in degrees.
    pub fn turn(&self, now: &Signals) -> f32 {
        now.yaw - self.0.yaw
    }
}

/// Relative decrease of the eye aspect ratio at which the eyes are closed.
const CLOSED: f32 = 0.5;
/// Pitch of a nod or a look up, in degrees. Less is everyday motion.
const NOD: f32 = 10.0;
/// Yaw of a turn, in degrees. Less is everyday motion.
const TURN: f32 = 18.0;
/// Increase of a blendshape at which an expression counts.
const SHAPE: f32 = 0.35;

/// Detector of spontaneous blinks. It compares the openness of the eyes with the last seconds.
#[derive(Clone, Debug, Default)]
pub struct Lids {
    lately: std::collections::VecDeque<(Time, f32)>,
    sorted: Vec<f32>,
    down: Option<(Time, f32)>,
}

/// A completed blink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlinkEvent {
    /// Time at which the eyes closed.
    pub from: Time,
    /// Time at which the eyes were open again.
    pub to: Time,
}

impl Lids {
    /// Length of the observed past, in nanoseconds.
    const MEMORY: Time = 3_000_000_000;
    /// Quantile of the eye aspect ratio that stands for open eyes.
    const OPEN: f32 = 0.6;
    /// Share of the open eyes' aspect ratio at which a blink ends.
    const REOPENED: f32 = 0.75;
    /// Longest blink, in nanoseconds. After a longer time the eyes were closed or looked down.
    const LONGEST: Time = 700_000_000;

    /// Drops the past, if the next frame does not continue the last one.
    pub fn reset(&mut self) {
        self.lately.clear();
        self.down = None;
    }

    /// Observes the eye aspect ratio of a frame. Returns the blink that ends with it.
    pub fn observe(&mut self, time: Time, eyes: f32) -> Option<BlinkEvent> {
        while self.lately.front().is_some_and(|(then, _)| time.saturating_sub(*then) > Self::MEMORY) {
            self.lately.pop_front();
        }
        self.lately.push_back((time, eyes));
        let Some((from, open)) = self.down else {
            let open = self.open();
            if self.lately.len() > 3 && eyes < CLOSED * open {
                self.down = Some((time, open));
            }
            return None;
        };
        if eyes < Self::REOPENED * open && time.saturating_sub(from) < Self::MEMORY {
            return None;
        }
        self.down = None;
        (time.saturating_sub(from) <= Self::LONGEST).then_some(BlinkEvent { from, to: time })
    }

    fn open(&mut self) -> f32 {
        self.sorted.clear();
        self.sorted.extend(self.lately.iter().map(|(_, eyes)| *eyes));
        let at = ((self.sorted.len() - 1) as f32 * Self::OPEN) as usize;
        *self.sorted.select_nth_unstable_by(at, f32::total_cmp).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Signals = Signals { yaw: 3.0, pitch: -5.0, eyes: 0.3, smile: 0.1, jaw: 0.05, brows: 0.2 };

    #[test]
    fn every_action_moves_its_own_signal() {
        let neutral = Neutral::of(&[REST; 3]).unwrap();
        let done = [
            (Action::Blink, Signals { eyes: 0.1, ..REST }),
            (Action::Nod, Signals { pitch: 8.0, ..REST }),
            (Action::TurnLeft, Signals { yaw: 24.0, ..REST }),
            (Action::TurnRight, Signals { yaw: -18.0, ..REST }),
            (Action::LookUp, Signals { pitch: -18.0, ..REST }),
            (Action::Smile, Signals { smile: 0.6, ..REST }),
            (Action::OpenMouth, Signals { jaw: 0.6, ..REST }),
            (Action::RaiseBrows, Signals { brows: 0.7, ..REST }),
        ];
        for (action, signals) in done {
            for other in Action::ALL {
                let extent = neutral.extent(other, &signals);
                assert_eq!(extent >= 1.0, other == action, "{other:?} in {action:?}: {extent}");
            }
        }
        assert_eq!(Neutral::of(&[]), None);
    }

    #[test]
    fn a_blink_is_seen_at_any_rate_and_a_long_look_down_is_none() {
        for rate in [10, 15, 30, 60, 120] {
            let blinks = |closed_ms: u64| {
                let mut lids = Lids::default();
                let at = |i: u64| i * 1_000 / rate;
                let closed = |ms: u64| ms >= 2_000 && ms < 2_000 + closed_ms;
                let eyes = |i| if closed(at(i)) { 0.05 } else { 0.3 };
                (0..4 * rate).filter_map(|i| lids.observe(at(i) * 1_000_000, eyes(i))).count()
            };
            assert_eq!((blinks(200), blinks(1_500), blinks(0)), (1, 0, 0), "{rate}");
        }
    }
}
