//! Sessions that were kept for long enough are removed: their files first, so that a crash leaves none that nobody knows of.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use gstliveness::workflow::Name;

use super::failure::Failure;
use super::identity;
use super::store::Store;

/// Purges the sessions that ended before `before`, and their files from folders of evidence and of videos; tells which.
pub fn sessions(store: &Store, before: &str, folders: &[&Name]) -> Result<Vec<String>, Failure> {
    let aged = store.aged(before)?.into_iter().map(|session| session.session_id);
    let cleared: Vec<_> =
        aged.filter(|id| folders.iter().all(|Name(folder)| clear(Path::new(folder), id))).collect();
    store.purge(&cleared, before)
}

/// Removes a session's files from a folder; false where one is left.
fn clear(folder: &Path, session_id: &str) -> bool {
    // What is no id of ours has left no file, and might lead anywhere.
    if !identity::is_one(session_id) {
        return true;
    }
    let (own, video) = (folder.join(session_id), folder.join(format!("{session_id}.webm")));
    [(&own, fs::remove_dir_all(&own)), (&video, fs::remove_file(&video))]
        .into_iter()
        .all(|(path, removed)| is_gone(path, removed))
}

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

    /// A store with sessions that ended long ago.
    fn store(folder: &Path, ids: &[&str]) -> Store {
        let store = Store::open(&folder.join("s.db"), b"a key of the tests").unwrap();
        for id in ids {
            let record =
                json!({"session_id": id, "status": "Approved", "created_at": "2026-01-01T00:00:00Z"});
            store.put(record.as_object().unwrap(), None).unwrap();
        }
        store
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
        let folder = Name(evidence.display().to_string());
        assert_eq!(sessions(&store, EVER, &[&folder]).unwrap().len(), ids.len());
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
        // A folder is in the place of the video.
        fs::create_dir(place.path().join(format!("{stuck}.webm"))).unwrap();
        let folder = Name(place.path().display().to_string());
        assert_eq!(sessions(&store, EVER, &[&folder]).unwrap(), [other.as_str()]);
        assert!(!place.path().join(&other).exists());
        fs::remove_dir(place.path().join(format!("{stuck}.webm"))).unwrap();
        assert_eq!(sessions(&store, EVER, &[&folder]).unwrap(), [stuck]);
        assert!(store.list(None).unwrap().is_empty());
        store.verify().unwrap();
    }
}
