use std::time::SystemTime;

use gstliveness::face::Embedding;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::faces::{Face, FaceIndex, List, StoredFaces, WIDTH};
use super::places::Places;
use super::*;

const KEY: &[u8] = b"a key of the tests";
const URL: &str = "http://localhost/";

fn record(id: &str, status: &str) -> Map<String, Value> {
    let record = json!({"session_id": id, "status": status, "created_at": "2026-01-01T00:00:00Z", "vendor_data": "someone"});
    record.as_object().unwrap().clone()
}

fn told_to(url: &str) -> Places {
    Places { webhook: Some(url.to_owned()), ..Places::default() }
}

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("s.db"), KEY).unwrap();
    (folder, store)
}

fn embedding(seed: usize) -> Embedding {
    let numbers = (0..WIDTH).map(|i| ((i * 31 + seed * 977) % 101) as f32 - 50.0);
    Embedding::new(numbers.collect()).unwrap()
}

/// A store of three sessions and two faces, and what somebody does to its file.
fn tampered(change: &str) -> Result<audit::Head, Failure> {
    let (folder, store) = store();
    for id in ["a", "b", "c"] {
        store.put(&record(id, "In Progress"), &Places::default(), false).unwrap();
        store.put(&record(id, "Approved"), &Places::default(), false).unwrap();
    }
    let mut faces = StoredFaces::load(&store).unwrap();
    for (list, seed) in [(List::Known, 1), (List::Blocklist, 2)] {
        faces.add(Face::new(list, Some("a".into()), None).unwrap(), &embedding(seed)).unwrap();
    }
    assert_eq!(store.verify().unwrap().events, 8);
    Connection::open(folder.path().join("s.db")).unwrap().execute_batch(change).unwrap();
    store.verify()
}

#[test]
fn sessions_are_found_again() {
    let (folder, store) = store();
    store.put(&record("a", "In Progress"), &Places::default(), false).unwrap();
    store.put(&record("a", "Approved"), &Places::default(), false).unwrap();
    store.put(&record("b", "Declined"), &Places::default(), false).unwrap();
    drop(store);
    let store = Store::open(&folder.path().join("s.db"), KEY).unwrap();
    assert_eq!(store.list(None).unwrap().len(), 2);
    assert_eq!(store.list(Some("Declined")).unwrap()[0].session_id, "b");
    assert_eq!(store.find("a").unwrap().unwrap().record["vendor_data"], "someone");
    assert!(store.find("c").unwrap().is_none());
}

#[test]
fn an_approval_past_its_date_has_expired() {
    let (_folder, store) = store();
    for (id, end) in [("old", "2026-01-02T00:00:00Z"), ("new", "9999-01-01T00:00:00Z")] {
        let mut record = record(id, "Approved");
        record.insert("expires_at".into(), end.into());
        store.put(&record, &Places::default(), false).unwrap();
    }
    assert_eq!(store.find("old").unwrap().unwrap().record["status"], "Kyc Expired");
    assert_eq!(store.find("new").unwrap().unwrap().status, "Approved");
    store.verify().unwrap();
}

#[test]
fn another_key_does_not_fit_and_another_file_is_no_store() {
    let (folder, store) = store();
    let path = folder.path().join("s.db");
    drop(store);
    let told = |failure: Failure| failure.text;
    assert!(
        told(Store::open(&path, b"another key of the tests").err().unwrap()).contains("the key does not fit")
    );
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    assert!(told(Store::open(&path, KEY).err().unwrap()).contains("damaged, or no store"));
    assert!(Store::open(&folder.path().join("none/s.db"), KEY).is_err());
}

#[test]
fn nothing_of_people_stands_in_the_file() {
    let (folder, store) = store();
    store.put(&record("a", "Approved"), &told_to(URL), true).unwrap();
    let face = Face::new(List::Known, Some("a".into()), Some("someone".into())).unwrap();
    StoredFaces::load(&store).unwrap().add(face, &embedding(1)).unwrap();
    drop(store);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"someone"));
        let numbers: Vec<u8> =
            embedding(1).values()[3..5].iter().flat_map(|number| number.to_le_bytes()).collect();
        assert!(!bytes.windows(8).any(|part| part == numbers));
    }
}

