// SPDX-License-Identifier: MIT OR Apache-2.0

//! One sentence of a locale.

use serde::Deserialize;

/// A sentence, in two forms where it names what only the kiosk screen shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Sentence {
    screen: String,
    message: Option<String>,
}

pub(super) static EMPTY: Sentence = Sentence { screen: String::new(), message: None };

/// A sentence as a locale's file has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Two(Forms),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forms {
    screen: String,
    message: String,
}

impl Sentence {
    /// The sentence on the kiosk screen.
    pub fn on_screen(&self) -> &str {
        &self.screen
    }

    /// The sentence in a message or on a terminal.
    pub fn in_message(&self) -> &str {
        self.message.as_ref().unwrap_or(&self.screen)
    }
}

impl TryFrom<Written> for Sentence {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let sentence = match written {
            Written::One(screen) => Self { screen, message: None },
            Written::Two(Forms { screen, message }) => Self { screen, message: Some(message) },
        };
        let empty = [sentence.on_screen(), sentence.in_message()].iter().any(|text| text.trim().is_empty());
        if empty { Err("a sentence is empty") } else { Ok(sentence) }
    }
}
