//! Events that still have to be delivered. One leaves the outbox only when its receiver has said that it has it.
//!
//! Which events wait, in which order and where they go stands in the audit log; the rows here hold their sealed bodies and
//! when they are due. A row that the log does not know, or one that is missing, stops all deliveries.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ledger::{Ledger, Queued};
use super::{Store, failed, get, set};
use crate::failure::Failure;
use crate::hex::hex;
use crate::identity;

/// No event is due later than this from now: a later time was written under a clock that ran ahead, and is over.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Begins the names of servers' pauses.
pub(super) const PAUSE: &str = "pause ";
/// Bytes of an address' tag.
const TAG: usize = 16;

/// A webhook's event on its way.
pub struct Letter {
    pub event_id: String,
    pub session_id: String,
    /// Without the time of delivery.
    pub body: Map<String, Value>,
    /// Times that it was tried before.
    pub attempts: u32,
}

/// An event as it is sealed.
#[derive(Serialize, Deserialize)]
struct Posted {
    url: String,
    session_id: String,
    body: Map<String, Value>,
}

/// The next try of an event, as it is sealed.
#[derive(Clone, Copy)]
struct Schedule {
    attempts: u32,
    /// Milliseconds since 1970.
    due: i64,
}

impl Schedule {
    fn new(attempts: u32, due: SystemTime) -> Self {
        Self { attempts, due: milliseconds(due) }
    }
}

/// The time from `now` until `due` in milliseconds since 1970; none for a time that no right clock can have written.
pub(super) fn wait_until(due: i64, now: i64) -> Duration {
    let wait = Duration::from_millis(due.saturating_sub(now).max(0).cast_unsigned());
    if wait > LONGEST_WAIT { Duration::ZERO } else { wait }
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

    /// The first event that is due, and never before an older one of its session; for `patience` it is nobody else's.
    ///
    /// # Errors
    /// The outbox is not as the audit log says.
    pub fn take(&self, url: &str, patience: Duration) -> Result<Option<Letter>, Failure> {
        let now = SystemTime::now();
        self.change(|connection, ledger| {
            if !self.pause_left(connection, url)?.is_zero() {
                return Ok(None);
            }
            let due = self.waits(connection, ledger, url)?.into_iter().filter(|(_, _, wait)| wait.is_zero());
            // Of those that are due, the one that was so first.
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

    /// Has a letter tried again in `wait`.
    pub fn postpone(&self, letter: &Letter, wait: Duration) -> Result<(), Failure> {
        self.change(|connection, ledger| {
            let Some(queued) = ledger.queued(&letter.event_id) else { return Ok(()) };
            let schedule = self.schedule(connection, queued)?;
            let next = Schedule::new(schedule.attempts, SystemTime::now() + wait);
            self.reschedule(connection, &letter.event_id, next)
        })
    }

    /// Has nothing sent to a server for `pause`, at most [`LONGEST_WAIT`].
    pub fn pause(&self, url: &str, pause: Duration) -> Result<(), Failure> {
        let (name, until) = (self.pause_of(url), milliseconds(SystemTime::now() + pause.min(LONGEST_WAIT)));
        let sealed = self.keys.seal(&name, &until.to_be_bytes())?;
        self.change(|connection, _| set(connection, &name, &sealed))
    }

    /// Returns the rest of a server's pause.
    fn pause_left(&self, connection: &Connection, url: &str) -> Result<Duration, Failure> {
        let name = self.pause_of(url);
        let Some(sealed) = get(connection, &name)? else { return Ok(Duration::ZERO) };
        let until = self.opened(&name, &sealed)?.try_into().map_or(0, i64::from_be_bytes);
        Ok(wait_until(until, milliseconds(SystemTime::now())))
    }

    /// The name under which a server's pause is kept and sealed.
    fn pause_of(&self, url: &str) -> String {
        format!("{PAUSE}{}", self.tag(url))
    }

    /// Makes everything due now, also what somebody else has taken: it may then come twice.
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

    /// How many events wait.
    pub fn waiting(&self, url: &str) -> Result<u64, Failure> {
        let to = self.tag(url);
        self.look(|_, ledger| Ok(ledger.outbox.values().filter(|queued| queued.to == to).count() as u64))
    }

    /// In what time the next event may be taken.
    pub fn next_due(&self, url: &str) -> Result<Option<Duration>, Failure> {
        self.look(|connection, ledger| {
            let waits = self.waits(connection, ledger, url)?;
            let pause = self.pause_left(connection, url)?;
            Ok(waits.into_iter().map(|(.., wait)| wait.max(pause)).min())
        })
    }

    /// Every queued event must be here as the log says, and nothing else.
    pub(super) fn verify_outbox(&self, connection: &Connection, ledger: &Ledger) -> Result<(), Failure> {
        self.count(connection, ledger)?;
        for queued in ledger.outbox.values() {
            self.schedule(connection, queued)?;
            self.posted(connection, queued)?;
        }
        Ok(())
    }

    /// The first events of the sessions that go to `url`, and in what time each is due.
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

    /// Compares the number of rows with that of the queued events.
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

    /// Stands for an address in the log, which is not sealed.
    fn tag(&self, url: &str) -> String {
        hex(&self.keys.sign(&[b"url", url.as_bytes()])[..TAG])
    }
}

/// Returns the body that is delivered for a record.
fn body(event_id: &str, record: &Map<String, Value>) -> Map<String, Value> {
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

/// Since 1970.
fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
