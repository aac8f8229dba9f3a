//! What somebody does when asked, and when.

use std::collections::VecDeque;

use super::gesture::{Gesture, Means, other};
use crate::Stance;
use liveness_core::check::Action;
use liveness_core::random::Random;

/// How the person, or whoever holds the picture, answers prompts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Does what is asked, after a human reaction time.
    #[default]
    Obeys,
    /// Answers nothing.
    Idle,
    /// Does something else than asked.
    WrongAction,
    /// Is already at it when the prompt is heard, as a guess or a recording that happens to fit, and goes on to what
    /// nobody has asked for yet.
    TooEarly,
    /// Does it when the deadline has long passed.
    TooLate,
}

/// An action asked for. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prompt {
    pub action: Action,
    pub at: f64,
    pub deadline: Option<f64>,
}

/// More than this nobody remembers.
const MEMORY: usize = 8;
/// Too late, when the prompt does not tell its deadline: this long after it.
const PATIENCE: f64 = 5.0;

/// The gestures under way and to come.
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
    pub fn new(behaviour: Behaviour, means: Means, reaction_time: f64, random: Random) -> Self {
        Self { behaviour, means, reaction_time, random, gestures: VecDeque::new() }
    }

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

    /// The reaction time this once.
    fn reaction(&mut self) -> f64 {
        self.reaction_time * f64::from(1.0 + 0.12 * self.random.normal())
    }

    fn seconds(&mut self, from: f32, to: f32) -> f64 {
        f64::from(self.random.between(from, to))
    }

    /// Begins when asked to or, if there is something to finish, after that; tells when it will be done.
    fn begin(&mut self, action: Action, start: f64) -> f64 {
        let free = self.gestures.back().map_or(start, Gesture::end);
        let gesture = Gesture::new(action, start.max(free), &mut self.random);
        let end = gesture.end();
        if self.gestures.len() < MEMORY {
            self.gestures.push_back(gesture);
        }
        end
    }

    /// What the gestures add to the stance now. Time does not run backwards.
    pub fn at(&mut self, time: f64) -> Stance {
        while self.gestures.front().is_some_and(|g| g.end() < time) {
            self.gestures.pop_front();
        }
        self.gestures.iter().fold(Stance::default(), |stance, g| stance.plus(g.at(time, self.means)))
    }
}
