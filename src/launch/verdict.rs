//! The decision as the launcher reads it.

use gstliveness::elements::message::ResultBody;
use serde::Deserialize;

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
    pub gender: Option<Gender>,
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

#[derive(Clone, Debug, Deserialize)]
pub struct Gender {
    pub gender: String,
}

/// A decision's JSON: as it is, and as far as it is understood here.
pub struct Decision {
    pub json: serde_json::Map<String, serde_json::Value>,
    pub verdict: Verdict,
}

impl TryFrom<&ResultBody> for Decision {
    type Error = Failure;

    fn try_from(result: &ResultBody) -> Result<Self, Failure> {
        let failed = |e| Failure::internal(format!("the decision is not readable: {e}"));
        let json = serde_json::from_str(&result.json).map_err(failed)?;
        let verdict = serde_json::from_str(&result.json).map_err(failed)?;
        Ok(Self { json, verdict })
    }
}
