// SPDX-License-Identifier: MIT OR Apache-2.0

//! The index of faces: known faces of past sessions, and blocked faces.

use std::collections::HashSet;

use liveness_core::face::{Embedding, EmbeddingMatrix};
use liveness_core::session::FaceMatch;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ledger::Ledger;
use super::places::Places;
use super::sessions::Put;
use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

/// Components of an embedding.
pub const WIDTH: usize = 256;

/// A list of faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// People who were checked
    Known,
    /// People who are turned away
    Blocklist,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 2] = [Self::Known, Self::Blocklist];

    /// Returns the name of the list.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Blocklist => "blocklist",
        }
    }

    /// Returns a description of the people on the list.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Known => "People who were checked",
            Self::Blocklist => "People who are turned away",
        }
    }

    /// Returns the list with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name() == name)
    }
}

/// The details of a face, without its embedding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// UUID of the face.
    pub face_id: String,
    /// The list it is on.
    pub list: List,
    /// Id of the session that it comes from.
    pub session_id: Option<String>,
    /// The workflow's reference to the person.
    pub vendor_data: Option<String>,
    /// Time of addition, RFC 3339, UTC.
    pub added_at: String,
}

/// An index of faces, searchable by similarity. SQLite and memory serve one machine; the trait leaves room
/// for a vector database.
pub trait FaceIndex {
    /// Adds a face.
    ///
    /// # Errors
    /// The embedding has a wrong length, or the store cannot be written.
    fn add(&mut self, face: Face, embedding: &Embedding) -> Result<(), Failure>;
    /// Removes a face. Returns false if the index does not contain it.
    ///
    /// # Errors
    /// The store cannot be written.
    fn remove(&mut self, face_id: &str) -> Result<bool, Failure>;
    /// Returns all faces.
    fn list(&self) -> &[Face];
    /// Returns up to `most` faces of a list, nearest first, with their cosine similarity (−1 to 1). Skips
    /// faces whose `vendor_data` is `except`.
    fn search(
        &self,
        embedding: &Embedding,
        list: List,
        except: Option<&str>,
        most: usize,
    ) -> Vec<(&Face, f32)>;
}

impl Face {
    /// Returns the details of a new face, with a new id and the current time.
    ///
    /// # Errors
    /// The random number generator or the clock cannot be read.
    pub fn new(list: List, session_id: Option<String>, vendor_data: Option<String>) -> Result<Self, Failure> {
        Ok(Self { face_id: identity::new()?, list, session_id, vendor_data, added_at: identity::now()? })
    }

    /// Returns the entry of a decision's `matches[]`. `similarity` is the cosine similarity; its percentage
    /// is rounded to two decimals.
    pub fn matching(&self, similarity: f32) -> FaceMatch {
        FaceMatch {
            session_id: self.session_id.clone(),
            similarity_percentage: (f64::from(similarity) * 1e4).round() / 1e2,
            vendor_data: self.vendor_data.clone(),
            verification_date: self.added_at.clone(),
            is_blocklisted: self.list == List::Blocklist,
        }
    }
}

/// The faces of a store, loaded into memory for searches.
pub struct StoredFaces<'a> {
    store: &'a Store,
    faces: Vec<Face>,
    embeddings: EmbeddingMatrix,
}

impl<'a> StoredFaces<'a> {
    /// Loads all faces of a store, in the order of their addition.
    ///
    /// # Errors
    /// A face does not match the audit log, or is missing.
    pub fn load(store: &'a Store) -> Result<Self, Failure> {
        let mut found = store.look(|connection, ledger| {
            let mut found = Vec::with_capacity(ledger.faces.len());
            store.read_faces(connection, ledger, |face, embedding| {
                let number = ledger.faces.get(&face.face_id).map_or(0, |face| face.number);
                found.push((number, face, embedding));
                Ok(())
            })?;
            Ok(found)
        })?;
        found.sort_by_key(|(number, ..)| *number);
        let mut all = Self { store, faces: Vec::new(), embeddings: EmbeddingMatrix::new(WIDTH) };
        for (_, face, embedding) in found {
            if !all.embeddings.push(&embedding) {
                return Err(Failure::data(format!("the store's face {} is unreadable", face.face_id)));
            }
            all.faces.push(face);
        }
        Ok(all)
    }

    /// Returns the embedding of the face at this position of [`FaceIndex::list`].
    pub fn embedding(&self, face: usize) -> &[f32] {
        self.embeddings.row(face)
    }

    /// Adds faces in one transaction.
    ///
    /// # Errors
    /// An embedding has a wrong length, or the store cannot be written.
    pub fn add_all(&mut self, faces: Vec<(Face, Embedding)>) -> Result<(), Failure> {
        self.store.change(|connection, _| {
            faces.iter().try_for_each(|(face, embedding)| self.store.add_within(connection, face, embedding))
        })?;
        for (face, embedding) in faces {
            self.embeddings.push(embedding.values());
            self.faces.push(face);
        }
        Ok(())
    }
}

