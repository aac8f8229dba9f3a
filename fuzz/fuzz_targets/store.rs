// SPDX-License-Identifier: MIT OR Apache-2.0

//! A store whose file was tampered with anywhere: whatever is read of it, nothing panics, and what was changed in the sessions or the audit
//! log is not told as whole.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use liveness_service::store::Store;
use liveness_service::store::faces::StoredFaces;
use liveness_service::store::places::Places;
use serde_json::json;

const KEY: [u8; 32] = [7; 32];
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(whole);

#[derive(Arbitrary, Debug)]
struct Tampering {
    bytes: Vec<(u16, u8)>,
    /// What is cut off the end.
    cut: Option<u16>,
}

fn whole() -> Vec<u8> {
    let path = FOLDER.path().join("whole.db");
    {
        let store = Store::open(&path, &KEY).expect("a store");
        let places = Places { webhook: Some("https://localhost/".to_owned()), ..Places::default() };
        for n in 0..4 {
            for status in ["In Progress", "Approved"] {
                let record = json!({"session_id": format!("s{n}"), "workflow_id": "w", "status": status,
                    "created_at": "2026-01-01T00:00:00Z", "decision": null});
                let record = record.as_object().expect("an object");
                store.put(record, &places, true).expect("kept");
            }
        }
    }
    std::fs::read(&path).expect("read")
}

fuzz_target!(|tampering: Tampering| {
    let mut bytes = WHOLE.clone();
    for (at, value) in &tampering.bytes {
        let at = usize::from(*at) % bytes.len();
        bytes[at] = *value;
    }
    let left = bytes.len() - tampering.cut.map_or(0, usize::from).min(bytes.len());
    bytes.truncate(left);
    let path = FOLDER.path().join("store.db");
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(FOLDER.path().join(format!("store.db{ending}")));
    }
    std::fs::write(&path, &bytes).expect("written");
    let Ok(store) = Store::open(&path, &KEY) else { return };
    let head = store.verify();
    let sessions = store.list(None);
    if let (Ok(_), Ok(sessions)) = (&head, &sessions) {
        for session in sessions {
            assert_eq!(session.status, "Approved", "{}", session.session_id);
        }
    }
    let _ = (StoredFaces::load(&store).map(|_| ()), store.find("s1").map(|_| ()));
    let _ = (store.abandon_stale("w"), store.aged("9999-01-01T00:00:00Z", Some("w")));
});