#[test]
fn what_is_changed_removed_or_moved_shows() {
    assert!(tampered("SELECT 1").is_ok());
    for change in [
        "UPDATE audit SET event = replace(event, 'Approved', 'Declined') WHERE number = 4",
        "UPDATE audit SET at = '2020-01-01T00:00:00Z' WHERE number = 1",
        "UPDATE audit SET session_id = 'd' WHERE number = 1",
        "DELETE FROM audit WHERE number = 3",
        "DELETE FROM audit WHERE number = 8",
        "DELETE FROM audit",
        "DELETE FROM audit; DELETE FROM meta WHERE name = 'audit head'",
        "UPDATE audit SET number = 99 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;
         UPDATE audit SET number = 3 WHERE number = 99",
        "INSERT INTO audit SELECT 9, at, session_id, event, signature FROM audit WHERE number = 8",
        "UPDATE meta SET value = zeroblob(72) WHERE name = 'audit head'",
        "DELETE FROM sessions WHERE session_id = 'b'",
        "UPDATE sessions SET status = 'Declined' WHERE session_id = 'b'",
        "UPDATE sessions SET expires_at = '9999-01-01T00:00:00Z' WHERE session_id = 'b'",
        "UPDATE sessions SET record = (SELECT record FROM sessions WHERE session_id = 'a') WHERE session_id = 'b'",
        "DELETE FROM faces",
        "DELETE FROM faces WHERE list = 'blocklist'",
        "UPDATE faces SET list = 'known'",
        "UPDATE faces SET session_id = 'b' WHERE list = 'known'",
        "UPDATE faces SET embedding = (SELECT embedding FROM faces WHERE list = 'known')",
        "DELETE FROM sessions; DELETE FROM faces; DELETE FROM audit; DELETE FROM meta WHERE name = 'audit head'",
    ] {
        assert!(tampered(change).is_err(), "{change}");
    }
}

/// Of a face that was removed and added again, none but the last counts.
#[test]
fn a_face_is_the_one_that_was_added() {
    let (folder, store) = store();
    let mut faces = StoredFaces::load(&store).unwrap();
    let face = Face::new(List::Blocklist, None, None).unwrap();
    faces.add(face.clone(), &embedding(1)).unwrap();
    let file = Connection::open(folder.path().join("s.db")).unwrap();
    file.execute_batch("CREATE TABLE aside AS SELECT embedding FROM faces").unwrap();
    faces.remove(&face.face_id).unwrap();
    faces.add(face, &embedding(2)).unwrap();
    store.verify().unwrap();
    file.execute_batch("UPDATE faces SET embedding = (SELECT embedding FROM aside)").unwrap();
    assert!(store.verify().unwrap_err().text.contains("not as the audit log says"));
}

#[test]
fn stores_of_old_are_read_and_their_log_is_watched_from_now_on() {
    let (folder, store) = store();
    let path = folder.path().join("s.db");
    // As it was left by the first version, which had signed no empty log.
    store.set(&store.connection, CHECK, &store.keys.seal(CHECK, b"").unwrap()).unwrap();
    store.connection.execute("DELETE FROM meta WHERE name = 'audit head'", []).unwrap();
    drop(store);
    let store = Store::open(&path, KEY).unwrap();
    assert_eq!(store.verify().unwrap().events, 0);
    store.put(&record("a", "Approved"), &Places::default(), false).unwrap();
    drop(store);
    let wiped = "DELETE FROM sessions; DELETE FROM audit; DELETE FROM meta WHERE name = 'audit head'";
    Connection::open(&path).unwrap().execute_batch(wiped).unwrap();
    let store = Store::open(&path, KEY).unwrap();
    assert!(store.verify().unwrap_err().text.contains("has been removed"));
}

#[test]
fn a_status_beside_the_record_is_not_believed() {
    let (folder, store) = store();
    store.put(&record("a", "Declined"), &Places::default(), false).unwrap();
    let change = "UPDATE sessions SET status = 'Approved'";
    Connection::open(folder.path().join("s.db")).unwrap().execute_batch(change).unwrap();
    assert_eq!(store.find("a").unwrap().unwrap().status, "Declined");
    assert!(store.list(Some("Approved")).unwrap().is_empty());
}

#[test]
fn purging_leaves_a_trace_and_nothing_else() {
    let (_folder, store) = store();
    store.put(&record("a", "Approved"), &told_to(URL), true).unwrap();
    let mut faces = StoredFaces::load(&store).unwrap();
    for (list, seed) in [(List::Known, 1), (List::Blocklist, 2)] {
        faces.add(Face::new(list, Some("a".into()), None).unwrap(), &embedding(seed)).unwrap();
    }
    let ids = ["a".to_owned()];
    assert!(store.aged("2026-01-01T00:00:00Z", None).unwrap().is_empty());
    assert!(store.purge(&ids, "2026-01-01T00:00:00Z").unwrap().is_empty());
    assert_eq!(store.aged("9999-01-01T00:00:00Z", None).unwrap().len(), 1);
    assert_eq!(store.purge(&ids, "9999-01-01T00:00:00Z").unwrap(), ids);
    assert!(store.list(None).unwrap().is_empty());
    assert_eq!(store.waiting(URL).unwrap(), 0);
    let left: Vec<_> = StoredFaces::load(&store).unwrap().list().iter().map(|face| face.list).collect();
    assert_eq!(left, [List::Blocklist]);
    assert_eq!(store.verify().unwrap().events, 4);
}

