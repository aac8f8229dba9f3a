//! How doing what a check asks for looks over time.

use crate::{Expression, HeadPose, Stance};
use liveness_core::check::Action;
use liveness_core::random::Random;

/// Another action than this.
pub fn other(action: Action, random: &mut Random) -> Action {
    let me = Action::ALL.iter().position(|a| *a == action).unwrap_or(0);
    Action::ALL[(me + 1 + random.below(Action::ALL.len() - 1)) % Action::ALL.len()]
}

/// Seconds to the peak, at the peak, and back.
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

/// At the peak. The eyes stay on the screen while the head turns or nods.
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

/// The same with a picture in the hand, which turns as a whole; what it cannot do it is waved for. Eye holes would
/// show the eyes of the one behind it.
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

/// Whose body does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    Body,
    /// A picture held in the hand.
    Hand,
}

/// One action done once.
#[derive(Clone, Debug)]
pub struct Gesture {
    pub action: Action,
    /// Seconds.
    pub start: f64,
    timing: [f32; 3],
    strength: f32,
}

impl Gesture {
    /// As one person does it this time: a little quicker or slower, further or less far.
    pub fn new(action: Action, start: f64, random: &mut Random) -> Self {
        let tempo = 1.0 + 0.08 * random.normal();
        let strength = if action == Action::Blink { 1.0 } else { 1.0 + 0.04 * random.normal() };
        Self { action, start, timing: timing(action).map(|t| t * tempo), strength }
    }

    pub fn end(&self) -> f64 {
        self.start + f64::from(self.timing.iter().sum::<f32>())
    }

    pub fn at(&self, time: f64, means: Means) -> Stance {
        let level = self.strength * pulse(time - self.start, self.timing);
        let peak = match means {
            Means::Body => by_body(self.action),
            Means::Hand => by_hand(self.action),
        };
        peak.scaled(level)
    }
}

/// From 0 to 1 and back, with the bell-shaped speed of limbs and lids (minimum jerk, Flash and Hogan 1985); `timing`
/// is seconds of rise, hold and fall.
pub fn pulse(time: f64, [rise, hold, fall]: [f32; 3]) -> f32 {
    let time = time as f32;
    let jerkless = |u: f32| {
        let u = u.clamp(0.0, 1.0);
        u * u * u * (10.0 + u * (6.0 * u - 15.0))
    };
    if time <= rise + hold { jerkless(time / rise) } else { 1.0 - jerkless((time - rise - hold) / fall) }
}
