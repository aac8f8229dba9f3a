// SPDX-License-Identifier: MIT OR Apache-2.0

//! The answers to prompts: the actions that the actor performs, and their times.

use std::collections::VecDeque;

use super::gesture::{Gesture, Means, other};
use crate::Stance;
use liveness_core::check::Action;
use liveness_core::random::Random;

/// The way in which the person, or the holder of the picture, answers prompts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Performs the requested action after a human reaction time.
    #[default]
    Obeys,
    /// Ignores prompts.
    Idle,
    /// Performs another action than the requested one.
    WrongAction,
    /// Starts the action before the prompt, like a lucky guess or a recording that happens to fit. Then continues with
    /// another action that was not requested.
    TooEarly,
    /// Performs the requested action 1 to 2 seconds after the deadline.
    TooLate,
}

/// A request for an action. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prompt {
    /// The requested action.
    pub action: Action,
    /// Time of the request.
    pub at: f64,
    /// Time by which the action must start, if known.
    pub deadline: Option<f64>,
}

/// Limit of the gestures that wait or run; further prompts are ignored.
const MEMORY: usize = 8;
/// Seconds from a prompt without a deadline to the time that counts as its deadline.
const PATIENCE: f64 = 5.0;

/// The gestures that run or wait.
#[derive(Clone, Debug)]
pub struct Answers {
    behaviour: Behaviour,
    means: Means,
    /// Mean, in seconds.
    reaction_time: f64,
    random: Random,
    gestures: VecDeque<Gesture>,
}

impl Answers {
    /// Creates the answers. `reaction_time` is the mean, in seconds.
    pub fn new(behaviour: Behaviour, means: Means, reaction_time: f64, random: Random) -> Self {
        Self { behaviour, means, reaction_time, random, gestures: VecDeque::new() }
    }

    /// Plans the answer to a prompt.
    pub fn hear(&mut self, prompt: Prompt) {
        let Prompt { action, at, .. } = prompt;
        match self.behaviour {
            Behaviour::Idle => {}
            Behaviour::Obeys => {
                let start = at + self.reaction();
                self.begin(action, start);
            }
            Behaviour::WrongAction => {
                let start = at + self.reaction();
                let other = other(action, &mut self.random);
                self.begin(other, start);
            }
            Behaviour::TooEarly => {
                let start = at - self.seconds(0.15, 0.25);
                let end = self.begin(action, start);
                let next = other(action, &mut self.random);
                let start = end + self.seconds(0.3, 0.6);
                self.begin(next, start);
            }
            Behaviour::TooLate => {
                let over = prompt.deadline.unwrap_or(at + PATIENCE).max(at);
                let start = over + self.seconds(1.0, 2.0);
                self.begin(action, start);
            }
        }
    }

    /// Returns a random reaction time in seconds.
    fn reaction(&mut self) -> f64 {
        self.reaction_time * f64::from(1.0 + 0.12 * self.random.normal())
    }

    /// Returns a random duration in seconds.
    fn seconds(&mut self, from: f32, to: f32) -> f64 {
        f64::from(self.random.between(from, to))
    }

    /// Plans a gesture at `start`, or after the last planned gesture. Returns the time of its end.
    fn begin(&mut self, action: Action, start: f64) -> f64 {
        let free = self.gestures.back().map_or(start, Gesture::end);
        let gesture = Gesture::new(action, start.max(free), &mut self.random);
        let end = gesture.end();
        if self.gestures.len() < MEMORY {
            self.gestures.push_back(gesture);
        }
        end
    }

    /// Returns the change of the stance by the gestures at `time`, in seconds. Times must not decrease.
    pub fn at(&mut self, time: f64) -> Stance {
        while self.gestures.front().is_some_and(|g| g.end() < time) {
            self.gestures.pop_front();
        }
        self.gestures.iter().fold(Stance::default(), |stance, g| stance.plus(g.at(time, self.means)))
    }
}
