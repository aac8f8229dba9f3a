//! The needs of a session after its program has ended: the address of its events, the folders of its files, the additions of an approval.

use std::path::{self, Path};

use liveness_workflow::{Name, Settings};
use serde::{Deserialize, Serialize};

/// Sealed with the session's record: when it is ended or purged later, its workflow may have others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    pub webhook: Option<String>,
    /// Folders, from the root on.
    pub evidence: Option<String>,
    pub record: Option<String>,
}

impl Places {
    pub fn of(settings: &Settings) -> Self {
        let webhook = settings.webhook.as_ref().map(|webhook| webhook.url.0.clone());
        let from_root = |Name(folder): &Name| {
            let whole = path::absolute(folder).ok().and_then(|path| path.to_str().map(str::to_owned));
            whole.unwrap_or_else(|| folder.clone())
        };
        let folder = |name: &Option<Name>| name.as_ref().map(from_root);
        Self { webhook, evidence: folder(&settings.evidence), record: folder(&settings.record) }
    }

    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        [&self.evidence, &self.record].into_iter().flatten().map(Path::new)
    }
}

/// The additions of a reviewer's approval to a session in review. Sealed with its record, and gone once it is reviewed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OnApproval {
    /// For how long the approval holds.
    pub validity_days: Option<u32>,
    /// The embedding of the face that is enrolled; `None` where the workflow enrols none.
    pub face: Option<Vec<f32>>,
}
