// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tables of a locale's file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sentence::{EMPTY, Sentence};

/// Sentences by the names of what they are about.
#[derive(Debug, Default, Deserialize)]
pub struct Table(BTreeMap<String, Sentence>);

/// A language's sentences.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Lines run from right to left.
    #[serde(default)]
    pub right_to_left: bool,
    /// By the codes of guidance.
    pub guidance: Table,
    /// By the names of actions: a movement is asked for.
    pub action: Table,
    /// By the names of actions: a movement went too little.
    pub further: Table,
    /// By the names of actions that move the head: it moved the opposite way.
    pub other_way: Table,
    pub advice: AdviceWords,
    pub ready: ReadyWords,
    pub screen: ScreenWords,
}

/// The sentences of [`Advice`](crate::session::Advice) without an action or guidance.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceWords {
    pub settle: Sentence,
    pub promptly: Sentence,
    pub back: Sentence,
    pub only_asked: Sentence,
    pub wait: Sentence,
    pub stay_visible: Sentence,
    pub one_person: Sentence,
    pub stay_in_light: Sentence,
    pub camera: Sentence,
    pub operator: Sentence,
    pub steady: Sentence,
    pub darker: Sentence,
    pub other_light: Sentence,
    pub even_light: Sentence,
}

/// The sentences of the screen before the check.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadyWords {
    /// Heading.
    pub title: Sentence,
    /// The check plays light.
    pub warning: Sentence,
    /// There is no way without light.
    pub ask: Sentence,
    /// The way to start by touch.
    pub touch: Sentence,
    /// The way to start where a face starts the check.
    pub face: Sentence,
    /// On the button that starts without light.
    pub calm: Sentence,
}

/// The states of a check on the screen.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenWords {
    /// Stands above the advice of a retry.
    pub again: Sentence,
    pub good: Sentence,
    pub missed: Sentence,
    pub light: Sentence,
    pub approved: Sentence,
    pub in_review: Sentence,
    pub declined: Sentence,
    pub ended: Sentence,
}

impl Table {
    /// The sentence of a name; an empty one for an unknown name.
    pub fn get(&self, name: &str) -> &Sentence {
        self.0.get(name).unwrap_or(&EMPTY)
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Words {
    /// Reads a locale's file.
    ///
    /// # Errors
    /// A missing, an unknown or an empty sentence.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(file)
    }
}
