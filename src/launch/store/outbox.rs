//! Events that still have to be delivered. One leaves the outbox only when its receiver has said that it has it.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

/// The first events of their sessions.
const FIRST: &str = "outbox AS event WHERE url = ?1 AND NOT EXISTS \
    (SELECT 1 FROM outbox AS older WHERE older.session_id = event.session_id AND older.rowid < event.rowid)";

/// A webhook's event on its way.
pub struct Letter {
    pub event_id: String,
    pub session_id: String,
    /// Without the time of delivery.
    pub body: Map<String, Value>,
    /// Times that it was tried before.
    pub attempts: u32,
}

impl Store {
    /// Puts a session's record into the outbox.
    pub(super) fn post_within(
        &self,
        connection: &Connection,
        url: &str,
        record: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let event_id = identity::new()?;
        let session_id = record.get("session_id").and_then(Value::as_str).unwrap_or_default();
        let mut body = Map::from_iter([
            ("event_id".to_owned(), json!(event_id)),
            ("webhook_type".to_owned(), json!("status.updated")),
        ]);
        body.extend(record.clone());
        // Receivers that know Didit's events look for these in here, and count in seconds.
        if let Some(Value::Object(decision)) = body.get_mut("decision") {
            decision.insert("session_id".into(), record.get("session_id").cloned().unwrap_or_default());
            decision.insert("status".into(), record.get("status").cloned().unwrap_or_default());
        }
        if let Some(created) = record.get("created_at").and_then(Value::as_str).and_then(identity::seconds) {
            body.insert("created_at".into(), created.into());
        }
        let sealed =
            self.keys.seal(&format!("event {event_id}"), Value::Object(body).to_string().as_bytes())?;
        let row = params![event_id, url, session_id, sealed, milliseconds(SystemTime::now())];
        let query = "INSERT INTO outbox (event_id, url, session_id, body, due) VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.execute(query, row).map(|_| ()).map_err(failed)
    }

    /// The first event that is due, and never before an older one of its session; for `patience` it is nobody else's.
    pub fn take(&self, url: &str, patience: Duration) -> Result<Option<Letter>, Failure> {
        let now = SystemTime::now();
        self.change(|connection| {
            let query = format!(
                "SELECT event_id, session_id, body, attempts FROM {FIRST} AND due <= ?2 ORDER BY due, rowid LIMIT 1"
            );
            let first = connection.query_row(&query, params![url, milliseconds(now)], |row| {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?))
            });
            let Some((event_id, session_id, sealed, attempts)) = first.optional().map_err(failed)? else {
                return Ok(None);
            };
            let query = "UPDATE outbox SET due = ?2, attempts = attempts + 1 WHERE event_id = ?1";
            connection.execute(query, params![event_id, milliseconds(now + patience)]).map_err(failed)?;
            let plain = self.opened(&format!("event {event_id}"), &sealed)?;
            let body = serde_json::from_slice(&plain)
                .map_err(|e| Failure::data(format!("the event {event_id} is unreadable: {e}")))?;
            Ok(Some(Letter { event_id, session_id, body, attempts }))
        })
    }

    pub fn delivered(&self, letter: &Letter) -> Result<(), Failure> {
        self.change(|connection| {
            let gone = connection.execute("DELETE FROM outbox WHERE event_id = ?1", [&letter.event_id]);
            if gone.map_err(failed)? == 0 {
                return Ok(());
            }
            let event = json!({ "type": "webhook.delivered", "event_id": letter.event_id });
            self.note(connection, &letter.session_id, &event)
        })
    }

    /// Has a letter tried again in `wait`.
    pub fn postpone(&self, letter: &Letter, wait: Duration) -> Result<(), Failure> {
        let row = params![letter.event_id, milliseconds(SystemTime::now() + wait)];
        self.change(|connection| {
            connection
                .execute("UPDATE outbox SET due = ?2 WHERE event_id = ?1", row)
                .map(|_| ())
                .map_err(failed)
        })
    }

    /// Makes everything due now, also what somebody else has taken: it may then come twice.
    pub fn hasten(&self, url: &str) -> Result<(), Failure> {
        let row = params![url, milliseconds(SystemTime::now())];
        self.change(|connection| {
            let query = "UPDATE outbox SET due = ?2 WHERE url = ?1 AND due > ?2";
            connection.execute(query, row).map(|_| ()).map_err(failed)
        })
    }

    /// How many events wait.
    pub fn waiting(&self, url: &str) -> Result<u64, Failure> {
        let query = "SELECT count(*) FROM outbox WHERE url = ?1";
        let counted = self.connection.query_row(query, [url], |row| row.get::<_, i64>(0));
        counted.map(|count| count as u64).map_err(failed)
    }

    /// In what time the next event may be taken.
    pub fn next_due(&self, url: &str) -> Result<Option<Duration>, Failure> {
        let query = format!("SELECT min(due) FROM {FIRST}");
        let due: Option<i64> = self.connection.query_row(&query, [url], |row| row.get(0)).map_err(failed)?;
        let now = milliseconds(SystemTime::now());
        Ok(due.map(|due| Duration::from_millis((due - now).max(0) as u64)))
    }
}

/// Since 1970.
fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
