// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reviews: a reviewer's decision on a session in review.

use liveness_core::face::Embedding;
use liveness_core::session::Status;
use serde_json::{Map, Value, json};

use super::Store;
use super::faces::{Face, List};
use super::sessions::Put;
use crate::failure::Failure;
use crate::identity;

/// A reviewer's decision.
pub struct Review<'a> {
    /// Name of the reviewer.
    pub user: &'a str,
    /// `Approved` or `Declined`.
    pub status: Status,
    /// Reason of the decision.
    pub comment: &'a str,
}

impl Store {
    /// Applies a review in one transaction: updates the record, adds a log event, queues the webhook event
    /// and, on approval, enrols the face if the workflow does. Returns the new record, or `None` if there is
    /// no such session.
    ///
    /// # Errors
    /// The session is not in review, or does not match the audit log.
    pub fn review(
        &self,
        session_id: &str,
        review: &Review<'_>,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        self.change(|connection, ledger| {
            let Some(session) = self.find_within(connection, ledger, session_id)? else {
                return Ok(None);
            };
            if session.status != Status::InReview.name() {
                let text = format!("the session {session_id} is {}, not In Review", session.status);
                return Err(Failure::data(text));
            }
            let approved = review.status == Status::Approved;
            let on_approval = session.on_approval.unwrap_or_default();
            let mut record = session.record;
            record.insert("status".into(), review.status.name().into());
            if let Some(days) = on_approval.validity_days.filter(|_| approved) {
                record.insert("expires_at".into(), identity::in_days(days.cast_signed())?.into());
            }
            add(&mut record, review)?;
            let event = json!({ "type": "session.reviewed", "user": review.user });
            self.put_within(connection, &Put { event, ..Put::new(&record, &session.places, true) })?;
            if let Some(embedding) = on_approval.face.filter(|_| approved).and_then(Embedding::new) {
                let vendor_data = record.get("vendor_data").and_then(Value::as_str).map(str::to_owned);
                let face = Face::new(List::Known, Some(session_id.to_owned()), vendor_data)?;
                self.add_within(connection, &face, &embedding)?;
            }
            Ok(Some(record))
        })
    }
}

/// Appends the review to the reviews of the decision.
fn add(record: &mut Map<String, Value>, review: &Review<'_>) -> Result<(), Failure> {
    let Some(Value::Object(decision)) = record.get_mut("decision") else {
        return Err(Failure::data("the session has no decision to review"));
    };
    let reviews = decision.entry("reviews").or_insert_with(|| json!([]));
    let Value::Array(reviews) = reviews else {
        return Err(Failure::data("the session's reviews are unreadable"));
    };
    reviews.push(json!({
        "user": review.user, "new_status": review.status.name(), "comment": review.comment, "created_at": identity::now()?,
    }));
    Ok(())
}
