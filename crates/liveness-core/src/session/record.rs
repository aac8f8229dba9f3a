// SPDX-License-Identifier: MIT OR Apache-2.0

//! The record of a whole session as JSON.

use serde::Serialize;
use serde_json::Value;

use super::decision::Status;
use super::report::LivenessCheck;

/// The record of a session, with all its checks and their result.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRecord {
    /// A UUID.
    pub session_id: String,
    /// The workflow's name.
    pub workflow_id: String,
    /// The session's status: the most severe of its checks.
    pub status: Status,
    /// The integrator's reference to the person.
    pub vendor_data: Option<String>,
    /// The integrator's JSON.
    pub metadata: Option<Value>,
    /// Time of creation: RFC 3339, UTC.
    pub created_at: String,
    /// Time at which an approval expires, if the workflow limits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The checks' decisions.
    pub decision: SessionDecision,
}

/// The decisions of a session's checks.
#[derive(Clone, Debug, Serialize)]
pub struct SessionDecision {
    /// One item per node of the workflow, in the form of [`LivenessCheck`](super::LivenessCheck).
    pub liveness_checks: Vec<LivenessCheck>,
}
