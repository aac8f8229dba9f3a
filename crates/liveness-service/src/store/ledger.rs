// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state that the audit log describes. A row of the tables must agree with it before the row is used.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::audit::Head;

/// The state rebuilt from the signed events, in their order.
#[derive(Default)]
pub(super) struct Ledger {
    /// End of the log.
    pub head: Head,
    /// Time of the last event, RFC 3339, UTC; empty without events.
    pub last_at: String,
    /// Sessions by id.
    pub sessions: HashMap<String, Session>,
    /// Faces by id.
    pub faces: HashMap<String, Face>,
    /// Queued, undelivered webhook events by their number in the log.
    pub outbox: BTreeMap<u64, Queued>,
}

/// A session as its last event describes it.
pub(super) struct Session {
    /// Status name.
    pub status: String,
    /// Time of the last change, RFC 3339, UTC.
    pub at: String,
    /// Signature of the record.
    pub record: String,
}

/// A face as its event describes it.
pub(super) struct Face {
    /// Number of the event that added it.
    pub number: u64,
    /// True on the list of known faces, false on the blocklist.
    pub is_known: bool,
    /// Id of the session it belongs to; empty without one.
    pub session_id: String,
    /// Signature of details and embedding.
    pub signature: String,
}

/// A webhook event as its log event describes it.
pub(super) struct Queued {
    /// Id of the webhook event.
    pub event_id: String,
    /// Id of the session.
    pub session_id: String,
    /// Tag of the destination URL.
    pub to: String,
    /// Signature of the URL, the session id and the body.
    pub signature: String,
}

/// An event of the log.
pub struct Event {
    /// Position in the log, from 1.
    pub number: u64,
    /// Time of the event, RFC 3339, UTC.
    pub at: String,
    /// Id of the session, or empty if the event concerns none.
    pub session_id: String,
    /// Content as JSON.
    pub event: String,
}

impl Ledger {
    /// Applies the next event of the log, whose signature has been checked.
    pub fn take(&mut self, event: &Event, head: Head) {
        let Event { number, at, session_id, event } = event;
        (self.head, self.last_at) = (head, at.clone());
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let text = |field: &str| event.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        match text("type").as_str() {
            "status.updated" | "session.reviewed" => {
                let session = Session { status: text("status"), at: at.clone(), record: text("record") };
                self.sessions.insert(session_id.clone(), session);
            }
            "purged" => {
                self.sessions.remove(session_id);
                self.outbox.retain(|_, queued| queued.session_id != *session_id);
                // A purge keeps blocked faces.
                self.faces.retain(|_, face| !face.is_known || face.session_id != *session_id);
            }
            "face.added" => {
                let face = Face {
                    number: *number,
                    is_known: text("list") == "known",
                    session_id: session_id.clone(),
                    signature: text("face"),
                };
                self.faces.insert(text("face_id"), face);
            }
            "face.removed" => drop(self.faces.remove(&text("face_id"))),
            "webhook.queued" => {
                let queued = Queued {
                    event_id: text("event_id"),
                    session_id: session_id.clone(),
                    to: text("to"),
                    signature: text("event"),
                };
                self.outbox.insert(*number, queued);
            }
            "webhook.delivered" => {
                let id = text("event_id");
                self.outbox.retain(|_, queued| queued.event_id != id);
            }
            _ => {}
        }
    }

    /// Returns the oldest queued event of each session, oldest first.
    pub fn first_of_sessions(&self) -> impl Iterator<Item = &Queued> {
        let mut seen = HashSet::new();
        self.outbox.values().filter(move |queued| seen.insert(queued.session_id.as_str()))
    }

    /// Returns the queued event with this id.
    pub fn queued(&self, event_id: &str) -> Option<&Queued> {
        self.outbox.values().find(|queued| queued.event_id == event_id)
    }
}
