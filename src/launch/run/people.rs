//! For people: coaching as it changes, a bar while the check runs, the result as a block.

use std::time::Duration;

use gstliveness::check::{ActionEvent, ActionState};
use gstliveness::elements::message::{Body, LivenessMessage, RetryBody};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};

use super::reporter::Reporter;
use crate::console::{self, Colour, Style};
use crate::failure::Failure;
use crate::verdict::{Decision, Verdict, Warning};

const STEPS: u64 = 100;

pub struct People {
    /// Hidden by itself where stderr is no terminal.
    bar: ProgressBar,
    style: Style,
}

impl People {
    pub fn new() -> Self {
        let bar = ProgressBar::new(STEPS);
        if let Ok(look) = ProgressStyle::with_template("  {spinner:.cyan} {bar:30.cyan/238} {msg}") {
            bar.set_style(look.progress_chars("━━╌"));
        }
        bar.set_message("waiting for the first picture");
        bar.enable_steady_tick(Duration::from_millis(80));
        Self { bar, style: Style::of_stderr() }
    }

    fn tell(&self, line: &str) {
        self.bar.suspend(|| console::tell(line));
    }

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
            // Nobody wants to read it.
            Body::Light(_) => {}
            Body::Result(_) => self.bar.finish_and_clear(),
        }
        Ok(())
    }

    fn check(&mut self, decision: &Decision, _last: bool) -> Result<(), Failure> {
        block(&decision.verdict, self.style).iter().for_each(|line| self.tell(line));
        Ok(())
    }

    fn session(&mut self, record: &Map<String, Value>) -> Result<(), Failure> {
        console::print(&format!("{:#}", Value::Object(record.clone())))
    }
}

/// The result in a few lines.
fn block(verdict: &Verdict, style: Style) -> Vec<String> {
    let status =
        style.bold(&style.paint(colour_of_status(&verdict.status), &format!("● {}", verdict.status)));
    let mut lines = vec![String::new(), format!("  {status}   score {:.1} of 100", verdict.score)];
    lines.extend(verdict.warnings.iter().map(|warning| warning_line(warning, style)));
    let measures = measures(verdict);
    if !measures.is_empty() {
        lines.push(format!("    {measures}"));
    }
    lines.push(format!("    {}", style.faint(&effort(verdict))));
    lines.push(String::new());
    lines
}

fn colour_of_status(status: &str) -> Colour {
    match status {
        "Approved" => Colour::Green,
        "Declined" => Colour::Red,
        _ => Colour::Amber,
    }
}

fn warning_line(warning: &Warning, style: Style) -> String {
    let colour = match warning.log_type.as_str() {
        "error" => Colour::Red,
        "warning" => Colour::Amber,
        _ => Colour::Cyan,
    };
    format!("    {} {}", style.paint(colour, &format!("{}:", warning.short_description)), warning.text())
}

fn measures(verdict: &Verdict) -> String {
    let measure = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {value:.0}"));
    let gender = verdict.evidence.gender.as_ref().map(|gender| gender.gender.clone());
    let all = [
        measure("face quality", verdict.face_quality),
        measure("luminance", verdict.face_luminance),
        measure("age about", verdict.age_estimation),
        gender,
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn effort(verdict: &Verdict) -> String {
    let evidence = &verdict.evidence;
    let (analysed, skipped, attempts) =
        (evidence.frames_analysed, evidence.frames_skipped, evidence.attempts_used);
    format!("{analysed} frames analysed · {skipped} skipped · attempt {attempts}")
}
