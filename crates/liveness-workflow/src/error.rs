//! Why there is no workflow.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    #[error("the workflow {} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// Every fault on a line of its own.
    #[error("{0}")]
    Faulty(String),
    #[error("{} has no workflow {id}, but {ids}", path.display())]
    Unknown { path: PathBuf, id: String, ids: String },
    #[error("{} has several workflows: choose one of {ids}", path.display())]
    Several { path: PathBuf, ids: String },
}
