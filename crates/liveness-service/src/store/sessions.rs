// SPDX-License-Identifier: MIT OR Apache-2.0

//! The current state of each session.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::ledger::Ledger;
use super::places::{OnApproval, Places};
use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

/// A session read from the store.
pub struct Listed {
    /// Id of the session.
    pub session_id: String,
    /// Current status name; an expired approval is `Kyc Expired`.
    pub status: String,
    /// Time of creation, RFC 3339, UTC.
    pub created_at: String,
    /// Time of the last change by the audit log, RFC 3339, UTC.
    pub updated_at: String,
    /// The record, with the current status.
    pub record: Map<String, Value>,
    /// The session's webhook and folders.
    pub places: Places,
    /// Effects of an approval; only set for a session in review.
    pub on_approval: Option<OnApproval>,
}

impl Listed {
    fn is_of(&self, workflow_id: &str) -> bool {
        self.record.get("workflow_id").and_then(Value::as_str) == Some(workflow_id)
    }
}

/// Offset from now in days. A session still in progress whose last change is earlier counts as abandoned; no
/// session takes a day.
const STALE_DAYS: i32 = -1;
/// Fields that are sealed together with the record's own.
const PLACES: &str = "places";
const ON_APPROVAL: &str = "on_approval";

/// A session's record to be saved.
pub(super) struct Put<'a> {
    /// The record.
    pub record: &'a Map<String, Value>,
    /// The session's webhook and folders.
    pub places: &'a Places,
    /// Effects of an approval, for a session in review.
    pub on_approval: Option<&'a OnApproval>,
    /// Event for the log; status and signature are added.
    pub event: Value,
    /// True to notify the webhook.
    pub told: bool,
}

impl<'a> Put<'a> {
    /// Returns a status update without effects of an approval.
    pub fn new(record: &'a Map<String, Value>, places: &'a Places, told: bool) -> Self {
        Self { record, places, on_approval: None, event: json!({ "type": "status.updated" }), told }
    }
}

