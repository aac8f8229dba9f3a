// SPDX-License-Identifier: MIT OR Apache-2.0

//! The decision on an attempt: status and warnings from its evidence.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::advice::Advice;
use super::named::named;
use super::risk::{LogType, Risk};
use super::rules::RuleAction;
use crate::check::{Evidence, Failure, Guidance};

/// Minimum face quality (0–100) for an approval.
const LEAST_QUALITY: f64 = 50.0;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The state of a check, with the names of the decision contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    #[default]
    NotStarted,
    InProgress,
    Approved,
    InReview,
    Declined,
    Abandoned,
    KycExpired,
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 7] = [
        Self::NotStarted,
        Self::InProgress,
        Self::Approved,
        Self::InReview,
        Self::Declined,
        Self::Abandoned,
        Self::KycExpired,
    ];

    /// Returns the status's name in the decision.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "Not Started",
            Self::InProgress => "In Progress",
            Self::Approved => "Approved",
            Self::InReview => "In Review",
            Self::Declined => "Declined",
            Self::Abandoned => "Abandoned",
            Self::KycExpired => "Kyc Expired",
        }
    }

    /// Returns the status with this name, or `None` for an unknown name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Returns the status of a decision at the given age. An approval expires after `validity_days`, if they
    /// are given.
    pub fn after(self, age: Duration, validity_days: Option<u32>) -> Self {
        let valid = validity_days.map(|days| DAY * days);
        if self == Self::Approved && valid.is_some_and(|valid| age > valid) { Self::KycExpired } else { self }
    }

    /// The rank of the status, from 0 for approved to 6 for abandoned: the session status is the most severe check status.
    pub const fn severity(self) -> u8 {
        match self {
            Self::Approved => 0,
            Self::InReview => 1,
            Self::KycExpired => 2,
            Self::NotStarted => 3,
            Self::InProgress => 4,
            Self::Declined => 5,
            Self::Abandoned => 6,
        }
    }

    /// Returns the most severe of `statuses`.
    pub fn worst(statuses: impl IntoIterator<Item = Self>) -> Self {
        statuses.into_iter().max_by_key(|status| status.severity()).unwrap_or_default()
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named(deserializer, "status", Self::from_name)
    }
}

/// The scores (0–100) that separate the statuses. A score equal to a threshold falls below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Scores at or below this value are declined.
    pub decline: f64,
    /// Scores at or below this value, but above `decline`, go to review.
    pub review: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { decline: 30.0, review: 60.0 }
    }
}

/// The decision on an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The status that follows from the risks.
    pub status: Status,
    /// Liveness score, 0–100; 0 if nothing could be judged.
    pub score: f64,
    /// The risks with their severity.
    pub risks: Vec<(Risk, LogType)>,
    /// The reason why a challenge was failed.
    pub failure: Option<Failure>,
    /// Advice for the person, if the evidence shows a fault.
    pub advice: Option<Advice>,
}

impl Decision {
    /// Returns the decision of a check that was cancelled.
    pub fn abandoned() -> Self {
        Self { status: Status::Abandoned, score: 0.0, risks: Vec::new(), failure: None, advice: None }
    }

    /// Returns whether the decision contains the risk.
    pub fn has(&self, risk: Risk) -> bool {
        self.risks.iter().any(|(known, _)| *known == risk)
    }

    /// Sets the severity of a risk, whatever it was before, and updates the status.
    pub fn note(&mut self, risk: Risk, grave: LogType) {
        match self.risks.iter_mut().find(|(known, _)| *known == risk) {
            Some((_, known)) => *known = grave,
            None => self.risks.push((risk, grave)),
        }
        if self.status != Status::Abandoned {
            self.status = status_of(&self.risks);
        }
    }

    /// Sets the severity of a risk to at least `grave`, and updates the status.
    pub fn raise(&mut self, risk: Risk, grave: LogType) {
        let known = self.risks.iter().find(|(known, _)| *known == risk).map(|(_, grave)| *grave);
        self.note(risk, known.map_or(grave, |known| known.max(grave)));
    }

    /// Sends an approved decision to review if the face quality is below 50, whatever the score.
    pub(super) fn hold_to_quality(&mut self, quality: Option<f64>) {
        if self.status == Status::Approved && quality.is_some_and(|quality| quality < LEAST_QUALITY) {
            self.raise(Risk::LowFaceQuality, LogType::Warning);
        }
    }

