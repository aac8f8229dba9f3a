// SPDX-License-Identifier: MIT OR Apache-2.0

//! Retention: deletes old sessions and files. The files of a stored session are deleted before its record, so
//! that a crash leaves no file without a record.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::failure::Failure;
use super::identity;
use super::store::Store;
use super::store::sessions::Listed;

/// Deletes the sessions that last changed before `before` (RFC 3339, UTC), of one workflow or of all, with
/// their files. Looks for files in the folders stored with each session and in `folders`. A session with a
/// file that cannot be deleted is kept. Returns the deleted ids.
///
/// # Errors
/// The store cannot be read or written.
pub fn sessions(
    store: &Store,
    before: &str,
    workflow_id: Option<&str>,
    folders: &[&Path],
) -> Result<Vec<String>, Failure> {
    let aged = store.aged(before, workflow_id)?;
    let cleared = aged.iter().filter(|session| is_cleared(session, folders));
    let cleared: Vec<_> = cleared.map(|session| session.session_id.clone()).collect();
    store.purge(&cleared, before)
}

fn is_cleared(session: &Listed, folders: &[&Path]) -> bool {
    session.places.folders().chain(folders.iter().copied()).all(|folder| clear(folder, &session.session_id))
}

/// Deletes a session's files from a folder. Returns false if one is left.
fn clear(folder: &Path, session_id: &str) -> bool {
    // Only ids of this program name files; another text could lead to any path.
    if !identity::is_one(session_id) {
        return true;
    }
    let (own, video) = (folder.join(session_id), folder.join(format!("{session_id}.webm")));
    [(&own, fs::remove_dir_all(&own)), (&video, fs::remove_file(&video))]
        .into_iter()
        .all(|(path, removed)| is_gone(path, removed))
}

/// Prefixes of the names of files in an evidence folder.
const EVIDENCE: [&str; 4] = ["decision", "reference", "depth", "light"];

/// Deletes evidence folders and videos of sessions in `folder` that are more than `days` older than the
/// newest of them, or than now if that is earlier. Under a clock that is ahead, the first session thus makes
/// nothing old. Entries without a session's name and folders with other content are kept, since the folder
/// may serve other purposes.
pub fn files(folder: &Path, days: u32) {
    let age = Duration::from_secs(24 * 60 * 60) * days;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return,
        Err(e) => return tracing::warn!("{} cannot be looked through: {e}", folder.display()),
    };
    let named: Vec<_> = entries.flatten().filter(is_named).collect();
    let newest = named.iter().filter_map(|entry| entry.metadata().ok()?.modified().ok()).max();
    let Some(newest) = newest else { return };
    let now = newest.min(SystemTime::now());
    for entry in named {
        // A failure is logged, and the next session tries again.
        is_gone(&entry.path(), clear_aged(&entry, now, age));
    }
}

/// Returns true if an entry has the name of a session.
fn is_named(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_str().unwrap_or_default();
    identity::is_one(name.strip_suffix(".webm").unwrap_or(name))
}

fn clear_aged(entry: &DirEntry, now: SystemTime, age: Duration) -> io::Result<()> {
    let aged = now.duration_since(entry.metadata()?.modified()?).is_ok_and(|since| since > age);
    if !aged || !is_of_a_session(entry)? {
        return Ok(());
    }
    let remove = if entry.file_type()?.is_dir() { fs::remove_dir_all } else { fs::remove_file };
    remove(entry.path())
}

/// Returns true for a session's video or evidence folder.
fn is_of_a_session(entry: &DirEntry) -> io::Result<bool> {
    let (name, kind) = (entry.file_name(), entry.file_type()?);
    let name = name.to_str().unwrap_or_default();
    Ok(match name.strip_suffix(".webm") {
        Some(_) => kind.is_file(),
        None => kind.is_dir() && is_evidence(&entry.path())?,
    })
}

