// SPDX-License-Identifier: MIT OR Apache-2.0

//! The output for people: the coaching, a progress bar during the check, and the decision.

use std::time::Duration;

use gstliveness::message::{Body, LivenessMessage, RetryBody};
use indicatif::{ProgressBar, ProgressStyle};
use liveness_core::check::{ActionEvent, ActionState};
use liveness_core::session::{LivenessCheck, Status};
use serde_json::{Map, Value};

use crate::console::{self, Colour, Style};
use crate::summary;
use liveness_service::failure::Failure;
use liveness_service::session::CheckDecision;
use liveness_service::session::reporter::Reporter;

/// Number of steps of the progress bar.
const STEPS: u64 = 100;

/// The reporter for people.
pub struct People {
    /// Progress bar; invisible if stderr is not a terminal.
    bar: ProgressBar,
    style: Style,
    /// Prints the session as JSON to stdout.
    json: bool,
    /// The decided checks.
    checks: Vec<LivenessCheck>,
}

impl People {
    /// Creates a reporter. If stdout is not a terminal, it also prints the session as JSON.
    pub fn new() -> Self {
        let bar = ProgressBar::new(STEPS);
        if let Ok(look) = ProgressStyle::with_template("  {spinner:.cyan} {bar:30.cyan/238} {msg}") {
            bar.set_style(look.progress_chars("━━╌"));
        }
        bar.set_message("waiting for the first picture");
        bar.enable_steady_tick(Duration::from_millis(80));
        let json = !console::stdout_is_terminal();
        Self { bar, style: Style::of_stderr(), json, checks: Vec::new() }
    }

    /// Prints a line above the progress bar.
    fn tell(&self, line: &str) {
        self.bar.suspend(|| console::tell(line));
    }

    /// Returns the line for an action.
    fn prompt(&self, event: &ActionEvent) -> String {
        let (colour, sign) = match event.state {
            ActionState::Requested => {
                let place = self.style.faint(&format!("({} of {})", event.index + 1, event.count));
                return format!("  {} {place}", self.style.bold(&format!("▶ {}", event.action.text())));
            }
            ActionState::Done => (Colour::Green, "✔"),
            ActionState::Failed => (Colour::Red, "✘"),
        };
        format!("  {} {}", self.style.paint(colour, sign), event.action.name())
    }

    /// Prints the line for a retry.
    fn retry(&self, retry: &RetryBody) {
        let left = retry.max_attempts.saturating_sub(retry.attempts_used);
        let again = format!("once more, {left} of {} attempts left:", retry.max_attempts);
        self.tell(&format!("  {} {}", self.style.paint(Colour::Amber, &again), retry.detail));
    }
}

impl Reporter for People {
    fn message(&mut self, _: &gst::Structure, known: Option<&LivenessMessage>) -> Result<(), Failure> {
        let Some(LivenessMessage { header, body }) = known else {
            return Ok(());
        };
        match body {
            Body::Progress { progress, frames_analysed, .. } => {
                self.bar.set_position((progress.fraction * STEPS as f64) as u64);
                self.bar.set_message(format!("attempt {}, {frames_analysed} frames", header.attempt));
            }
            Body::Guidance(guidance) => {
                self.tell(&format!("  {} {}", self.style.paint(Colour::Cyan, "›"), guidance.text()));
            }
            Body::Action(event) => self.tell(&self.prompt(event)),
            Body::Retry(retry) => self.retry(retry),
            // A pattern means nothing to a reader.
            Body::Light(_) => {}
            Body::Result(_) => self.bar.finish_and_clear(),
        }
        Ok(())
    }

    fn check(&mut self, decision: &CheckDecision, last: bool) -> Result<(), Failure> {
        let (check, style) = (&decision.check, self.style);
        self.tell("");
        // In a session with one check, its decision is the session's, which is printed at the end.
        if !last || !self.checks.is_empty() {
            self.tell(&summary::decision(check.status, &check.score_in_words(), style));
        }
        summary::details(check, style).iter().for_each(|line| self.tell(line));
        self.checks.push(check.clone());
        Ok(())
    }

    fn session(&mut self, record: &Map<String, Value>) -> Result<(), Failure> {
        if self.json {
            console::print(&format!("{:#}", Value::Object(record.clone())))?;
        }
        let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
        let status = Status::from_name(text("status")).unwrap_or(Status::Abandoned);
        let about = match self.checks.as_slice() {
            [only] => only.score_in_words(),
            several => format!("{} checks", several.len()),
        };
        self.tell(&summary::decision(
            status,
            &format!("{about}   session {}", text("session_id")),
            self.style,
        ));
        Ok(())
    }
}
