//! What is presented to a check, and what the check should make of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a presentation is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// A bona fide presentation: is to be accepted.
    Live,
    /// A presentation attack.
    Attack,
    /// Neither, and not to be accepted: nobody, two people, a live person who does not do what is asked.
    Other,
}

impl Label {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Attack => "attack",
            Self::Other => "other",
        }
    }

    /// By the words of common datasets.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.trim().to_lowercase().replace(['-', '_', ' '], "").as_str() {
            "live" | "bonafide" | "genuine" | "real" | "client" => Some(Self::Live),
            "attack" | "spoof" | "fake" | "imposter" | "impostor" | "pai" => Some(Self::Attack),
            "other" => Some(Self::Other),
            _ => None,
        }
    }
}

/// Where the frames come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    File(PathBuf),
    /// The chain of elements that makes them, and the check's seed.
    Rendered {
        chain: String,
        seed: u64,
    },
}

/// One presentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name in the results: a file's path in the dataset.
    pub id: String,
    pub label: Label,
    /// The presentation attack instrument's species, or what kind of bona fide presentation.
    pub species: String,
    /// Whoever is shown; "" where it is not known.
    pub subject: String,
    pub origin: Origin,
}

impl Case {
    /// Whether `text` is part of its name or species.
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