/// Returns true if a folder holds only evidence of a session.
fn is_evidence(folder: &Path) -> io::Result<bool> {
    let is_own = |name: &str| EVIDENCE.iter().any(|own| name.starts_with(own));
    for file in fs::read_dir(folder)? {
        if !file?.file_name().to_str().is_some_and(is_own) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns true if a file was removed or did not exist. Logs other failures.
fn is_gone(path: &Path, removed: io::Result<()>) -> bool {
    match removed {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            tracing::warn!("{} cannot be removed: {e}", path.display());
            false
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::places::Places;

    fn store(folder: &Path, ids: &[&str]) -> Store {
        let store = Store::open(&folder.join("s.db"), b"a key of the tests").unwrap();
        ids.iter().for_each(|id| put(&store, id, "w", &Places::default()));
        store
    }

    fn put(store: &Store, id: &str, workflow_id: &str, places: &Places) {
        let record = json!({
            "session_id": id, "workflow_id": workflow_id, "status": "Approved", "created_at": "2026-01-01T00:00:00Z",
        });
        store.put(record.as_object().unwrap(), places, false).unwrap();
    }

    const EVER: &str = "9999-01-01T00:00:00Z";

    #[test]
    fn an_id_that_is_none_leads_to_no_file() {
        let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let evidence = place.path().join("evidence");
        fs::create_dir(&evidence).unwrap();
        for kept in [evidence.join("kept"), elsewhere.path().join("kept"), place.path().join("kept")] {
            fs::write(kept, "").unwrap();
        }
        let ids = ["", ".", "..", elsewhere.path().to_str().unwrap()];
        let store = store(place.path(), &ids);
        assert_eq!(sessions(&store, EVER, None, &[&evidence]).unwrap().len(), ids.len());
        for kept in [evidence.join("kept"), elsewhere.path().join("kept"), place.path().join("kept")] {
            assert!(kept.exists(), "{}", kept.display());
        }
    }

    #[test]
    fn a_session_whose_files_cannot_be_removed_is_still_known() {
        let place = tempfile::tempdir().unwrap();
        let (stuck, other) = (identity::new().unwrap(), identity::new().unwrap());
        let store = store(place.path(), &[&stuck, &other]);
        fs::create_dir(place.path().join(&other)).unwrap();
        // A folder with the name of the video cannot be deleted as a file.
        fs::create_dir(place.path().join(format!("{stuck}.webm"))).unwrap();
        assert_eq!(sessions(&store, EVER, None, &[place.path()]).unwrap(), [other.as_str()]);
        assert!(!place.path().join(&other).exists());
        fs::remove_dir(place.path().join(format!("{stuck}.webm"))).unwrap();
        assert_eq!(sessions(&store, EVER, None, &[place.path()]).unwrap(), [stuck]);
        assert!(store.list(None).unwrap().is_empty());
        store.verify().unwrap();
    }

    #[test]
    fn files_are_found_where_their_sessions_say_and_others_are_left() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path(), &[]);
        let folder = |name: &str| place.path().join(name);
        let [mine, theirs] = ["a", "b"].map(|workflow_id| {
            let id = identity::new().unwrap();
            let path = |name: &str| Some(folder(workflow_id).join(name).display().to_string());
            put(&store, &id, workflow_id, &Places { webhook: None, evidence: path("e"), record: path("r") });
            fs::create_dir_all(folder(workflow_id).join("e").join(&id)).unwrap();
            fs::create_dir(folder(workflow_id).join("r")).unwrap();
            fs::write(folder(workflow_id).join(format!("r/{id}.webm")), "").unwrap();
            id
        });
        assert_eq!(sessions(&store, EVER, Some("a"), &[]).unwrap(), [mine]);
        let left = |name: &str| fs::read_dir(folder(name)).unwrap().count();
        assert_eq!(["a/e", "a/r", "b/e", "b/r"].map(left), [0, 0, 1, 1]);
        assert_eq!(sessions(&store, EVER, None, &[]).unwrap(), [theirs]);
        assert_eq!(["b/e", "b/r"].map(left), [0, 0]);
    }
}
