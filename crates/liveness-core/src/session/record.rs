//! A whole session as JSON.

use serde::Serialize;
use serde_json::Value;

use super::decision::Status;
use super::report::LivenessCheck;

/// One object per session: all its checks and what they come to.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRecord {
    /// A UUID.
    pub session_id: String,
    pub workflow_id: String,
    pub status: Status,
    pub vendor_data: Option<String>,
    pub metadata: Option<Value>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// When an approval ends, where the workflow says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    pub decision: SessionDecision,
}

#[derive(Clone, Debug, Serialize)]
pub struct SessionDecision {
    /// One per node of the workflow.
    pub liveness_checks: Vec<LivenessCheck>,
}
