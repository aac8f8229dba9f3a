// SPDX-License-Identifier: MIT OR Apache-2.0

//! The outbox: webhook events that wait for delivery. An event leaves it once its receiver has confirmed it.
//!
//! The audit log records the queued events, their order and their destinations. The rows here hold the sealed
//! bodies and schedules. An unknown or missing row stops all deliveries.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ledger::{Ledger, Queued};
use super::{Store, failed, get, set};
use crate::failure::Failure;
use crate::hex::hex;
use crate::identity;

/// Longest wait for a delivery. A due time further ahead was written under a clock that ran ahead, and counts
/// as past.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Prefix of the entries of `meta` that hold the pauses of servers.
pub(super) const PAUSE: &str = "pause ";
/// Length of a URL's tag in bytes.
const TAG: usize = 16;

/// A webhook event taken for delivery.
pub struct Letter {
    /// Id of the event, the same in every attempt.
    pub event_id: String,
    /// Id of the session.
    pub session_id: String,
    /// Body without the time of delivery.
    pub body: Map<String, Value>,
    /// Number of earlier attempts.
    pub attempts: u32,
}

/// The sealed content of an event.
#[derive(Serialize, Deserialize)]
struct Posted {
    url: String,
    session_id: String,
    body: Map<String, Value>,
}

/// The sealed schedule of an event.
#[derive(Clone, Copy)]
struct Schedule {
    attempts: u32,
    /// Time of the next attempt in milliseconds since 1970.
    due: i64,
}

impl Schedule {
    fn new(attempts: u32, due: SystemTime) -> Self {
        Self { attempts, due: milliseconds(due) }
    }
}

/// Returns the time from `now` until `due`, both in milliseconds since 1970. Returns zero if it exceeds
/// [`LONGEST_WAIT`], since no correct clock can have written that.
pub(super) fn wait_until(due: i64, now: i64) -> Duration {
    let wait = Duration::from_millis(due.saturating_sub(now).max(0).cast_unsigned());
    if wait > LONGEST_WAIT { Duration::ZERO } else { wait }
}

impl Store {
    /// Queues a session's record for delivery within a transaction.
    pub(super) fn post_within(
        &self,
        connection: &Connection,
        url: &str,
        record: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let event_id = identity::new()?;
        let session_id = record.get("session_id").and_then(Value::as_str).unwrap_or_default();
        let posted =
            Posted { url: url.to_owned(), session_id: session_id.to_owned(), body: body(&event_id, record) };
        let plain = serde_json::to_vec(&posted).map_err(|e| Failure::internal(e.to_string()))?;
        let sealed = self.keys.seal(&place(&event_id), &plain)?;
        let row = params![event_id, sealed, self.sealed(&event_id, Schedule::new(0, SystemTime::now()))?];
        let query = "INSERT INTO outbox (event_id, event, schedule) VALUES (?1, ?2, ?3)";
        connection.execute(query, row).map_err(failed)?;
        let event = json!({
            "type": "webhook.queued", "event_id": event_id, "to": self.tag(url), "event": self.signature("posted", &[&plain]),
        });
        self.note(connection, session_id, &event)
    }

    /// Takes the event for `url` that was due first, or returns `None` if none is due or the server is
    /// paused. Events of one session are taken in order. A taken event is not due again for `patience`.
    ///
    /// # Errors
    /// The outbox does not match the audit log.
    pub fn take(&self, url: &str, patience: Duration) -> Result<Option<Letter>, Failure> {
        let now = SystemTime::now();
        self.change(|connection, ledger| {
            if !self.pause_left(connection, url)?.is_zero() {
                return Ok(None);
            }
            let due = self.waits(connection, ledger, url)?.into_iter().filter(|(_, _, wait)| wait.is_zero());
            // Among the due events, take the one that was due first.
            let Some((queued, schedule, _)) = due.min_by_key(|(_, schedule, _)| schedule.due) else {
                return Ok(None);
            };
            let posted = self.posted(connection, queued)?;
            if posted.url != url {
                return Err(not_as_told(&queued.event_id));
            }
            let next = Schedule::new(schedule.attempts.saturating_add(1), now + patience);
            self.reschedule(connection, &queued.event_id, next)?;
            Ok(Some(Letter {
                event_id: queued.event_id.clone(),
                session_id: queued.session_id.clone(),
                body: posted.body,
                attempts: schedule.attempts,
            }))
        })
    }

