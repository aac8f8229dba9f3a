//! The decision as the launcher reads it.

use gstliveness::message::ResultBody;
use liveness_core::check::Method;
use liveness_core::session::{
    self, LivenessCheck, Screened, Status, StatusRule, Warning as Noted, apply_status_rules,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::failure::Failure;

/// What the launcher needs of a `liveness_checks[]` item.
#[derive(Clone, Debug, Deserialize)]
pub struct Verdict {
    pub status: String,
    pub score: f64,
    pub age_estimation: Option<f64>,
    pub face_quality: Option<f64>,
    pub face_luminance: Option<f64>,
    pub warnings: Vec<Warning>,
    pub evidence: Evidence,
}

impl Verdict {
    /// The score as people read it, such as `score 88.7 of 100`.
    pub fn score_in_words(&self) -> String {
        format!("score {:.1} of 100", self.score)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Warning {
    pub log_type: String,
    pub short_description: String,
    pub long_description: String,
    pub additional_data: Option<Additional>,
}

/// Why, where the check knows more than the warning's name says.
#[derive(Clone, Debug, Deserialize)]
pub struct Additional {
    pub text: Option<String>,
}

impl Warning {
    /// The most exact sentence there is.
    pub fn text(&self) -> &str {
        let exact = self.additional_data.as_ref().and_then(|data| data.text.as_deref());
        exact.unwrap_or(&self.long_description)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Evidence {
    pub frames_analysed: u64,
    pub frames_skipped: u64,
    pub attempts_used: u32,
    pub gender: Option<String>,
    #[serde(default)]
    pub challenges: Vec<Challenge>,
}

/// One asked action; seconds from the attempt's first frame.
#[derive(Clone, Debug, Deserialize)]
pub struct Challenge {
    pub action: String,
    pub requested: f64,
    pub onset: Option<f64>,
    pub end: Option<f64>,
}

/// A decision's JSON: as it is, and as far as it is understood here.
#[derive(Clone)]
pub struct Decision {
    pub status: Status,
    pub json: Map<String, Value>,
    pub verdict: Verdict,
}

impl Decision {
    /// Of a check that was not made, because one before it had settled the session.
    pub fn not_started(node_id: &str, method: Method) -> Result<Self, Failure> {
        let none = session::Decision { status: Status::NotStarted, ..session::Decision::abandoned() };
        let json = LivenessCheck::new(node_id, method, &none, None).to_json();
        Self::read(Status::NotStarted, &json)
    }

    fn read(status: Status, json: &str) -> Result<Self, Failure> {
        let failed = |e| Failure::internal(format!("the decision is not readable: {e}"));
        let verdict = serde_json::from_str(json).map_err(failed)?;
        let json = serde_json::from_str(json).map_err(failed)?;
        Ok(Self { status, json, verdict })
    }

    /// With the status that the workflow's rules give it.
    pub fn ruled(mut self, rules: &[StatusRule]) -> Self {
        self.status = apply_status_rules(rules, &Value::Object(self.json.clone()), self.status);
        self.json.insert("status".into(), self.status.name().into());
        self.verdict.status = self.status.name().to_owned();
        self
    }

    /// In the light of the faces that are known: their matches and warnings, and a status that may be worse. What has not
    /// passed needs no doubt.
    pub fn screened(self, screened: &Screened, node_id: &str) -> Result<Self, Failure> {
        let doubt = screened.doubt.filter(|_| self.passed());
        let Self { status, mut json, .. } = self;
        let status = if status == Status::Abandoned { status } else { screened.status(status) };
        let warnings = screened.risks.iter().map(|(risk, grave)| Noted::new(*risk, *grave, node_id));
        let warnings = warnings.chain(doubt.map(|doubt| Noted::of_doubt(doubt, node_id)));
        let warnings = warnings.map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
        let matches = serde_json::to_value(&screened.matches);
        let (Ok(warnings), Ok(matches)) = (warnings, matches) else {
            return Err(Failure::internal("the matches cannot be written"));
        };
        json.insert("status".into(), status.name().into());
        json.insert("matches".into(), matches);
        if let Some(Value::Array(all)) = json.get_mut("warnings") {
            // None stands twice: the later one knows more.
            all.retain(|known| warnings.iter().all(|warning| warning["risk"] != known["risk"]));
            all.extend(warnings);
        }
        Self::read(status, &Value::Object(json).to_string())
    }

    /// Whether the session goes on after it.
    pub fn passed(&self) -> bool {
        matches!(self.status, Status::Approved | Status::InReview)
    }
}

impl TryFrom<&ResultBody> for Decision {
    type Error = Failure;

    fn try_from(result: &ResultBody) -> Result<Self, Failure> {
        Self::read(result.status, &result.json)
    }
}

#[cfg(test)]
mod tests {
    use liveness_core::session::{Doubt, LogType, Risk};

    use super::*;

    fn approved(risks: Vec<(Risk, LogType)>) -> Decision {
        let decision =
            session::Decision { status: Status::Approved, risks, ..session::Decision::abandoned() };
        let json = LivenessCheck::new("n", Method::Passive, &decision, None).to_json();
        Decision::read(Status::Approved, &json).unwrap()
    }

    #[test]
    fn what_has_not_passed_needs_no_doubt() {
        let doubtful = Screened { doubt: Some(Doubt::Unseen), ..Screened::default() };
        let none = Decision::not_started("n", Method::Passive).unwrap();
        for status in [Status::Declined, Status::Abandoned] {
            let decision = Decision { status, ..none.clone() }.screened(&doubtful, "n").unwrap();
            assert_eq!((decision.status, &decision.json["warnings"]), (status, &Value::Array(Vec::new())));
        }
    }

    #[test]
    fn a_doubt_is_told_once_with_its_reason() {
        let doubtful = Screened { doubt: Some(Doubt::Unseen), ..Screened::default() };
        let noted = vec![(Risk::LowFaceQuality, LogType::Information)];
        for decision in [approved(Vec::new()), approved(noted)] {
            let decision = decision.screened(&doubtful, "n").unwrap();
            assert_eq!((decision.status, &decision.json["status"]), (Status::InReview, &"In Review".into()));
            let [warning] = decision.json["warnings"].as_array().unwrap().as_slice() else { panic!() };
            assert_eq!(
                (&warning["risk"], &warning["log_type"]),
                (&"LOW_FACE_QUALITY".into(), &"warning".into())
            );
            assert_eq!(warning["additional_data"]["reason"], "FACE_NOT_COMPARED");
        }
    }
}
