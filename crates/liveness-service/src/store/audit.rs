// SPDX-License-Identifier: MIT OR Apache-2.0

//! The audit log: an append-only chain of signed events.
//!
//! Each event is signed together with the signature of the previous event. The number of events and the last
//! signature are signed separately, which reveals a truncated log. Every change and every read of the store
//! first replays the events added since the last one, and compares the rows it uses with the resulting state
//! (`super::ledger::Ledger`). A holder of the key can forge the whole log. The log cannot reveal a rollback
//! to an older copy of the file, or a fresh file in its place: store the head that `sessions verify` prints
//! on another machine and compare.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::keys::Keys;
use super::ledger::{Event, Ledger};
use super::outbox::PAUSE;
use super::{CHECK, META, Store, failed, get, salt, schema, set};
use crate::failure::Failure;
use crate::hex::hex;
use crate::identity;

/// Entry of `meta` with the signed head.
pub(super) const HEAD: &str = "audit head";

/// The end of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Number of events.
    pub events: u64,
    /// HMAC-SHA256 of the last event.
    pub signature: [u8; 32],
}

impl Head {
    /// Returns the stored form of the head: number, last signature, and a signature of both.
    pub(super) fn signed(&self, keys: &Keys) -> Vec<u8> {
        let number = self.events.to_be_bytes();
        let seal = keys.sign(&[b"head", &number, &self.signature]);
        [&number[..], &self.signature, &seal].concat()
    }
}

impl Store {
    /// Appends an event within a transaction.
    pub(super) fn note(
        &self,
        connection: &Connection,
        session_id: &str,
        event: &Value,
    ) -> Result<(), Failure> {
        let head = self.head(connection)?;
        let event = Event {
            number: head.events + 1,
            at: identity::now()?,
            session_id: session_id.to_owned(),
            event: event.to_string(),
        };
        let next = self.following(&head, &event);
        let Event { number, at, session_id, event } = event;
        let row = params![number as i64, at, session_id, event, next.signature];
        connection.execute("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5)", row).map_err(failed)?;
        set(connection, HEAD, &next.signed(&self.keys))
    }

    /// Replays the events that the ledger does not contain yet.
    ///
    /// # Errors
    /// The schema was changed, or the log was changed, truncated or rolled back.
    pub(super) fn catch_up(&self, connection: &Connection) -> Result<(), Failure> {
        let cookie = schema::cookie(connection)?;
        if self.cookie.replace(cookie) != cookie {
            // After a failure, the next read must check again.
            schema::check(connection).inspect_err(|_| self.cookie.set(-1))?;
        }
        let mut ledger = self.ledger.borrow_mut();
        if self.head(connection)? == ledger.head {
            Ok(())
        } else {
            self.replay(connection, &mut ledger, |_| Ok(()))
        }
    }

    /// Replays the events after the ledger's head, up to the end of the log. Calls `visit` for each.
    fn replay(
        &self,
        connection: &Connection,
        ledger: &mut Ledger,
        mut visit: impl FnMut(&Event) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let query =
            "SELECT number, at, session_id, event, signature FROM audit WHERE number >= ?1 ORDER BY number";
        let mut statement = connection.prepare(query).map_err(failed)?;
        // A replay from the start also reads rows numbered below 1, which do not belong to the log.
        let first = if ledger.head.events == 0 { i64::MIN } else { ledger.head.events as i64 + 1 };
        let mut rows = statement.query([first]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let cell = |i| row.get::<_, String>(i).map_err(failed);
            let number: i64 = row.get(0).map_err(failed)?;
            let event =
                Event { number: ledger.head.events + 1, at: cell(1)?, session_id: cell(2)?, event: cell(3)? };
            let next = self.following(&ledger.head, &event);
            let signature: Vec<u8> = row.get(4).map_err(failed)?;
            if number != next.events as i64 || signature != next.signature {
                let text =
                    format!("event {} of the audit log has been changed, removed or moved", next.events);
                return Err(Failure::data(text));
            }
            visit(&event)?;
            ledger.take(&event, next);
        }
        if self.head(connection)? == ledger.head {
            Ok(())
        } else {
            Err(Failure::data("the end of the audit log has been removed"))
        }
    }

