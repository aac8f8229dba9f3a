// SPDX-License-Identifier: MIT OR Apache-2.0

//! Private files and folders: accessible to their owner only, independent of the umask, and safe from other
//! users.
//!
//! A folder is opened once, component by component, and files are created relative to it. Another user who
//! plants a symbolic link or swaps a folder on the way cannot redirect a file.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{self, Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::process::{getegid, geteuid};

use super::identity;

/// Mode of new folders.
const FOLDER_MODE: u32 = 0o700;
/// Mode of new files.
const FILE_MODE: u32 = 0o600;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;
/// Flags to open a subfolder as a location only, without following a link.
const SUBFOLDER: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Maximum number of symbolic links on a path; the limit of the kernel.
const MAX_LINKS: u32 = 40;

/// An open folder in which no other user can replace a file.
#[derive(Debug)]
pub struct Folder(OwnedFd);

/// The access of other users that a folder may allow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    /// No other user may write.
    None,
    /// Other users may write if the sticky bit protects files that are not theirs.
    Sticky,
}

impl Folder {
    /// Opens a folder for new files, and creates its missing components (mode 0700).
    ///
    /// # Errors
    /// The folder belongs to another user, others can write to it and it has no sticky bit, or a symbolic
    /// link on the way belongs to another user.
    pub fn make(path: &Path) -> io::Result<Self> {
        Self::open(path, true, Others::Sticky)
    }

    /// Opens the existing folder of a file, and returns it with the file's name.
    ///
    /// # Errors
    /// The errors of [`Folder::make`], and a path without a file name.
    pub fn around(file: &Path) -> io::Result<(Self, OsString)> {
        let (parent, name) = split(file)?;
        Ok((Self::open(parent, false, Others::Sticky)?, name))
    }

    /// Opens the existing folder of a file that other programs open by name. A sticky bit does not protect
    /// such a file.
    ///
    /// # Errors
    /// The errors of [`Folder::around`], and a folder that others can write to at all.
    pub fn unshared_around(file: &Path) -> io::Result<(Self, OsString)> {
        let (parent, name) = split(file)?;
        Ok((Self::open(parent, false, Others::None)?, name))
    }

    fn open(path: &Path, make: bool, others: Others) -> io::Result<Self> {
        let folder = walk(&path::absolute(path)?, make)?;
        check(&rustix::fs::fstat(&folder)?, others)?;
        Ok(Self(folder))
    }

    /// Creates an empty file (mode 0600).
    ///
    /// # Errors
    /// The name exists already, also as a link, or the file cannot be created.
    pub fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(FILE_MODE))?);
        // The umask may have removed even the owner's rights.
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
        Ok(file)
    }

    /// Replaces the file `name` atomically by one with `content`.
    ///
    /// # Errors
    /// The name belongs to something other than a regular file or a link, or the file cannot be written.
    pub fn write(&self, name: &OsStr, content: &[u8]) -> io::Result<()> {
        let replaces = self.kind(name)?.unwrap_or(FileType::RegularFile);
        if !matches!(replaces, FileType::RegularFile | FileType::Symlink) {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "it is no regular file"));
        }
        let mut part = name.to_owned();
        let unique = identity::new().map_err(|failure| io::Error::other(failure.text))?;
        part.push(format!(".{unique}.part"));
        let written = self.create(&part).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()?;
            Ok(rustix::fs::renameat(&self.0, &part, &self.0, name)?)
        });
        written.inspect_err(|_| {
            let _ = rustix::fs::unlinkat(&self.0, &part, AtFlags::empty());
        })
    }

    /// Returns the type of the file `name`, without following a link, or `None` if there is none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn kind(&self, name: &OsStr) -> io::Result<Option<FileType>> {
        Ok(stat(&self.0, name)?.map(|stat| FileType::from_raw_mode(stat.st_mode)))
    }
}

/// Splits a path into folder and file name.
fn split(file: &Path) -> io::Result<(&Path, OsString)> {
    let name = file.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok((parent.unwrap_or(Path::new(".")), name.to_owned()))
}

/// Opens a folder, starting at the root. Links are resolved here so that their owner can be checked.
fn walk(path: &Path, make: bool) -> io::Result<OwnedFd> {
    let root = || rustix::fs::openat(CWD, "/", SUBFOLDER, Mode::empty());
    let mut folder = root()?;
    let mut left = components(path);
    let mut links = 0;
    while let Some(name) = left.pop() {
        match stat(&folder, &name)? {
            Some(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(io::Error::new(ErrorKind::InvalidInput, "it has too many symbolic links"));
                }
                if !is_trusted(stat.st_uid) {
                    return Err(refused(format!(
                        "the symbolic link {} on the way belongs to another user",
                        name.display()
                    )));
                }
                let target = rustix::fs::readlinkat(&folder, &name, Vec::new())?;
                let target = Path::new(OsStr::from_bytes(target.as_bytes()));
                if target.is_absolute() {
                    folder = root()?;
                }
                left.extend(components(target));
                continue;
            }
            Some(_) => {}
            None if make => make_folder(&folder, &name)?,
            None => return Err(ErrorKind::NotFound.into()),
        }
        folder = rustix::fs::openat(&folder, &name, SUBFOLDER, Mode::empty())?;
    }
    Ok(folder)
}

/// Returns the names on a path, last first.
fn components(path: &Path) -> Vec<OsString> {
    let named = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    named.rev().map(|part| part.as_os_str().to_owned()).collect()
}

