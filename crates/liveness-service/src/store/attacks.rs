// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attacks by a writer to the file who does not have the key. `verify` must detect every change, and no
//! changed row may be used.

use std::fs;
use std::path::{Path, PathBuf};

use liveness_core::session::Status;
use proptest::prelude::*;
use rusqlite::types::Value;
use serde_json::json;
use tempfile::TempDir;

use super::faces::{Face, FaceIndex, List, StoredFaces};
use super::places::OnApproval;
use super::review::Review;
use super::tests::{KEY, URL, embedding, record, told_to};
use super::*;

/// Every table with its key column.
const TABLES: [(&str, &str); 5] = [
    ("meta", "name"),
    ("audit", "number"),
    ("sessions", "session_id"),
    ("faces", "face_id"),
    ("outbox", "event_id"),
];
const OTHER: &str = "http://other/";

/// A store with sessions of two tenants, delivered and waiting events, a review, and faces on both lists.
/// `early` is a copy of the file from an earlier point.
struct Whole {
    folder: TempDir,
    path: PathBuf,
    early: PathBuf,
    copies: Cell<u32>,
}

impl Whole {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, early) = (folder.path().join("s.db"), folder.path().join("early.db"));
        fill(&Store::open(&path, KEY).unwrap());
        fs::copy(&path, &early).unwrap();
        let store = Store::open(&path, KEY).unwrap();
        let letter = store.take(URL, Duration::ZERO).unwrap().unwrap();
        store.delivered(&letter).unwrap();
        let review = Review { user: "ann", status: Status::Declined, comment: "a mask" };
        store.review("review", &review).unwrap().unwrap();
        let mut faces = StoredFaces::load(&store).unwrap();
        let blocked = faces.list().iter().find(|face| face.list == List::Blocklist).unwrap().face_id.clone();
        faces.remove(&blocked).unwrap();
        faces.add(Face::new(List::Blocklist, None, Some("thief".into())).unwrap(), &embedding(4)).unwrap();
        store.purge(&["old".to_owned()], "9999-01-01T00:00:00Z").unwrap();
        store.verify().unwrap();
        Self { folder, path, early, copies: Cell::new(0) }
    }

    /// Returns the path of a copy to attack.
    fn copy(&self) -> PathBuf {
        self.copies.set(self.copies.get() + 1);
        let path = self.folder.path().join(format!("{}.db", self.copies.get()));
        fs::copy(&self.path, &path).unwrap();
        path
    }

    /// Applies an attack to a copy. Returns true if `open` or `verify` detects it, and `None` if SQLite rejects the
    /// attack.
    fn is_found(&self, attack: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Option<bool> {
        let path = self.copy();
        let attacker = attacker(&path);
        attack(&attacker).ok()?;
        drop(attacker);
        let found = Store::open(&path, KEY).and_then(|store| store.verify()).is_err();
        fs::remove_file(path).unwrap();
        Some(found)
    }
}

fn fill(store: &Store) {
    for (id, url) in [("a", URL), ("b", OTHER), ("old", URL)] {
        store.put(&record(id, "In Progress"), &told_to(url), true).unwrap();
        let face = Face::new(List::Known, Some(id.to_owned()), Some(id.to_owned())).unwrap();
        let mut approved = record(id, "Approved");
        approved.insert("expires_at".into(), "9999-01-01T00:00:00Z".into());
        store.put_known(&approved, &told_to(url), &face, &embedding(id.len())).unwrap();
    }
    let mut faces = StoredFaces::load(store).unwrap();
    faces.add(Face::new(List::Blocklist, None, Some("thief".into())).unwrap(), &embedding(3)).unwrap();
    let mut reviewed = record("review", "In Review");
    reviewed.insert("decision".into(), json!({"liveness_checks": []}));
    store.put_for_review(&reviewed, &told_to(URL), &OnApproval::default()).unwrap();
}