impl Store {
    /// Saves a session's record, logs the change and, if `told`, queues a webhook event, in one transaction.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put(&self, record: &Map<String, Value>, places: &Places, told: bool) -> Result<(), Failure> {
        self.change(|connection, _| self.put_within(connection, &Put::new(record, places, told)))
    }

    /// Saves a session in review together with the effects of its approval, and queues a webhook event.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put_for_review(
        &self,
        record: &Map<String, Value>,
        places: &Places,
        on_approval: &OnApproval,
    ) -> Result<(), Failure> {
        let put = Put { on_approval: Some(on_approval), ..Put::new(record, places, true) };
        self.change(|connection, _| self.put_within(connection, &put))
    }

    /// Saves a session within a transaction.
    pub(super) fn put_within(&self, connection: &Connection, put: &Put<'_>) -> Result<(), Failure> {
        let text = |field: &str| put.record.get(field).and_then(Value::as_str).unwrap_or_default();
        let (id, status) = (text("session_id"), text("status"));
        let internal = |e: serde_json::Error| Failure::internal(e.to_string());
        let mut whole = put.record.clone();
        whole.insert(PLACES.into(), serde_json::to_value(put.places).map_err(internal)?);
        if let Some(on_approval) = put.on_approval {
            whole.insert(ON_APPROVAL.into(), serde_json::to_value(on_approval).map_err(internal)?);
        }
        let plain = Value::Object(whole).to_string();
        let sealed = self.keys.seal(&place(id), plain.as_bytes())?;
        let row = "INSERT OR REPLACE INTO sessions (session_id, record) VALUES (?1, ?2)";
        connection.execute(row, params![id, sealed]).map_err(failed)?;
        let mut event = put.event.clone();
        event["status"] = status.into();
        event["record"] = self.signature("record", &[plain.as_bytes()]).into();
        self.note(connection, id, &event)?;
        match &put.places.webhook {
            Some(url) if put.told => self.post_within(connection, url, put.record),
            _ => Ok(()),
        }
    }

    /// Returns the sessions, oldest first. With `status`, returns only those with this current status.
    ///
    /// # Errors
    /// A session does not match the audit log, or is missing.
    pub fn list(&self, status: Option<&str>) -> Result<Vec<Listed>, Failure> {
        let mut sessions = self.look(|connection, ledger| {
            let mut sessions = Vec::new();
            self.each_session(connection, ledger, |session| sessions.push(session))?;
            Ok(sessions)
        })?;
        sessions.retain(|session| status.is_none_or(|status| session.status == status));
        sessions.sort_by(|a, b| (&a.created_at, &a.session_id).cmp(&(&b.created_at, &b.session_id)));
        Ok(sessions)
    }

    /// Returns the session with this id, or `None` without one.
    ///
    /// # Errors
    /// The session does not match the audit log, or is missing.
    pub fn find(&self, session_id: &str) -> Result<Option<Listed>, Failure> {
        self.look(|connection, ledger| self.find_within(connection, ledger, session_id))
    }

    /// Reads a session within a transaction.
    pub(super) fn find_within(
        &self,
        connection: &Connection,
        ledger: &Ledger,
        session_id: &str,
    ) -> Result<Option<Listed>, Failure> {
        let query = "SELECT record FROM sessions WHERE session_id = ?1";
        let sealed = connection.query_row(query, [session_id], |row| row.get::<_, Vec<u8>>(0));
        match (sealed.optional().map_err(failed)?, ledger.sessions.contains_key(session_id)) {
            (Some(sealed), _) => self.listed(ledger, session_id, &sealed).map(Some),
            (None, true) => Err(removed(session_id)),
            (None, false) => Ok(None),
        }
    }

    /// Verifies that every session matches its last event and none is missing.
    pub(super) fn verify_sessions(&self, connection: &Connection, ledger: &Ledger) -> Result<(), Failure> {
        self.each_session(connection, ledger, drop)
    }

    fn each_session(
        &self,
        connection: &Connection,
        ledger: &Ledger,
        mut visit: impl FnMut(Listed),
    ) -> Result<(), Failure> {
        let mut statement = connection.prepare("SELECT session_id, record FROM sessions").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut seen = std::collections::HashSet::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, sealed): (String, Vec<u8>) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            visit(self.listed(ledger, &id, &sealed)?);
            seen.insert(id);
        }
        match ledger.sessions.keys().find(|id| !seen.contains(*id)) {
            Some(id) => Err(removed(id)),
            None => Ok(()),
        }
    }

    /// Decrypts a session's record and checks it against the session's last event.
    fn listed(&self, ledger: &Ledger, session_id: &str, sealed: &[u8]) -> Result<Listed, Failure> {
        let plain = self.opened(&place(session_id), sealed)?;
        let told = ledger.sessions.get(session_id);
        let told = told.filter(|told| told.record == self.signature("record", &[&plain]));
        let told = told
            .ok_or_else(|| Failure::data(format!("the session {session_id} is not as the audit log says")))?;
        let unreadable = |e| Failure::data(format!("the session {session_id} is unreadable: {e}"));
        let mut record: Map<String, Value> = serde_json::from_slice(&plain).map_err(unreadable)?;
        let places = record.remove(PLACES).unwrap_or_default();
        let places = serde_json::from_value(places).map_err(unreadable)?;
        let on_approval =
            record.remove(ON_APPROVAL).map(serde_json::from_value).transpose().map_err(unreadable)?;
        let field = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        let expires = record.get("expires_at").and_then(Value::as_str);
        let expired = field("status") == "Approved"
            && expires.is_some_and(|end| identity::now().is_ok_and(|now| now.as_str() > end));
        let status = if expired { "Kyc Expired" } else { field("status") }.to_owned();
        let created_at = field("created_at").to_owned();
        record.insert("status".into(), status.clone().into());
        Ok(Listed {
            session_id: session_id.to_owned(),
            status,
            created_at,
            updated_at: told.at.clone(),
            record,
            places,
            on_approval,
        })
    }

    /// Returns the sessions whose last change in the audit log is before `before` (RFC 3339, UTC), oldest
    /// first. With `workflow_id`, returns only those of this workflow. A tampered session is skipped with a
    /// warning; `verify` reports it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn aged(&self, before: &str, workflow_id: Option<&str>) -> Result<Vec<Listed>, Failure> {
        self.look(|connection, ledger| {
            let mut sessions = Vec::new();
            for id in
                ledger.sessions.iter().filter(|(_, session)| session.at.as_str() < before).map(|(id, _)| id)
            {
                match self.find_within(connection, ledger, id) {
                    Ok(session) => sessions.extend(session),
                    Err(failure) => tracing::warn!("a session is not purged: {failure}"),
                }
            }
            sessions.retain(|session| workflow_id.is_none_or(|id| session.is_of(id)));
            sessions.sort_by(|a, b| (&a.updated_at, &a.session_id).cmp(&(&b.updated_at, &b.session_id)));
            Ok(sessions)
        })
    }

    /// Deletes sessions with their queued events and known faces. Skips sessions that have changed since
    /// `before` (RFC 3339, UTC). Returns the deleted ids.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn purge(&self, sessions: &[String], before: &str) -> Result<Vec<String>, Failure> {
        self.change(|connection, ledger| {
            let mut gone = Vec::new();
            for id in sessions {
                if ledger.sessions.get(id).is_some_and(|session| session.at.as_str() < before) {
                    self.purge_one(connection, ledger, id)?;
                    gone.push(id.clone());
                }
            }
            Ok(gone)
        })
    }

    fn purge_one(&self, connection: &Connection, ledger: &Ledger, id: &str) -> Result<(), Failure> {
        let queued = ledger.outbox.values().filter(|queued| queued.session_id == id);
        let faces = ledger.faces.iter().filter(|(_, face)| face.is_known && face.session_id == id);
        let rows = [("DELETE FROM sessions WHERE session_id = ?1", id)].into_iter();
        let rows = rows
            .chain(queued.map(|queued| ("DELETE FROM outbox WHERE event_id = ?1", queued.event_id.as_str())));
        let rows = rows.chain(faces.map(|(face, _)| ("DELETE FROM faces WHERE face_id = ?1", face.as_str())));
        for (query, key) in rows {
            connection.execute(query, [key]).map_err(failed)?;
        }
        self.note(connection, id, &json!({ "type": "purged" }))
    }

    /// Returns the earlier of now and the time of the last event (RFC 3339, UTC). A session that is old by
    /// this time was already old when the store was last used, so one run under a clock that is ahead does
    /// not make sessions old.
    ///
    /// # Errors
    /// The store or the clock cannot be read.
    pub fn settled_now(&self) -> Result<String, Failure> {
        let (now, last) = (identity::now()?, self.last_event_at()?);
        Ok(if last.is_empty() { now } else { now.min(last) })
    }

    /// Marks this workflow's sessions that were never finished as Abandoned and notifies their webhooks.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub fn abandon_stale(&self, workflow_id: &str) -> Result<(), Failure> {
        let before = identity::in_days(STALE_DAYS)?;
        let stale = |session: &Listed| session.is_of(workflow_id) && session.status == "In Progress";
        for mut session in self.aged(&before, Some(workflow_id))?.into_iter().filter(stale) {
            session.record.insert("status".into(), "Abandoned".into());
            self.change(|connection, ledger| {
                // The session may have continued in the meantime.
                let told = ledger.sessions.get(&session.session_id);
                if told.is_none_or(|told| told.status != "In Progress" || told.at >= before) {
                    return Ok(());
                }
                self.put_within(connection, &Put::new(&session.record, &session.places, true))
            })?;
        }
        Ok(())
    }
}

fn place(session_id: &str) -> String {
    format!("session {session_id}")
}

fn removed(session_id: &str) -> Failure {
    Failure::data(format!("the session {session_id} has been removed"))
}
