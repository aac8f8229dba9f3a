//! The state that the audit log describes. What lies in the tables must agree with it before anything is done with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::audit::Head;

/// Rebuilt from the signed events, in their order.
#[derive(Default)]
pub(super) struct Ledger {
    pub head: Head,
    /// The time of the last event, RFC 3339, UTC; empty without one.
    pub last_at: String,
    pub sessions: HashMap<String, Session>,
    pub faces: HashMap<String, Face>,
    /// The webhook events that are queued and not delivered, by their number in the log.
    pub outbox: BTreeMap<u64, Queued>,
}

pub(super) struct Session {
    pub status: String,
    /// The time of its last change.
    pub at: String,
    /// The signature of its record.
    pub record: String,
}

pub(super) struct Face {
    /// The number of the event that added it.
    pub number: u64,
    pub is_known: bool,
    pub session_id: String,
    /// The signature of its details and its embedding.
    pub signature: String,
}

pub(super) struct Queued {
    pub event_id: String,
    pub session_id: String,
    /// The tag of the address that it goes to.
    pub to: String,
    /// The signature of the address, the session and the body.
    pub signature: String,
}

/// An event as it stands in the log.
pub struct Event {
    pub number: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// Empty where it concerns no session.
    pub session_id: String,
    pub event: String,
}

impl Ledger {
    /// Takes in the next event of the log, whose signature holds.
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
                // Who is on the blocklist stays there.
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

    /// The oldest queued event of each session, oldest first.
    pub fn first_of_sessions(&self) -> impl Iterator<Item = &Queued> {
        let mut seen = HashSet::new();
        self.outbox.values().filter(move |queued| seen.insert(queued.session_id.as_str()))
    }

    pub fn queued(&self, event_id: &str) -> Option<&Queued> {
        self.outbox.values().find(|queued| queued.event_id == event_id)
    }
}
