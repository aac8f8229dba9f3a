//! What is wrong with a workflow file, and where.

use super::document::Step;

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
