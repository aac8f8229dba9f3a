//! Where sessions and faces are kept.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::Step;
use super::fault::Fault;
use super::word::Name;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The database's file
    pub path: Name,
    /// A file that holds the key by which it is encrypted
    pub key_file: Option<Name>,
    /// The environment variable that holds it
    pub key_env: Option<Name>,
    /// Days after which a session is purged, with its evidence and video
    #[schemars(range(min = 1, max = 36500))]
    pub keep_days: Option<u32>,
    /// Whether approved faces are added to the index
    #[serde(default)]
    pub enrol_faces: bool,
}

impl Store {
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
