// SPDX-License-Identifier: MIT OR Apache-2.0

use liveness_core::face::Embedding;
use liveness_core::session::Status;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::faces::{Face, FaceIndex, List, StoredFaces, WIDTH};
use super::places::{OnApproval, Places};
use super::review::Review;
use super::*;
use crate::identity;

pub(super) const KEY: &[u8] = b"a key of the tests";
pub(super) const URL: &str = "http://localhost/";

/// Returns a session's record.
pub(super) fn record(id: &str, status: &str) -> Map<String, Value> {
    let record = json!({"session_id": id, "status": status, "created_at": "2026-01-01T00:00:00Z", "vendor_data": "someone"});
    record.as_object().unwrap().clone()
}

/// Returns places with a webhook at `url`.
pub(super) fn told_to(url: &str) -> Places {
    Places { webhook: Some(url.to_owned()), ..Places::default() }
}

/// Creates a store in a temporary folder.
pub(super) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("s.db"), KEY).unwrap();
    (folder, store)
}

/// Returns an embedding determined by `seed`.
pub(super) fn embedding(seed: usize) -> Embedding {
    let numbers = (0..WIDTH).map(|i| ((i * 31 + seed * 977) % 101) as f32 - 50.0);
    Embedding::new(numbers.collect()).unwrap()
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
fn a_store_of_the_first_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let first = "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID; PRAGMA user_version = 1;";
    Connection::open(&path).unwrap().execute_batch(first).unwrap();
    let failure = Store::open(&path, KEY).err().unwrap();
    assert!(failure.text.contains("0.1.0, whose stores are not read any more"), "{failure}");
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
    assert_eq!(store.verify().unwrap().events, 5);
}

#[test]
fn workflows_that_share_a_store_leave_each_others_sessions_alone() {
    let (_folder, store) = store();
    for (id, workflow) in [("1", "a"), ("2", "b")] {
        let mut record = record(id, "In Progress");
        record.insert("workflow_id".into(), workflow.into());
        store.put(&record, &told_to(&format!("http://{workflow}/")), false).unwrap();
    }
    let aged = |workflow| store.aged("9999-01-01T00:00:00Z", workflow).unwrap();
    let [left] = &aged(Some("b"))[..] else { panic!() };
    assert_eq!((&left.places, left.record.get("places")), (&told_to("http://b/"), None));
    assert_eq!((aged(None).len(), aged(Some("c")).len()), (2, 0));
    store.abandon_stale("a").unwrap();
    assert_eq!(store.find("1").unwrap().unwrap().status, "In Progress", "it is not a day old");
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
    assert_eq!(store.verify().unwrap().events, 3);
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
    // The next event of the same session waits for the first.
    let other = store.take(URL, minute).unwrap().unwrap();
    assert_eq!(other.session_id, "b");
    assert!(store.take(URL, minute).unwrap().is_none());
    store.postpone(&first, Duration::ZERO).unwrap();
    let again = store.take(URL, minute).unwrap().unwrap();
    assert_eq!((&again.event_id, again.attempts), (&first.event_id, 1));
    store.delivered(&again).unwrap();
    assert_eq!(store.take(URL, minute).unwrap().unwrap().body["status"], "Approved");
    assert_eq!(store.waiting(URL).unwrap(), 2);
    // Taken and postponed events are due again, still in order.
    store.hasten(URL).unwrap();
    let mut again = [store.take(URL, minute), store.take(URL, minute)].map(|letter| letter.unwrap().unwrap());
    again.sort_by(|a, b| a.session_id.cmp(&b.session_id));
    assert_eq!(again.map(|letter| letter.body["status"].clone()), [json!("Approved"), json!("Declined")]);
    store.verify().unwrap();
}

#[test]
fn an_event_of_a_clock_that_was_ahead_is_due() {
    let (_folder, store) = store();
    store.put(&record("a", "In Progress"), &told_to(URL), true).unwrap();
    let minute = Duration::from_secs(60);
    let letter = store.take(URL, minute).unwrap().unwrap();
    store.postpone(&letter, 30 * minute).unwrap();
    assert!(store.take(URL, minute).unwrap().is_none());
    let wait = store.next_due(URL).unwrap().unwrap();
    assert!(wait > 29 * minute && wait <= 30 * minute, "{wait:?}");
    for ahead in [61 * minute, 24 * 60 * minute, 366 * 24 * 60 * minute] {
        store.postpone(&letter, ahead).unwrap();
        assert_eq!(store.next_due(URL).unwrap(), Some(Duration::ZERO), "{ahead:?}");
        assert!(store.take(URL, minute).unwrap().is_some(), "{ahead:?}");
    }
    store.verify().unwrap();
}

fn in_review(store: &Store, id: &str, face: Option<Vec<f32>>) {
    let mut record = record(id, "In Review");
    record.insert("decision".into(), json!({"liveness_checks": []}));
    let on_approval = OnApproval { validity_days: Some(3), face };
    store.put_for_review(&record, &told_to(URL), &on_approval).unwrap();
}

