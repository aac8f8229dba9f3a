//! The life of somebody who does nothing: sway, blinks, glances, a face that is never quite still.
//!
//! All are functions of time and seed alone, so that they are the same at any frame rate.

use std::f64::consts::TAU;

use super::gesture::pulse;
use crate::{Expression, HeadPose, Stance};
use liveness_core::random::Random;

/// A smooth random movement that never leaves ±1: a few sines of random phase.
#[derive(Clone, Debug)]
struct Sway([(f64, f64, f64); 5]);

impl Sway {
    /// Between the two frequencies, in Hz; the slower the wider.
    fn new(random: &mut Random, from: f32, to: f32) -> Self {
        let mut waves = [(); 5].map(|()| {
            let frequency = f64::from(from * (to / from).powf(random.unit()));
            (1.0 / frequency.sqrt(), TAU * frequency, TAU * f64::from(random.unit()))
        });
        let sum: f64 = waves.iter().map(|w| w.0).sum();
        waves.iter_mut().for_each(|w| w.0 /= sum);
        Self(waves)
    }

    fn at(&self, time: f64) -> f32 {
        self.0.iter().map(|(width, pace, phase)| width * (pace * time + phase).sin()).sum::<f64>() as f32
    }
}

/// The head on a standing or sitting body, or what a hand holds.
#[derive(Clone, Debug)]
pub struct Balance {
    rest: HeadPose,
    sways: [Sway; 6],
    /// Degrees and metres.
    reach: [f32; 2],
}

impl Balance {
    /// Body sway: under a degree and a few millimetres.
    pub fn of_body(random: &mut Random, sway: f32) -> Self {
        Self::new(random, [0.8, 0.005], [0.08, 0.9]).by(sway)
    }

    /// A hand's: wider and quicker.
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

    /// Turned and shifted by so much more; who turns wide does not walk wide.
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

    pub fn at(&self, time: f64) -> HeadPose {
        let [yaw, pitch, roll, x, y, z] = [0, 1, 2, 3, 4, 5].map(|i| self.sways[i].at(time));
        let ([degrees, metres], rest) = (self.reach, self.rest);
        HeadPose {
            yaw: rest.yaw + degrees * yaw,
            pitch: rest.pitch + degrees * pitch,
            roll: rest.roll + degrees * roll,
            // Upright bodies hardly bob.
            shift: [rest.shift[0] + metres * x, rest.shift[1] + 0.4 * metres * y, rest.shift[2] + metres * z],
        }
    }
}

/// Which slot of time this is, and the time within it.
fn slot(time: f64, length: f64) -> (u64, f64) {
    let n = (time / length).floor().max(0.0);
    (n as u64, time - n * length)
}

/// Spontaneous blinks: 12 to 20 a minute, memoryless but for half a second of rest after each.
#[derive(Clone, Debug)]
struct Blinks {
    seed: u64,
    /// Per slot.
    chance: f32,
}

impl Blinks {
    const SLOT: f64 = 1.2;

    fn new(random: &mut Random) -> Self {
        let chance = random.between(12.0, 20.0) / 60.0 * Self::SLOT as f32;
        Self { seed: random.bits(), chance }
    }

    /// Closed: 1. Lids fall in a third of the time and open in the rest.
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

/// Eyes that rest on the screen and jump: every second or so, mostly by little.
#[derive(Clone, Debug)]
struct Glances {
    seed: u64,
    drift: [Sway; 2],
}

impl Glances {
    const SLOT: f64 = 0.9;

    fn new(random: &mut Random) -> Self {
        let drift = [(); 2].map(|()| Sway::new(random, 0.2, 1.5));
        Self { seed: random.bits(), drift }
    }

    /// Where the eyes are in the nth slot once they have jumped, and when they do, in seconds.
    fn target(&self, n: u64) -> ([f32; 2], f32) {
        let mut random = Random::nth(self.seed, n);
        let reach = if random.unit() < 0.2 { [5.0, 3.0] } else { [1.2, 0.9] };
        (reach.map(|r| random.between(-r, r)), random.between(0.0, 0.6))
    }

    fn at(&self, time: f64) -> [f32; 2] {
        let (n, within) = slot(time, Self::SLOT);
        let (from, _) = self.target(n.wrapping_sub(1));
        let (to, jump) = self.target(n);
        // The main sequence: 21 ms and 2.2 ms a degree (Carpenter 1988).
        let length = 0.021 + 0.0022 * (to[0] - from[0]).hypot(to[1] - from[1]);
        let done = pulse(within - f64::from(jump), [length, 1.0e3, 1.0]);
        [0, 1].map(|i| from[i] + (to[i] - from[i]) * done + 0.2 * self.drift[i].at(time))
    }
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Idle {
    balance: Balance,
    blinks: Blinks,
    glances: Glances,
    /// Brows, smile, jaw, lids.
    mood: [Sway; 4],
}

impl Idle {
    pub fn new(random: &mut Random, sway: f32) -> Self {
        Self {
            balance: Balance::of_body(random, sway),
            blinks: Blinks::new(random),
            glances: Glances::new(random),
            mood: [(); 4].map(|()| Sway::new(random, 0.1, 1.2)),
        }
    }

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
