// SPDX-License-Identifier: MIT OR Apache-2.0

//! `sessions log`: prints the audit log, as a table on a terminal and as JSON lines otherwise.

use serde_json::{Map, Value, json};

use super::console;
use liveness_service::failure::Failure;
use liveness_service::store::Store;
use liveness_service::store::ledger::Event;

/// Prints the events of one session or of all, oldest first.
///
/// # Errors
/// The signature of an event is wrong, the store cannot be read, or stdout cannot be written.
pub fn print(store: &Store, session: Option<&str>, json: bool) -> Result<(), Failure> {
    let table = !json && console::stdout_is_terminal();
    if table {
        console::print(&row("event", "time (UTC)", "session", "what", ""))?;
    }
    store.events(|event| {
        if session.is_some_and(|id| id != event.session_id) {
            return Ok(());
        }
        console::print(&if table { readable(event) } else { line(event) })
    })
}

/// Returns an event as a line of JSON.
fn line(event: &Event) -> String {
    let session_id = Some(&event.session_id).filter(|id| !id.is_empty());
    let mut line = json!({ "number": event.number, "at": event.at, "session_id": session_id });
    if let Some(line) = line.as_object_mut() {
        line.extend(fields(event));
    }
    line.to_string()
}

/// Returns an event as a row of the table.
fn readable(event: &Event) -> String {
    let fields = fields(event);
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let user = text("user").map(|user| format!("by {user}"));
    let about = [text("status"), text("list"), user.as_deref(), text("face_id"), text("event_id")];
    let about = about.into_iter().flatten().collect::<Vec<_>>().join(" ");
    row(&event.number.to_string(), &event.at, &event.session_id, text("type").unwrap_or_default(), &about)
}

/// Returns a row of the table. Control characters are replaced, because names may contain terminal escapes.
fn row(number: &str, at: &str, session_id: &str, kind: &str, about: &str) -> String {
    let about: String = about.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("{number:>7}  {at:20}  {session_id:36}  {kind:17}  {about}").trim_end().to_owned()
}

/// Returns the fields of an event.
fn fields(event: &Event) -> Map<String, Value> {
    serde_json::from_str(&event.event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line_and_a_row() {
        let event = Event {
            number: 7,
            at: "2026-01-01T00:00:00Z".into(),
            session_id: "s".into(),
            event: json!({"type": "session.reviewed", "user": "ann\u{1b}[2J", "status": "Approved"})
                .to_string(),
        };
        let told: Value = serde_json::from_str(&line(&event)).unwrap();
        assert_eq!(
            (&told["number"], &told["session_id"], &told["type"]),
            (&json!(7), &json!("s"), &json!("session.reviewed"))
        );
        let row = readable(&event);
        assert!(
            row.starts_with("      7  2026-01-01T00:00:00Z  s ")
                && row.ends_with("Approved by ann\u{fffd}[2J"),
            "{row}"
        );
    }
}