    /// Records a challenge that failed in the way of an injected video. The action decides between an attack
    /// and a review.
    pub fn note_injection(&mut self, action: RuleAction) {
        match action {
            RuleAction::NoAction => {}
            RuleAction::Review => {
                self.note(Risk::LowLivenessScore, LogType::Warning);
                self.raise(Risk::LivenessFaceAttack, LogType::Warning);
            }
            RuleAction::Decline => self.note(Risk::LivenessFaceAttack, LogType::Error),
        }
    }

    /// Returns whether another attempt may have a better result: every risk can be remedied, and at least one
    /// of them is not a score between the thresholds.
    pub fn retryable(&self) -> bool {
        let spoilt = self.status == Status::Declined
            || self
                .risks
                .iter()
                .any(|(risk, grave)| *grave > LogType::Information && *risk != Risk::LowLivenessScore);
        spoilt && self.status != Status::Abandoned && self.risks.iter().all(|(risk, _)| risk.retryable())
    }
}

/// Applies the thresholds to the evidence. A score from faulty frames is never approved. A missing face and a
/// failed challenge are declined.
pub fn decide(evidence: &Evidence, thresholds: Thresholds) -> Decision {
    let mut risks = Vec::new();
    if evidence.attack {
        risks.push((Risk::LivenessFaceAttack, LogType::Error));
    }
    match Risk::of(evidence.hindrance) {
        Some(Risk::NoFaceDetected) => risks.push((Risk::NoFaceDetected, LogType::Error)),
        Some(risk) => risks.push((risk, LogType::Warning)),
        None => {}
    }
    match evidence.score {
        // Without a face the score has no meaning; the missing face is already recorded.
        Some(_) if evidence.hindrance == Guidance::NoFace => {}
        // A low score of a covered face shows only that the face is covered.
        Some(score) if is_covered(evidence) => {
            if score <= thresholds.decline {
                risks.iter_mut().for_each(|(_, grave)| *grave = LogType::Error);
            }
        }
        Some(score) if score <= thresholds.decline || evidence.failure.is_some() => {
            risks.push((Risk::LowLivenessScore, LogType::Error))
        }
        Some(score) if score <= thresholds.review => risks.push((Risk::LowLivenessScore, LogType::Warning)),
        Some(_) => {}
        None if evidence.hindrance == Guidance::Ok => risks.push((Risk::NoFaceDetected, LogType::Error)),
        None => risks.iter_mut().for_each(|(_, grave)| *grave = LogType::Error),
    }
    let status = status_of(&risks);
    let (score, advice) = (evidence.score.unwrap_or(0.0), Advice::of(evidence));
    let mut decision = Decision { status, score, risks, failure: evidence.failure, advice };
    decision.hold_to_quality(evidence.face_quality);
    decision
}

/// Returns whether a covered face is the only fault. It then prevented the start of the check, or the
/// judgement of single frames.
fn is_covered(evidence: &Evidence) -> bool {
    evidence.hindrance == Guidance::FaceCovered
        && evidence.failure.is_none_or(|failure| failure == Failure::NotPositioned)
}

