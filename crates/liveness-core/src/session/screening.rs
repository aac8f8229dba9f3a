// SPDX-License-Identifier: MIT OR Apache-2.0

//! Screening: the effect of matches with the blocklist and with known faces on a decision.

use serde::{Deserialize, Serialize};

use super::decision::Status;
use super::risk::{LogType, Risk};
use super::rules::RuleAction;
use crate::face::Embedding;

/// Cosine similarities from which two pictures may show, or do show, the same person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Similarity of a possible match.
    pub possible: f64,
    /// Similarity of a certain match.
    pub certain: f64,
}

impl Default for Likeness {
    /// The values follow from pairs of different people. In ordinary pictures none of 6 410 pairs reaches the
    /// first value; in NUAA's hard light 4.8 % of 17 494 pairs reach the first and 0.05 % the second.
    fn default() -> Self {
        Self { possible: 0.5, certain: 0.7 }
    }
}

/// The action for each kind of match. `None` stands for the default: decline, or review for a possible match.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Screening {
    /// Action for a face on the blocklist.
    pub blocklist: Option<RuleAction>,
    /// Action for a face that may be on the blocklist.
    pub possible_blocklist: Option<RuleAction>,
    /// Action for a face that is known under other `vendor_data`.
    pub duplicated_face: Option<RuleAction>,
    /// Action for a face that may be known under other `vendor_data`.
    pub possible_duplicated_face: Option<RuleAction>,
    /// Similarities for the blocklist.
    pub like_blocked: Likeness,
    /// Similarities for known faces.
    pub like_known: Likeness,
}

/// A face in the index that resembles the person's: an item of `matches[]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceMatch {
    /// The session from which the face was taken.
    pub session_id: Option<String>,
    /// The cosine similarity in hundredths, 0–100.
    pub similarity_percentage: f64,
    /// The integrator's reference to the person of that session.
    pub vendor_data: Option<String>,
    /// Time of addition to the index: RFC 3339, UTC.
    pub verification_date: String,
    /// true for a face on the blocklist.
    pub is_blocklisted: bool,
}

/// A reason besides the lists to doubt a face's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The portrait is missing or shows no face, so that the identity is unknown.
    Unseen,
    /// The face differs from that of the session's first check.
    OtherPerson,
}

impl Doubt {
    /// Returns the doubt about a later check's face from its cosine similarity with the first check's face.
    /// `None` means that one of the two faces is missing.
    pub fn of_likeness(likeness: Option<f32>) -> Option<Self> {
        match likeness {
            None => Some(Self::Unseen),
            Some(likeness) if likeness < Embedding::SAME_PERSON => Some(Self::OtherPerson),
            Some(_) => None,
        }
    }

    /// Returns the doubt's name in the decision.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unseen => "FACE_NOT_COMPARED",
            Self::OtherPerson => "OTHER_FACE",
        }
    }

    /// Returns the explanation in the decision.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unseen => {
                "The portrait's face could not be compared with others: whose it is remains open."
            }
            Self::OtherPerson => "The face is not that of the session's first check.",
        }
    }

    /// Returns the risk and its severity. A face that was not compared is never approved.
    pub const fn risk(self) -> (Risk, LogType) {
        match self {
            Self::Unseen => (Risk::LowFaceQuality, LogType::Warning),
            Self::OtherPerson => (Risk::LivenessFaceAttack, LogType::Error),
        }
    }
}

/// The result of the screening.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Screened {
    /// The risks of the matches, with their severity.
    pub risks: Vec<(Risk, LogType)>,
    /// The doubt about the face's identity, if any.
    pub doubt: Option<Doubt>,
    /// The matches, with the most similar first.
    pub matches: Vec<FaceMatch>,
}

impl Screening {
    fn action(&self, risk: Risk) -> RuleAction {
        match risk {
            Risk::FaceInBlocklist => self.blocklist.unwrap_or(RuleAction::Decline),
            Risk::DuplicatedFace => self.duplicated_face.unwrap_or(RuleAction::Decline),
            Risk::PossibleFaceInBlocklist => self.possible_blocklist.unwrap_or(RuleAction::Review),
            _ => self.possible_duplicated_face.unwrap_or(RuleAction::Review),
        }
    }

    /// Returns the similarities for the blocklist or for known faces.
    fn likeness(&self, blocklist: bool) -> Likeness {
        if blocklist { self.like_blocked } else { self.like_known }
    }

    /// Judges the most similar faces by their cosine similarity (−1 to 1). Known faces with the person's own
    /// `vendor_data` do not count, since a person is not a duplicate of themselves.
    pub fn judge(&self, nearest: Vec<(FaceMatch, f32)>, vendor_data: Option<&str>) -> Screened {
        let own = |face: &FaceMatch| {
            !face.is_blocklisted && vendor_data.is_some() && face.vendor_data.as_deref() == vendor_data
        };
        let least = |face: &FaceMatch| self.likeness(face.is_blocklisted).possible;
        let mut alike: Vec<_> = nearest
            .into_iter()
            .filter(|(face, similarity)| f64::from(*similarity) >= least(face) && !own(face))
            .collect();
        alike.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut risks = Vec::new();
        for (listed, certain, possible) in [
            (true, Risk::FaceInBlocklist, Risk::PossibleFaceInBlocklist),
            (false, Risk::DuplicatedFace, Risk::PossibleDuplicatedFace),
        ] {
            if let Some((_, similarity)) = alike.iter().find(|(face, _)| face.is_blocklisted == listed) {
                let is_certain = f64::from(*similarity) >= self.likeness(listed).certain;
                let risk = if is_certain { certain } else { possible };
                risks.push((risk, self.action(risk).log_type()));
            }
        }
        Screened { risks, doubt: None, matches: alike.into_iter().map(|(face, _)| face).collect() }
    }
}

