// SPDX-License-Identifier: MIT OR Apache-2.0

//! The spontaneous movements of a person: sway, blinks, glances, and small changes of expression.
//!
//! They depend on the time and the seed only, so they are the same at any frame rate.

use std::f64::consts::TAU;

use super::gesture::pulse;
use crate::{Expression, HeadPose, Stance};
use liveness_core::random::Random;

/// A smooth random movement within ±1: a sum of sines with random phases. Each is amplitude, angular frequency and
/// phase.
#[derive(Clone, Debug)]
struct Sway([(f64, f64, f64); 5]);

impl Sway {
    /// Creates a movement with frequencies between `from` and `to`, in Hz. Slower waves have larger amplitudes.
    fn new(random: &mut Random, from: f32, to: f32) -> Self {
        let mut waves = [(); 5].map(|()| {
            let frequency = f64::from(from * (to / from).powf(random.unit()));
            (1.0 / frequency.sqrt(), TAU * frequency, TAU * f64::from(random.unit()))
        });
        let sum: f64 = waves.iter().map(|w| w.0).sum();
        waves.iter_mut().for_each(|w| w.0 /= sum);
        Self(waves)
    }

    /// Returns the value at `time`, in seconds: −1 to 1.
    fn at(&self, time: f64) -> f32 {
        self.0.iter().map(|(width, pace, phase)| width * (pace * time + phase).sin()).sum::<f64>() as f32
    }
}

/// The balance of the head on a standing or sitting body, or of a picture in a hand.
#[derive(Clone, Debug)]
pub struct Balance {
    rest: HeadPose,
    sways: [Sway; 6],
    /// Largest sway in degrees and in metres.
    reach: [f32; 2],
}

impl Balance {
    /// Returns the sway of a body, scaled by `sway`: at 1, under a degree and at most 5 mm.
    pub fn of_body(random: &mut Random, sway: f32) -> Self {
        Self::new(random, [0.8, 0.005], [0.08, 0.9]).by(sway)
    }

    /// Returns the sway of a hand, which is wider and quicker.
    pub fn of_hand(random: &mut Random) -> Self {
        Self::new(random, [2.2, 0.007], [0.2, 4.0])
    }

    fn new(random: &mut Random, reach: [f32; 2], [from, to]: [f32; 2]) -> Self {
        let mut rest = |reach: f32| random.between(-reach, reach);
        let rest = HeadPose {
            yaw: rest(1.5),
            pitch: rest(1.5),
            roll: rest(1.5),
            shift: [rest(0.012), rest(0.008), rest(0.01)],
        };
        Self { rest, reach, sways: [(); 6].map(|()| Sway::new(random, from, to)) }
    }

    /// Scales the rotation by `sway`, and the shift by its square root: a head that turns far does not move as far.
    fn by(mut self, sway: f32) -> Self {
        let shift = sway.sqrt();
        let HeadPose { yaw, pitch, roll, shift: at } = self.rest;
        self.rest = HeadPose {
            yaw: yaw * sway,
            pitch: pitch * sway,
            roll: roll * sway,
            shift: at.map(|v| v * shift),
        };
        self.reach = [self.reach[0] * sway, self.reach[1] * shift];
        self
    }

    /// Returns the pose at `time`, in seconds.
    pub fn at(&self, time: f64) -> HeadPose {
        let [yaw, pitch, roll, x, y, z] = [0, 1, 2, 3, 4, 5].map(|i| self.sways[i].at(time));
        let ([degrees, metres], rest) = (self.reach, self.rest);
        HeadPose {
            yaw: rest.yaw + degrees * yaw,
            pitch: rest.pitch + degrees * pitch,
            roll: rest.roll + degrees * roll,
            // An upright body hardly moves up and down.
            shift: [rest.shift[0] + metres * x, rest.shift[1] + 0.4 * metres * y, rest.shift[2] + metres * z],
        }
    }
}

/// Returns the index of the time slot at `time`, and the time within it. `length` is that of a slot, in seconds.
fn slot(time: f64, length: f64) -> (u64, f64) {
    let n = (time / length).floor().max(0.0);
    (n as u64, time - n * length)
}

