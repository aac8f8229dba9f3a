// SPDX-License-Identifier: MIT OR Apache-2.0

//! The origin of a report or a picture: time, software version, nets, data, session and verdict.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use liveness_core::inference::Model;
use liveness_core::session::LivenessCheck;
use liveness_workflow::Node;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::Failure;
use super::hex::hex;
use super::identity;
use super::webhook::canonical::canonical;

/// Name and version of the software.
pub const SOFTWARE: &str = concat!("gst-plugin-liveness ", env!("CARGO_PKG_VERSION"));
/// Number of digits of a net's digest shown in pictures.
const SHORT: usize = 8;

/// A SHA-256 digest.
pub struct Digest(Context);

impl Default for Digest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Digest {
    /// Adds bytes to the digest.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest as hexadecimal digits.
    pub fn hex(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

/// Returns the SHA-256 of a file as hexadecimal digits.
///
/// # Errors
/// The file cannot be read.
pub fn of_file(path: &Path) -> io::Result<String> {
    let (mut file, mut digest, mut part) = (File::open(path)?, Digest::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok(digest.hex()),
            n => digest.add(&part[..n]),
        }
    }
}

/// A neural network, identified by file name and digest.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Net {
    /// File name.
    pub file: String,
    /// SHA-256 as hexadecimal digits.
    pub sha256: String,
}

/// Returns the nets that a check uses.
///
/// # Errors
/// A net of `models_dir` cannot be read.
pub fn nets(node: &Node) -> Result<Vec<Net>, Failure> {
    let source = node.model_source();
    let net = |model: Model| {
        let bytes = model.bytes(&source);
        let bytes = bytes.map_err(|e| Failure::unavailable(format!("the nets cannot be read: {e}")))?;
        let mut digest = Digest::default();
        digest.add(&bytes);
        Ok(Net { file: model.file_name().to_owned(), sha256: digest.hex() })
    };
    Model::ALL.into_iter().map(net).collect()
}

/// The origin of a report or a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Time of creation, RFC 3339, UTC.
    pub created_at: String,
    /// Name and version of the software.
    pub software: &'static str,
    /// Id of the session, or of a run of `eval`.
    pub session_id: String,
    /// Name of the workflow's node, or the evaluated method.
    pub check: String,
    /// Status and score in words.
    pub verdict: String,
    /// SHA-256 of the check's `evidence` as canonical JSON, or of a dataset's labels and files, as
    /// hexadecimal digits.
    pub data_sha256: String,
    /// Nets in use.
    pub models: Vec<Net>,
}

impl Provenance {
    /// Returns the origin of a check's pictures.
    ///
    /// # Errors
    /// The clock or a net cannot be read.
    pub fn of_check(session_id: &str, node: &Node, check: &LivenessCheck) -> Result<Self, Failure> {
        let evidence = serde_json::to_value(&check.evidence).unwrap_or(Value::Null);
        let mut digest = Digest::default();
        digest.add(canonical(&evidence).as_bytes());
        Ok(Self {
            created_at: identity::now()?,
            software: SOFTWARE,
            session_id: session_id.to_owned(),
            check: node.name().to_owned(),
            verdict: format!("{}, {}", check.status.name(), check.score_in_words()),
            data_sha256: digest.hex(),
            models: nets(node)?,
        })
    }

    /// Returns the keywords and values for the metadata of a file.
    pub fn entries(&self) -> Vec<(String, &str)> {
        let all = [
            ("Creation Time", self.created_at.as_str()),
            ("Software", self.software),
            ("Session", &self.session_id),
            ("Check", &self.check),
            ("Verdict", &self.verdict),
            ("Data SHA-256", &self.data_sha256),
        ];
        let all = all.into_iter().map(|(keyword, value)| (keyword.to_owned(), value));
        all.chain(self.models.iter().map(|net| (format!("Model {}", net.file), net.sha256.as_str())))
            .collect()
    }

    /// Returns the lines printed in a picture.
    pub fn lines(&self) -> [String; 3] {
        let nets = self.models.iter().map(|net| {
            let (name, digest) = (net.file.trim_end_matches(".onnx"), net.sha256.get(..SHORT));
            format!("{name} {}", digest.unwrap_or_default())
        });
        [
            [self.verdict.as_str(), &self.session_id, &self.created_at, self.software].join(" · "),
            format!("data SHA-256 {} · {}", self.data_sha256, self.check),
            format!("models SHA-256 {}", nets.collect::<Vec<_>>().join(" · ")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use liveness_core::check::Method;

    use super::*;

    #[test]
    fn the_nets_are_those_of_the_list_of_models() {
        let list = include_str!("../../../models/models.toml");
        let nets = nets(&Node::new(Method::Passive)).unwrap();
        assert_eq!(nets.len(), Model::ALL.len());
        for Net { file, sha256 } in nets {
            let entry = list.split("[[model]]").find(|entry| entry.contains(&format!("file = \"{file}\"")));
            assert!(entry.unwrap().contains(&format!("sha256 = \"{sha256}\"")), "{file} {sha256}");
        }
    }

    #[test]
    fn the_datas_digest_is_that_of_the_evidence_alone() {
        let node = Node::new(Method::Passive);
        let mut check = LivenessCheck::not_started("n", Method::Passive);
        check.evidence.frames_analysed = 5;
        let origin = Provenance::of_check("the-session", &node, &check).unwrap();
        // printf '{"attempts_used":0,"challenge_entropy_bits":0,"cues":[],"frames_analysed":5,"frames_skipped":0,'\
        // '"hindrance":null,"method":"passive","quality":null}' | sha256sum
        assert_eq!(origin.data_sha256, "91d99f8d24fd389e37000ba0d63ef76c341be848349e3ec224b00c47993f1228");
        assert_eq!(
            (origin.session_id.as_str(), origin.verdict.as_str()),
            ("the-session", "Not Started, score 0.0 of 100")
        );
        check.reference_image = Some("/elsewhere/reference.jpg".into());
        let moved = Provenance::of_check("the-session", &node, &check).unwrap();
        assert_eq!(moved.data_sha256, origin.data_sha256);
        check.evidence.frames_analysed = 6;
        assert_ne!(
            Provenance::of_check("the-session", &node, &check).unwrap().data_sha256,
            origin.data_sha256
        );
    }

    #[test]
    fn a_net_that_stands_in_for_another_has_its_own_digest() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("antispoof.onnx"), "abc").unwrap();
        let name = liveness_workflow::Name(folder.path().display().to_string());
        let nets = nets(&Node { models_dir: Some(name), ..Node::new(Method::Passive) }).unwrap();
        let own = nets.iter().find(|net| net.file == "antispoof.onnx").unwrap();
        // Expected value for "abc": FIPS 180-2, appendix B.1.
        assert_eq!(own.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