impl Screened {
    /// Returns the decision's status with the matches taken into account. It is never better than `status`.
    pub fn status(&self, status: Status) -> Status {
        let doubt = self.doubt.map(Doubt::risk);
        let known = self.risks.iter().chain(&doubt).map(|(_, grave)| match grave {
            LogType::Error => Status::Declined,
            LogType::Warning => Status::InReview,
            LogType::Information => Status::Approved,
        });
        Status::worst(known.chain([status]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn face(who: &str, listed: bool, similarity: f32) -> (FaceMatch, f32) {
        let face = FaceMatch {
            session_id: None,
            similarity_percentage: f64::from(similarity) * 100.0,
            vendor_data: Some(who.to_owned()),
            verification_date: "2026-01-01T00:00:00Z".to_owned(),
            is_blocklisted: listed,
        };
        (face, similarity)
    }

    fn names(screened: &Screened) -> Vec<&'static str> {
        screened.risks.iter().map(|(risk, _)| risk.name()).collect()
    }

    #[test]
    fn the_nearest_of_each_list_counts() {
        let nearest =
            vec![face("a", false, 0.55), face("b", true, 0.99), face("c", false, 0.71), face("d", true, 0.1)];
        let screened = Screening::default().judge(nearest, Some("e"));
        assert_eq!(names(&screened), ["FACE_IN_BLOCKLIST", "DUPLICATED_FACE"]);
        assert_eq!(screened.matches.len(), 3);
        assert_eq!(screened.status(Status::Approved), Status::Declined);
        let possible = Screening::default().judge(vec![face("a", false, 0.55), face("b", true, 0.5)], None);
        assert_eq!(names(&possible), ["POSSIBLE_FACE_IN_BLOCKLIST", "POSSIBLE_DUPLICATED_FACE"]);
        assert_eq!(possible.status(Status::Approved), Status::InReview);
    }

    #[test]
    fn each_list_has_its_own_likeness() {
        let strict = Likeness { possible: 0.2, certain: 0.3 };
        let screening = Screening { like_blocked: strict, ..Screening::default() };
        let names = |similarity| {
            let both = vec![face("a", true, similarity), face("b", false, similarity)];
            names(&screening.judge(both, None))
        };
        assert_eq!(names(0.1), [""; 0]);
        assert_eq!(names(0.25), ["POSSIBLE_FACE_IN_BLOCKLIST"]);
        assert_eq!(names(0.3), ["FACE_IN_BLOCKLIST"]);
        assert_eq!(names(0.5), ["FACE_IN_BLOCKLIST", "POSSIBLE_DUPLICATED_FACE"]);
    }

    #[test]
    fn nobody_is_their_own_duplicate_but_anybody_may_be_blocked() {
        let screen = |listed| Screening::default().judge(vec![face("me", listed, 0.9)], Some("me"));
        assert_eq!(screen(false), Screened::default());
        assert_eq!(names(&screen(true)), ["FACE_IN_BLOCKLIST"]);
        assert_eq!(
            names(&Screening::default().judge(vec![face("me", false, 0.9)], None)),
            ["DUPLICATED_FACE"]
        );
    }

    #[test]
    fn another_persons_face_is_an_attack_and_an_unknown_one_is_in_doubt() {
        assert_eq!(Doubt::of_likeness(Some(0.31)), None);
        assert_eq!(Doubt::of_likeness(None), Some(Doubt::Unseen));
        let other = Doubt::of_likeness(Some(0.29));
        let screened = Screened { doubt: other, ..Screened::default() };
        assert_eq!((other, screened.status(Status::Approved)), (Some(Doubt::OtherPerson), Status::Declined));
    }

    #[test]
    fn nobody_is_approved_unseen() {
        let screened = Screened { doubt: Some(Doubt::Unseen), ..Screened::default() };
        let statuses = [Status::Approved, Status::InReview, Status::Declined].map(|s| screened.status(s));
        assert_eq!(statuses, [Status::InReview, Status::InReview, Status::Declined]);
    }

    proptest! {
        #[test]
        fn a_match_never_mends_a_decision(
            similarities in prop::collection::vec((-1.0f32..1.0, any::<bool>()), 0..5), action in 0usize..3, status in 0usize..7,
        ) {
            let action = Some(RuleAction::ALL[action]);
            let screening = Screening {
                blocklist: action, possible_blocklist: action, duplicated_face: action, possible_duplicated_face: action,
                ..Screening::default()
            };
            let nearest = similarities.iter().map(|(similarity, listed)| face("x", *listed, *similarity)).collect();
            let screened = screening.judge(nearest, None);
            let status = Status::ALL[status];
            prop_assert_eq!(Status::worst([screened.status(status), status]), screened.status(status));
            let alike = similarities.iter().any(|(similarity, _)| f64::from(*similarity) >= Likeness::default().possible);
            prop_assert_eq!(alike, !screened.risks.is_empty());
            if action == Some(RuleAction::NoAction) {
                prop_assert_eq!(screened.status(status), status);
            }
        }
    }
}
