// SPDX-License-Identifier: MIT OR Apache-2.0

//! Faults of a workflow file and their places.

use super::document::Step;

/// Maximum number of faults that a report lists, so that a report does not grow with its file.
const MAX_TOLD: usize = 20;

/// One fault of a workflow file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The path from the document's root to the faulty value.
    pub path: Vec<Step>,
    /// The description for the author of the file.
    pub text: String,
}

impl Fault {
    /// A fault of the value at `path`.
    pub fn new(path: &[Step], text: impl Into<String>) -> Self {
        Self { path: path.to_vec(), text: text.into() }
    }

    /// A fault of the field `key` in the value at `path`.
    pub fn of_key(path: &[Step], key: &str, text: impl Into<String>) -> Self {
        Self { path: [path, &[Step::Key(key.to_owned())]].concat(), text: text.into() }
    }
}

/// The faults of a document: the first 20, and the number of the others.
#[derive(Debug, Default)]
pub struct Faults {
    told: Vec<Fault>,
    more: usize,
}

impl Faults {
    /// Adds a fault. After the first 20 it only counts the fault and does not call `fault`.
    pub fn push_with(&mut self, fault: impl FnOnce() -> Fault) {
        if self.told.len() < MAX_TOLD {
            self.told.push(fault());
        } else {
            self.more += 1;
        }
    }

    /// Returns whether there are no faults.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Returns the first faults, at most 20.
    pub fn told(&self) -> &[Fault] {
        &self.told
    }

    /// Returns the number of faults beyond [`Self::told`].
    pub fn more(&self) -> usize {
        self.more
    }

    /// Returns `Ok` if there are no faults.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        faults.into_iter().for_each(|fault| self.push_with(|| fault));
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { told: vec![fault], more: 0 }
    }
}
