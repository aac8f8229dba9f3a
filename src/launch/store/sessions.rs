//! Sessions as they stand.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value, json};

use super::places::Places;
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
    /// `None` in stores of old.
    pub places: Option<Places>,
}

impl Listed {
    fn is_of(&self, workflow_id: &str) -> bool {
        self.record.get("workflow_id").and_then(Value::as_str) == Some(workflow_id)
    }
}

/// What an interrupted program leaves is nobody's after this; no session takes a day.
const STALE_DAYS: i32 = -1;
/// Under what the places are sealed beside the record's fields.
const PLACES: &str = "places";
pub(super) const COLUMNS: &str = "session_id, status, created_at, updated_at, expires_at, record";

impl Store {
    /// Puts a session's record in its place, notes that, and has it reported where it is `told`: all or nothing.
    pub fn put(&self, record: &Map<String, Value>, places: &Places, told: bool) -> Result<(), Failure> {
        self.change(|connection| self.put_within(connection, record, places, told))
    }

    pub(super) fn put_within(
        &self,
        connection: &Connection,
        record: &Map<String, Value>,
        places: &Places,
        told: bool,
    ) -> Result<(), Failure> {
        let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
        let (id, status) = (text("session_id"), text("status"));
        let places_of = serde_json::to_value(places).map_err(|e| Failure::internal(e.to_string()))?;
        let mut whole = record.clone();
        whole.insert(PLACES.into(), places_of);
        let plain = Value::Object(whole).to_string();
        let sealed = self.keys.seal(&format!("session {id}"), plain.as_bytes())?;
        let row = params![
            id,
            status,
            text("created_at"),
            identity::now()?,
            record.get("expires_at").and_then(Value::as_str),
            sealed
        ];
        let put = format!("INSERT OR REPLACE INTO sessions ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        connection.execute(&put, row).map_err(failed)?;
        let event =
            json!({ "type": "status.updated", "status": status, "record": self.signature(plain.as_bytes()) });
        self.note(connection, id, &event)?;
        match &places.webhook {
            Some(url) if told => self.post_within(connection, url, record),
            _ => Ok(()),
        }
    }

    /// The sessions from the oldest on; those of one status where that is given.
    pub fn list(&self, status: Option<&str>) -> Result<Vec<Listed>, Failure> {
        let query = format!("SELECT {COLUMNS} FROM sessions ORDER BY created_at, session_id");
        let mut statement = self.connection.prepare(&query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            sessions.push(self.listed(row)?);
        }
        sessions.retain(|session| status.is_none_or(|status| session.status == status));
        Ok(sessions)
    }

    pub fn find(&self, session_id: &str) -> Result<Option<Listed>, Failure> {
        let query = format!("SELECT {COLUMNS} FROM sessions WHERE session_id = ?1");
        let found = self.connection.query_row(&query, [session_id], |row| Ok(self.listed(row)));
        found.optional().map_err(failed)?.transpose()
    }

    /// What the sealed record says counts; the columns beside it are there to be searched.
    fn listed(&self, row: &Row<'_>) -> Result<Listed, Failure> {
        let text = |i| row.get::<_, String>(i).map_err(failed);
        let (session_id, sealed): (_, Vec<u8>) = (text(0)?, row.get(5).map_err(failed)?);
        let mut record = self.record(&session_id, &sealed)?;
        let field = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        let expires = record.get("expires_at").and_then(Value::as_str);
        let expired = field("status") == "Approved"
            && expires.is_some_and(|end| identity::now().is_ok_and(|now| now.as_str() > end));
        let status = if expired { "Kyc Expired" } else { field("status") }.to_owned();
        let created_at = field("created_at").to_owned();
        record.insert("status".into(), status.clone().into());
        let places = record.remove(PLACES).and_then(|places| serde_json::from_value(places).ok());
        Ok(Listed { session_id, status, created_at, updated_at: text(3)?, record, places })
    }

    fn record(&self, session_id: &str, sealed: &[u8]) -> Result<Map<String, Value>, Failure> {
        let plain = self.opened(&format!("session {session_id}"), sealed)?;
        let unreadable = |e| Failure::data(format!("the session {session_id} is unreadable: {e}"));
        serde_json::from_slice(&plain).map_err(unreadable)
    }

    /// Whether the columns of a session are what its record says.
    pub(super) fn is_consistent(&self, row: &Row<'_>) -> Result<bool, Failure> {
        let text = |i| row.get::<_, Option<String>>(i).map_err(failed);
        let (session_id, sealed): (_, Vec<u8>) = (text(0)?.unwrap_or_default(), row.get(5).map_err(failed)?);
        let record = self.record(&session_id, &sealed)?;
        let mut same = true;
        for (column, name) in [(0, "session_id"), (1, "status"), (2, "created_at"), (4, "expires_at")] {
            same &= text(column)?.as_deref() == record.get(name).and_then(Value::as_str);
        }
        Ok(same)
    }

    /// The sessions that ended before `before` (RFC 3339, UTC), of one workflow or of all. What was tampered with is none, and
    /// left to `verify`.
    pub fn aged(&self, before: &str, workflow_id: Option<&str>) -> Result<Vec<Listed>, Failure> {
        let query = format!("SELECT {COLUMNS} FROM sessions WHERE updated_at < ?1 ORDER BY updated_at");
        let mut statement = self.connection.prepare(&query).map_err(failed)?;
        let mut rows = statement.query([before]).map_err(failed)?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            match self.listed(row) {
                Ok(session) => sessions.push(session),
                Err(failure) => tracing::warn!("a session is not purged: {failure}"),
            }
        }
        sessions.retain(|session| workflow_id.is_none_or(|id| session.is_of(id)));
        Ok(sessions)
    }