fn attacker(path: &Path) -> Connection {
    let attacker = Connection::open(path).unwrap();
    attacker.execute_batch("PRAGMA synchronous = OFF").unwrap();
    attacker
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement =
        connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn column(connection: &Connection, table: &str, key: &str, column: &str) -> Vec<(Value, Value)> {
    let query = format!("SELECT {key}, {column} FROM {table} ORDER BY {key}");
    let mut statement = connection.prepare(&query).unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// Returns other values for a cell.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(number) => [number + 1, number - 1, -1, i64::MAX].map(Value::Integer).to_vec(),
        Value::Text(text) => vec![
            Value::Text(format!("{text}x")),
            Value::Text(String::new()),
            Value::Text(text.replace("Approved", "Declined").replace("2", "1") + " "),
        ],
        Value::Blob(bytes) => {
            let flipped = [0, bytes.len() / 2, bytes.len().saturating_sub(1)].map(|at| {
                let mut bytes = bytes.clone();
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1);
                Value::Blob(if bytes.is_empty() { vec![0] } else { bytes })
            });
            let mut others = flipped.to_vec();
            others.push(Value::Blob(if bytes.is_empty() { vec![1] } else { Vec::new() }));
            others
        }
        other => vec![other.clone()],
    }
}

#[test]
fn a_change_of_any_cell_is_found() {
    let whole = Whole::new();
    let reader = Connection::open(&whole.path).unwrap();
    let mut tried = 0;
    for (table, key) in TABLES {
        for name in columns(&reader, table) {
            let cells = column(&reader, table, key, &name);
            assert!(!cells.is_empty(), "{table} has no rows to attack");
            let values: Vec<_> = cells.iter().map(|(_, value)| value.clone()).collect();
            for (row, value) in &cells {
                // Values of other rows are tried as well.
                let strange = values.iter().filter(|other| *other != value).take(2).cloned();
                for other in others(value).into_iter().filter(|other| other != value).chain(strange) {
                    let change = format!("UPDATE {table} SET {name} = ?2 WHERE {key} = ?1");
                    let found =
                        whole.is_found(|attacker| attacker.execute(&change, params![row, other]).map(drop));
                    assert_ne!(found, Some(false), "{table}.{name} of {row:?}: {value:?} became {other:?}");
                    tried += usize::from(found.is_some());
                }
            }
        }
    }
    println!("{tried} changed cells, all found");
    assert!(tried > 200, "{tried}");
}

#[test]
fn a_row_that_is_removed_doubled_or_exchanged_is_found() {
    let whole = Whole::new();
    let reader = Connection::open(&whole.path).unwrap();
    for (table, key) in TABLES {
        let names = columns(&reader, table);
        let rows = column(&reader, table, key, key);
        let cells =
            names.iter().filter(|name| *name != key).map(String::as_str).collect::<Vec<_>>().join(", ");
        for (n, (row, _)) in rows.iter().enumerate() {
            let removed = format!("DELETE FROM {table} WHERE {key} = ?1");
            assert_eq!(
                whole.is_found(|db| db.execute(&removed, [row]).map(drop)),
                Some(true),
                "{table} {row:?} removed"
            );
            for other in others(row) {
                let doubled = format!(
                    "INSERT INTO {table} ({key}, {cells}) SELECT ?2, {cells} FROM {table} WHERE {key} = ?1"
                );
                let found = whole.is_found(|db| db.execute(&doubled, params![row, other]).map(drop));
                assert_ne!(found, Some(false), "{table} {row:?} doubled as {other:?}");
            }
            let Some((next, _)) = rows.get(n + 1) else { continue };
            let exchanged = [
                format!("CREATE TEMP TABLE kept AS SELECT * FROM {table} WHERE {key} IN (?1, ?2)"),
                format!("DELETE FROM {table} WHERE {key} IN (?1, ?2)"),
                format!(
                    "INSERT INTO {table} ({key}, {cells}) SELECT iif({key} = ?1, ?2, ?1), {cells} FROM kept"
                ),
            ];
            let exchange = |db: &Connection| {
                exchanged.iter().try_for_each(|step| db.execute(step, params![row, next]).map(drop))
            };
            assert_eq!(whole.is_found(exchange), Some(true), "{table} {row:?} exchanged with {next:?}");
        }
        assert_eq!(
            whole.is_found(|db| db.execute(&format!("DELETE FROM {table}"), []).map(drop)),
            Some(true),
            "{table}"
        );
    }
}

