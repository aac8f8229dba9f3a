//! `sessions`: past sessions and their audit log from the command line.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::cli::{SessionsArgs, SessionsCommand};
use super::failure::Failure;
use super::store::Store;
use super::store::audit::hex;
use super::{console, exit, identity, purge};

pub fn run(args: &SessionsArgs) -> Result<u8, Failure> {
    let store = Store::of(&args.store, false)?;
    match &args.command {
        SessionsCommand::List { status } => {
            for session in store.list(status.as_deref())? {
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
            let found = found.ok_or_else(|| Failure::usage(format!("there is no session {session_id}")))?;
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
        SessionsCommand::Purge { older_than, evidence, record } => {
            let folders: Vec<_> = [evidence, record].into_iter().flatten().map(PathBuf::as_path).collect();
            let gone = purge::sessions(&store, &identity::in_days(-older_than)?, None, &folders)?;
            gone.iter().try_for_each(|id| console::print(&json!({ "session_id": id }).to_string()))?;
        }
    }
    Ok(exit::APPROVED)
}
