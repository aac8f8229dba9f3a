//! The advice for a person between two attempts.

use super::risk::Risk;
use crate::check::{Action, Evidence, Failure, Guidance, Mistake};

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

    /// Returns the sentence for the person in front of the camera, in English.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Coach(guidance) => guidance.text(),
            Self::Settle => "Hold your face still in the middle for a moment",
            Self::Promptly => "Make each movement as soon as you are asked to",
            Self::Further(action) => match action {
                Action::Blink => "Close both eyes fully, then open them",
                Action::Nod => "Nod more clearly, down and up",
                Action::TurnLeft => "Turn your head further to the left",
                Action::TurnRight => "Turn your head further to the right",
                Action::LookUp => "Raise your chin further",
                Action::Smile => "Smile more broadly",
                Action::OpenMouth => "Open your mouth wider",
                Action::RaiseBrows => "Raise your eyebrows higher",
            },
            Self::Return => "After each movement, return to where you began",
            Self::OtherWay(action) => match action {
                Action::TurnLeft => "Turn your head to your left, not to your right",
                Action::TurnRight => "Turn your head to your right, not to your left",
                Action::LookUp => "Look up, not down",
                _ => "Nod downwards, not upwards",
            },
            Self::OnlyAsked => "Make only the movement that is asked for",
            Self::Wait => "Wait for the prompt before you move",
            Self::StayVisible => "Keep your whole face in the picture and move slowly",
            Self::OnePerson => "Only one person may take the check",
            Self::StayInLight => "Keep your face in front of the screen while it lights up",
            Self::Camera => "The picture stands still: check the camera",
            Self::Operator => "The camera may show a mirror image: ask for help",
            Self::Steady => "Hold still, away from bright light",
            Self::Darker => "Move to a darker place or raise the screen's brightness",
            Self::OtherLight => "Stay away from other screens and changing lights",
            Self::EvenLight => "Look straight at the camera, in even light",
        }
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
