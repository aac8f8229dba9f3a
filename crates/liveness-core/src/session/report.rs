// SPDX-License-Identifier: MIT OR Apache-2.0

//! The decision as JSON: one item of `liveness_checks[]`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decision::{Decision, Status};
use super::risk::{LogType, Risk};
use super::screening::{Doubt, FaceMatch, Screened};
use super::status_rule::{StatusRule, apply_status_rules};
use crate::check::{Challenge, Cue, Evidence, Failure, Guidance, Method};
use crate::face::{AgeGender, FaceQuality, Gender};

/// One item of `liveness_checks[]`, with its fields in the contract's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LivenessCheck {
    /// Name of the check in the workflow.
    pub node_id: String,
    /// Status of the check.
    pub status: Status,
    /// Method by its name in the contract.
    pub method: Cow<'static, str>,
    /// Liveness score, 0–100.
    pub score: f64,
    /// Path or address of the stored reference image. The image leaves the process only if configured.
    pub reference_image: Option<String>,
    /// Path or address of the stored video.
    pub video_url: Option<String>,
    /// Estimated age in years, if requested.
    pub age_estimation: Option<f64>,
    /// Matches with lists of faces.
    pub matches: Vec<FaceMatch>,
    /// Face quality, 0–100.
    pub face_quality: Option<f64>,
    /// Mean luma of the face, 0–100.
    pub face_luminance: Option<f64>,
    /// Warnings, one per risk.
    pub warnings: Vec<Warning>,
    /// Findings behind the decision.
    pub evidence: EvidenceReport,
}

/// A warning of the decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Always `LIVENESS`.
    pub feature: Cow<'static, str>,
    /// The risk.
    pub risk: Risk,
    /// The reason for a failed challenge or a doubt, if known.
    pub additional_data: Option<Reason>,
    /// Severity of the risk.
    pub log_type: LogType,
    /// A title of a few words.
    pub short_description: Cow<'static, str>,
    /// An explanation in a sentence or two.
    pub long_description: Cow<'static, str>,
    /// Name of the check in the workflow.
    pub node_id: String,
}

/// The reason of a warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Name of the reason, such as `NO_RELIEF`.
    pub reason: Cow<'static, str>,
    /// A sentence in English.
    pub text: Cow<'static, str>,
}

/// The findings behind a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceReport {
    /// Method by the plugin's own name. It shows whether light was used, which `ACTIVE_3D` does not.
    pub method: Cow<'static, str>,
    /// The cues that contributed to the score.
    pub cues: Vec<Cue>,
    /// Entropy of the challenge in bits.
    pub challenge_entropy_bits: f64,
    /// The requested challenges and their results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub challenges: Vec<Challenge>,
    /// Number of frames analysed.
    pub frames_analysed: u64,
    /// Number of frames skipped.
    pub frames_skipped: u64,
    /// Number of attempts made.
    pub attempts_used: u32,
    /// The guidance code of the fault that made frames unusable.
    pub hindrance: Option<Cow<'static, str>>,
    /// true if the movements match the mirror image of the request: the source may be mirrored, or `mirrored`
    /// may be set wrongly.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirror_image: bool,
    /// Components of face quality, 0–100 each.
    pub quality: Option<FaceQuality>,
    /// Estimated together with the age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Confidence in the gender, 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender_confidence: Option<f64>,
}

impl LivenessCheck {
    /// Returns the report of a decision. The age, the files and the counters of frames and attempts are left empty.
    pub fn new(node_id: &str, method: Method, decision: &Decision, evidence: Option<&Evidence>) -> Self {
        let warnings = decision.risks.iter().map(|(risk, log_type)| {
            let reason = decision.failure.filter(|_| risk.tells_why());
            Warning {
                additional_data: reason.map(Reason::of_failure),
                ..Warning::new(*risk, *log_type, node_id)
            }
        });
        let hindrance = evidence.map(|e| e.hindrance).filter(|hindrance| *hindrance != Guidance::Ok);
        Self {
            node_id: node_id.to_owned(),
            status: decision.status,
            method: method.json_name().into(),
            score: round(decision.score),
            reference_image: None,
            video_url: None,
            age_estimation: None,
            matches: Vec::new(),
            face_quality: evidence.and_then(|e| e.face_quality).map(round),
            face_luminance: evidence.and_then(|e| e.face_luminance).map(round),
            warnings: warnings.collect(),
            evidence: EvidenceReport {
                method: method.name().into(),
                cues: evidence.map(|e| e.cues.clone()).unwrap_or_default(),
                challenge_entropy_bits: evidence.map_or(0.0, |e| round(e.entropy_bits)),
                challenges: evidence.map(|e| e.challenges.clone()).unwrap_or_default(),
                frames_analysed: 0,
                frames_skipped: 0,
                attempts_used: 0,
                hindrance: hindrance.map(|hindrance| hindrance.code().into()),
                mirror_image: decision.failure == Some(Failure::Mirrored),
                quality: evidence.and_then(|e| e.quality),
                gender: None,
                gender_confidence: None,
            },
        }
    }

