//! The sentences of the screen in seven languages, a file each.

mod brazilian;
mod english;
mod french;
mod german;
mod italian;
mod portuguese;
mod spanish;

use std::borrow::Cow;

use super::view::Prompt;
use liveness_core::check::{Action, Guidance};
use liveness_core::session::{Advice, Status};

/// A language of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
    Spanish,
    French,
    Italian,
    /// Portuguese of Portugal.
    Portuguese,
    /// Portuguese as in Brazil.
    Brazilian,
}

/// A language's sentences.
struct Words {
    code: &'static str,
    /// In the order of [`Guidance::ALL`].
    guidance: [&'static str; Guidance::ALL.len()],
    /// In the order of [`Action::ALL`]: a movement is asked for.
    actions: [&'static str; Action::ALL.len()],
    /// In the order of [`Action::ALL`]: a movement went too little.
    further: [&'static str; Action::ALL.len()],
    /// For nod, turns to the left and right, and look up: the head moved the opposite way.
    other_way: [&'static str; 4],
    advice: AdviceWords,
    ready: ReadyWords,
    /// Stands above the advice of a retry.
    again: &'static str,
    good: &'static str,
    missed: &'static str,
    light: &'static str,
    approved: &'static str,
    in_review: &'static str,
    declined: &'static str,
    ended: &'static str,
}

/// The sentences of [`Advice`] without an action or guidance.
struct AdviceWords {
    settle: &'static str,
    promptly: &'static str,
    back: &'static str,
    only_asked: &'static str,
    wait: &'static str,
    stay_visible: &'static str,
    one_person: &'static str,
    stay_in_light: &'static str,
    camera: &'static str,
    operator: &'static str,
    steady: &'static str,
    darker: &'static str,
    other_light: &'static str,
    even_light: &'static str,
}

/// The sentences of the screen before the check.
#[derive(Debug)]
pub struct ReadyWords {
    /// Heading.
    pub title: &'static str,
    /// The check plays light.
    pub warning: &'static str,
    /// There is no way without light.
    pub ask: &'static str,
    /// The way to start by touch.
    pub touch: &'static str,
    /// The way to start where a face starts the check.
    pub face: &'static str,
    /// On the button that starts without light.
    pub calm: &'static str,
}

impl Language {
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Italian,
        Self::Portuguese,
        Self::Brazilian,
    ];

    /// Returns the language of a tag such as `de`, `pt-BR` or `fr_CA.UTF-8`: that of the country where there is one, or else of the tag's
    /// first part; `None` when it is not spoken here.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.split(['.', '@']).next()?.replace('_', "-");
        let known = |code: &str| Self::ALL.into_iter().find(|l| l.code().eq_ignore_ascii_case(code));
        let of_country = || {
            let mut parts = tag.split('-');
            let (language, country) = (parts.next()?, parts.next_back()?);
            known(&format!("{language}-{country}"))
        };
        of_country().or_else(|| known(tag.split('-').next()?))
    }

    /// The BCP 47 tag.
    pub fn code(self) -> &'static str {
        self.words().code
    }

    /// The sentence for the person before the screen.
    pub fn text(self, prompt: Prompt) -> Cow<'static, str> {
        let words = self.words();
        Cow::Borrowed(match prompt {
            Prompt::Coach(guidance) => words.guidance[guidance as usize],
            Prompt::Act(action) => words.actions[action as usize],
            Prompt::Good => words.good,
            Prompt::Missed => words.missed,
            Prompt::Light => words.light,
            Prompt::Retry(advice) => {
                return Cow::Owned(format!("{}\n{}", words.again, words.advice(advice)));
            }
            Prompt::Verdict(Status::Approved) => words.approved,
            Prompt::Verdict(Status::InReview) => words.in_review,
            Prompt::Verdict(Status::Declined) => words.declined,
            Prompt::Verdict(_) => words.ended,
            Prompt::Ready(_) => words.ready.title,
        })
    }

    /// The sentences of the screen before the check.
    pub const fn ready(self) -> &'static ReadyWords {
        &self.words().ready
    }

    const fn words(self) -> &'static Words {
        match self {
            Self::English => &english::WORDS,
            Self::German => &german::WORDS,
            Self::Spanish => &spanish::WORDS,
            Self::French => &french::WORDS,
            Self::Italian => &italian::WORDS,
            Self::Portuguese => &portuguese::WORDS,
            Self::Brazilian => &brazilian::WORDS,
        }
    }
}

