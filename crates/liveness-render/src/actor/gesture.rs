// SPDX-License-Identifier: MIT OR Apache-2.0

//! The movements of the requested actions over time.

use crate::{Expression, HeadPose, Stance};
use liveness_core::check::Action;
use liveness_core::random::Random;

/// Returns a random action other than `action`.
pub fn other(action: Action, random: &mut Random) -> Action {
    let me = Action::ALL.iter().position(|a| *a == action).unwrap_or(0);
    Action::ALL[(me + 1 + random.below(Action::ALL.len() - 1)) % Action::ALL.len()]
}

/// Returns the seconds of an action: to the peak, at the peak, and back.
const fn timing(action: Action) -> [f32; 3] {
    match action {
        Action::Blink => [0.08, 0.04, 0.13],
        Action::Nod => [0.36, 0.04, 0.42],
        Action::TurnLeft | Action::TurnRight => [0.45, 0.15, 0.5],
        Action::LookUp => [0.42, 0.16, 0.45],
        Action::Smile => [0.4, 0.7, 0.5],
        Action::OpenMouth => [0.35, 0.35, 0.35],
        Action::RaiseBrows => [0.2, 0.35, 0.25],
    }
}

/// Returns the stance at the peak of an action. The eyes stay on the screen while the head turns or nods.
fn by_body(action: Action) -> Stance {
    let head = |yaw, pitch, gaze| Stance {
        head: HeadPose { yaw, pitch, ..HeadPose::default() },
        expression: Expression { gaze, ..Expression::default() },
    };
    let face = |expression| Stance { head: HeadPose::default(), expression };
    match action {
        Action::Blink => face(Expression { blink: [1.0; 2], ..Expression::default() }),
        Action::Nod => head(0.0, 18.0, [0.0, -10.0]),
        Action::TurnLeft => head(25.0, 0.0, [-14.0, 0.0]),
        Action::TurnRight => head(-25.0, 0.0, [14.0, 0.0]),
        Action::LookUp => head(0.0, -18.0, [0.0, 3.0]),
        Action::Smile => face(Expression { smile: 0.95, brows: 0.05, ..Expression::default() }),
        Action::OpenMouth => face(Expression { jaw: 0.95, brows: 0.1, ..Expression::default() }),
        Action::RaiseBrows => face(Expression { brows: 0.95, ..Expression::default() }),
    }
}

/// Returns the stance at the peak for a picture in a hand, which turns as a whole. The hand moves the picture for
/// actions that it cannot show. The blink shows in eye holes, as the eyes of the person behind them.
fn by_hand(action: Action) -> Stance {
    match action {
        Action::Nod | Action::TurnLeft | Action::TurnRight | Action::LookUp => {
            Stance { head: by_body(action).head, expression: Expression::default() }
        }
        Action::Blink | Action::Smile | Action::OpenMouth | Action::RaiseBrows => Stance {
            head: HeadPose { roll: 4.0, shift: [0.015, 0.01, 0.04], ..HeadPose::default() },
            expression: Expression { blink: by_body(action).expression.blink, ..Expression::default() },
        },
    }
}

/// The body part that performs a gesture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The person's own body.
    Body,
    /// A picture held in the hand.
    Hand,
}

/// One action, performed once.
#[derive(Clone, Debug)]
pub struct Gesture {
    /// The action.
    pub action: Action,
    /// Time of the start, in seconds.
    pub start: f64,
    timing: [f32; 3],
    strength: f32,
}

impl Gesture {
    /// Creates a gesture with a random tempo and strength around the usual ones. `start` is in seconds.
    pub fn new(action: Action, start: f64, random: &mut Random) -> Self {
        let tempo = 1.0 + 0.08 * random.normal();
        let strength = if action == Action::Blink { 1.0 } else { 1.0 + 0.04 * random.normal() };
        Self { action, start, timing: timing(action).map(|t| t * tempo), strength }
    }

    /// Returns the time of the end, in seconds.
    pub fn end(&self) -> f64 {
        self.start + f64::from(self.timing.iter().sum::<f32>())
    }

    /// Returns the change of the stance at `time`, in seconds.
    pub fn at(&self, time: f64, means: Means) -> Stance {
        let level = self.strength * pulse(time - self.start, self.timing);
        let peak = match means {
            Means::Body => by_body(self.action),
            Means::Hand => by_hand(self.action),
        };
        peak.scaled(level)
    }
}

/// Returns the level of a pulse from 0 to 1 and back, with the bell-shaped speed of limbs and lids (minimum jerk, Flash
/// and Hogan 1985). `time` is in seconds after its start; `rise`, `hold` and `fall` are in seconds.
pub fn pulse(time: f64, [rise, hold, fall]: [f32; 3]) -> f32 {
    let time = time as f32;
    let jerkless = |u: f32| {
        let u = u.clamp(0.0, 1.0);
        u * u * u * (10.0 + u * (6.0 * u - 15.0))
    };
    if time <= rise + hold { jerkless(time / rise) } else { 1.0 - jerkless((time - rise - hold) / fall) }
}
