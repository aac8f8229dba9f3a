// SPDX-License-Identifier: MIT OR Apache-2.0

//! A digest of the evaluated data: labels and files, or the chains that render.

use super::case::{Case, Origin};
use liveness_service::provenance::{self, Digest};

/// Replaces the digest of a file that cannot be read.
const UNREADABLE: &str = "unreadable";

/// Returns the SHA-256 in hexadecimal digits of a text with one line per presentation, sorted by path. The
/// fields are separated by tabs: path, label, species, subject and the SHA-256 of the file (or the chain and
/// the seed).
pub fn of(cases: &[Case]) -> String {
    let mut lines: Vec<_> = cases.iter().map(line).collect();
    lines.sort_unstable();
    let mut digest = Digest::default();
    lines.iter().for_each(|line| digest.add(line.as_bytes()));
    digest.hex()
}

fn line(case: &Case) -> String {
    let Case { id, label, species, subject, origin } = case;
    let content = match origin {
        Origin::File(path) => provenance::of_file(path).unwrap_or_else(|_| UNREADABLE.to_owned()),
        Origin::Rendered { chain, seed } => format!("{chain}\t{seed}"),
    };
    format!("{id}\t{}\t{species}\t{subject}\t{content}\n", label.name())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::case::Label;

    #[test]
    fn the_digest_changes_with_labels_and_files_and_not_with_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let case = |id: &str, content: &str| {
            let path = folder.path().join(id);
            fs::write(&path, content).unwrap();
            let origin = Origin::File(path);
            Case { id: id.into(), label: Label::Live, species: "s".into(), subject: "p".into(), origin }
        };
        let cases = [case("a", "abc"), case("b", "x")];
        let digest = of(&cases);
        // printf 'a\tlive\ts\tp\t%s\nb\tlive\ts\tp\t%s\n' "$(printf abc | sha256sum | cut -c-64)" … | sha256sum
        assert_eq!(digest, "4aa76304769195ad7a826275bf890457df75de820009d46d3779b0d9b5b07b5c");
        assert_eq!(of(&[cases[1].clone(), cases[0].clone()]), digest);
        assert_ne!(of(&[Case { label: Label::Attack, ..cases[0].clone() }, cases[1].clone()]), digest);
        fs::write(folder.path().join("b"), "y").unwrap();
        assert_ne!(of(&cases), digest);
    }
}
