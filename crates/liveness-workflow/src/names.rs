// SPDX-License-Identifier: MIT OR Apache-2.0

//! The names under which a document gives its fields.

use serde_json::Value;

use super::schema::SYNONYMS;

/// The field names of one part of a document, as written.
pub struct Names(Vec<String>);

impl Names {
    /// Collects the field names of `part`, which are none unless it is an object.
    pub fn of(part: &Value) -> Self {
        Self(part.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect())
    }

    /// Returns the synonym under which the field `ours` was written, or `ours` itself.
    pub fn written(&self, ours: &'static str) -> &'static str {
        let names = SYNONYMS.iter().find(|names| names[0] == ours).copied().unwrap_or_default();
        let given = names.iter().find(|name| self.0.iter().any(|key| key == *name));
        given.copied().unwrap_or(ours)
    }
}
