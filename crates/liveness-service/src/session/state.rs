// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state of a session: the decisions of its checks, and its status.

use gstliveness::message::{Header, Light, ResultBody};
use liveness_core::session::{LivenessCheck, SessionDecision, SessionRecord, Status, StatusRule};
use serde::Serialize;
use serde_json::{Map, Value};

use super::evidence::Evidence;
use super::records::Records;
use crate::failure::Failure;
use crate::identity;
use crate::provenance::Provenance;
use liveness_workflow::Workflow;

/// The outcome of a check.
pub struct Outcome {
    /// Header of the result message.
    pub header: Header,
    /// Body of the result message.
    pub result: ResultBody,
    /// Decision after screening and rules.
    pub decision: CheckDecision,
}

/// The decision of a check with the fields that the workflow passes through.
#[derive(Clone, Debug, Serialize)]
pub struct CheckDecision {
    /// Report of the check.
    #[serde(flatten)]
    pub check: LivenessCheck,
    /// The integrator's reference to the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_data: Option<String>,
    /// The integrator's JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A session of a workflow.
pub struct Session<'a> {
    /// UUID of the session.
    pub id: String,
    created_at: String,
    /// End of the approval, RFC 3339, UTC. Computed once, because it is reported in several places.
    expires_at: Option<String>,
    /// Path of the recorded video.
    pub video: Option<String>,
    workflow: &'a Workflow,
    rules: Vec<Vec<StatusRule>>,
    /// Outcomes of the completed checks, in their order.
    pub outcomes: Vec<Outcome>,
}

impl<'a> Session<'a> {
    /// Starts a session with a new id.
    ///
    /// # Errors
    /// The random number generator or the clock cannot be read.
    pub fn new(workflow: &'a Workflow) -> Result<Self, Failure> {
        let rules = workflow.nodes.iter().map(|node| node.status_rules()).collect();
        let (id, created_at) = (identity::new()?, identity::now()?);
        Ok(Self { id, created_at, expires_at: None, video: None, workflow, rules, outcomes: Vec::new() })
    }

    /// Returns the number of the running check (from 0), or `None` if the session is decided.
    pub fn current(&self) -> Option<usize> {
        let settled = self.outcomes.last().is_some_and(|last| !last.decision.check.passed());
        Some(self.outcomes.len()).filter(|next| !settled && *next < self.workflow.nodes.len())
    }

    /// Decides the current check from its result. The workflow's rules apply last, after the comparison with
    /// the lists of faces.
    ///
    /// # Errors
    /// The result cannot be parsed, or its face cannot be compared.
    pub fn decide(
        &mut self,
        header: Header,
        result: ResultBody,
        records: &mut Records<'_>,
    ) -> Result<(), Failure> {
        let number = self.outcomes.len();
        let rules = self.rules.get(number).map_or(&[][..], Vec::as_slice);
        let check = crate::check::report(&result)?.screened(&records.screen(number, &result)?).ruled(rules);
        let decision = self.complete(check);
        self.outcomes.push(Outcome { header, result, decision });
        let validity = self.workflow.settings.validity_days.filter(|_| self.status() == Status::Approved);
        self.expires_at = validity.map(|days| identity::in_days(days.cast_signed())).transpose()?;
        Ok(())
    }

    /// Writes the pictures of the last check.
    ///
    /// # Errors
    /// A picture cannot be encoded or written.
    pub fn illustrate(&mut self, evidence: &Evidence, light: Option<&Light>) -> Result<(), Failure> {
        let Some(origin) = self.origin().filter(|_| evidence.is_kept()).transpose()? else {
            return Ok(());
        };
        let number = self.outcomes.len().saturating_sub(1);
        match self.outcomes.last_mut() {
            Some(Outcome { result, decision, .. }) => {
                evidence.pictures(number, result, light, &origin, &mut decision.check)
            }
            None => Ok(()),
        }
    }