    /// Removes a delivered event from the outbox.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn delivered(&self, letter: &Letter) -> Result<(), Failure> {
        self.change(|connection, ledger| {
            if ledger.queued(&letter.event_id).is_none() {
                return Ok(());
            }
            connection
                .execute("DELETE FROM outbox WHERE event_id = ?1", [&letter.event_id])
                .map_err(failed)?;
            let event = json!({ "type": "webhook.delivered", "event_id": letter.event_id });
            self.note(connection, &letter.session_id, &event)
        })
    }

    /// Schedules the next attempt of a letter after `wait`.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn postpone(&self, letter: &Letter, wait: Duration) -> Result<(), Failure> {
        self.change(|connection, ledger| {
            let Some(queued) = ledger.queued(&letter.event_id) else { return Ok(()) };
            let schedule = self.schedule(connection, queued)?;
            let next = Schedule::new(schedule.attempts, SystemTime::now() + wait);
            self.reschedule(connection, &letter.event_id, next)
        })
    }

    /// Pauses deliveries to `url` for `pause`, at most [`LONGEST_WAIT`].
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn pause(&self, url: &str, pause: Duration) -> Result<(), Failure> {
        let (name, until) = (self.pause_of(url), milliseconds(SystemTime::now() + pause.min(LONGEST_WAIT)));
        let sealed = self.keys.seal(&name, &until.to_be_bytes())?;
        self.change(|connection, _| set(connection, &name, &sealed))
    }

    /// Returns the remaining pause of a server.
    fn pause_left(&self, connection: &Connection, url: &str) -> Result<Duration, Failure> {
        let name = self.pause_of(url);
        let Some(sealed) = get(connection, &name)? else { return Ok(Duration::ZERO) };
        let until = self.opened(&name, &sealed)?.try_into().map_or(0, i64::from_be_bytes);
        Ok(wait_until(until, milliseconds(SystemTime::now())))
    }

    /// Returns the entry of `meta` that holds a server's pause.
    fn pause_of(&self, url: &str) -> String {
        format!("{PAUSE}{}", self.tag(url))
    }

    /// Makes all events for `url` due now and ends the server's pause. An event that another process has
    /// taken may be delivered twice.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn hasten(&self, url: &str) -> Result<(), Failure> {
        self.change(|connection, ledger| {
            connection.execute("DELETE FROM meta WHERE name = ?1", [self.pause_of(url)]).map_err(failed)?;
            let (to, now) = (self.tag(url), SystemTime::now());
            for queued in ledger.outbox.values().filter(|queued| queued.to == to) {
                let schedule = self.schedule(connection, queued)?;
                if schedule.due > milliseconds(now) {
                    let hastened = Schedule::new(schedule.attempts, now);
                    self.reschedule(connection, &queued.event_id, hastened)?;
                }
            }
            Ok(())
        })
    }

    /// Returns the number of undelivered events for `url`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn waiting(&self, url: &str) -> Result<u64, Failure> {
        let to = self.tag(url);
        self.look(|_, ledger| Ok(ledger.outbox.values().filter(|queued| queued.to == to).count() as u64))
    }

    /// Returns the time until the next event for `url` is due, or `None` if the outbox holds none.
    ///
    /// # Errors
    /// The outbox does not match the audit log.
    pub fn next_due(&self, url: &str) -> Result<Option<Duration>, Failure> {
        self.look(|connection, ledger| {
            let waits = self.waits(connection, ledger, url)?;
            let pause = self.pause_left(connection, url)?;
            Ok(waits.into_iter().map(|(.., wait)| wait.max(pause)).min())
        })
    }

    /// Verifies that the outbox holds exactly the queued events of the log.
    pub(super) fn verify_outbox(&self, connection: &Connection, ledger: &Ledger) -> Result<(), Failure> {
        self.count(connection, ledger)?;
        for queued in ledger.outbox.values() {
            self.schedule(connection, queued)?;
            self.posted(connection, queued)?;
        }
        Ok(())
    }

    /// Returns the first queued event of each session for `url`, with its schedule and the time until it is
    /// due.
    fn waits<'a>(
        &self,
        connection: &Connection,
        ledger: &'a Ledger,
        url: &str,
    ) -> Result<Vec<(&'a Queued, Schedule, Duration)>, Failure> {
        self.count(connection, ledger)?;
        let (to, now) = (self.tag(url), milliseconds(SystemTime::now()));
        let first = ledger.first_of_sessions().filter(|queued| queued.to == to);
        let waits = first.map(|queued| {
            let schedule = self.schedule(connection, queued)?;
            Ok((queued, schedule, wait_until(schedule.due, now)))
        });
        waits.collect()
    }

    /// Compares the number of rows with the number of queued events.
    fn count(&self, connection: &Connection, ledger: &Ledger) -> Result<(), Failure> {
        let rows: i64 =
            connection.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).map_err(failed)?;
        if rows == ledger.outbox.len() as i64 {
            return Ok(());
        }
        let text = format!(
            "{rows} webhook events are in the store and {} by the audit log: somebody has added or removed some",
            ledger.outbox.len()
        );
        Err(Failure::data(text))
    }

    /// Decrypts an event and checks it against the log.
    fn posted(&self, connection: &Connection, queued: &Queued) -> Result<Posted, Failure> {
        let id = &queued.event_id;
        let plain =
            self.opened(&place(id), &cell(connection, "SELECT event FROM outbox WHERE event_id = ?1", id)?)?;
        let signed = self.signature("posted", &[&plain]) == queued.signature;
        let posted: Option<Posted> = serde_json::from_slice(&plain).ok().filter(|_| signed);
        let fits =
            |posted: &Posted| self.tag(&posted.url) == queued.to && posted.session_id == queued.session_id;
        posted.filter(fits).ok_or_else(|| not_as_told(id))
    }

    fn schedule(&self, connection: &Connection, queued: &Queued) -> Result<Schedule, Failure> {
        let id = &queued.event_id;
        let sealed = cell(connection, "SELECT schedule FROM outbox WHERE event_id = ?1", id)?;
        let plain = self.opened(&place_of_schedule(id), &sealed)?;
        let parts = plain.first_chunk().zip(plain.last_chunk()).filter(|_| plain.len() == 12);
        let (attempts, due) = parts.ok_or_else(|| not_as_told(id))?;
        Ok(Schedule { attempts: u32::from_be_bytes(*attempts), due: i64::from_be_bytes(*due) })
    }

    fn reschedule(&self, connection: &Connection, event_id: &str, schedule: Schedule) -> Result<(), Failure> {
        let row = params![event_id, self.sealed(event_id, schedule)?];
        let query = "UPDATE outbox SET schedule = ?2 WHERE event_id = ?1";
        connection.execute(query, row).map(|_| ()).map_err(failed)
    }

    fn sealed(&self, event_id: &str, Schedule { attempts, due }: Schedule) -> Result<Vec<u8>, Failure> {
        let plain = [&attempts.to_be_bytes()[..], &due.to_be_bytes()].concat();
        self.keys.seal(&place_of_schedule(event_id), &plain)
    }

    /// Returns a keyed hash of a URL as hexadecimal digits. It stands for the URL in the log, which is not
    /// encrypted.
    fn tag(&self, url: &str) -> String {
        hex(&self.keys.sign(&[b"url", url.as_bytes()])[..TAG])
    }
}

