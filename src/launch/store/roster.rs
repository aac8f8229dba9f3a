//! The faces that there must be, as the audit log tells it.

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use serde_json::Value;

use super::faces::{Face, List};
use super::{Store, failed};
use crate::failure::Failure;

#[derive(Default)]
pub(super) struct Roster(HashMap<String, Entry>);

struct Entry {
    known: bool,
    session_id: String,
    /// Of what is kept of the face; stores of old did not sign it.
    signature: Option<String>,
}

impl Roster {
    /// Takes in the log's next event.
    pub fn take(&mut self, session_id: &str, event: &Value) {
        let text = |field: &str| event.get(field).and_then(Value::as_str);
        match (text("type"), text("face_id")) {
            (Some("face.added"), Some(id)) => {
                let (known, signature) = (text("list") == Some("known"), text("face").map(str::to_owned));
                self.0.insert(id.to_owned(), Entry { known, session_id: session_id.to_owned(), signature });
            }
            (Some("face.removed"), Some(id)) => drop(self.0.remove(id)),
            // As the purge does: who is on the blocklist stays there.
            (Some("purged"), _) => self.0.retain(|_, face| !face.known || face.session_id != session_id),
            _ => {}
        }
    }
}

impl Store {
    /// Every face must be as its event says, and none be missing.
    pub(super) fn hold_faces_against(
        &self,
        connection: &Connection,
        Roster(mut faces): Roster,
    ) -> Result<(), Failure> {
        let query = "SELECT face_id, list, session_id, added_at, details, embedding FROM faces";
        let mut statement = connection.prepare(query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get(0).map_err(failed)?;
            let told = faces.remove(&id);
            if !told.map_or(Ok(false), |told| self.is_as_told(&id, row, &told))? {
                return Err(Failure::data(format!("the face {id} is not as the audit log says")));
            }
        }
        match faces.into_keys().next() {
            Some(id) => Err(Failure::data(format!("the face {id} has been removed"))),
            None => Ok(()),
        }
    }

    fn is_as_told(&self, id: &str, row: &Row<'_>, told: &Entry) -> Result<bool, Failure> {
        let sealed = |i| row.get::<_, Vec<u8>>(i).map_err(failed);
        let text = |i| row.get::<_, Option<String>>(i).map_err(failed);
        let details = self.opened(&format!("face {id}"), &sealed(4)?)?;
        let embedding = self.opened(&format!("embedding {id}"), &sealed(5)?)?;
        let Ok(face) = serde_json::from_slice::<Face>(&details) else {
            return Ok(false);
        };
        let columns = (text(1)?, text(2)?, text(3)?);
        let signature = self.signature_of_face(&details, &embedding);
        Ok(columns == (Some(face.list.name().to_owned()), face.session_id.clone(), Some(face.added_at))
            && face.face_id == id
            && (face.list == List::Known) == told.known
            && face.session_id.unwrap_or_default() == told.session_id
            && told.signature.as_ref().is_none_or(|told| *told == signature))
    }
}
