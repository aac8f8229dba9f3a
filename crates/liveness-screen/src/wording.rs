// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sentence of each prompt in the languages of [`liveness_core::locale`].

use std::borrow::Cow;

use super::view::Prompt;
use liveness_core::locale::Language;
use liveness_core::session::Status;

impl Prompt {
    /// The sentence for the person in front of the screen.
    pub fn text(self, language: Language) -> Cow<'static, str> {
        let words = language.words();
        let screen = &words.screen;
        let sentence = match self {
            Self::Coach(guidance) => guidance.sentence(language),
            Self::Act(action) => action.sentence(language),
            Self::Good => &screen.good,
            Self::Missed => &screen.missed,
            Self::Light => &screen.light,
            Self::Retry(advice) => {
                let advice = advice.sentence(language).on_screen();
                return Cow::Owned(format!("{}\n{advice}", screen.again.on_screen()));
            }
            Self::Verdict(Status::Approved) => &screen.approved,
            Self::Verdict(Status::InReview) => &screen.in_review,
            Self::Verdict(Status::Declined) => &screen.declined,
            Self::Verdict(_) => &screen.ended,
            Self::Ready(_) => &words.ready.title,
        };
        Cow::Borrowed(sentence.on_screen())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tag: &str) -> Vec<Cow<'static, str>> {
        let language = Language::from_tag(tag).unwrap();
        Prompt::all().map(|prompt| prompt.text(language)).collect()
    }

    #[test]
    fn brazilian_portuguese_is_its_own() {
        let [here, there] = ["pt-BR", "pt"].map(texts);
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
        for text in texts("it") {
            let text = text.to_lowercase();
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
        for language in Language::all() {
            let ready = &language.words().ready;
            let ready = [&ready.title, &ready.warning, &ready.ask, &ready.touch, &ready.face, &ready.calm];
            let ready = ready.map(|sentence| Cow::Borrowed(sentence.on_screen()));
            let texts: Vec<_> = Prompt::all().map(|prompt| prompt.text(language)).chain(ready).collect();
            for (i, text) in texts.iter().enumerate() {
                assert!(!text.trim().is_empty() && !texts[..i].contains(text), "{language:?}: {text}");
            }
        }
    }
}
