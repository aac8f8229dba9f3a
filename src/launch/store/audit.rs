//! The audit log: events that can be added, but not changed, removed or put into another order unnoticed.
//!
//! Each event is signed together with the signature before it; the count and the last signature are signed apart, from the
//! store's beginning on, so that a missing end shows, and so does a missing log. Sessions and faces are held against it. Who
//! has the key can forge all of it. Who puts an older copy in the place of the whole file, or none at all, of which the next
//! session makes an empty store, cannot be told from a disk that was restored or exchanged: keep the head that `sessions
//! verify` prints elsewhere.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde_json::Value;

use super::roster::Roster;
use super::sessions::COLUMNS;
use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

const HEAD: &str = "audit head";

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub events: u64,
    pub signature: [u8; 32],
}

impl Head {
    const NONE: Self = Self { events: 0, signature: [0; 32] };
}

struct Event {
    at: String,
    session_id: String,
    event: String,
}

impl Store {
    /// Adds an event within a change.
    pub(super) fn note(
        &self,
        connection: &Connection,
        session_id: &str,
        event: &Value,
    ) -> Result<(), Failure> {
        let head = self.head(connection)?;
        let event =
            Event { at: identity::now()?, session_id: session_id.to_owned(), event: event.to_string() };
        let next = self.following(&head, &event);
        let Event { at, session_id, event } = event;
        let row = params![next.events as i64, at, session_id, event, next.signature];
        connection.execute("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5)", row).map_err(failed)?;
        self.set(connection, HEAD, &self.signed(&next))
    }

    /// Signs that there is no event yet, unless there is one.
    pub(super) fn sign_empty(&self, connection: &Connection) -> Result<(), Failure> {
        let query = "SELECT EXISTS (SELECT 1 FROM audit) OR EXISTS (SELECT 1 FROM meta WHERE name = ?1)";
        let begun: bool = connection.query_row(query, [HEAD], |row| row.get(0)).map_err(failed)?;
        if begun { Ok(()) } else { self.set(connection, HEAD, &self.signed(&Head::NONE)) }
    }

    /// Goes through the whole log, and holds the sessions and the faces against it.
    pub fn verify(&self) -> Result<Head, Failure> {
        let connection = self.connection.unchecked_transaction().map_err(failed)?;
        let mut statement = connection.prepare("SELECT * FROM audit ORDER BY number").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut head = Head::NONE;
        let mut records: HashMap<String, Option<String>> = HashMap::new();
        let mut faces = Roster::default();
        while let Some(row) = rows.next().map_err(failed)? {
            let cell = |i| row.get::<_, String>(i).map_err(failed);
            let event = Event { at: cell(1)?, session_id: cell(2)?, event: cell(3)? };
            let next = self.following(&head, &event);
            let number: i64 = row.get(0).map_err(failed)?;
            let signature: Vec<u8> = row.get(4).map_err(failed)?;
            if number != next.events as i64 || signature != next.signature {
                let text =
                    format!("event {} of the audit log has been changed, removed or moved", next.events);
                return Err(Failure::data(text));
            }
            let told: Value = serde_json::from_str(&event.event).unwrap_or_default();
            faces.take(&event.session_id, &told);
            if let Some(record) = told.get("record") {
                records.insert(event.session_id, record.as_str().map(str::to_owned));
            }
            head = next;
        }
        if self.head(&connection)? != head {
            return Err(Failure::data("the end of the audit log has been removed"));
        }
        self.hold_against(&connection, records)?;
        self.hold_faces_against(&connection, faces)?;
        Ok(head)
    }

    /// Every session must be as its last event says.
    fn hold_against(
        &self,
        connection: &Connection,
        mut records: HashMap<String, Option<String>>,
    ) -> Result<(), Failure> {
        let query = format!("SELECT {COLUMNS} FROM sessions");
        let mut statement = connection.prepare(&query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, sealed): (String, Vec<u8>) = (row.get(0).map_err(failed)?, row.get(5).map_err(failed)?);
            let signature = self.signature(&self.opened(&format!("session {id}"), &sealed)?);
            if records.remove(&id).flatten() != Some(signature) || !self.is_consistent(row)? {
                return Err(Failure::data(format!("the session {id} is not as the audit log says")));
            }
        }
        match records.into_iter().find(|(_, record)| record.is_some()) {
            Some((id, _)) => Err(Failure::data(format!("the session {id} has been removed"))),
            None => Ok(()),
        }
    }

    /// A record's own signature, as it stands in the log.
    pub(super) fn signature(&self, record: &[u8]) -> String {
        hex(&self.keys.sign(&[b"record", record]))
    }

    /// The same of a face and its embedding.
    pub(super) fn signature_of_face(&self, details: &[u8], embedding: &[u8]) -> String {
        hex(&self.keys.sign(&[b"face", details, embedding]))
    }

    fn following(&self, head: &Head, event: &Event) -> Head {
        let events = head.events + 1;
        let Event { at, session_id, event } = event;
        let number = events.to_be_bytes();
        let parts: [&[u8]; 6] =
            [b"event", &head.signature, &number, at.as_bytes(), session_id.as_bytes(), event.as_bytes()];
        Head { events, signature: self.keys.sign(&parts) }
    }

    fn signed(&self, head: &Head) -> Vec<u8> {
        let number = head.events.to_be_bytes();
        let seal = self.keys.sign(&[b"head", &number, &head.signature]);
        [&number[..], &head.signature, &seal].concat()
    }

    fn head(&self, connection: &Connection) -> Result<Head, Failure> {
        let kept = self.get(connection, HEAD)?;
        let kept = kept.ok_or_else(|| Failure::data("the head of the audit log has been removed"))?;
        let head = kept.first_chunk::<8>().zip(kept.get(8..40)).map(|(number, signature)| {
            let mut head = Head { events: u64::from_be_bytes(*number), ..Head::NONE };
            head.signature.copy_from_slice(signature);
            head
        });
        let head = head.filter(|head| self.signed(head) == kept);
        head.ok_or_else(|| Failure::data("the head of the audit log has been tampered with"))
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
