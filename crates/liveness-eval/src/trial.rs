// SPDX-License-Identifier: MIT OR Apache-2.0

//! The run of a check on one presentation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstliveness::message::{Body, LivenessMessage};
use liveness_core::check::Method;
use liveness_core::session::Status;
use liveness_workflow::Node;
use serde::{Deserialize, Serialize};

use super::case::{Case, Origin};
use liveness_core::check::Cue;
use liveness_core::session::{LivenessCheck, Warning};
use liveness_service::check::{Check, Event, report};
use liveness_service::failure::{Code, Failure};
use liveness_service::input::{Open, Source};

/// Longer than any session takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The result of a presentation.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Trial {
    /// Id of the case.
    pub id: String,
    /// Reason for a missing decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Status of the decision; empty after an error.
    pub status: String,
    /// Liveness score, 0–100.
    pub score: f64,
    /// Face quality, 0–100.
    pub face_quality: Option<f64>,
    /// Mean luma of the face, 0–100.
    pub face_luminance: Option<f64>,
    /// Seconds of the stream until the decision.
    pub seconds: Option<f64>,
    /// Risks of the warnings, each with its reason if the check gives one.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Values of the cues that contributed to the score, by name.
    #[serde(default)]
    pub cues: BTreeMap<String, f64>,
}

/// The check's response to a presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approved,
    InReview,
    Declined,
    /// No response: the check saw nothing to judge.
    None,
}

/// Risks of a judged presentation. A decline without them gives the reason why nothing could be judged.
const JUDGED: [&str; 2] = ["LIVENESS_FACE_ATTACK", "LOW_LIVENESS_SCORE"];

impl Trial {
    /// Returns the response that follows from the status and the risks.
    pub fn answer(&self) -> Answer {
        match Status::from_name(&self.status) {
            Some(Status::Approved) => Answer::Approved,
            Some(Status::InReview) => Answer::InReview,
            Some(Status::Declined) if self.is_judged() => Answer::Declined,
            _ => Answer::None,
        }
    }

    /// Returns whether the score is the only possible objection.
    pub fn is_faultless(&self) -> bool {
        self.error.is_none() && self.reasons.iter().all(|reason| reason == "LOW_LIVENESS_SCORE")
    }

    fn is_judged(&self) -> bool {
        let of_judgement = |reason: &String| JUDGED.iter().any(|risk| reason.starts_with(risk));
        self.reasons.is_empty() || self.reasons.iter().any(of_judgement)
    }

    fn failed(case: &Case, failure: &Failure) -> Self {
        Self { id: case.id.clone(), error: Some(failure.text.clone()), ..Self::default() }
    }
}

/// Runs a presentation. A file that cannot be played is also a trial, without a response.
///
/// # Errors
/// A [`Failure`] of the program or of a rendered presentation. It ends the evaluation.
pub fn play(case: &Case, node: &Node) -> Result<Trial, Failure> {
    match attempt(case, node) {
        Ok(trial) => Ok(trial),
        Err(failure) => match (&case.origin, failure.code) {
            (Origin::File(_), Code::Data | Code::NoInput) => Ok(Trial::failed(case, &failure)),
            _ => Err(failure.about(&case.id)),
        },
    }
}

fn attempt(case: &Case, node: &Node) -> Result<Trial, Failure> {
    let (open, element) = match &case.origin {
        Origin::File(path) => (Source::File(path.clone()).open()?, Check::element(node)?),
        Origin::Rendered { chain, seed } => (Open::made(chain)?, seeded(node.method.0, *seed)?),
    };
    let sink = gst::ElementFactory::make("fakesink").property("sync", false).build();
    let sink = sink.map_err(|_| Failure::unavailable("GStreamer's element fakesink is missing"))?;
    let check = Check::new(open, vec![element], &sink)?;
    check.start()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match check.next(left)? {
            Some(Event::Liveness(_, structure)) => {
                let message = LivenessMessage::try_from(structure.as_ref());
                if let Ok(LivenessMessage { header, body: Body::Result(result) }) = message {
                    let decision = report(&result)?.ruled(&node.status_rules());
                    let seconds = header.running_time.map(|time| time.nseconds() as f64 * 1e-9);
                    return Ok(trial(case, &decision, seconds));
                }
            }
            Some(Event::Ended) => return Err(Failure::data("it ends without a decision")),
            None if left.is_zero() => return Err(Failure::data("it takes too long")),
            None => {}
        }
    }
}

/// Returns an element whose session is repeatable: it has no thread of its own, so the check sees each frame
/// before the next one is rendered.
fn seeded(method: Method, seed: u64) -> Result<gst::Element, Failure> {
    let element = match method {
        Method::Passive => gst::ElementFactory::make("livenesspassive"),
        Method::Flash => gst::ElementFactory::make("livenessflash"),
        Method::Action => gst::ElementFactory::make("livenessaction"),
        Method::ActionFlash => {
            gst::ElementFactory::make("livenessbin").property_from_str("method", "action_flash")
        }
    };
    let element = element.property("max-attempts", 1u32).build();
    let element = element.map_err(|e| Failure::internal(format!("the check cannot be made: {e}")))?;
    if element.find_property("seed").is_some() {
        element.set_property("seed", seed);
    }
    Ok(element)
}

fn trial(case: &Case, check: &LivenessCheck, seconds: Option<f64>) -> Trial {
    let cue = |cue: &Cue| Some((cue.name.clone().into_owned(), cue.value?));
    Trial {
        id: case.id.clone(),
        error: None,
        status: check.status.name().to_owned(),
        score: check.score,
        face_quality: check.face_quality,
        face_luminance: check.face_luminance,
        seconds,
        reasons: check.warnings.iter().map(reason).collect(),
        cues: check.evidence.cues.iter().filter_map(cue).collect(),
    }
}

fn reason(warning: &Warning) -> String {
    let risk = warning.risk.name();
    warning.additional_data.as_ref().map_or(risk.to_owned(), |data| format!("{risk}: {}", data.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decline_for_what_hid_the_face_is_no_response() {
        let trial = |status: &str, reasons: &[&str]| Trial {
            status: status.into(),
            reasons: reasons.iter().map(|r| (*r).to_owned()).collect(),
            ..Trial::default()
        };
        assert_eq!(trial("Approved", &[]).answer(), Answer::Approved);
        assert_eq!(trial("In Review", &["LOW_FACE_QUALITY"]).answer(), Answer::InReview);
        assert_eq!(trial("Declined", &["LOW_LIVENESS_SCORE", "LOW_FACE_QUALITY"]).answer(), Answer::Declined);
        assert_eq!(trial("Declined", &["LIVENESS_FACE_ATTACK: NO_RELIEF"]).answer(), Answer::Declined);
        assert_eq!(trial("Declined", &["HIGH_FACE_LUMINANCE"]).answer(), Answer::None);
        assert_eq!(trial("Declined", &["NO_FACE_DETECTED"]).answer(), Answer::None);
        assert_eq!(trial("Abandoned", &[]).answer(), Answer::None);
        assert_eq!(trial("", &[]).answer(), Answer::None);
    }
}