    /// Adds the requested estimate, or a warning if there is none.
    pub fn with_age(mut self, age: Option<AgeGender>) -> Self {
        self.age_estimation = age.map(|age| round(f64::from(age.age)));
        self.evidence.gender = age.map(|age| age.gender);
        self.evidence.gender_confidence = age.map(|age| round(f64::from(age.gender_confidence)));
        let noted = self.warnings.iter().any(|warning| warning.risk == Risk::AgeNotDetected);
        if age.is_none() && !noted && self.status != Status::Abandoned {
            let warning = Warning::new(Risk::AgeNotDetected, LogType::Information, &self.node_id);
            self.warnings.push(warning);
        }
        self
    }

    /// Returns the report of a check that is not made, as an earlier one has settled the session.
    pub fn not_started(node_id: &str, method: Method) -> Self {
        let decision = Decision { status: Status::NotStarted, ..Decision::abandoned() };
        Self::new(node_id, method, &decision, None)
    }

    /// Reads a report from its JSON text.
    ///
    /// # Errors
    /// JSON of another shape.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Returns the JSON text. Serializing these fields cannot fail.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the score in words, such as `score 88.7 of 100`.
    pub fn score_in_words(&self) -> String {
        format!("score {:.1} of 100", self.score)
    }

    /// Returns whether the session goes on after this check.
    pub fn passed(&self) -> bool {
        matches!(self.status, Status::Approved | Status::InReview)
    }

    /// Applies the status rules of a workflow.
    pub fn ruled(mut self, rules: &[StatusRule]) -> Self {
        let json = serde_json::to_value(&self).unwrap_or(Value::Null);
        self.status = apply_status_rules(rules, &json, self.status);
        self
    }

    /// Adds the matches with known faces and their warnings; the status may get worse. A check that has not passed needs no doubt.
    pub fn screened(mut self, screened: &Screened) -> Self {
        let doubt = screened.doubt.filter(|_| self.passed());
        if self.status != Status::Abandoned {
            self.status = screened.status(self.status);
        }
        let warnings = screened.risks.iter().map(|(risk, grave)| Warning::new(*risk, *grave, &self.node_id));
        let doubt = doubt.map(|doubt| Warning::of_doubt(doubt, &self.node_id));
        let warnings: Vec<_> = warnings.chain(doubt).collect();
        // Of two warnings of one risk the later one knows more.
        self.warnings.retain(|known| warnings.iter().all(|warning| warning.risk != known.risk));
        self.warnings.extend(warnings);
        self.matches.clone_from(&screened.matches);
        self
    }
}

impl Reason {
    fn of_failure(failure: Failure) -> Self {
        Self { reason: failure.name().into(), text: failure.text().into() }
    }
}

impl Warning {
    /// Returns a warning with the risk's texts.
    pub fn new(risk: Risk, log_type: LogType, node_id: &str) -> Self {
        Self {
            feature: "LIVENESS".into(),
            risk,
            additional_data: None,
            log_type,
            short_description: risk.short_description().into(),
            long_description: risk.long_description().into(),
            node_id: node_id.to_owned(),
        }
    }

    /// Returns the warning of a doubt about the face's identity.
    pub fn of_doubt(doubt: Doubt, node_id: &str) -> Self {
        let (risk, grave) = doubt.risk();
        let reason = Reason { reason: doubt.name().into(), text: doubt.text().into() };
        Self { additional_data: Some(reason), ..Self::new(risk, grave, node_id) }
    }

    /// Returns the most exact sentence that says why.
    pub fn text(&self) -> &str {
        self.additional_data.as_ref().map_or(&self.long_description, |reason| &reason.text)
    }
}