/// Spontaneous blinks, 12 to 20 a minute. Each slot draws its own blink.
#[derive(Clone, Debug)]
struct Blinks {
    seed: u64,
    /// Probability of a blink in a slot.
    chance: f32,
}

impl Blinks {
    /// Length of a slot in seconds.
    const SLOT: f64 = 1.2;

    fn new(random: &mut Random) -> Self {
        let chance = random.between(12.0, 20.0) / 60.0 * Self::SLOT as f32;
        Self { seed: random.bits(), chance }
    }

    /// Returns the closing of the lids, 0 to 1. Closing takes a third of a blink's time, and opening most of the rest.
    fn at(&self, time: f64) -> f32 {
        let (n, within) = slot(time, Self::SLOT);
        let mut random = Random::nth(self.seed, n);
        if random.unit() >= self.chance {
            return 0.0;
        }
        let begin = random.between(0.0, 0.7);
        let length = random.between(0.1, 0.25);
        pulse(within - f64::from(begin), [0.33, 0.1, 0.57].map(|share| share * length))
    }
}

/// The gaze, which rests on the screen and jumps about every second, mostly by a small angle.
#[derive(Clone, Debug)]
struct Glances {
    seed: u64,
    drift: [Sway; 2],
}

impl Glances {
    /// Length of a slot in seconds.
    const SLOT: f64 = 0.9;

    fn new(random: &mut Random) -> Self {
        let drift = [(); 2].map(|()| Sway::new(random, 0.2, 1.5));
        Self { seed: random.bits(), drift }
    }

    /// Returns the gaze after the jump of slot `n`, in degrees, and the time of the jump within the slot, in seconds.
    fn target(&self, n: u64) -> ([f32; 2], f32) {
        let mut random = Random::nth(self.seed, n);
        let reach = if random.unit() < 0.2 { [5.0, 3.0] } else { [1.2, 0.9] };
        (reach.map(|r| random.between(-r, r)), random.between(0.0, 0.6))
    }

    /// Returns the gaze at `time`, in degrees to the person's left and down.
    fn at(&self, time: f64) -> [f32; 2] {
        let (n, within) = slot(time, Self::SLOT);
        let (from, _) = self.target(n.wrapping_sub(1));
        let (to, jump) = self.target(n);
        // The duration of a saccade, 21 ms plus 2.2 ms per degree (the main sequence, Carpenter 1988).
        let length = 0.021 + 0.0022 * (to[0] - from[0]).hypot(to[1] - from[1]);
        let done = pulse(within - f64::from(jump), [length, 1.0e3, 1.0]);
        [0, 1].map(|i| from[i] + (to[i] - from[i]) * done + 0.2 * self.drift[i].at(time))
    }
}

/// All spontaneous movements of a person.
#[derive(Clone, Debug)]
pub struct Idle {
    balance: Balance,
    blinks: Blinks,
    glances: Glances,
    /// Small movements of the brows, the smile, the jaw and the lids.
    mood: [Sway; 4],
}

impl Idle {
    /// Creates the movements of a person. `sway` scales the sway of the body.
    pub fn new(random: &mut Random, sway: f32) -> Self {
        Self {
            balance: Balance::of_body(random, sway),
            blinks: Blinks::new(random),
            glances: Glances::new(random),
            mood: [(); 4].map(|()| Sway::new(random, 0.1, 1.2)),
        }
    }

    /// Returns the stance at `time`, in seconds.
    pub fn at(&self, time: f64) -> Stance {
        let [brows, smile, jaw, lids] = [(0, 0.06), (1, 0.06), (2, 0.02), (3, 0.03)]
            .map(|(i, reach): (usize, f32)| reach * (0.5 + 0.5 * self.mood[i].at(time)));
        let blink = self.blinks.at(time).max(lids);
        let gaze = self.glances.at(time);
        Stance {
            head: self.balance.at(time),
            expression: Expression { blink: [blink; 2], brows, smile, jaw, gaze },
        }
    }
}
