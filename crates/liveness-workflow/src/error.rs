// SPDX-License-Identifier: MIT OR Apache-2.0

//! The errors of loading a workflow file.

use std::io;
use std::path::PathBuf;

/// Reason why a workflow could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    #[error("the workflow {} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// One or more faults, each on its own line.
    #[error("{0}")]
    Faulty(String),
    #[error("{} has no workflow {id}, but {ids}", path.display())]
    Unknown { path: PathBuf, id: String, ids: String },
    #[error("{} has several workflows: choose one of {ids}", path.display())]
    Several { path: PathBuf, ids: String },
}