/// Rounds to two decimals, the accuracy of the measurements.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::decision::{Thresholds, decide};
    use super::*;

    #[test]
    fn the_report_has_the_contracts_names() {
        let evidence = Evidence {
            score: Some(12.345),
            hindrance: Guidance::TooDark,
            cues: vec![Cue::new("net_near", Some(f64::NAN), 0.5)],
            face_quality: Some(80.0),
            ..Evidence::default()
        };
        let decision = decide(&evidence, Thresholds::default());
        let check = LivenessCheck::new("kiosk", Method::Passive, &decision, Some(&evidence)).with_age(None);
        let json: serde_json::Value = serde_json::from_str(&check.to_json()).unwrap();
        assert_eq!(json["status"], "Declined");
        assert_eq!(json["method"], "PASSIVE");
        assert_eq!(json["score"], 12.35);
        let risks: Vec<_> = json["warnings"].as_array().unwrap().iter().map(|w| w["risk"].clone()).collect();
        assert_eq!(risks, ["LOW_FACE_LUMINANCE", "LOW_LIVENESS_SCORE", "AGE_NOT_DETECTED"]);
        assert_eq!(json["warnings"][1]["log_type"], "error");
        assert_eq!(json["warnings"][1]["node_id"], "kiosk");
        assert_eq!(json["evidence"]["cues"][0]["abstained"], true);
        assert_eq!(json["evidence"]["method"], "passive");
        for name in ["reference_image", "video_url", "age_estimation", "matches", "face_luminance"] {
            assert!(json.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn age_and_gender_stand_beside_each_other_where_they_are_asked_for() {
        let plain = LivenessCheck::new("n", Method::Passive, &Decision::abandoned(), None);
        let json =
            |check: &LivenessCheck| -> serde_json::Value { serde_json::from_str(&check.to_json()).unwrap() };
        let unasked = json(&plain);
        assert!(
            unasked["age_estimation"].is_null() && unasked["evidence"].get("gender").is_none(),
            "{unasked}"
        );
        let estimate = AgeGender { age: 31.26, gender: Gender::Female, gender_confidence: 0.9 };
        let asked = json(&plain.with_age(Some(estimate)));
        assert_eq!(
            (&asked["age_estimation"], &asked["evidence"]["gender"]),
            (&31.26.into(), &"female".into())
        );
        assert_eq!(asked["evidence"]["gender_confidence"], 0.9);
    }

    #[test]
    fn the_evidence_says_whether_light_was_used() {
        let named = Method::ALL.map(|method| {
            let check = LivenessCheck::new("n", method, &Decision::abandoned(), None);
            (check.method.into_owned(), check.evidence.method.into_owned())
        });
        for expected in [
            ("PASSIVE", "passive"),
            ("FLASHING", "flash"),
            ("ACTIVE_3D", "action"),
            ("ACTIVE_3D", "action_flash"),
        ] {
            let (method, own) = expected;
            assert!(named.contains(&(method.to_owned(), own.to_owned())), "{named:?}");
        }
    }

    fn approved(risks: Vec<(Risk, LogType)>) -> LivenessCheck {
        let decision = Decision { status: Status::Approved, risks, ..Decision::abandoned() };
        LivenessCheck::new("n", Method::Passive, &decision, None)
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let evidence = Evidence {
            score: Some(100.0 / 3.0),
            hindrance: Guidance::TooDark,
            cues: vec![Cue::new("net_near", Some(0.1 + 0.2), 1.0 / 3.0), Cue::new("light", None, 0.0)],
            face_quality: Some(80.123),
            quality: Some(FaceQuality { sharpness: 1.0 / 3.0, ..FaceQuality::default() }),
            ..Evidence::default()
        };
        let decision = decide(&evidence, Thresholds::default());
        let check = LivenessCheck::new("kiosk", Method::ActionFlash, &decision, Some(&evidence));
        let read = LivenessCheck::from_json(&check.to_json()).unwrap();
        assert_eq!(read.to_json(), check.to_json());
        assert_eq!(read, check);
        for wrong in ["", "{}", "[]", r#"{"status": "Maybe"}"#] {
            assert!(LivenessCheck::from_json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_has_not_passed_needs_no_doubt() {
        let doubtful = Screened { doubt: Some(Doubt::Unseen), ..Screened::default() };
        for status in [Status::Declined, Status::Abandoned] {
            let check = LivenessCheck { status, ..LivenessCheck::not_started("n", Method::Passive) };
            let screened = check.screened(&doubtful);
            assert_eq!((screened.status, screened.warnings), (status, Vec::new()));
        }
    }

    #[test]
    fn a_doubt_is_told_once_with_its_reason() {
        let doubtful = Screened { doubt: Some(Doubt::Unseen), ..Screened::default() };
        let noted = vec![(Risk::LowFaceQuality, LogType::Information)];
        for check in [approved(Vec::new()), approved(noted)] {
            let check = check.screened(&doubtful);
            assert_eq!(check.status, Status::InReview);
            let [warning] = check.warnings.as_slice() else { panic!("{:?}", check.warnings) };
            assert_eq!((warning.risk, warning.log_type), (Risk::LowFaceQuality, LogType::Warning));
            assert_eq!(warning.additional_data.as_ref().unwrap().reason, "FACE_NOT_COMPARED");
        }
    }
}
