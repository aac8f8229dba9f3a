// SPDX-License-Identifier: MIT OR Apache-2.0

//! `sessions`: manages past sessions and their audit log.

use std::env;
use std::path::{Path, PathBuf};

use liveness_core::session::Status;
use liveness_workflow::{Settings, Workflow};
use serde_json::{Value, json};

use super::cli::{SessionsArgs, SessionsCommand, StoreArgs};
use super::store::{self, Access};
use super::{audit_log, console, exit};
use liveness_service::failure::Failure;
use liveness_service::hex::hex;
use liveness_service::store::Store;
use liveness_service::store::review::Review;
use liveness_service::{identity, purge, secret, webhook};

/// Runs the command. Returns the exit status.
///
/// # Errors
/// The store or the workflow is unusable, a session does not exist, or the store fails verification.
pub fn run(args: &SessionsArgs) -> Result<u8, Failure> {
    if let SessionsCommand::Deliver { file, workflow } = &args.command {
        return deliver(&args.store, &Workflow::load(file, workflow.as_deref())?.settings);
    }
    let access = match args.command {
        SessionsCommand::Purge { .. } | SessionsCommand::Review { .. } => Access::Change,
        _ => Access::Read,
    };
    let store = store::open(&args.store, access)?;
    match &args.command {
        // `deliver` uses the workflow's store and has returned above.
        SessionsCommand::Deliver { .. } => {}
        SessionsCommand::List { status } => {
            for session in store.list(status.map(Status::name))? {
                let line = json!({
                    "session_id": session.session_id, "status": session.status, "created_at": session.created_at,
                    "updated_at": session.updated_at, "workflow_id": session.record.get("workflow_id"),
                    "vendor_data": session.record.get("vendor_data"),
                });
                console::print(&line.to_string())?;
            }
        }
        SessionsCommand::Show { session_id } => {
            let found = store.find(session_id)?;
            let found = found.ok_or_else(|| unknown(session_id))?;
            console::print(&format!("{:#}", Value::Object(found.record)))?;
        }
        SessionsCommand::Export => {
            for session in store.list(None)? {
                console::print(&Value::Object(session.record).to_string())?;
            }
        }
        SessionsCommand::Verify => {
            let head = store.verify()?;
            console::print(&json!({ "events": head.events, "head": hex(&head.signature) }).to_string())?;
        }
        SessionsCommand::Log { session, json } => audit_log::print(&store, session.as_deref(), *json)?,
        SessionsCommand::Review { session_id, approve, comment, reviewer, .. } => {
            let status = if *approve { Status::Approved } else { Status::Declined };
            review(&store, session_id, status, comment, reviewer.as_deref())?;
        }
        SessionsCommand::Purge { older_than, evidence, record } => {
            let folders: Vec<_> = [evidence, record].into_iter().flatten().map(PathBuf::as_path).collect();
            let gone = purge::sessions(&store, &identity::in_days(-older_than)?, None, &folders)?;
            gone.iter().try_for_each(|id| console::print(&json!({ "session_id": id }).to_string()))?;
        }
    }
    Ok(exit::APPROVED)
}

/// Decides a session that is in review.
fn review(
    store: &Store,
    session_id: &str,
    status: Status,
    comment: &str,
    reviewer: Option<&str>,
) -> Result<(), Failure> {
    let user = reviewer.map(str::to_owned).or_else(|| env::var("USER").ok()).filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| Failure::usage("--reviewer NAME says who decides: $USER is not set"))?;
    let reviewed = store.review(session_id, &Review { user: &user, status, comment })?;
    let record = reviewed.ok_or_else(|| unknown(session_id))?;
    console::print(&format!("{:#}", Value::Object(record)))
}

/// Returns the error for an unknown session.
fn unknown(session_id: &str) -> Failure {
    Failure::usage(format!("there is no session {session_id}"))
}

/// Delivers the events that wait for a workflow's webhook.
fn deliver(args: &StoreArgs, settings: &Settings) -> Result<u8, Failure> {
    if args.store.is_some() || args.key_file.is_some() {
        return Err(Failure::usage("deliver takes the store and its key from the workflow"));
    }
    let (Some(webhook), Some(kept)) = (&settings.webhook, &settings.store) else {
        return Err(Failure::usage("the workflow has no webhook"));
    };
    let path = Path::new(&kept.path.0);
    if !path.exists() {
        return Err(Failure::no_input(format!("there is no store {}", path.display())));
    }
    let store = Store::open(path, &secret::of_store(kept, &args.secrets.rules())?)?;
    match webhook::deliver(webhook, &store, &args.secrets.rules())? {
        (delivered, 0) => console::print(&json!({ "delivered": delivered }).to_string())?,
        (delivered, waiting) => {
            let told = format!("{delivered} webhook events are delivered, {waiting} still wait in the store");
            return Err(Failure::output(told));
        }
    }
    Ok(exit::APPROVED)
}