#[test]
fn workflows_that_share_a_store_leave_each_others_sessions_alone() {
    let (_folder, store) = store();
    let (first, second, here) = (told_to("http://a/"), told_to("http://b/"), told_to("http://here/"));
    for (id, workflow, places) in [("1", "a", &first), ("2", "b", &second), ("old", "a", &first)] {
        let mut record = record(id, "In Progress");
        record.insert("workflow_id".into(), workflow.into());
        store.put(&record, places, false).unwrap();
    }
    // As the first version kept it: it knew no places.
    let mut record = store.find("old").unwrap().unwrap().record;
    record.remove("places");
    let sealed = store.keys.seal("session old", Value::Object(record).to_string().as_bytes()).unwrap();
    let old = "UPDATE sessions SET record = ?1 WHERE session_id = 'old'";
    store.connection.execute(old, [sealed]).unwrap();
    store.connection.execute("UPDATE sessions SET updated_at = '2020-01-01T00:00:00Z'", []).unwrap();
    store.abandon_stale("a", &here).unwrap();
    let statuses = ["1", "2", "old"].map(|id| store.find(id).unwrap().unwrap().status);
    assert_eq!(statuses, ["Abandoned", "In Progress", "Abandoned"]);
    let waiting = ["http://a/", "http://b/", "http://here/"].map(|url| store.waiting(url).unwrap());
    assert_eq!(waiting, [1, 0, 1]);
    let aged = |workflow| store.aged("2021-01-01T00:00:00Z", workflow).unwrap();
    assert!(aged(Some("a")).is_empty());
    let left = &aged(Some("b"))[0];
    assert_eq!((left.places.as_ref(), left.record.get("places")), (Some(&second), None));
}

#[test]
fn faces_are_found_in_their_list_only() {
    let (_folder, store) = store();
    let mut faces = StoredFaces::load(&store).unwrap();
    for (list, seed) in [(List::Known, 1), (List::Known, 2), (List::Blocklist, 3)] {
        faces.add(Face::new(list, None, Some(seed.to_string())).unwrap(), &embedding(seed)).unwrap();
    }
    let mut faces = StoredFaces::load(&store).unwrap();
    let found = |faces: &StoredFaces<'_>, list| {
        let found = faces.search(&embedding(2), list, None, 1);
        (found[0].0.vendor_data.clone().unwrap(), found[0].1)
    };
    let (who, similarity) = found(&faces, List::Known);
    assert!(who == "2" && similarity > 0.999, "{who} {similarity}");
    assert_eq!(found(&faces, List::Blocklist).0, "3");
    let id = faces.list()[1].face_id.clone();
    assert!(faces.remove(&id).unwrap() && !faces.remove(&id).unwrap());
    assert_eq!(found(&faces, List::Known).0, "1");
    assert_eq!(StoredFaces::load(&store).unwrap().list().len(), 2);
    store.verify().unwrap();
}

#[test]
fn a_persons_own_faces_hide_nobody_elses() {
    let (_folder, store) = store();
    let mut faces = StoredFaces::load(&store).unwrap();
    for who in [Some("bob"), Some("bob"), Some("ann"), None] {
        faces.add(Face::new(List::Known, None, who.map(str::to_owned)).unwrap(), &embedding(1)).unwrap();
    }
    let found = |except, most| -> Vec<_> {
        let found = faces.search(&embedding(1), List::Known, except, most);
        found.into_iter().map(|(face, _)| face.vendor_data.as_deref()).collect()
    };
    assert_eq!(found(Some("bob"), 2), [Some("ann"), None]);
    assert_eq!(found(None, 2), [Some("bob"), Some("bob")]);
}