    /// Returns the origin of the last check's pictures, or `None` before the first decision.
    pub fn origin(&self) -> Option<Result<Provenance, Failure>> {
        let last = self.outcomes.last()?;
        let node = self.workflow.nodes.get(self.outcomes.len() - 1)?;
        Some(Provenance::of_check(&self.id, node, &last.decision.check))
    }

    /// Adds the fields that the workflow passes through, and the path of the video.
    fn complete(&self, check: LivenessCheck) -> CheckDecision {
        let settings = &self.workflow.settings;
        CheckDecision {
            check: LivenessCheck { video_url: self.video.clone(), ..check },
            vendor_data: settings.vendor_data.clone(),
            metadata: settings.metadata.clone(),
        }
    }

    /// Returns the most severe status of the checks, or In Progress while a check is left to decide.
    pub fn status(&self) -> Status {
        match self.current() {
            Some(_) => Status::InProgress,
            None => Status::worst(self.outcomes.iter().map(|outcome| outcome.decision.check.status)),
        }
    }

    /// Returns the record of a session that a fault has ended.
    ///
    /// # Errors
    /// The record cannot be built.
    pub fn abandoned(&self) -> Result<Map<String, Value>, Failure> {
        object(SessionRecord { status: Status::Abandoned, expires_at: None, ..self.typed_record() })
    }

    /// Returns the record of the session.
    ///
    /// # Errors
    /// The record cannot be built.
    pub fn record(&self) -> Result<Map<String, Value>, Failure> {
        object(self.typed_record())
    }

    fn typed_record(&self) -> SessionRecord {
        let settings = &self.workflow.settings;
        SessionRecord {
            session_id: self.id.clone(),
            workflow_id: self.workflow.id.clone(),
            status: self.status(),
            vendor_data: settings.vendor_data.clone(),
            metadata: settings.metadata.clone(),
            created_at: self.created_at.clone(),
            expires_at: self.expires_at.clone(),
            decision: SessionDecision { liveness_checks: self.checks() },
        }
    }

    /// Returns one item per node, without the fields that the record itself contains.
    fn checks(&self) -> Vec<LivenessCheck> {
        let made = self.outcomes.iter().map(|outcome| outcome.decision.check.clone());
        let left = self.workflow.nodes.iter().skip(self.outcomes.len());
        made.chain(left.map(|node| LivenessCheck::not_started(node.name(), node.method.0))).collect()
    }
}

fn object(record: SessionRecord) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(record) {
        Ok(Value::Object(record)) => Ok(record),
        _ => Err(Failure::internal("the session cannot be written")),
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use liveness_core::check::Method;
    use liveness_workflow::{Node, Settings};

    use super::*;
    use crate::secret::SecretRules;

    fn approved() -> ResultBody {
        let decision = liveness_core::session::Decision {
            status: Status::Approved,
            ..liveness_core::session::Decision::abandoned()
        };
        let json = LivenessCheck::new("n", Method::Passive, &decision, None).to_json();
        ResultBody {
            status: Status::Approved,
            score: 90.0,
            warnings: Vec::new(),
            json,
            reference_image: None,
            depth_map: None,
        }
    }

    #[test]
    fn an_approvals_end_is_decided_once() {
        let settings = Settings { validity_days: Some(1), ..Settings::default() };
        let workflow = Workflow { id: "w".into(), settings, nodes: vec![Node::new(Method::Passive)] };
        let mut records = Records::open(&workflow, &SecretRules::default()).unwrap();
        let header = Header {
            method: Method::Passive,
            attempt: 1,
            timestamp: None,
            stream_time: None,
            running_time: None,
        };
        let mut session = Session::new(&workflow).unwrap();
        assert!(!session.record().unwrap().contains_key("expires_at"));
        session.decide(header, approved(), &mut records).unwrap();
        let told = session.record().unwrap();
        sleep(Duration::from_millis(1100));
        assert_eq!(session.record().unwrap(), told);
        assert!(told["expires_at"].as_str() > told["created_at"].as_str());
    }
}