/// Returns the status that follows from the most severe risk.
fn status_of(risks: &[(Risk, LogType)]) -> Status {
    match risks.iter().map(|(_, grave)| *grave).max() {
        Some(LogType::Error) => Status::Declined,
        Some(LogType::Warning) => Status::InReview,
        Some(LogType::Information) | None => Status::Approved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evidence(score: Option<f64>, hindrance: Guidance, attack: bool) -> Evidence {
        Evidence { score, hindrance, attack, ..Evidence::default() }
    }

    #[test]
    fn thresholds_belong_to_their_lower_side() {
        let status =
            |score| decide(&evidence(Some(score), Guidance::Ok, false), Thresholds::default()).status;
        assert_eq!(
            [0.0, 30.0, 30.1, 60.0, 60.1, 100.0].map(status),
            [
                Status::Declined,
                Status::Declined,
                Status::InReview,
                Status::InReview,
                Status::Approved,
                Status::Approved
            ]
        );
    }

    #[test]
    fn no_face_suppresses_the_low_score() {
        let decision = decide(&evidence(None, Guidance::NoFace, false), Thresholds::default());
        assert_eq!(decision.risks, [(Risk::NoFaceDetected, LogType::Error)]);
        assert_eq!((decision.status, decision.retryable()), (Status::Declined, true));
        // Also if some frames were judged before the face left.
        let some = decide(&evidence(Some(10.0), Guidance::NoFace, false), Thresholds::default());
        assert_eq!(some.risks, [(Risk::NoFaceDetected, LogType::Error)]);
    }

    #[test]
    fn a_spoilt_picture_is_never_approved() {
        let decision = decide(&evidence(Some(99.0), Guidance::TooDark, false), Thresholds::default());
        assert_eq!(decision.status, Status::InReview);
        assert_eq!(decision.risks, [(Risk::LowFaceLuminance, LogType::Warning)]);
        assert!(decision.retryable());
    }

    #[test]
    fn a_poor_face_is_never_approved_whatever_the_score() {
        let of = |quality| {
            let evidence =
                Evidence { face_quality: Some(quality), ..evidence(Some(99.0), Guidance::Ok, false) };
            decide(&evidence, Thresholds::default())
        };
        assert_eq!(of(50.0).status, Status::Approved);
        assert_eq!((of(49.9).status, of(49.9).retryable()), (Status::InReview, true));
        assert_eq!(of(0.0).risks, [(Risk::LowFaceQuality, LogType::Warning)]);
    }

    #[test]
    fn a_covered_face_is_told_as_that_and_never_as_a_low_score() {
        for (score, grave) in [(5.0, LogType::Error), (45.0, LogType::Warning), (99.0, LogType::Warning)] {
            let decision =
                decide(&evidence(Some(score), Guidance::FaceCovered, false), Thresholds::default());
            assert_eq!(decision.risks, [(Risk::HighFaceOcclusion, grave)]);
            assert!(decision.status != Status::Approved && decision.retryable());
        }
    }

    #[test]
    fn a_middling_score_on_good_pictures_is_for_a_person_to_judge() {
        assert!(!decide(&evidence(Some(45.0), Guidance::Ok, false), Thresholds::default()).retryable());
    }

    #[test]
    fn a_failed_challenge_declines_at_any_threshold_and_may_be_tried_again() {
        let evidence =
            Evidence { failure: Some(Failure::NotDone), ..evidence(Some(20.0), Guidance::Ok, false) };
        let decision = decide(&evidence, Thresholds { decline: 5.0, review: 10.0 });
        assert_eq!((decision.status, decision.retryable()), (Status::Declined, true));
    }

    #[test]
    fn an_attack_is_declined_for_good() {
        let decision = decide(&evidence(Some(99.0), Guidance::Ok, true), Thresholds::default());
        assert_eq!((decision.status, decision.retryable()), (Status::Declined, false));
    }

    #[test]
    fn an_approval_expires_and_nothing_else() {
        let week = |status: Status, days: u32| status.after(DAY * days, Some(7));
        assert_eq!([7, 8].map(|days| week(Status::Approved, days)), [Status::Approved, Status::KycExpired]);
        assert_eq!(week(Status::Declined, 8), Status::Declined);
        assert_eq!(Status::Approved.after(DAY * 10_000, None), Status::Approved);
    }

    #[test]
    fn the_worst_check_is_the_sessions() {
        use Status::*;
        for (checks, worst) in [
            (vec![Approved, InReview, Approved], InReview),
            (vec![Approved, Declined, NotStarted], Declined),
            (vec![InReview, Abandoned, NotStarted], Abandoned),
            (vec![Approved], Approved),
            (vec![], NotStarted),
        ] {
            assert_eq!(Status::worst(checks), worst);
        }
    }

    proptest! {
        #[test]
        fn a_higher_score_is_never_worse(a in 0.0f64..100.0, b in 0.0f64..100.0, hindrance in prop::sample::select(Guidance::ALL.to_vec())) {
            let rank = |status| [Status::Declined, Status::InReview, Status::Approved].iter().position(|s| *s == status);
            let of = |score| rank(decide(&evidence(Some(score), hindrance, false), Thresholds::default()).status);
            prop_assert!(of(a.min(b)) <= of(a.max(b)));
        }
    }
}
