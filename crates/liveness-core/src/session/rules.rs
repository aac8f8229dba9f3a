// SPDX-License-Identifier: MIT OR Apache-2.0

//! A workflow's rules on an attempt's evidence besides the score.

use super::decision::Decision;
use super::risk::{LogType, Risk};
use crate::check::{Evidence, Failure};
use crate::face::AgeGender;

/// The effect of a finding on the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleAction {
    NoAction,
    Review,
    Decline,
}

impl RuleAction {
    /// All actions.
    pub const ALL: [Self; 3] = [Self::NoAction, Self::Review, Self::Decline];

    /// Returns the action's name in a workflow.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAction => "NO_ACTION",
            Self::Review => "REVIEW",
            Self::Decline => "DECLINE",
        }
    }

    /// Returns the action with this name, or `None` for an unknown name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Returns the severity of a warning with this action.
    pub const fn log_type(self) -> LogType {
        match self {
            Self::NoAction => LogType::Information,
            Self::Review => LogType::Warning,
            Self::Decline => LogType::Error,
        }
    }
}

/// A limit (0–100) on the face's luminance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limit {
    /// The luminance, or `None` for no limit.
    pub threshold: Option<f64>,
    /// The action beyond the limit, by default a review.
    pub action: Option<RuleAction>,
}

/// The rules. The default rules change no decision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rules {
    /// Face quality at or below this value goes to review.
    pub quality_review: Option<f64>,
    /// Face quality at or below this value is declined.
    pub quality_decline: Option<f64>,
    /// Limit below which a face is too dark.
    pub darkest: Limit,
    /// Limit above which a face is too bright.
    pub brightest: Limit,
    /// Action for several faces in the picture.
    pub multiple_faces: Option<RuleAction>,
    /// Action for signs of an injected video.
    pub injection: Option<RuleAction>,
    /// Minimum age in years.
    pub minimum_age: Option<f64>,
}

impl Rules {
    /// Returns the decision with the rules applied. They may pardon a fault of the frames, but not a low score.
    pub fn apply(&self, mut decision: Decision, evidence: &Evidence) -> Decision {
        for (risk, found, action) in self.on_pictures(evidence) {
            let noted = decision.has(risk);
            let action = action.or((found && !noted).then_some(RuleAction::Review));
            if let Some(action) = action.filter(|_| found || noted) {
                // Without a score there is nothing to approve.
                let grave = evidence.score.map_or(LogType::Error, |_| action.log_type());
                decision.note(risk, grave);
            }
        }
        if let Some(grave) = self.grave_quality(evidence.face_quality) {
            decision.raise(Risk::LowFaceQuality, grave);
        }
        if let Some(action) =
            self.injection.filter(|_| evidence.failure.is_some_and(Failure::suggests_injection))
        {
            decision.note_injection(action);
        }
        decision.hold_to_quality(evidence.face_quality);
        decision
    }

    /// Returns the decision with the age taken into account. The age has an effect only if the rules set a minimum.
    pub fn apply_age(&self, mut decision: Decision, age: Option<AgeGender>) -> Decision {
        match (self.minimum_age, age) {
            (Some(least), Some(age)) if f64::from(age.age) < least => {
                decision.note(Risk::AgeBelowMinimum, LogType::Error);
            }
            (Some(_), None) => decision.note(Risk::AgeNotDetected, LogType::Error),
            _ => {}
        }
        decision
    }

    /// Returns whether a check continues if a second person is in the picture. The first person is then
    /// checked, and the second one is only reported.
    pub fn bear_company(&self) -> bool {
        matches!(self.multiple_faces, Some(RuleAction::NoAction | RuleAction::Review))
    }

    fn on_pictures(&self, evidence: &Evidence) -> [(Risk, bool, Option<RuleAction>); 3] {
        let luminance = evidence.face_luminance;
        let beyond = |limit: Limit, beyond: fn(&f64, &f64) -> bool| {
            luminance
                .zip(limit.threshold)
                .is_some_and(|(luminance, threshold)| beyond(&luminance, &threshold))
        };
        [
            (Risk::LowFaceLuminance, beyond(self.darkest, f64::lt), self.darkest.action),
            (Risk::HighFaceLuminance, beyond(self.brightest, f64::gt), self.brightest.action),
            (Risk::MultipleFacesDetected, false, self.multiple_faces),
        ]
    }

