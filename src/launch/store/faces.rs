//! The index of faces: those of past sessions, and those that are blocked.

use gstliveness::face::{Embedding, EmbeddingMatrix};
use gstliveness::session::FaceMatch;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::places::Places;
use super::{Store, failed};
use crate::failure::Failure;
use crate::identity;

/// Numbers of an embedding.
pub const WIDTH: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// People who were checked
    Known,
    /// People who are turned away
    Blocklist,
}

impl List {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Blocklist => "blocklist",
        }
    }
}

/// What is known of a face, besides what it looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    pub face_id: String,
    pub list: List,
    /// The session that it comes from.
    pub session_id: Option<String>,
    pub vendor_data: Option<String>,
    /// RFC 3339, UTC.
    pub added_at: String,
}

/// Where faces are looked up. SQLite and memory serve one machine; a database with an index of vectors can stand
/// here for those who outgrow it.
pub trait FaceIndex {
    fn add(&mut self, face: Face, embedding: &Embedding) -> Result<(), Failure>;
    /// Whether there was such a face.
    fn remove(&mut self, face_id: &str) -> Result<bool, Failure>;
    fn list(&self) -> &[Face];
    /// The nearest faces of a list by cosine similarity (−1 to 1), nearest first; none of those that are `except`'s
    /// (`vendor_data`).
    fn search(
        &self,
        embedding: &Embedding,
        list: List,
        except: Option<&str>,
        most: usize,
    ) -> Vec<(&Face, f32)>;
}

impl Face {
    pub fn new(list: List, session_id: Option<String>, vendor_data: Option<String>) -> Result<Self, Failure> {
        Ok(Self { face_id: identity::new()?, list, session_id, vendor_data, added_at: identity::now()? })
    }

    /// As a decision tells it to look like somebody's.
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

/// The faces of a store, held in memory to be searched.
pub struct StoredFaces<'a> {
    store: &'a Store,
    faces: Vec<Face>,
    embeddings: EmbeddingMatrix,
}

impl<'a> StoredFaces<'a> {
    pub fn load(store: &'a Store) -> Result<Self, Failure> {
        let mut all = Self { store, faces: Vec::new(), embeddings: EmbeddingMatrix::new(WIDTH) };
        let query = "SELECT face_id, details, embedding FROM faces ORDER BY rowid";
        let mut statement = store.connection.prepare(query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut values = Vec::with_capacity(WIDTH);
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get(0).map_err(failed)?;
            let place = format!("face {id}");
            let sealed = |i| row.get_ref(i).and_then(|cell| Ok(cell.as_blob()?)).map_err(failed);
            let details = store.opened(&place, sealed(1)?)?;
            let bytes = store.opened(&format!("embedding {id}"), sealed(2)?)?;
            values.clear();
            values.extend(bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)));
            let face = serde_json::from_slice(&details).ok().filter(|_| all.embeddings.push(&values));
            all.faces.push(face.ok_or_else(|| Failure::data(format!("the store's {place} is unreadable")))?);
        }
        Ok(all)
    }

    /// A face's embedding, for export.
    pub fn embedding(&self, face: usize) -> &[f32] {
        self.embeddings.row(face)
    }
}

impl Store {
    /// Puts a session's record in its place and its face among those that are known: both or neither.
    pub fn put_known(
        &self,
        record: &Map<String, Value>,
        places: &Places,
        face: &Face,
        embedding: &Embedding,
    ) -> Result<(), Failure> {
        self.change(|connection| {
            self.put_within(connection, record, places, true)?;
            self.add_within(connection, face, embedding)
        })
    }

    fn add_within(&self, connection: &Connection, face: &Face, embedding: &Embedding) -> Result<(), Failure> {
        if embedding.values().len() != WIDTH {
            return Err(Failure::data(format!("an embedding has {WIDTH} numbers")));
        }
        let Face { face_id: id, list, session_id, added_at, .. } = face;
        let details = serde_json::to_vec(face).map_err(|e| Failure::internal(e.to_string()))?;
        let bytes: Vec<u8> = embedding.values().iter().flat_map(|number| number.to_le_bytes()).collect();
        let signature = self.signature_of_face(&details, &bytes);
        let details = self.keys.seal(&format!("face {id}"), &details)?;
        let bytes = self.keys.seal(&format!("embedding {id}"), &bytes)?;
        let row = params![id, list.name(), session_id, added_at, details, bytes];
        connection.execute("INSERT INTO faces VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row).map_err(failed)?;
        let event =
            serde_json::json!({ "type": "face.added", "face_id": id, "list": list, "face": signature });
        self.note(connection, session_id.as_deref().unwrap_or_default(), &event)
    }
}

impl FaceIndex for StoredFaces<'_> {
    fn add(&mut self, face: Face, embedding: &Embedding) -> Result<(), Failure> {
        self.store.change(|connection| self.store.add_within(connection, &face, embedding))?;
        self.embeddings.push(embedding.values());
        self.faces.push(face);
        Ok(())
    }

    fn remove(&mut self, face_id: &str) -> Result<bool, Failure> {
        let Some(place) = self.faces.iter().position(|face| face.face_id == face_id) else {
            return Ok(false);
        };
        self.store.change(|connection| {
            connection.execute("DELETE FROM faces WHERE face_id = ?1", [face_id]).map_err(failed)?;
            let event = serde_json::json!({ "type": "face.removed", "face_id": face_id });
            self.store.note(connection, self.faces[place].session_id.as_deref().unwrap_or_default(), &event)
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