/// The rows come from an older copy of the same file, and from another store with the same key.
#[test]
fn a_row_from_elsewhere_is_found() {
    let whole = Whole::new();
    let foreign = whole.folder.path().join("foreign.db");
    fill(&Store::open(&foreign, KEY).unwrap());
    for source in [&whole.early, &foreign] {
        let attach = format!("ATTACH '{}' AS source", source.display());
        for (table, key) in TABLES {
            let reader = Connection::open(source).unwrap();
            let new =
                format!("SELECT * FROM source.{table} WHERE {key} = ?1 EXCEPT SELECT * FROM main.{table}");
            let mut tried = 0;
            for (row, _) in column(&reader, table, key, key) {
                let found = whole.is_found(|db| {
                    db.execute_batch(&attach)?;
                    let put = format!("INSERT OR REPLACE INTO main.{table} {new}");
                    if db.execute(&put, [&row])? == 0 {
                        Err(rusqlite::Error::QueryReturnedNoRows)
                    } else {
                        Ok(())
                    }
                });
                assert_ne!(found, Some(false), "{table} {row:?} of {}", source.display());
                tried += usize::from(found.is_some());
            }
            // An older log is a prefix of the newer one, so it has no rows to insert.
            assert!(
                tried > 0 || table == "audit" && *source == whole.early,
                "{table} of {}",
                source.display()
            );
        }
    }
}

#[test]
fn a_foreign_object_is_refused_before_it_acts() {
    let whole = Whole::new();
    for (attack, name) in [
        ("CREATE TRIGGER hide AFTER INSERT ON sessions BEGIN DELETE FROM outbox; END", "hide"),
        ("CREATE TRIGGER hide BEFORE INSERT ON outbox BEGIN SELECT RAISE(IGNORE); END", "hide"),
        ("CREATE VIEW seen AS SELECT * FROM sessions", "seen"),
        ("ALTER TABLE sessions RENAME TO kept; CREATE VIEW sessions AS SELECT * FROM kept", "kept"),
        ("CREATE TABLE aside (x)", "aside"),
        ("CREATE INDEX faster ON audit (session_id)", "faster"),
        ("CREATE UNIQUE INDEX once ON audit (signature)", "once"),
        ("ALTER TABLE outbox ADD COLUMN url TEXT", "outbox"),
        ("ALTER TABLE sessions ADD COLUMN status TEXT AS ('Approved')", "sessions"),
        (
            "DROP TABLE faces; CREATE TABLE faces (face_id TEXT PRIMARY KEY, details BLOB, embedding BLOB)",
            "faces",
        ),
        ("ANALYZE", "sqlite_stat1"),
        ("DROP TABLE faces", "faces"),
        ("PRAGMA user_version = 0", "no store"),
        ("PRAGMA user_version = 3", "version 3"),
    ] {
        let path = whole.copy();
        let running = Store::open(&path, KEY).unwrap();
        attacker(&path).execute_batch(attack).unwrap();
        for failure in
            [Store::open(&path, KEY).err().unwrap(), Store::open_to_read(&path, KEY).err().unwrap()]
        {
            assert!(
                failure.text.contains(name) && failure.code == crate::failure::Code::Data,
                "{attack}: {failure}"
            );
        }
        assert!(running.verify().is_err(), "{attack}");
        // A running program refuses to use the changed file.
        if !attack.starts_with("PRAGMA") {
            assert!(running.put(&record("new", "Declined"), &told_to(URL), true).is_err(), "{attack}");
            assert!(running.take(URL, Duration::ZERO).is_err(), "{attack}");
        }
    }
}

/// Returns a store that was opened before the attack, like the one of the delivery thread.
fn attacked(whole: &Whole, attack: &str) -> Store {
    let path = whole.copy();
    let store = Store::open(&path, KEY).unwrap();
    let attach = format!("ATTACH '{}' AS early", whole.early.display());
    attacker(&path).execute_batch(&format!("{attach}; {attack}")).unwrap();
    store
}

