// SPDX-License-Identifier: MIT OR Apache-2.0

//! Atomic writing of private files.

use std::path::Path;

use super::failure::Failure;
use super::private::Folder;

/// Replaces the file at `path` atomically by one with `content` (mode 0600). Replaces a symbolic link and
/// does not follow it.
///
/// # Errors
/// The file cannot be written, or its folder is not safe from other users.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let written = Folder::around(path).and_then(|(folder, name)| folder.write(&name, content));
    written.map_err(|e| Failure::output(format!("{} cannot be written: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decision.json");
        for content in ["one", "two"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(&folder.path().join("none/decision.json"), b"").is_err());
    }
}
