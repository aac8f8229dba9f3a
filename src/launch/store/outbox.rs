//! Events that still have to be delivered. One leaves the outbox only when its receiver has said that it has it.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

/// No event is due later than this from now: a later time was written under a clock that ran ahead, and is over.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);

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
            if !self.pause_left(connection, url, now)?.is_zero() {
                return Ok(None);
            }
            let query = format!(
                "SELECT event_id, session_id, body, attempts FROM {FIRST} AND (due <= ?2 OR due > ?3) \
                 ORDER BY due, rowid LIMIT 1"
            );
            let times = params![url, milliseconds(now), milliseconds(now + LONGEST_WAIT)];
            let first = connection.query_row(&query, times, |row| {
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

    /// Has nothing sent to a server for `pause`, at most [`LONGEST_WAIT`].
    pub fn pause(&self, url: &str, pause: Duration) -> Result<(), Failure> {
        let until = milliseconds(SystemTime::now() + pause.min(LONGEST_WAIT));
        self.change(|connection| self.set(connection, &pause_of(url), &until.to_be_bytes()))
    }

    /// How much of a server's pause is left.
    fn pause_left(&self, connection: &Connection, url: &str, now: SystemTime) -> Result<Duration, Failure> {
        let until = self.get(connection, &pause_of(url))?.and_then(|bytes| bytes.try_into().ok());
        Ok(wait_until(until.map_or(0, i64::from_be_bytes), now))
    }

    /// Makes everything due now, also what somebody else has taken: it may then come twice.
    pub fn hasten(&self, url: &str) -> Result<(), Failure> {
        let row = params![url, milliseconds(SystemTime::now())];
        self.change(|connection| {
            let query = "UPDATE outbox SET due = ?2 WHERE url = ?1 AND due > ?2";
            connection.execute(query, row).map_err(failed)?;
            self.set(connection, &pause_of(url), &[])
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
        let now = SystemTime::now();
        let query = format!("SELECT min(CASE WHEN due > ?2 THEN 0 ELSE due END) FROM {FIRST}");
        let latest = params![url, milliseconds(now + LONGEST_WAIT)];
        let due: Option<i64> = self.connection.query_row(&query, latest, |row| row.get(0)).map_err(failed)?;
        let Some(due) = due else { return Ok(None) };
        Ok(Some(wait_until(due, now).max(self.pause_left(&self.connection, url, now)?)))
    }
}

/// The name under which a server's pause is kept.
fn pause_of(url: &str) -> String {
    format!("pause {url}")
}

/// The time from `now` until `due` in milliseconds since 1970; none for a time that no right clock can have written.
fn wait_until(due: i64, now: SystemTime) -> Duration {
    let wait = Duration::from_millis((due - milliseconds(now)).max(0).cast_unsigned());
    if wait > LONGEST_WAIT { Duration::ZERO } else { wait }
}

/// Since 1970.
fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
