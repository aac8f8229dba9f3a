//! Files that are written whole or not at all, for their owner's eyes.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::failure::Failure;
use super::private;

/// Puts `content` in the place of whatever was at `path`.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let written = replace(path, content);
    written.map_err(|e| Failure::output(format!("{} cannot be written: {e}", path.display())))
}

/// First beside its place: a rename is one step.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = private::file(&part)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.inspect_err(|_| drop(fs::remove_file(&part)))
}

#[cfg(test)]
mod tests {
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