#[test]
fn nothing_is_delivered_that_the_log_does_not_send() {
    let whole = Whole::new();
    let taken = |store: &Store, url: &str| {
        store.take(url, Duration::ZERO).map(|letter| letter.map(|letter| letter.session_id))
    };
    let untouched = attacked(&whole, "SELECT 1");
    assert_eq!(
        (taken(&untouched, URL).unwrap(), taken(&untouched, OTHER).unwrap()),
        (Some("a".into()), Some("b".into()))
    );
    for (attack, told) in [
        // Delivered events are inserted again.
        (
            "INSERT INTO outbox SELECT * FROM early.outbox WHERE event_id NOT IN (SELECT event_id FROM outbox)",
            "somebody has added or removed",
        ),
        (
            "DELETE FROM outbox WHERE event_id = (SELECT max(event_id) FROM outbox)",
            "somebody has added or removed",
        ),
        ("DELETE FROM outbox", "somebody has added or removed"),
        // One tenant's events are exchanged with another's, in any order of the random identifiers.
        (
            "CREATE TEMP TABLE o AS SELECT * FROM outbox;
             UPDATE outbox SET event = (SELECT event FROM temp.o WHERE o.event_id <> outbox.event_id)",
            "has been tampered with",
        ),
        (
            "CREATE TEMP TABLE o AS SELECT * FROM outbox;
             UPDATE outbox SET schedule = (SELECT schedule FROM temp.o WHERE o.event_id <> outbox.event_id)",
            "has been tampered with",
        ),
        ("UPDATE outbox SET event_id = event_id || 'x'", "has been removed from the store"),
    ] {
        let store = attacked(&whole, attack);
        for url in [URL, OTHER] {
            let failure = taken(&store, url).unwrap_err();
            assert!(failure.text.contains(told), "{attack}: {failure}");
        }
    }
}

#[test]
fn an_older_record_is_not_believed() {
    let whole = Whole::new();
    let put_back = "INSERT OR REPLACE INTO sessions SELECT * FROM early.sessions WHERE session_id = 'review'";
    let store = attacked(&whole, put_back);
    let told = "the session review is not as the audit log says";
    assert!(store.find("review").err().unwrap().text.contains(told));
    assert!(store.list(None).err().unwrap().text.contains(told));
    let review = Review { user: "eve", status: Status::Approved, comment: "mine" };
    assert!(
        store.review("review", &review).unwrap_err().text.contains(told),
        "a declined session is approved again"
    );
    let aged = store.aged("9999-01-01T00:00:00Z", None).unwrap();
    assert!(aged.iter().all(|session| session.session_id != "review"));
    // A purged session cannot be restored.
    let store =
        attacked(&whole, "INSERT INTO sessions SELECT * FROM early.sessions WHERE session_id = 'old'");
    assert!(store.find("old").is_err() && store.list(None).is_err());
}

#[test]
fn no_face_is_compared_with_lists_that_were_changed() {
    let whole = Whole::new();
    for attack in [
        "DELETE FROM faces WHERE face_id = (SELECT max(face_id) FROM faces)",
        "DELETE FROM faces",
        "INSERT INTO faces SELECT * FROM early.faces WHERE face_id NOT IN (SELECT face_id FROM faces)",
        "UPDATE faces SET embedding = (SELECT embedding FROM faces LIMIT 1)",
        "UPDATE faces SET face_id = face_id || 'x'",
    ] {
        assert!(StoredFaces::load(&attacked(&whole, attack)).is_err(), "{attack}");
    }
}

#[test]
fn a_log_that_is_set_back_stops_a_running_program() {
    let whole = Whole::new();
    let store = attacked(
        &whole,
        "DELETE FROM audit WHERE number > (SELECT max(number) FROM early.audit);
         INSERT OR REPLACE INTO meta SELECT * FROM early.meta;",
    );
    assert!(store.put(&record("new", "Approved"), &told_to(URL), true).is_err());
    assert!(store.find("a").is_err() && store.take(URL, Duration::ZERO).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]
    /// Changes bytes of the file itself: pages, headers, free space.
    #[test]
    fn bytes_that_change_are_found_or_change_nothing(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        thread_local!(static WHOLE: Whole = Whole::new());
        WHOLE.with(|whole| {
            let path = whole.copy();
            let mut bytes = fs::read(&path).unwrap();
            for (at, value) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            fs::write(&path, &bytes).unwrap();
            let shown = |path: &Path| {
                let store = Store::open(path, KEY)?;
                store.verify()?;
                let sessions: Vec<_> = store.list(None)?.into_iter().map(|session| (session.record, session.updated_at)).collect();
                let faces: Vec<_> = StoredFaces::load(&store)?.list().to_vec();
                Ok::<_, Failure>((sessions, faces, store.waiting(URL)?, store.waiting(OTHER)?))
            };
            if let Ok(left) = shown(&path) {
                prop_assert_eq!(left, shown(&whole.path).unwrap());
            }
            Ok(())
        })?;
    }
}
