//! Sessions as they stand.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::ledger::Ledger;
use super::places::{OnApproval, Places};
use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

/// A session in a list.
pub struct Listed {
    pub session_id: String,
    /// As it reads now: an approval past its date is `Kyc Expired`.
    pub status: String,
    pub created_at: String,
    pub updated_at: String,
    pub record: Map<String, Value>,
    pub places: Places,
    /// The additions of an approval, for a session in review.
    pub on_approval: Option<OnApproval>,
}

impl Listed {
    fn is_of(&self, workflow_id: &str) -> bool {
        self.record.get("workflow_id").and_then(Value::as_str) == Some(workflow_id)
    }
}

/// What an interrupted program leaves is nobody's after this; no session takes a day.
const STALE_DAYS: i32 = -1;
/// The fields that are sealed beside the record's own.
const PLACES: &str = "places";
const ON_APPROVAL: &str = "on_approval";

/// A session's record as it is put in its place.
pub(super) struct Put<'a> {
    pub record: &'a Map<String, Value>,
    pub places: &'a Places,
    pub on_approval: Option<&'a OnApproval>,
    /// The event of the log; the status and the signature are added.
    pub event: Value,
    /// It is reported to the webhook.
    pub told: bool,
}

impl<'a> Put<'a> {
    pub fn new(record: &'a Map<String, Value>, places: &'a Places, told: bool) -> Self {
        Self { record, places, on_approval: None, event: json!({ "type": "status.updated" }), told }
    }
}

impl Store {
    /// Puts a session's record in its place, notes that, and has it reported where it is `told`: all or nothing.
    pub fn put(&self, record: &Map<String, Value>, places: &Places, told: bool) -> Result<(), Failure> {
        self.change(|connection, _| self.put_within(connection, &Put::new(record, places, told)))
    }

    /// The same for a session that goes to review, with what its approval will add.
    pub fn put_for_review(
        &self,
        record: &Map<String, Value>,
        places: &Places,
        on_approval: &OnApproval,
    ) -> Result<(), Failure> {
        let put = Put { on_approval: Some(on_approval), ..Put::new(record, places, true) };
        self.change(|connection, _| self.put_within(connection, &put))
    }

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

    /// The sessions from the oldest on; those of one status where that is given.
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

    pub fn find(&self, session_id: &str) -> Result<Option<Listed>, Failure> {
        self.look(|connection, ledger| self.find_within(connection, ledger, session_id))
    }

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

    /// Every session must be as its last event says, and none be missing.
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

    /// Opens a session's record, which must be the one that its last event speaks of.
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

    /// The sessions that last changed before `before` (RFC 3339, UTC) by the audit log, of one workflow or of all. What was
    /// tampered with is none, and left to `verify`.
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

    /// Removes sessions and the known faces they brought, except those that have changed since `before`; tells which.
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

    /// The earlier of now and the time of the last event (RFC 3339, UTC). What is old by it was old when the store was last
    /// used, too: one run under a clock that is ahead makes nothing old.
    pub fn settled_now(&self) -> Result<String, Failure> {
        let (now, last) = (identity::now()?, self.last_event_at()?);
        Ok(if last.is_empty() { now } else { now.min(last) })
    }

    /// Ends a workflow's sessions whose program never came back, and reports them where they say.
    pub fn abandon_stale(&self, workflow_id: &str) -> Result<(), Failure> {
        let before = identity::in_days(STALE_DAYS)?;
        let stale = |session: &Listed| session.is_of(workflow_id) && session.status == "In Progress";
        for mut session in self.aged(&before, Some(workflow_id))?.into_iter().filter(stale) {
            session.record.insert("status".into(), "Abandoned".into());
            self.change(|connection, ledger| {
                // Unless it has come back.
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