impl Store {
    /// Saves a session's record and adds its face to the known faces, in one transaction.
    ///
    /// # Errors
    /// The embedding has a wrong length, or the store cannot be written.
    pub fn put_known(
        &self,
        record: &Map<String, Value>,
        places: &Places,
        face: &Face,
        embedding: &Embedding,
    ) -> Result<(), Failure> {
        self.change(|connection, _| {
            self.put_within(connection, &Put::new(record, places, true))?;
            self.add_within(connection, face, embedding)
        })
    }

    /// Adds a face within a transaction and logs it.
    pub(super) fn add_within(
        &self,
        connection: &Connection,
        face: &Face,
        embedding: &Embedding,
    ) -> Result<(), Failure> {
        if embedding.values().len() != WIDTH {
            return Err(Failure::data(format!("an embedding has {WIDTH} numbers")));
        }
        let Face { face_id: id, list, session_id, .. } = face;
        let details = serde_json::to_vec(face).map_err(|e| Failure::internal(e.to_string()))?;
        let bytes: Vec<u8> = embedding.values().iter().flat_map(|number| number.to_le_bytes()).collect();
        let signature = self.signature("face", &[&details, &bytes]);
        let details = self.keys.seal(&place(id), &details)?;
        let bytes = self.keys.seal(&place_of_embedding(id), &bytes)?;
        let query = "INSERT INTO faces (face_id, details, embedding) VALUES (?1, ?2, ?3)";
        connection.execute(query, params![id, details, bytes]).map_err(failed)?;
        let event =
            serde_json::json!({ "type": "face.added", "face_id": id, "list": list, "face": signature });
        self.note(connection, session_id.as_deref().unwrap_or_default(), &event)
    }

    /// Decrypts every face and calls `visit` for it. Each face must match its log event, and none may be
    /// missing.
    pub(super) fn read_faces(
        &self,
        connection: &Connection,
        ledger: &Ledger,
        mut visit: impl FnMut(Face, Vec<f32>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut statement =
            connection.prepare("SELECT face_id, details, embedding FROM faces").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut seen = HashSet::with_capacity(ledger.faces.len());
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get(0).map_err(failed)?;
            let sealed = |i| row.get_ref(i).and_then(|cell| Ok(cell.as_blob()?)).map_err(failed);
            let details = self.opened(&place(&id), sealed(1)?)?;
            let bytes = self.opened(&place_of_embedding(&id), sealed(2)?)?;
            let signature = self.signature("face", &[&details, &bytes]);
            let told = ledger.faces.get(&id).filter(|told| told.signature == signature);
            let face = serde_json::from_slice::<Face>(&details).ok().filter(|face| face.face_id == id);
            let face = told.and(face);
            let face =
                face.ok_or_else(|| Failure::data(format!("the face {id} is not as the audit log says")))?;
            visit(face, bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect())?;
            seen.insert(id);
        }
        match ledger.faces.keys().find(|id| !seen.contains(*id)) {
            Some(id) => Err(Failure::data(format!("the face {id} has been removed"))),
            None => Ok(()),
        }
    }
}

fn place(face_id: &str) -> String {
    format!("face {face_id}")
}

fn place_of_embedding(face_id: &str) -> String {
    format!("embedding {face_id}")
}

impl FaceIndex for StoredFaces<'_> {
    fn add(&mut self, face: Face, embedding: &Embedding) -> Result<(), Failure> {
        self.add_all(vec![(face, embedding.clone())])
    }

    fn remove(&mut self, face_id: &str) -> Result<bool, Failure> {
        let Some(place) = self.faces.iter().position(|face| face.face_id == face_id) else {
            return Ok(false);
        };
        let face = &self.faces[place];
        self.store.change(|connection, ledger| {
            if !ledger.faces.contains_key(face_id) {
                return Ok(());
            }
            connection.execute("DELETE FROM faces WHERE face_id = ?1", [face_id]).map_err(failed)?;
            let event = serde_json::json!({ "type": "face.removed", "face_id": face_id });
            self.store.note(connection, face.session_id.as_deref().unwrap_or_default(), &event)
        })?;
        self.embeddings.swap_remove(place);
        self.faces.swap_remove(place);
        Ok(true)
    }

    fn list(&self) -> &[Face] {
        &self.faces
    }

    fn search(
        &self,
        embedding: &Embedding,
        list: List,
        except: Option<&str>,
        most: usize,
    ) -> Vec<(&Face, f32)> {
        let wanted =
            |face: &Face| face.list == list && (except.is_none() || face.vendor_data.as_deref() != except);
        let found = self.embeddings.nearest(embedding.values(), most, |face| wanted(&self.faces[face]));
        found.into_iter().map(|(face, similarity)| (&self.faces[face], similarity)).collect()
    }
}