    fn grave_quality(&self, quality: Option<f64>) -> Option<LogType> {
        let within = |threshold: Option<f64>| quality.zip(threshold).is_some_and(|(quality, t)| quality <= t);
        if within(self.quality_decline) {
            Some(LogType::Error)
        } else {
            within(self.quality_review).then_some(LogType::Warning)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decision::{Status, Thresholds, decide};
    use super::*;
    use crate::check::Guidance;
    use crate::face::Gender;

    fn ruled(rules: Rules, evidence: &Evidence) -> Decision {
        rules.apply(decide(evidence, Thresholds::default()), evidence)
    }

    fn good() -> Evidence {
        Evidence {
            score: Some(90.0),
            face_quality: Some(50.0),
            face_luminance: Some(20.0),
            ..Evidence::default()
        }
    }

    #[test]
    fn without_rules_nothing_changes() {
        let evidence = Evidence { hindrance: Guidance::TooDark, ..good() };
        assert_eq!(ruled(Rules::default(), &evidence), decide(&evidence, Thresholds::default()));
    }

    #[test]
    fn quality_has_two_thresholds() {
        let rules =
            |review, decline| Rules { quality_review: review, quality_decline: decline, ..Rules::default() };
        let status = |rules| ruled(rules, &good()).status;
        assert_eq!(status(rules(Some(49.9), None)), Status::Approved);
        assert_eq!(status(rules(Some(50.0), None)), Status::InReview);
        assert_eq!(status(rules(Some(70.0), Some(50.0))), Status::Declined);
        assert!(ruled(rules(Some(50.0), None), &good()).retryable());
    }

    #[test]
    fn luminance_comes_to_what_its_action_says() {
        let ruled = |action| {
            let darkest = Limit { threshold: Some(25.0), action };
            ruled(Rules { darkest, ..Rules::default() }, &good())
        };
        assert_eq!(ruled(None).status, Status::InReview);
        assert_eq!(ruled(Some(RuleAction::Decline)).risks, [(Risk::LowFaceLuminance, LogType::Error)]);
        let forgiven = ruled(Some(RuleAction::NoAction));
        assert_eq!((forgiven.status, forgiven.risks.len()), (Status::Approved, 1));
    }

    #[test]
    fn nothing_judged_is_never_forgiven() {
        let rules = Rules { multiple_faces: Some(RuleAction::NoAction), ..Rules::default() };
        let several = Evidence { hindrance: Guidance::MultipleFaces, ..good() };
        assert_eq!(ruled(rules, &several).status, Status::Approved);
        let unjudged = Evidence { score: None, ..several };
        assert_eq!(ruled(rules, &unjudged).status, Status::Declined);
    }

    #[test]
    fn a_foreign_video_is_an_attack_where_the_rules_say_so() {
        let foreign =
            Evidence { score: Some(20.0), failure: Some(Failure::OtherLight), ..Evidence::default() };
        let ruled = |injection| ruled(Rules { injection, ..Rules::default() }, &foreign);
        assert!(ruled(None).retryable() && ruled(Some(RuleAction::NoAction)).retryable());
        let declined = ruled(Some(RuleAction::Decline));
        assert_eq!((declined.status, declined.retryable()), (Status::Declined, false));
        let review = ruled(Some(RuleAction::Review));
        assert_eq!((review.status, review.retryable()), (Status::InReview, false));
    }

    #[test]
    fn a_young_face_is_declined_for_good_and_a_hidden_age_tried_again() {
        let rules = Rules { minimum_age: Some(18.0), ..Rules::default() };
        let aged = |age: Option<f32>| {
            let age = age.map(|age| AgeGender { age, gender: Gender::Female, gender_confidence: 0.9 });
            rules.apply_age(decide(&good(), Thresholds::default()), age)
        };
        assert_eq!(aged(Some(18.0)).status, Status::Approved);
        assert_eq!((aged(Some(17.9)).status, aged(Some(17.9)).retryable()), (Status::Declined, false));
        assert_eq!((aged(None).status, aged(None).retryable()), (Status::Declined, true));
    }
}