fn make_folder(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(FOLDER_MODE)) {
        Ok(()) => {}
        // Another process has created it in the meantime.
        Err(rustix::io::Errno::EXIST) => return Ok(()),
        Err(e) => return Err(e.into()),
    }
    let made = rustix::fs::openat(parent, name, SUBFOLDER, Mode::empty())?;
    if rustix::fs::fstat(&made)?.st_mode & 0o777 != FOLDER_MODE {
        // The umask may have removed even the owner's rights. The mode of an O_PATH descriptor can only be
        // changed through /proc.
        let own = format!("/proc/self/fd/{}", made.as_raw_fd());
        fs::set_permissions(own, Permissions::from_mode(FOLDER_MODE))?;
    }
    Ok(())
}

fn stat(folder: &OwnedFd, name: &OsStr) -> io::Result<Option<Stat>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Returns true for this user and for root, who has all rights anyway.
fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == geteuid().as_raw()
}

/// Checks owner and mode of a folder.
fn check(folder: &Stat, others: Others) -> io::Result<()> {
    let (mode, own_group) = (folder.st_mode, folder.st_gid == getegid().as_raw());
    if !is_trusted(folder.st_uid) {
        let text = format!("the folder belongs to another user (uid {}): use one of your own", folder.st_uid);
        return Err(refused(text));
    }
    let shared = mode & OTHERS_WRITE != 0 || mode & GROUP_WRITES != 0 && !own_group;
    let kept_apart = others == Others::Sticky && mode & STICKY != 0;
    if shared && !kept_apart {
        let text = format!(
            "other users can write to the folder (mode {:04o}): use one of your own, or chmod go-w",
            mode & 0o7777
        );
        return Err(refused(text));
    }
    Ok(())
}

fn refused(why: String) -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, why)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_the_owners_and_what_was_there_is_left() {
        let place = tempfile::tempdir().unwrap();
        let (own, deep) = (place.path().join("own"), place.path().join("own/new/deep"));
        fs::create_dir(&own).unwrap();
        set_mode(&own, 0o755);
        Folder::make(&deep).unwrap();
        let folder = Folder::make(&deep).unwrap();
        assert_eq!((mode(&own), mode(&own.join("new")), mode(&deep)), (0o755, FOLDER_MODE, FOLDER_MODE));
        let path = deep.join("file");
        folder.create("file".as_ref()).unwrap();
        assert_eq!(mode(&path), FILE_MODE);
        assert!(folder.create("file".as_ref()).is_err(), "a file that is there is not opened");
        assert!(Folder::make(&path).is_err() && Folder::make(&path.join("below")).is_err());
        assert!(Folder::around(&place.path().join("none/file")).is_err());
        assert!(Folder::around(Path::new("/")).is_err());
    }

    #[test]
    fn a_link_in_the_place_of_a_file_is_replaced_and_never_followed() {
        let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let victim = elsewhere.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        set_mode(&victim, 0o644);
        symlink(&victim, place.path().join("decision.json")).unwrap();
        symlink(&victim, place.path().join("video.webm")).unwrap();
        let folder = Folder::make(place.path()).unwrap();
        folder.write("decision.json".as_ref(), b"one").unwrap();
        assert!(folder.create("video.webm".as_ref()).is_err());
        assert_eq!((fs::read_to_string(&victim).unwrap().as_str(), mode(&victim)), ("mine", 0o644));
        let written = place.path().join("decision.json");
        assert!(!fs::symlink_metadata(&written).unwrap().is_symlink());
        assert_eq!((fs::read_to_string(&written).unwrap().as_str(), mode(&written)), ("one", FILE_MODE));
    }

    #[test]
    fn what_is_no_regular_file_is_not_replaced() {
        let place = tempfile::tempdir().unwrap();
        let fifo = place.path().join("fifo");
        rustix::fs::mkfifoat(CWD, &fifo, Mode::from_raw_mode(0o600)).unwrap();
        fs::create_dir(place.path().join("folder")).unwrap();
        let folder = Folder::make(place.path()).unwrap();
        assert!(
            folder.write("fifo".as_ref(), b"x").is_err() && folder.write("folder".as_ref(), b"x").is_err()
        );
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_others_write_to_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let shared = place.path().join("shared");
        fs::create_dir(&shared).unwrap();
        for (mode, is_open, is_unshared) in
            [(0o777, false, false), (0o702, false, false), (0o1777, true, false), (0o755, true, true)]
        {
            set_mode(&shared, mode);
            assert_eq!(Folder::make(&shared).is_ok(), is_open, "{mode:o}");
            assert_eq!(Folder::unshared_around(&shared.join("s.db")).is_ok(), is_unshared, "{mode:o}");
        }
    }

    /// The test needs a folder and a link of the user 65534, which only root can create.
    #[test]
    fn what_belongs_to_another_user_is_refused() {
        if !geteuid().is_root() {
            eprintln!("skipped: only root can give files away");
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let [own, other, link] = ["own", "other", "link"].map(|name| place.path().join(name));
        fs::create_dir(&own).unwrap();
        fs::create_dir(&other).unwrap();
        chown(&other, Some(65534), None).unwrap();
        symlink(&own, &link).unwrap();
        Folder::make(&link.join("below")).unwrap();
        lchown(&link, Some(65534), None).unwrap();
        let told = |path: &Path| Folder::make(path).unwrap_err().to_string();
        assert!(told(&other).contains("belongs to another user (uid 65534)"), "{}", told(&other));
        assert!(told(&link.join("new")).contains("link link on the way belongs to another user"));
        assert!(!own.join("new").exists());
        assert_eq!(fs::metadata(&other).unwrap().uid(), 65534);
    }
}