#[test]
fn a_session_is_not_kept_without_its_face() {
    let (_folder, store) = store();
    let face = Face::new(List::Known, Some("a".into()), None).unwrap();
    let (record, strange) = (record("a", "Approved"), Embedding::new(vec![1.0; 3]).unwrap());
    assert!(store.put_known(&record, &told_to(URL), &face, &strange).is_err());
    assert!(store.find("a").unwrap().is_none());
    assert_eq!(store.waiting(URL).unwrap(), 0);
    store.put_known(&record, &told_to(URL), &face, &embedding(1)).unwrap();
    assert_eq!(StoredFaces::load(&store).unwrap().list(), [face]);
    assert_eq!(store.verify().unwrap().events, 2);
}

#[test]
fn events_leave_the_outbox_in_order_and_once_they_are_delivered() {
    let (_folder, store) = store();
    store.put(&record("a", "In Progress"), &told_to(URL), true).unwrap();
    store.put(&record("a", "Approved"), &told_to(URL), true).unwrap();
    store.put(&record("b", "Declined"), &told_to(URL), true).unwrap();
    assert!(store.take("http://other/", Duration::ZERO).unwrap().is_none());
    let minute = Duration::from_secs(60);
    let first = store.take(URL, minute).unwrap().unwrap();
    assert_eq!((&first.body["status"], first.attempts), (&json!("In Progress"), 0));
    // The next of the same session waits for it.
    let other = store.take(URL, minute).unwrap().unwrap();
    assert_eq!(other.session_id, "b");
    assert!(store.take(URL, minute).unwrap().is_none());
    store.postpone(&first, Duration::ZERO).unwrap();
    let again = store.take(URL, minute).unwrap().unwrap();
    assert_eq!((&again.event_id, again.attempts), (&first.event_id, 1));
    store.delivered(&again).unwrap();
    assert_eq!(store.take(URL, minute).unwrap().unwrap().body["status"], "Approved");
    assert_eq!(store.waiting(URL).unwrap(), 2);
    // What is taken or put off is due again, still in its order.
    store.hasten(URL).unwrap();
    let mut again = [store.take(URL, minute), store.take(URL, minute)].map(|letter| letter.unwrap().unwrap());
    again.sort_by(|a, b| a.session_id.cmp(&b.session_id));
    assert_eq!(again.map(|letter| letter.body["status"].clone()), [json!("Approved"), json!("Declined")]);
    store.verify().unwrap();
}

/// Whatever a wrong clock or a server's pause left behind, nothing waits for longer than an hour.
#[test]
fn an_event_of_a_clock_that_ran_ahead_is_due_now() {
    let (_folder, store) = store();
    store.put(&record("a", "In Progress"), &told_to(URL), true).unwrap();
    let set_due = |ahead: Duration| {
        let due =
            (SystemTime::now() + ahead).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
        store.connection.execute("UPDATE outbox SET due = ?1", [due]).unwrap();
    };
    let minute = Duration::from_secs(60);
    set_due(30 * minute);
    assert!(store.take(URL, minute).unwrap().is_none());
    let wait = store.next_due(URL).unwrap().unwrap();
    assert!(wait > 29 * minute && wait <= 30 * minute, "{wait:?}");
    for ahead in [61 * minute, 24 * 60 * minute, 366 * 24 * 60 * minute] {
        set_due(ahead);
        assert_eq!(store.next_due(URL).unwrap(), Some(Duration::ZERO), "{ahead:?}");
        assert!(store.take(URL, minute).unwrap().is_some(), "{ahead:?}");
    }
}

#[test]
fn a_server_that_asks_for_a_pause_gets_nothing_for_at_most_an_hour() {
    let (_folder, store) = store();
    let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
    for (asked, least) in [(2 * minute, minute), (30 * hour, 59 * minute)] {
        store.pause(URL, asked).unwrap();
        store.put(&record("a", "In Progress"), &told_to(URL), true).unwrap();
        assert!(store.take(URL, minute).unwrap().is_none());
        let wait = store.next_due(URL).unwrap().unwrap();
        assert!(wait > least && wait <= asked.min(hour), "{wait:?}");
    }
    store.hasten(URL).unwrap();
    assert!(store.take(URL, minute).unwrap().is_some());
    // A pause that a wrong clock has set is over.
    let year = SystemTime::now() + 365 * 24 * hour;
    let until = year.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
    store.pause(URL, minute).unwrap();
    let set = "UPDATE meta SET value = ?1 WHERE name LIKE 'pause %'";
    store.connection.execute(set, [until.to_be_bytes().to_vec()]).unwrap();
    assert!(store.next_due(URL).unwrap().unwrap() <= hour);
    store.put(&record("b", "In Progress"), &told_to(URL), true).unwrap();
    assert!(store.take(URL, minute).unwrap().is_some());
}
