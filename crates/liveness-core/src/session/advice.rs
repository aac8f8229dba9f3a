// SPDX-License-Identifier: MIT OR Apache-2.0

//! The advice for a person between two attempts.

use super::risk::Risk;
use crate::check::{Action, Evidence, Failure, Guidance, Mistake};
use crate::locale::{Language, Sentence};

/// The change that a person should make in the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Correct the fault of the frames; never [`Guidance::Ok`].
    Coach(Guidance),
    /// Hold the face still until the check begins.
    Settle,
    /// Move sooner after the prompt.
    Promptly,
    /// Make a larger movement.
    Further(Action),
    /// Return to rest after the movement.
    Return,
    /// Move the head the other way.
    OtherWay(Action),
    /// Make only the requested movement.
    OnlyAsked,
    /// Wait for the prompt before moving.
    Wait,
    /// Keep the face in the picture and move slowly.
    StayVisible,
    /// Only one person may take the check: the face changed.
    OnePerson,
    /// Stay in the picture while the light plays.
    StayInLight,
    /// Check the camera: its picture stands still.
    Camera,
    /// Ask the operator: the camera seems to show a mirror image.
    Operator,
    /// Hold still: too few frames showed the light.
    Steady,
    /// Find a darker place: the room outshines the screen.
    Darker,
    /// Avoid other changing light.
    OtherLight,
    /// Look straight at the camera in even light: the frames did not convince for no single reason.
    EvenLight,
}

impl Advice {
    /// Returns every advice that can be given.
    pub fn all() -> impl Iterator<Item = Self> {
        let coaching = Guidance::ALL.into_iter().filter(|guidance| *guidance != Guidance::Ok);
        let turns = Action::ALL.into_iter().filter(|action| action.moves_head());
        let plain = [
            Self::Settle,
            Self::Promptly,
            Self::Return,
            Self::OnlyAsked,
            Self::Wait,
            Self::StayVisible,
            Self::OnePerson,
            Self::StayInLight,
            Self::Camera,
            Self::Operator,
            Self::Steady,
            Self::Darker,
            Self::OtherLight,
            Self::EvenLight,
        ];
        let further = Action::ALL.map(Self::Further);
        coaching.map(Self::Coach).chain(further).chain(turns.map(Self::OtherWay)).chain(plain)
    }

    /// Returns the advice that follows from the evidence, or `None` if it shows no fault.
    pub fn of(evidence: &Evidence) -> Option<Self> {
        let hindrance = Some(evidence.hindrance).filter(|guidance| *guidance != Guidance::Ok);
        match evidence.failure {
            // A face that never reached its position was hindered by the fault of the frames.
            None | Some(Failure::NotPositioned) if hindrance.is_some() => hindrance.map(Self::Coach),
            failure => failure.map(|failure| Self::after(failure, evidence.mistake)),
        }
    }

    const fn after(failure: Failure, mistake: Option<(Action, Mistake)>) -> Self {
        match (failure, mistake) {
            (Failure::NotDone | Failure::WrongAction | Failure::Mirrored, Some((asked, mistake))) => {
                match mistake {
                    Mistake::NotSeen => Self::Promptly,
                    Mistake::TooLittle => Self::Further(asked),
                    Mistake::NotBack => Self::Return,
                    Mistake::Opposite => Self::OtherWay(asked),
                    Mistake::Another => Self::OnlyAsked,
                    Mistake::TooEarly => Self::Wait,
                }
            }
            (Failure::NotDone, None) => Self::Promptly,
            (Failure::WrongAction, None) => Self::OnlyAsked,
            (Failure::Mirrored, None) => Self::Operator,
            (Failure::NotPositioned | Failure::NoChallenge, _) => Self::Settle,
            (Failure::TooEarly, _) => Self::Wait,
            (Failure::Frozen | Failure::Looped, _) => Self::Camera,
            (Failure::Cut, _) => Self::StayVisible,
            (Failure::OtherFace, _) => Self::OnePerson,
            (Failure::MovedAway, _) => Self::StayInLight,
            (Failure::TooFewFrames, _) => Self::Steady,
            (Failure::NoReflection, _) => Self::Darker,
            (Failure::OtherLight, _) => Self::OtherLight,
            (Failure::Flat | Failure::NoRelief, _) => Self::EvenLight,
        }
    }

