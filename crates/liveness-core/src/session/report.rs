//! The decision as JSON: one item of `liveness_checks[]`.

use serde::Serialize;

use super::decision::{Decision, Status};
use super::risk::{LogType, Risk};
use super::screening::Doubt;
use crate::check::{Challenge, Cue, Evidence, Failure, Guidance, Method};
use crate::face::{AgeGender, FaceQuality, Gender};

/// One item of `liveness_checks[]`, in the contract's order.
#[derive(Clone, Debug, Serialize)]
pub struct LivenessCheck {
    pub node_id: String,
    pub status: Status,
    pub method: &'static str,
    /// 0–100.
    pub score: f64,
    /// A path or address, once the picture has been stored; it leaves the process only when configured.
    pub reference_image: Option<String>,
    pub video_url: Option<String>,
    /// In years; estimated only where it is asked for.
    pub age_estimation: Option<f64>,
    pub matches: Vec<serde_json::Value>,
    /// 0–100.
    pub face_quality: Option<f64>,
    /// 0–100.
    pub face_luminance: Option<f64>,
    pub warnings: Vec<Warning>,
    pub evidence: EvidenceReport,
}

#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    pub feature: &'static str,
    pub risk: Risk,
    pub additional_data: Option<serde_json::Value>,
    pub log_type: LogType,
    pub short_description: &'static str,
    pub long_description: &'static str,
    pub node_id: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct EvidenceReport {
    /// The method by our own name: it shows whether light was used, which `ACTIVE_3D` does not.
    pub method: &'static str,
    pub cues: Vec<Cue>,
    pub challenge_entropy_bits: f64,
    /// What was asked and what came of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub challenges: Vec<Challenge>,
    pub frames_analysed: u64,
    pub frames_skipped: u64,
    pub attempts_used: u32,
    /// What kept the frames from being usable, as guidance.
    pub hindrance: Option<&'static str>,
    /// The answers fit the mirror image of what was asked for: the source may be mirrored, or `mirrored` be set without reason.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mirror_image: bool,
    /// The components of face quality, 0–100 each.
    pub quality: Option<FaceQuality>,
    /// Estimated together with the age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender_confidence: Option<f64>,
}

impl LivenessCheck {
    pub fn new(node_id: &str, method: Method, decision: &Decision, evidence: Option<&Evidence>) -> Self {
        let warnings = decision.risks.iter().map(|(risk, log_type)| {
            let reason = decision.failure.filter(|_| risk.tells_why());
            Warning { additional_data: reason.map(reason_json), ..Warning::new(*risk, *log_type, node_id) }
        });
        Self {
            node_id: node_id.to_owned(),
            status: decision.status,
            method: method.json_name(),
            score: round(decision.score),
            reference_image: None,
            video_url: None,
            age_estimation: None,
            matches: Vec::new(),
            face_quality: evidence.and_then(|e| e.face_quality).map(round),
            face_luminance: evidence.and_then(|e| e.face_luminance).map(round),
            warnings: warnings.collect(),
            evidence: EvidenceReport {
                method: method.name(),
                cues: evidence.map(|e| e.cues.clone()).unwrap_or_default(),
                challenge_entropy_bits: evidence.map_or(0.0, |e| round(e.entropy_bits)),
                challenges: evidence.map(|e| e.challenges.clone()).unwrap_or_default(),
                frames_analysed: 0,
                frames_skipped: 0,
                attempts_used: 0,
                hindrance: evidence.map(|e| e.hindrance).filter(|h| *h != Guidance::Ok).map(Guidance::code),
                mirror_image: decision.failure == Some(Failure::Mirrored),
                quality: evidence.and_then(|e| e.quality),
                gender: None,
                gender_confidence: None,
            },
        }
    }

    /// Puts in the estimate that was asked for, or the warning that there is none.
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

    /// The JSON text; the fields are such that serialising cannot fail.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Warning {
    pub fn new(risk: Risk, log_type: LogType, node_id: &str) -> Self {
        Self {
            feature: "LIVENESS",
            risk,
            additional_data: None,
            log_type,
            short_description: risk.short_description(),
            long_description: risk.long_description(),
            node_id: node_id.to_owned(),
        }
    }

    pub fn of_doubt(doubt: Doubt, node_id: &str) -> Self {
        let (risk, grave) = doubt.risk();
        let reason = serde_json::json!({ "reason": doubt.name(), "text": doubt.text() });
        Self { additional_data: Some(reason), ..Self::new(risk, grave, node_id) }
    }
}

fn reason_json(failure: Failure) -> serde_json::Value {
    serde_json::json!({ "reason": failure.name(), "text": failure.text() })
}

/// Two decimals are all that the measures are worth.
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
            (check.method, check.evidence.method)
        });
        for expected in [
            ("PASSIVE", "passive"),
            ("FLASHING", "flash"),
            ("ACTIVE_3D", "action"),
            ("ACTIVE_3D", "action_flash"),
        ] {
            assert!(named.contains(&expected), "{named:?}");
        }
    }
}