    /// Removes sessions and the known faces they brought, except those that have changed since `before`; tells which.
    pub fn purge(&self, sessions: &[String], before: &str) -> Result<Vec<String>, Failure> {
        self.change(|connection| {
            let mut gone = Vec::new();
            for id in sessions {
                let query = "DELETE FROM sessions WHERE session_id = ?1 AND updated_at < ?2";
                if connection.execute(query, [id.as_str(), before]).map_err(failed)? == 0 {
                    continue;
                }
                for query in [
                    "DELETE FROM outbox WHERE session_id = ?1",
                    "DELETE FROM faces WHERE session_id = ?1 AND list = 'known'",
                ] {
                    connection.execute(query, [id]).map_err(failed)?;
                }
                self.note(connection, id, &json!({ "type": "purged", "record": null }))?;
                gone.push(id.clone());
            }
            Ok(gone)
        })
    }

    /// Ends a workflow's sessions whose program never came back; those that do not say where they are told are told where `here`
    /// says.
    pub fn abandon_stale(&self, workflow_id: &str, here: &Places) -> Result<(), Failure> {
        let before = identity::in_days(STALE_DAYS)?;
        let query = "SELECT session_id FROM sessions WHERE status = 'In Progress' AND updated_at < ?1";
        for id in ids(&self.connection, query, &before)? {
            let stale = |session: &Listed| session.is_of(workflow_id) && session.status == "In Progress";
            if let Some(mut session) = self.find(&id)?.filter(stale) {
                session.record.insert("status".into(), "Abandoned".into());
                self.put(&session.record, session.places.as_ref().unwrap_or(here), true)?;
            }
        }
        Ok(())
    }
}

fn ids(connection: &Connection, query: &str, before: &str) -> Result<Vec<String>, Failure> {
    let mut statement = connection.prepare(query).map_err(failed)?;
    let ids = statement.query_map([before], |row| row.get(0)).map_err(failed)?;
    ids.collect::<Result<_, _>>().map_err(failed)
}
