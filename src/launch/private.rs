//! Files and folders that show or tell of people are their owner's alone, whatever the umask.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// A folder and what is missing above it; one that is there stays as somebody made it.
pub fn folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), folder)?;
    match DirBuilder::new().mode(FOLDER).create(path) {
        // The umask may have taken even the owner's rights.
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(FOLDER)),
        // Another session was faster.
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(e) => Err(e),
    }
}

/// An empty file to be written.
pub fn file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE).open(path)?;
    file.set_permissions(Permissions::from_mode(FILE))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_made_is_the_owners_and_what_was_there_is_left() {
        let place = tempfile::tempdir().unwrap();
        let (own, deep) = (place.path().join("own"), place.path().join("own/new/deep"));
        fs::create_dir(&own).unwrap();
        fs::set_permissions(&own, Permissions::from_mode(0o755)).unwrap();
        folder(&deep).unwrap();
        folder(&deep).unwrap();
        assert_eq!((mode(&own), mode(&own.join("new")), mode(&deep)), (0o755, FOLDER, FOLDER));
        let path = deep.join("file");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        file(&path).unwrap();
        assert_eq!((mode(&path), fs::read(&path).unwrap().len()), (FILE, 0));
        assert!(folder(&path).is_err() && folder(&path.join("below")).is_err());
    }
}
