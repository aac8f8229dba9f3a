// SPDX-License-Identifier: MIT OR Apache-2.0

//! A presentation to a check, and its expected result.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The kind of a presentation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// A bona fide presentation, which should be accepted.
    Live,
    /// A presentation attack.
    Attack,
    /// Neither of both, and not to be accepted: no person, two people, or a live person who does not follow
    /// the prompts.
    Other,
}

impl Label {
    /// Returns the label's name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Attack => "attack",
            Self::Other => "other",
        }
    }

    /// Returns the label for a word that is common in datasets, or `None` for an unknown word.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.trim().to_lowercase().replace(['-', '_', ' '], "").as_str() {
            "live" | "bonafide" | "genuine" | "real" | "client" => Some(Self::Live),
            "attack" | "spoof" | "fake" | "imposter" | "impostor" | "pai" => Some(Self::Attack),
            "other" => Some(Self::Other),
            _ => None,
        }
    }
}

/// The source of a presentation's frames.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    File(PathBuf),
    /// The chain of elements that renders the frames, and the check's seed.
    Rendered {
        chain: String,
        seed: u64,
    },
}

/// One presentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Name in the results; for a file, its path in the dataset.
    pub id: String,
    /// Kind of the presentation.
    pub label: Label,
    /// Species of the presentation attack instrument, or the kind of bona fide presentation.
    pub species: String,
    /// The person shown; empty if unknown.
    pub subject: String,
    /// Source of the frames.
    pub origin: Origin,
}

impl Case {
    /// Returns whether the name or the species contains `text`.
    pub fn is_named(&self, text: &str) -> bool {
        self.species.contains(text) || self.id.contains(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_datasets_write_them() {
        for word in ["live", "Bona-Fide", "bona_fide", "REAL", " genuine "] {
            assert_eq!(Label::of_word(word), Some(Label::Live), "{word}");
        }
        assert_eq!(Label::of_word("Spoof"), Some(Label::Attack));
        for word in ["", "n.a.", "liveness", "unknown"] {
            assert_eq!(Label::of_word(word), None, "{word}");
        }
    }
}
