//! What an action is read from: a few numbers per frame.

use super::super::Time;
use super::ask::Action;
use crate::face::{Blendshape, FaceMesh, Mesh};

/// Of each eye: outer corner, two points of the upper lid, inner corner, two of the lower lid (below the upper ones, the
/// inner first).
const EYES: [[usize; 6]; 2] = [[33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380]];

/// One frame's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// Degrees, as [`crate::face::HeadPose`].
    pub yaw: f32,
    pub pitch: f32,
    /// Eye aspect ratio (Soukupová and Čech 2016), the mean of both eyes: about 0.3 open, 0.1 closed.
    pub eyes: f32,
    /// 0–1, blendshapes.
    pub smile: f32,
    pub jaw: f32,
    pub brows: f32,
}

impl Signals {
    /// The person's movements; the picture of a `mirrored` source shows their mirror image.
    pub fn of_person(face: &FaceMesh, mirrored: bool) -> Self {
        let seen = Self::of(face);
        if mirrored { Self { yaw: -seen.yaw, ..seen } } else { seen }
    }

    /// The movements as the picture shows them.
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

/// What is normal for this person before this camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neutral(Signals);

impl Neutral {
    /// The medians of what was seen while the person looked into the camera; `None` of nothing.
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

    /// How far an action is carried out: 0 at rest, 1 where it counts. Negative the other way.
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

    /// Degrees of yaw from rest.
    pub fn turn(&self, now: &Signals) -> f32 {
        now.yaw - self.0.yaw
    }
}

/// Eyes are closed when their aspect ratio has lost this share.
const CLOSED: f32 = 0.5;
/// Degrees that count as a nod or a look up, and as a turn: less is everyday motion.
const NOD: f32 = 10.0;
const TURN: f32 = 18.0;
/// Blendshape difference that counts.
const SHAPE: f32 = 0.35;

/// The eyes' openness against what was usual lately, for blinks outside a challenge: spontaneous ones.
#[derive(Clone, Debug, Default)]
pub struct Lids {
    lately: std::collections::VecDeque<(Time, f32)>,
    sorted: Vec<f32>,
    down: Option<(Time, f32)>,
}

/// A blink that ended: when it began and ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlinkEvent {
    pub from: Time,
    pub to: Time,
}

impl Lids {
    const MEMORY: Time = 3_000_000_000;
    /// The quantile of the last seconds that stands for open eyes.
    const OPEN: f32 = 0.6;
    const REOPENED: f32 = 0.75;
    /// Longer than this, the eyes were closed or looked down.
    const LONGEST: Time = 700_000_000;

    /// Forgets: the next frame has nothing to do with the last.
    pub fn reset(&mut self) {
        self.lately.clear();
        self.down = None;
    }

    /// Takes in a frame's eye aspect ratio.
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