#[test]
fn an_approval_in_review_is_kept_told_and_enrols() {
    let (_folder, store) = store();
    in_review(&store, "a", Some(embedding(1).values().to_vec()));
    let review = Review { user: "ann", status: Status::Approved, comment: "her passport" };
    let reviewed = store.review("a", &review).unwrap().unwrap();
    let found = store.find("a").unwrap().unwrap();
    assert_eq!((&found.record, found.on_approval.as_ref()), (&reviewed, None));
    assert_eq!(found.record["expires_at"].as_str(), Some(identity::in_days(3).unwrap().as_str()));
    let reviews = &reviewed["decision"]["reviews"];
    assert_eq!(reviews[0]["user"], "ann");
    assert_eq!(
        (&reviews[0]["new_status"], &reviews[0]["comment"]),
        (&json!("Approved"), &json!("her passport"))
    );
    let faces = StoredFaces::load(&store).unwrap();
    let face = &faces.list()[0];
    assert_eq!(
        (face.list, face.session_id.as_deref(), face.vendor_data.as_deref()),
        (List::Known, Some("a"), Some("someone"))
    );
    assert!(embedding(1).similarity(&Embedding::new(faces.embedding(0).to_vec()).unwrap()) > 0.9999);
    let told: Vec<_> = (0..2)
        .map(|_| {
            let letter = store.take(URL, Duration::ZERO).unwrap().unwrap();
            store.delivered(&letter).unwrap();
            letter.body
        })
        .collect();
    assert_eq!((&told[0]["status"], &told[1]["status"]), (&json!("In Review"), &json!("Approved")));
    assert_eq!(&told[1]["decision"]["reviews"], reviews);
    let mut kinds = Vec::new();
    let kind =
        |event: &str| serde_json::from_str::<Value>(event).unwrap()["type"].as_str().unwrap().to_owned();
    store
        .events(|event| {
            kinds.push(kind(&event.event));
            assert!(!event.event.contains("passport"), "the comment is sealed");
            Ok(())
        })
        .unwrap();
    assert_eq!(kinds[2..4], ["session.reviewed", "webhook.queued"]);
    store.verify().unwrap();
}

#[test]
fn only_a_session_in_review_is_reviewed_and_only_once() {
    let (_folder, store) = store();
    in_review(&store, "a", Some(embedding(1).values().to_vec()));
    store.put(&record("b", "Approved"), &told_to(URL), true).unwrap();
    let review = Review { user: "ann", status: Status::Declined, comment: "a mask" };
    assert!(store.review("c", &review).unwrap().is_none());
    let before = store.verify().unwrap();
    assert!(store.review("b", &review).unwrap_err().text.contains("is Approved, not In Review"));
    assert_eq!(store.verify().unwrap(), before);
    store.review("a", &review).unwrap().unwrap();
    assert!(store.review("a", &Review { status: Status::Approved, ..review }).is_err());
    assert!(StoredFaces::load(&store).unwrap().list().is_empty(), "who is declined is not enrolled");
    assert_eq!(store.find("a").unwrap().unwrap().status, "Declined");
    store.verify().unwrap();
}

#[test]
fn the_time_of_a_run_is_settled_by_the_one_before() {
    let (_folder, store) = store();
    assert!(store.settled_now().unwrap() <= identity::now().unwrap());
    store.put(&record("a", "Approved"), &Places::default(), false).unwrap();
    let last = store.last_event_at().unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(store.settled_now().unwrap(), last);
}

/// The URI also serves where SQLite cannot create files next to the store.
#[test]
fn an_immutable_store_is_addressed_by_its_name() {
    let path = Path::new("/a b/ü%?#&.db");
    assert_eq!(immutable(path), "file:/a%20b/%C3%BC%25%3F%23%26.db?immutable=1");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ü %?#.db");
    drop(Store::open(&path, KEY).unwrap());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    schema::check(&Connection::open_with_flags(immutable(&path), flags).unwrap()).unwrap();
    let store = Store::open_to_read(&path, KEY).unwrap();
    assert_eq!(store.verify().unwrap().events, 0);
    assert!(store.put(&record("a", "Approved"), &Places::default(), false).is_err());
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
    // A changed pause is detected.
    store.pause(URL, minute).unwrap();
    let changed = "UPDATE meta SET value = randomblob(36) WHERE name LIKE 'pause %'";
    store.connection.execute(changed, []).unwrap();
    assert!(store.verify().is_err() && store.take(URL, minute).is_err());
}

#[test]
fn a_time_that_no_right_clock_has_written_is_over() {
    let hour = 3_600_000;
    for (due, left) in [(5, 0), (5 + hour, hour as u64), (6 + hour, 0), (i64::MAX, 0), (i64::MIN, 0)] {
        assert_eq!(outbox::wait_until(due, 5), Duration::from_millis(left), "{due}");
    }
}

/// Measures the time to open a store, which replays the whole log.
#[test]
#[ignore = "prints a time"]
fn how_long_a_long_log_takes_to_read() {
    let (folder, store) = store();
    let events = 200_000;
    let note = |connection: &Connection| {
        let event = json!({"type": "webhook.delivered", "event_id": identity::new().unwrap()});
        store.note(connection, &identity::new().unwrap(), &event)
    };
    store.change(|connection, _| (0..events).try_for_each(|_| note(connection))).unwrap();
    let began = std::time::Instant::now();
    Store::open(&folder.path().join("s.db"), KEY).unwrap();
    println!("{events} events in {:?}", began.elapsed());
}
