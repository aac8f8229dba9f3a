// SPDX-License-Identifier: MIT OR Apache-2.0

//! The store of sessions and faces.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::Step;
use super::fault::Fault;
use super::word::Name;

/// Encrypted database of sessions and faces
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Path of the database file
    pub path: Name,
    /// File with the encryption key; give either this or key_env
    pub key_file: Option<Name>,
    /// Environment variable with the encryption key
    pub key_env: Option<Name>,
    /// Number of days after which a session is deleted with its evidence and video
    #[schemars(range(min = 1, max = 36500))]
    pub keep_days: Option<u32>,
    /// true = approved faces are added to the index
    #[serde(default)]
    pub enrol_faces: bool,
}

impl Store {
    /// Returns the faults of paths and of the key, which must come from exactly one place.
    pub fn faults(&self, path: &[Step]) -> Vec<Fault> {
        let paths = [("path", Some(&self.path)), ("key_file", self.key_file.as_ref())];
        let mut faults: Vec<_> =
            paths.into_iter().filter_map(|(key, name)| name?.fault_of_path(path, key)).collect();
        if self.key_file.is_some() == self.key_env.is_some() {
            faults.push(Fault::new(path, "store needs key_file or key_env, one of them"));
        }
        faults
    }
}
