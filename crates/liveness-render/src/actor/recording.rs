// SPDX-License-Identifier: MIT OR Apache-2.0

//! The recording of a live person in an earlier check, which requested other actions at other times.

use super::answers::{Answers, Behaviour, Prompt};
use super::gesture::{Means, other};
use super::idle::Idle;
use crate::Stance;
use liveness_core::check::Action;
use liveness_core::random::Random;

/// Gap in seconds above which the recording skips the missed prompts instead of catching up.
const GAP: f64 = 60.0;

/// The recorded person.
#[derive(Clone, Debug)]
pub struct Recording {
    idle: Idle,
    answers: Answers,
    prompts: Random,
    next: f64,
    last: Action,
}

impl Recording {
    /// Creates a recording. `reaction_time` is the mean, in seconds; `sway` scales the sway of the body.
    pub fn new(mut random: Random, reaction_time: f64, sway: f32) -> Self {
        let mut prompts = Random::new(random.bits());
        Self {
            idle: Idle::new(&mut random, sway),
            answers: Answers::new(Behaviour::Obeys, Means::Body, reaction_time, random),
            next: f64::from(prompts.between(0.8, 2.0)),
            last: Action::ALL[prompts.below(Action::ALL.len())],
            prompts,
        }
    }

    /// Returns the stance at `time`, in seconds. Times must not decrease.
    pub fn at(&mut self, time: f64) -> Stance {
        if time - self.next > GAP {
            self.next = time;
        }
        while self.next <= time {
            self.last = other(self.last, &mut self.prompts);
            self.answers.hear(Prompt { action: self.last, at: self.next, deadline: None });
            self.next += f64::from(self.prompts.between(2.0, 3.5));
        }
        self.idle.at(time).plus(self.answers.at(time)).limited()
    }
}