impl Words {
    fn advice(&self, advice: Advice) -> &'static str {
        let [nod, left, right, up] = self.other_way;
        match advice {
            Advice::Coach(guidance) => self.guidance[guidance as usize],
            Advice::Further(action) => self.further[action as usize],
            Advice::OtherWay(Action::TurnLeft) => left,
            Advice::OtherWay(Action::TurnRight) => right,
            Advice::OtherWay(Action::LookUp) => up,
            Advice::OtherWay(_) => nod,
            Advice::Settle => self.advice.settle,
            Advice::Promptly => self.advice.promptly,
            Advice::Return => self.advice.back,
            Advice::OnlyAsked => self.advice.only_asked,
            Advice::Wait => self.advice.wait,
            Advice::StayVisible => self.advice.stay_visible,
            Advice::OnePerson => self.advice.one_person,
            Advice::StayInLight => self.advice.stay_in_light,
            Advice::Camera => self.advice.camera,
            Advice::Operator => self.advice.operator,
            Advice::Steady => self.advice.steady,
            Advice::Darker => self.advice.darker,
            Advice::OtherLight => self.advice.other_light,
            Advice::EvenLight => self.advice.even_light,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_the_order_of_the_enums() {
        assert!(Guidance::ALL.into_iter().enumerate().all(|(i, guidance)| guidance as usize == i));
        assert!(Action::ALL.into_iter().enumerate().all(|(i, action)| action as usize == i));
        assert_eq!(Language::English.text(Prompt::Act(Action::LookUp)), Action::LookUp.text());
        assert_eq!(Language::English.text(Prompt::Coach(Guidance::TooDark)), Guidance::TooDark.text());
        let further = Advice::Further(Action::LookUp);
        assert!(Language::English.text(Prompt::Retry(further)).ends_with(further.text()));
        let other_way = Advice::OtherWay(Action::LookUp);
        assert!(Language::English.text(Prompt::Retry(other_way)).ends_with(other_way.text()));
    }

    #[test]
    fn brazilian_portuguese_is_its_own() {
        let [here, there] = [Language::Brazilian, Language::Portuguese]
            .map(|language| Prompt::all().map(|prompt| language.text(prompt)).collect::<Vec<_>>());
        for european in ["ecrã", "câmara", "sítio", "prima "] {
            assert!(here.iter().all(|text| !text.contains(european)), "{european}");
        }
        for brazilian in ["tela", "câmera", "você"] {
            assert!(there.iter().all(|text| !text.contains(brazilian)), "{brazilian}");
        }
        assert!(
            here.iter().any(|text| text.contains("tela")) && here.iter().any(|text| text.contains("câmera"))
        );
    }

    /// No word that fits a man or a woman alone, and one form of address.
    #[test]
    fn italian_addresses_everybody() {
        let words = |text: &str| text.to_lowercase();
        let texts: Vec<_> = Prompt::all().map(|prompt| words(&Language::Italian.text(prompt))).collect();
        for text in &texts {
            let formal =
                ["sua ", "suo ", "resti", "metta", "si avvicini", "si allontani", "guardi ", "apra "];
            assert!(formal.iter().all(|word| !text.contains(word)), "{text}");
            let gendered =
                ["resta fermo", "resta ferma", "approvato", "rifiutato", "approvata", "pronto", "pronta"];
            assert!(gendered.iter().all(|word| !text.contains(word)), "{text}");
        }
    }

    #[test]
    fn no_sentence_is_missing_and_each_state_has_its_own() {
        for language in Language::ALL {
            let ready = language.ready();
            let ready = [ready.title, ready.warning, ready.ask, ready.touch, ready.face, ready.calm];
            let prompts = Prompt::all().map(|prompt| language.text(prompt));
            let texts: Vec<_> = prompts.chain(ready.map(Cow::Borrowed)).collect();
            for (i, text) in texts.iter().enumerate() {
                assert!(!text.trim().is_empty() && !texts[..i].contains(text), "{language:?}: {text}");
            }
        }
    }

    #[test]
    fn tags_of_all_kinds_are_understood() {
        for (tag, language) in [
            ("de", Some(Language::German)),
            ("pt-BR", Some(Language::Brazilian)),
            ("pt_BR.UTF-8", Some(Language::Brazilian)),
            ("pt-Latn-BR", Some(Language::Brazilian)),
            ("PT-br", Some(Language::Brazilian)),
            ("pt", Some(Language::Portuguese)),
            ("pt_PT@euro", Some(Language::Portuguese)),
            ("de_AT", Some(Language::German)),
            ("fr_CA.UTF-8", Some(Language::French)),
            ("IT@euro", Some(Language::Italian)),
            ("C", None),
            ("", None),
            ("deu", None),
        ] {
            assert_eq!(Language::from_tag(tag), language, "{tag}");
        }
    }
}
