//! What is wrong with a workflow file, and where.

use super::document::Step;

/// Most faults that a report lists. A report must not grow with its file.
const MAX_TOLD: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The way to the value at fault.
    pub path: Vec<Step>,
    pub text: String,
}

impl Fault {
    pub fn new(path: &[Step], text: impl Into<String>) -> Self {
        Self { path: path.to_vec(), text: text.into() }
    }

    /// Of the field `key` of what `path` leads to.
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
    /// Adds a fault. Beyond the first 20 it is only counted, and `fault` is not called.
    pub fn push_with(&mut self, fault: impl FnOnce() -> Fault) {
        if self.told.len() < MAX_TOLD {
            self.told.push(fault());
        } else {
            self.more += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The first faults.
    pub fn told(&self) -> &[Fault] {
        &self.told
    }

    /// The number of faults beyond [`Self::told`].
    pub fn more(&self) -> usize {
        self.more
    }

    /// `Ok` without a fault.
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
