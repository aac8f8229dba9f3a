//! What a run leaves in the store: the session as it stands, the face it brought, and its events.

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

/// Matches that are told per list.
const MATCHES: usize = 5;
/// What a server may take at the end, before its events wait for the next session.
const FAREWELL: Duration = Duration::from_secs(5);

pub struct Records<'a> {
    kept: Option<Kept>,
    workflow: &'a Workflow,
    person: Person,
    /// Whether the session's end is kept.
    concluded: bool,
}

struct Kept {
    store: Store,
    courier: Option<Courier>,
    places: Places,
    enrol: bool,
}

impl<'a> Records<'a> {
    /// Opens the workflow's store, where it has one, and removes what has been kept for long enough.
    pub fn open(workflow: &'a Workflow, secrets: &SecretRules) -> Result<Self, Failure> {
        let settings = &workflow.settings;
        if let Some(days) = settings.keep_days {
            Places::of(settings).folders().for_each(|folder| purge::files(folder, days));
        }
        let kept = settings.store.as_ref().map(|store| Kept::open(store, workflow, secrets)).transpose()?;
        Ok(Self { kept, workflow, person: Person::default(), concluded: false })
    }

    /// What the face of a check comes to: one that cannot be looked up is in doubt, and so is one that is not the first's.
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
        // On the blocklist a person's own face counts like anybody's.
        let nearest = [(List::Blocklist, None), (List::Known, own)].into_iter();
        let nearest = nearest.flat_map(|(list, except)| index.search(face, list, except, MATCHES));
        let nearest = nearest.map(|(face, similarity)| (face.matching(similarity), similarity)).collect();
        Ok(node.screening().judge(nearest, own))
    }

    /// Keeps the session as it stands before anybody is told; a new status is also an event.
    pub fn keep(&self, record: &Map<String, Value>, new_status: bool) -> Result<(), Failure> {
        self.change(|Kept { store, places, .. }| store.put(record, places, new_status))
    }

    /// Keeps the session's end, and with it the face of one that is approved. What is told then stays.
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

    /// Returns what a reviewer's approval adds to the session.
    fn on_approval(&self, kept: &Kept) -> OnApproval {
        let face = self.person.face.as_ref().filter(|_| kept.enrol);
        OnApproval {
            validity_days: self.workflow.settings.validity_days,
            face: face.map(|embedding| embedding.values().to_vec()),
        }
    }

    /// The face that the session adds to those that are known.
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

    /// Keeps that a fault has ended the session, unless it had its end.
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

    /// Gives the events that are left a moment.
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
        // Before this run leaves times of its own.
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
