//! The names that fields have in a document.

use serde_json::Value;

use super::schema::SYNONYMS;

/// Those of one part of it, as they were written.
pub struct Names(Vec<String>);

impl Names {
    pub fn of(part: &Value) -> Self {
        Self(part.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect())
    }

    /// The name that was given to a field of ours.
    pub fn written(&self, ours: &'static str) -> &'static str {
        let names = SYNONYMS.iter().find(|names| names[0] == ours).copied().unwrap_or_default();
        let given = names.iter().find(|name| self.0.iter().any(|key| key == *name));
        given.copied().unwrap_or(ours)
    }
}
