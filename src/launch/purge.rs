//! What purged sessions left outside the store.

use std::fs;
use std::path::Path;

use gstliveness::workflow::Name;

/// Removes what the sessions left in folders of evidence and of videos.
pub fn files<'n>(sessions: &[String], folders: impl Iterator<Item = &'n Name> + Clone) {
    for (session, Name(folder)) in
        sessions.iter().flat_map(|id| folders.clone().map(move |folder| (id, folder)))
    {
        let (own, video) =
            (Path::new(folder).join(session), Path::new(folder).join(format!("{session}.webm")));
        for (path, removed) in [(&own, fs::remove_dir_all(&own)), (&video, fs::remove_file(&video))] {
            if let Err(e) = removed
                && e.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!("{} cannot be removed: {e}", path.display());
            }
        }
    }
}