/// Returns the body to deliver for a record.
fn body(event_id: &str, record: &Map<String, Value>) -> Map<String, Value> {
    let mut body = Map::from_iter([
        ("event_id".to_owned(), json!(event_id)),
        ("webhook_type".to_owned(), json!("status.updated")),
    ]);
    body.extend(record.clone());
    // Receivers written for Didit's events expect these fields here, and times in seconds.
    if let Some(Value::Object(decision)) = body.get_mut("decision") {
        decision.insert("session_id".into(), record.get("session_id").cloned().unwrap_or_default());
        decision.insert("status".into(), record.get("status").cloned().unwrap_or_default());
    }
    for field in ["created_at", "expires_at"] {
        if let Some(time) = record.get(field).and_then(Value::as_str).and_then(identity::seconds) {
            body.insert(field.into(), time.into());
        }
    }
    body
}

fn cell(connection: &Connection, query: &str, event_id: &str) -> Result<Vec<u8>, Failure> {
    let found = connection.query_row(query, [event_id], |row| row.get(0)).optional().map_err(failed)?;
    found
        .ok_or_else(|| Failure::data(format!("the webhook event {event_id} has been removed from the store")))
}

fn place(event_id: &str) -> String {
    format!("event {event_id}")
}

fn place_of_schedule(event_id: &str) -> String {
    format!("schedule {event_id}")
}

fn not_as_told(event_id: &str) -> Failure {
    Failure::data(format!("the webhook event {event_id} is not as the audit log says"))
}

/// Returns the milliseconds since 1970.
fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
