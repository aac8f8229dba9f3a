// SPDX-License-Identifier: MIT OR Apache-2.0

//! Data that a session needs after its program has ended: webhook URL, folders of its files, effects of an
//! approval.

use std::path::{self, Path};

use liveness_workflow::{Name, Settings};
use serde::{Deserialize, Serialize};

/// The destinations of a session, sealed with its record. A later run that abandons or purges the session
/// uses these, since the workflow's settings may have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// URL of the webhook.
    pub webhook: Option<String>,
    /// Absolute path of the evidence folder.
    pub evidence: Option<String>,
    /// Absolute path of the video folder.
    pub record: Option<String>,
}

impl Places {
    /// Returns the destinations of a workflow, with absolute paths.
    pub fn of(settings: &Settings) -> Self {
        let webhook = settings.webhook.as_ref().map(|webhook| webhook.url.0.clone());
        let from_root = |Name(folder): &Name| {
            let whole = path::absolute(folder).ok().and_then(|path| path.to_str().map(str::to_owned));
            whole.unwrap_or_else(|| folder.clone())
        };
        let folder = |name: &Option<Name>| name.as_ref().map(from_root);
        Self { webhook, evidence: folder(&settings.evidence), record: folder(&settings.record) }
    }

    /// Returns the folders that may hold files of the session.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        [&self.evidence, &self.record].into_iter().flatten().map(Path::new)
    }
}

/// The effects of a reviewer's approval of a session in review. Sealed with the record until the session is
/// reviewed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OnApproval {
    /// Validity of the approval in days; `None` for unlimited.
    pub validity_days: Option<u32>,
    /// Embedding of the face to enrol; `None` if the workflow enrols none.
    pub face: Option<Vec<f32>>,
}
