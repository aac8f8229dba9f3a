// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sentences that people read, in each language: a file `locales/TAG.toml` and a row of `FILES`.

mod sentence;
mod words;

use std::fmt;
use std::sync::OnceLock;

pub use sentence::Sentence;
pub use words::{AdviceWords, ReadyWords, ScreenWords, Table, Words};

/// A language's BCP 47 tag and its sentences.
macro_rules! file {
    ($tag:literal) => {
        ($tag, include_str!(concat!("../../locales/", $tag, ".toml")))
    };
}

/// English first: the default.
const FILES: [(&str, &str); 9] = [
    file!("en"),
    file!("ar"),
    file!("de"),
    file!("es"),
    file!("fr"),
    file!("it"),
    file!("ja"),
    file!("pt"),
    file!("pt-BR"),
];

/// A language with sentences.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Language(usize);

impl Language {
    /// The language of messages, and of the screen where no other is set.
    pub const ENGLISH: Self = Self(0);

    /// Every language.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..FILES.len()).map(Self)
    }

    /// Returns the language of a tag such as `de`, `pt-BR` or `fr_CA.UTF-8`: the country's own variant if there is one, or the
    /// language of the tag's first part; `None` for a language without sentences.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.split(['.', '@']).next()?.replace('_', "-");
        let known = |code: &str| Self::all().find(|language| language.code().eq_ignore_ascii_case(code));
        let of_country = || {
            let mut parts = tag.split('-');
            let (language, country) = (parts.next()?, parts.next_back()?);
            known(&format!("{language}-{country}"))
        };
        of_country().or_else(|| known(tag.split('-').next()?))
    }

    /// The BCP 47 tag.
    pub const fn code(self) -> &'static str {
        FILES[self.0].0
    }

    /// The tags of all languages, for a person to read: `en, de or fr`.
    pub fn codes() -> String {
        let codes: Vec<_> = Self::all().map(Self::code).collect();
        match codes.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => codes.concat(),
        }
    }

    /// Returns true for a script whose lines run from right to left.
    pub fn is_right_to_left(self) -> bool {
        self.words().right_to_left
    }

    /// The sentences, parsed once.
    pub fn words(self) -> &'static Words {
        static WORDS: [OnceLock<Words>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
        // A test parses every file.
        WORDS[self.0].get_or_init(|| Words::parse(FILES[self.0].1).unwrap_or_default())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Action, Guidance};

    #[test]
    fn every_locale_has_each_sentence_and_no_other() {
        let guidance = Guidance::ALL.map(Guidance::code);
        let actions = Action::ALL.map(Action::name);
        let turns: Vec<_> =
            Action::ALL.into_iter().filter(|action| action.moves_head()).map(Action::name).collect();
        for (code, file) in FILES {
            let words = Words::parse(file).unwrap_or_else(|error| panic!("{code}: {error}"));
            for (table, keys) in [
                (&words.guidance, &guidance[..]),
                (&words.action, &actions[..]),
                (&words.further, &actions[..]),
                (&words.other_way, &turns[..]),
            ] {
                let mut keys = keys.to_vec();
                keys.sort_unstable();
                assert_eq!(table.names().collect::<Vec<_>>(), keys, "{code}");
            }
        }
    }

    #[test]
    fn a_locale_with_a_missing_unknown_or_empty_sentence_is_refused() {
        let (_, english) = FILES[0];
        assert!(Words::parse(english).is_ok());
        for (sentence, other) in [
            ("ended = \"Ended\"\n", ""),
            ("ended = \"Ended\"", "ended = \"Ended\"\nfinished = \"Finished\""),
            ("\"Ended\"", "\" \""),
            ("\"Ended\"", "{ screen = \"Ended\", page = \"Ended\" }"),
        ] {
            assert!(english.contains(sentence));
            assert!(Words::parse(&english.replace(sentence, other)).is_err(), "{other}");
        }
    }

    #[test]
    fn tags_of_all_kinds_are_understood() {
        for (tag, code) in [
            ("de", Some("de")),
            ("pt-BR", Some("pt-BR")),
            ("pt_BR.UTF-8", Some("pt-BR")),
            ("pt-Latn-BR", Some("pt-BR")),
            ("PT-br", Some("pt-BR")),
            ("pt", Some("pt")),
            ("pt_PT@euro", Some("pt")),
            ("de_AT", Some("de")),
            ("fr_CA.UTF-8", Some("fr")),
            ("IT@euro", Some("it")),
            ("ar_EG.UTF-8", Some("ar")),
            ("ja_JP.eucJP", Some("ja")),
            ("C", None),
            ("", None),
            ("deu", None),
        ] {
            assert_eq!(Language::from_tag(tag).map(Language::code), code, "{tag}");
        }
        assert!(Language::all().all(|language| Language::from_tag(language.code()) == Some(language)));
        assert_eq!(Language::ENGLISH.code(), "en");
    }
}