    /// Returns the advice against a risk, for evidence that shows no reason.
    pub const fn against(risk: Risk) -> Self {
        match risk {
            Risk::NoFaceDetected => Self::Coach(Guidance::NoFace),
            Risk::MultipleFacesDetected => Self::Coach(Guidance::MultipleFaces),
            Risk::LowFaceLuminance => Self::Coach(Guidance::TooDark),
            Risk::HighFaceLuminance => Self::Coach(Guidance::TooBright),
            Risk::HighFaceOcclusion => Self::Coach(Guidance::FaceCovered),
            Risk::LowFaceQuality
            | Risk::LowLivenessScore
            | Risk::LivenessFaceAttack
            | Risk::AgeNotDetected
            | Risk::AgeBelowMinimum
            | Risk::FaceInBlocklist
            | Risk::PossibleFaceInBlocklist
            | Risk::DuplicatedFace
            | Risk::PossibleDuplicatedFace => Self::EvenLight,
        }
    }

    /// The sentence for the person in front of the camera.
    pub fn sentence(self, language: Language) -> &'static Sentence {
        let words = language.words();
        match self {
            Self::Coach(guidance) => guidance.sentence(language),
            Self::Further(action) => words.further.get(action.name()),
            Self::OtherWay(action) => words.other_way.get(action.name()),
            Self::Settle => &words.advice.settle,
            Self::Promptly => &words.advice.promptly,
            Self::Return => &words.advice.back,
            Self::OnlyAsked => &words.advice.only_asked,
            Self::Wait => &words.advice.wait,
            Self::StayVisible => &words.advice.stay_visible,
            Self::OnePerson => &words.advice.one_person,
            Self::StayInLight => &words.advice.stay_in_light,
            Self::Camera => &words.advice.camera,
            Self::Operator => &words.advice.operator,
            Self::Steady => &words.advice.steady,
            Self::Darker => &words.advice.darker,
            Self::OtherLight => &words.advice.other_light,
            Self::EvenLight => &words.advice.even_light,
        }
    }

    /// The sentence of messages, in English.
    pub fn text(self) -> &'static str {
        self.sentence(Language::ENGLISH).in_message()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(failure: Option<Failure>, hindrance: Guidance) -> Evidence {
        Evidence { failure, hindrance, ..Evidence::default() }
    }

    #[test]
    fn advice_follows_the_failure_the_movement_and_what_hinders() {
        let turned = |mistake| Evidence {
            mistake: Some((Action::TurnLeft, mistake)),
            ..evidence(Some(Failure::NotDone), Guidance::Ok)
        };
        for (evidence, text) in [
            (turned(Mistake::TooLittle), "Turn your head further to the left"),
            (turned(Mistake::Opposite), "Turn your head to your left, not to your right"),
            (turned(Mistake::NotSeen), "Make each movement as soon as you are asked to"),
            (turned(Mistake::NotBack), "After each movement, return to where you began"),
            (turned(Mistake::Another), "Make only the movement that is asked for"),
            (
                evidence(Some(Failure::NoReflection), Guidance::TooBright),
                "Move to a darker place or raise the screen's brightness",
            ),
            (evidence(Some(Failure::NotPositioned), Guidance::MoveCloser), "Move closer"),
            (
                evidence(Some(Failure::NotPositioned), Guidance::Ok),
                "Hold your face still in the middle for a moment",
            ),
            (evidence(None, Guidance::FaceCovered), "Uncover your face"),
        ] {
            assert_eq!(Advice::of(&evidence).map(Advice::text), Some(text), "{evidence:?}");
        }
        assert_eq!(Advice::of(&Evidence::default()), None);
    }

    #[test]
    fn every_advice_asks_the_person_for_something() {
        let texts: Vec<_> = Advice::all().map(Advice::text).collect();
        for text in &texts {
            assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
            assert!(!text.contains("score") && !text.contains("threshold"), "{text}");
        }
        let advices: Vec<_> = Advice::all().collect();
        let known = |advice: &Advice| advices.contains(advice);
        assert!(Risk::ALL.into_iter().all(|risk| known(&Advice::against(risk))));
    }
}