    /// Calls `visit` for each event, oldest first.
    ///
    /// # Errors
    /// The first event whose signature does not hold, or an error of `visit`.
    pub fn events(&self, visit: impl FnMut(&Event) -> Result<(), Failure>) -> Result<(), Failure> {
        self.look(|connection, _| self.replay(connection, &mut Ledger::default(), visit))
    }

    /// Returns the time of the last event (RFC 3339, UTC), or an empty string without events.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_event_at(&self) -> Result<String, Failure> {
        self.look(|_, ledger| Ok(ledger.last_at.clone()))
    }

    /// Verifies the whole file: pages, tables, all events, and every row that the events describe. Returns
    /// the head of the log.
    ///
    /// # Errors
    /// The first deviation from what this program has written.
    pub fn verify(&self) -> Result<Head, Failure> {
        let connection = self.connection.unchecked_transaction().map_err(failed)?;
        let sound: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if sound != "ok" {
            return Err(Failure::data(format!("the file is damaged: {sound}")));
        }
        schema::check(&connection)?;
        self.verify_meta(&connection)?;
        let mut ledger = Ledger::default();
        self.replay(&connection, &mut ledger, |_| Ok(()))?;
        self.verify_sessions(&connection, &ledger)?;
        self.verify_outbox(&connection, &ledger)?;
        self.read_faces(&connection, &ledger, |_, _| Ok(()))?;
        Ok(ledger.head)
    }

    fn verify_meta(&self, connection: &Connection) -> Result<(), Failure> {
        let mut statement = connection.prepare("SELECT name FROM meta").map_err(failed)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
        for name in names {
            let name = name.map_err(failed)?;
            if name.starts_with(PAUSE) {
                self.opened(&name, &get(connection, &name)?.unwrap_or_default())?;
            } else if !META.contains(&name.as_str()) {
                return Err(Failure::data(format!("its entry {name:?} is none of ours")));
            }
        }
        if salt(connection)?.as_ref() != Some(&self.salt) {
            return Err(Failure::data("its salt has been changed"));
        }
        let check = get(connection, CHECK)?;
        check.and_then(|sealed| self.keys.open(CHECK, &sealed)).map(drop).ok_or_else(super::no_fit)
    }

    /// Returns the signature of a row's content, as the log quotes it. `kind` separates the kinds of rows.
    pub(super) fn signature(&self, kind: &str, parts: &[&[u8]]) -> String {
        hex(&self.keys.sign(&[&[kind.as_bytes()], parts].concat()))
    }

    /// Returns the head after `event`.
    fn following(&self, head: &Head, event: &Event) -> Head {
        let Event { number, at, session_id, event } = event;
        let counted = number.to_be_bytes();
        let parts: [&[u8]; 6] =
            [b"event", &head.signature, &counted, at.as_bytes(), session_id.as_bytes(), event.as_bytes()];
        Head { events: *number, signature: self.keys.sign(&parts) }
    }

    fn head(&self, connection: &Connection) -> Result<Head, Failure> {
        let kept = get(connection, HEAD)?;
        let kept = kept.ok_or_else(|| Failure::data("the head of the audit log has been removed"))?;
        let head = kept.first_chunk::<8>().zip(kept.get(8..40)).map(|(number, signature)| {
            let mut head = Head { events: u64::from_be_bytes(*number), ..Head::default() };
            head.signature.copy_from_slice(signature);
            head
        });
        let head = head.filter(|head| head.signed(&self.keys) == kept);
        head.ok_or_else(|| Failure::data("the head of the audit log has been tampered with"))
    }
}
