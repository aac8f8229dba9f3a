// SPDX-License-Identifier: MIT OR Apache-2.0

//! Persistence of a session: its record, its face, and its webhook events.

use std::path::PathBuf;
use std::time::Duration;

use gstliveness::message::ResultBody;
use liveness_core::face::Embedding;
use liveness_core::session::{Doubt, Screened, Status};
use liveness_workflow::{Node, Store as StoreSettings, Workflow};
use serde_json::{Map, Value};

use super::Session;
use super::person::Person;
use crate::failure::Failure;
use crate::secret::SecretRules;
use crate::store::Store;
use crate::store::faces::{Face, FaceIndex, List, StoredFaces};
use crate::store::places::{OnApproval, Places};
use crate::webhook::Courier;
use crate::{identity, purge, secret};

/// Maximum number of matches reported per list.
const MATCHES: usize = 5;
/// Time for pending events at the end of a session; the remaining ones wait for the next session.
const FAREWELL: Duration = Duration::from_secs(5);

/// Saves a session, if the workflow has a store.
pub struct Records<'a> {
    kept: Option<Kept>,
    workflow: &'a Workflow,
    person: Person,
    /// True once the final record is saved.
    concluded: bool,
}

/// The open store of a workflow.
struct Kept {
    store: Store,
    courier: Option<Courier>,
    places: Places,
    enrol: bool,
}

impl<'a> Records<'a> {
    /// Opens the workflow's store, if it has one, and deletes sessions and files past their retention.
    ///
    /// # Errors
    /// The store or its key cannot be used, or the webhook cannot be started.
    pub fn open(workflow: &'a Workflow, secrets: &SecretRules) -> Result<Self, Failure> {
        let settings = &workflow.settings;
        if let Some(days) = settings.keep_days {
            Places::of(settings).folders().for_each(|folder| purge::files(folder, days));
        }
        let kept = settings.store.as_ref().map(|store| Kept::open(store, workflow, secrets)).transpose()?;
        Ok(Self { kept, workflow, person: Person::default(), concluded: false })
    }

    /// Compares the face of the check `number` (from 0) with the lists and with the session's first face. A
    /// missing or different face is reported as a doubt.
    ///
    /// # Errors
    /// The nets or the faces of the store cannot be loaded.
    pub fn screen(&mut self, number: usize, result: &ResultBody) -> Result<Screened, Failure> {
        let compared = self.kept.is_some() || self.workflow.nodes.len() > 1;
        let Some(node) = self.workflow.nodes.get(number).filter(|_| compared) else {
            return Ok(Screened::default());
        };
        let doubt = self.person.see(number, node, result)?;
        let listed = match (&self.kept, &self.person.face) {
            (None, _) => Screened::default(),
            (Some(_), None) => Screened { doubt: Some(Doubt::Unseen), ..Screened::default() },
            (Some(kept), Some(face)) => self.look_up(&kept.store, node, face)?,
        };
        Ok(Screened { doubt: doubt.or(listed.doubt), ..listed })
    }

    fn look_up(&self, store: &Store, node: &Node, face: &Embedding) -> Result<Screened, Failure> {
        let index = StoredFaces::load(store)?;
        let own = self.workflow.settings.vendor_data.as_deref();
        // The blocklist also applies to faces with the same `vendor_data`.
        let nearest = [(List::Blocklist, None), (List::Known, own)].into_iter();
        let nearest = nearest.flat_map(|(list, except)| index.search(face, list, except, MATCHES));
        let nearest = nearest.map(|(face, similarity)| (face.matching(similarity), similarity)).collect();
        Ok(node.screening().judge(nearest, own))
    }

    /// Saves the session's current record. A new status is also queued for the webhook.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn keep(&self, record: &Map<String, Value>, new_status: bool) -> Result<(), Failure> {
        self.change(|Kept { store, places, .. }| store.put(record, places, new_status))
    }

    /// Saves the session's final record, together with the face of an approved session or the effects of a
    /// later approval.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn conclude(&mut self, session: &Session) -> Result<(), Failure> {
        let (record, known) = (session.record()?, self.known(session)?);
        self.change(|kept| match known {
            Some((face, embedding)) => kept.store.put_known(&record, &kept.places, &face, embedding),
            None if session.status() == Status::InReview => {
                kept.store.put_for_review(&record, &kept.places, &self.on_approval(kept))
            }
            None => kept.store.put(&record, &kept.places, true),
        })?;
        self.concluded = true;
        Ok(())
    }

    /// Returns the effects of a reviewer's approval.
    fn on_approval(&self, kept: &Kept) -> OnApproval {
        let face = self.person.face.as_ref().filter(|_| kept.enrol);
        OnApproval {
            validity_days: self.workflow.settings.validity_days,
            face: face.map(|embedding| embedding.values().to_vec()),
        }
    }

    /// Returns the face that the session adds to the known faces.
    fn known(&self, session: &Session) -> Result<Option<(Face, &Embedding)>, Failure> {
        let enrols =
            self.kept.as_ref().is_some_and(|kept| kept.enrol) && session.status() == Status::Approved;
        let Some(embedding) = self.person.face.as_ref().filter(|_| enrols) else {
            return Ok(None);
        };
        let vendor_data = self.workflow.settings.vendor_data.clone();
        let face = Face::new(List::Known, Some(session.id.clone()), vendor_data)?;
        Ok(Some((face, embedding)))
    }

    /// Saves the session as Abandoned after a fault, unless its final record is saved.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn abandon(&self, session: &Session) -> Result<(), Failure> {
        if self.concluded { Ok(()) } else { self.keep(&session.abandoned()?, true) }
    }

    fn change(&self, change: impl FnOnce(&Kept) -> Result<(), Failure>) -> Result<(), Failure> {
        let Some(kept) = &self.kept else {
            return Ok(());
        };
        change(kept).map_err(|failure| failure.about("the session cannot be kept"))?;
        kept.courier.iter().for_each(Courier::look);
        Ok(())
    }

    /// Delivers pending events for up to 5 seconds.
    pub fn finish(self) {
        let Some(Kept { store, courier: Some(courier), .. }) = self.kept else {
            return;
        };
        courier.finish(FAREWELL);
        let url = self.workflow.settings.webhook.as_ref().map_or("", |webhook| webhook.url.0.as_str());
        if let Ok(waiting @ 1..) = store.waiting(url) {
            tracing::warn!("{waiting} webhook events wait in the store for the next session");
        }
    }
}

impl Kept {
    fn open(settings: &StoreSettings, workflow: &Workflow, secrets: &SecretRules) -> Result<Self, Failure> {
        let all = &workflow.settings;
        let key = secret::of_store(settings, secrets)?;
        let path = PathBuf::from(&settings.path.0);
        let store = Store::open(&path, &key)?;
        // Read before this run adds events of its own.
        let settled = store.settled_now()?;
        let courier = all.webhook.as_ref().map(|webhook| Courier::start(webhook, path, key, secrets));
        let courier = courier.transpose()?;
        let places = Places::of(all);
        store.abandon_stale(&workflow.id)?;
        if let Some(days) = settings.keep_days {
            let before = identity::days_after(&settled, -days.cast_signed())?;
            purge::sessions(&store, &before, Some(&workflow.id), &[])?;
        }
        Ok(Self { store, courier, places, enrol: settings.enrol_faces })
    }
}
