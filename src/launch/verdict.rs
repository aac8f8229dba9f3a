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
}

#[derive(Clone, Debug, Deserialize)]
pub struct Evidence {
    pub frames_analysed: u64,
    pub frames_skipped: u64,
    pub attempts_used: u32,
    pub gender: Option<Gender>,
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
