// SPDX-License-Identifier: MIT OR Apache-2.0

//! `run`: runs a workflow on a source, and reports to people or programs.

mod interrupt;
mod kiosk;
mod lines;
mod people;
mod starter;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gstliveness::message::{Body, LivenessMessage, ResultBody};
use serde_json::Value;

use super::cli::{self, RunArgs};
use super::exit;
use interrupt::Interrupt;
pub use kiosk::probe;
use kiosk::{Kiosk, Look};
use lines::Lines;
use liveness_screen::Ready;
use liveness_service::check::{Check, Event};
use liveness_service::failure::Failure;
use liveness_service::input::{Open, Source};
use liveness_service::provenance::Provenance;
use liveness_service::seen::Seen;
use liveness_service::session::Session;
use liveness_service::session::evidence::{self, Evidence};
use liveness_service::session::recorder::Recorder;
use liveness_service::session::records::Records;
use liveness_service::session::reporter::Reporter;
use liveness_service::{picture, whole};
use liveness_workflow::{Display, Start, Word, Workflow};
use people::People;
use starter::Starter;

/// Longest delay until an interrupt or a timeout is noticed.
const TICK: Duration = Duration::from_millis(50);
/// Longest wait for the frame that caused a result, which arrives after it.
const LAST_FRAME: Duration = Duration::from_millis(500);
/// Time for which the decision stays on the kiosk screen.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs the command. Returns the exit status of the decision.
///
/// # Errors
/// The workflow, the source, the store or the screen is unusable, or the output cannot be written.
pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    let workflow = workflow(args)?;
    let name = args.source.as_deref().or(workflow.settings.source.as_ref().map(|name| name.0.as_str()));
    let name = name.unwrap_or("test");
    let source = Source::parse(name, &workflow.methods(), workflow.settings.rtsp.as_ref())?;
    if args.picture.is_some() {
        picture::available()?;
    }
    let mut records = Records::open(&workflow, &args.secrets.rules())?;
    let mut session = Session::new(&workflow)?;
    let evidence = Evidence::new(args.evidence.as_deref(), &workflow, &session.id)?;
    let of_source = |failure: Failure| failure.about_input(name);
    let mut open = source.open().map_err(of_source)?;
    let recorder = workflow.settings.record.as_ref();
    let recorder =
        recorder.map(|folder| Recorder::attach(&mut open, &source, Path::new(&folder.0), &session.id));
    let recorder = recorder.transpose()?;
    session.video = recorder.as_ref().map(|recorder| recorder.path.display().to_string());
    let kiosk = Kiosk::new(&source, &look(&workflow)).map_err(of_source)?;
    let check = build(&workflow, open, &kiosk).map_err(of_source)?;
    check.hand_over();
    let seen = args.picture.as_ref().map(|_| check.output().map(|pad| Seen::watch(&pad))).transpose()?;
    let mut reporter: Box<dyn Reporter> =
        if args.json { Box::new(Lines::default()) } else { Box::new(People::new()) };

    let timeout = Duration::from_secs_f64(args.timeout);
    // Handles signals before the session is recorded as in progress: loading the models takes time, and a signal
    // meanwhile must not leave it in progress.
    let interrupt = Interrupt::new();
    let starter = Starter::new(&workflow, &kiosk);
    if starter.has_started() {
        records.keep(&session.record()?, true)?;
    }
    let watched = check.start().and_then(|()| {
        let reporter = reporter.as_mut();
        let (check, interrupt, evidence, records) = (&check, &interrupt, &evidence, &mut records);
        let deadline = starter.has_started().then(|| Instant::now() + timeout);
        let mut watch = Watch { check, interrupt, starter, reporter, evidence, records, timeout, deadline };
        watch.until_decided(&mut session)?;
        if kiosk.is_seen() { watch.farewell() } else { Ok(()) }
    });
    kiosk.log_drops();
    recorder.as_ref().into_iter().for_each(Recorder::finish);
    if let Err(failure) = watched {
        records.abandon(&session)?;
        records.finish();
        return Err(of_source(failure));
    }
    drop(interrupt);
    let saved = save(args, &workflow, seen.as_ref(), &session, &evidence);
    drop(check);
    reporter.session(&session.record()?)?;
    records.finish();
    saved?;
    Ok(exit::status_of(session.status()))
}

/// Loads the workflow, with the settings of the command line.
fn workflow(args: &RunArgs) -> Result<Workflow, Failure> {
    let mut workflow = Workflow::load(&args.file, args.workflow.as_deref())?;
    let settings = &mut workflow.settings;
    settings.vendor_data = args.vendor_data.clone().or(settings.vendor_data.take());
    settings.metadata = cli::metadata(args.metadata.as_deref())?.or(settings.metadata.take());
    settings.display = args.display.map(Word).or(settings.display);
    settings.language = args.language.map(Word).or(settings.language);
    settings.start = args.start.map(Word).or(settings.start);
    settings.flash = args.flash.or(settings.flash);
    if settings.flash == Some(false) {
        workflow.drop_light();
    }
    let hidden = start(&workflow) == Start::Touch && display(&workflow) == Display::None;
    if hidden {
        return Err(Failure::usage(
            "a start by touch needs a screen: add --display, or start with face or immediately",
        ));
    }
    Ok(workflow)
}

/// Returns the way in which the session starts.
fn start(workflow: &Workflow) -> Start {
    workflow.settings.start.map(|word| word.0).unwrap_or_default()
}

/// Returns the kind of display.
fn display(workflow: &Workflow) -> Display {
    workflow.settings.display.map(|word| word.0).unwrap_or_default()
}

/// Returns the appearance of the kiosk screen.
fn look(workflow: &Workflow) -> Look {
    let settings = &workflow.settings;
    let light = workflow.has_light();
    let start = start(workflow);
    let calm = light && start == Start::Touch && settings.without_light.is_some();
    let ready = (start != Start::Immediately).then_some(Ready { light, calm, face: start == Start::Face });
    let language = settings.language.map(|word| word.0);
    Look {
        display: display(workflow),
        language,
        flash: settings.flash != Some(false),
        mirrored: workflow.nodes.iter().any(|node| node.mirrored == Some(true)),
        ready,
    }
}

/// Builds the pipeline of the session.
fn build(workflow: &Workflow, open: Open, kiosk: &Kiosk) -> Result<Check, Failure> {
    let elements: Vec<_> = workflow.nodes.iter().map(Check::element).collect::<Result<_, _>>()?;
    starter::prepare(workflow, &elements);
    Check::new(open, elements, &kiosk.sink)
}

/// The state of a running session. Reports its messages, and abandons it on an interrupt or a timeout.
struct Watch<'a, 'w> {
    check: &'a Check,
    interrupt: &'a Interrupt,
    starter: Starter<'a>,
    reporter: &'a mut dyn Reporter,
    evidence: &'a Evidence,
    records: &'a mut Records<'w>,
    /// Time for the session, from its beginning.
    timeout: Duration,
    /// End of that time, once the session has begun.
    deadline: Option<Instant>,
}

impl Watch<'_, '_> {
    /// Begins the session, unless it has begun: sets the deadline and stores the session.
    fn begin(&mut self, session: &Session) -> Result<(), Failure> {
        if self.deadline.is_some() {
            return Ok(());
        }
        self.deadline = Some(Instant::now() + self.timeout);
        self.records.keep(&session.record()?, true)
    }

    /// Runs until the session is decided.
    fn until_decided(&mut self, session: &mut Session) -> Result<(), Failure> {
        let mut given_up = false;
        while let Some(current) = session.current() {
            self.starter.look(self.check)?;
            if self.starter.has_started() || self.interrupt.came() {
                self.begin(session)?;
            }
            let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if !given_up && (late || self.interrupt.came()) {
                let why = if late { "the time is over" } else { "interrupted" };
                tracing::warn!("{why}, the session is abandoned");
                self.check.cancel(current);
                given_up = true;
            }
            match self.check.next(TICK)? {
                Some(Event::Liveness(teller, structure)) => {
                    self.starter.hear();
                    self.begin(session)?;
                    self.take(session, teller, &structure)?;
                }
                // The stream ended: the last frames have decided a check, and there are none for the next one.
                Some(Event::Ended) if current > 0 => self.check.cancel(current),
                Some(Event::Ended) => return Err(Failure::data("it ended before its first picture")),
                None => {}
            }
        }
        Ok(())
    }

    /// Keeps the decision on the screen for [`FAREWELL`], while frames arrive.
    fn farewell(&self) -> Result<(), Failure> {
        let end = Instant::now() + FAREWELL;
        while Instant::now() < end && !self.interrupt.came() {
            if let Some(Event::Ended) = self.check.next(TICK)? {
                break;
            }
        }
        Ok(())
    }

    /// Handles a message: reports it, and records a decision. `teller` is the index of the check.
    fn take(
        &mut self,
        session: &mut Session,
        teller: usize,
        structure: &gst::Structure,
    ) -> Result<(), Failure> {
        let message = LivenessMessage::try_from(structure.as_ref());
        self.reporter.message(structure, message.as_ref().ok())?;
        if let Ok(LivenessMessage { header, body: Body::Result(result) }) = message
            && session.current() == Some(teller)
        {
            session.decide(header, result, self.records)?;
            let last = session.current().is_none();
            self.check.go_on(teller, !last);
            session.illustrate(self.evidence, self.check.light(teller).as_ref())?;
            // Stores the decision before it is reported.
            if last {
                self.records.conclude(session)?;
            } else {
                self.records.keep(&session.record()?, false)?;
            }
            let decided = session.outcomes.last().map(|outcome| &outcome.decision);
            decided.map_or(Ok(()), |decision| self.reporter.check(decision, last))?;
        }
        Ok(())
    }
}

/// Writes the files that the command line requests.
fn save(
    args: &RunArgs,
    workflow: &Workflow,
    seen: Option<&Arc<Seen>>,
    session: &Session,
    evidence: &Evidence,
) -> Result<(), Failure> {
    let Some(last) = session.outcomes.last() else {
        return Ok(());
    };
    let pictures = args.reference.is_some() || args.picture.is_some();
    let origin = session.origin().filter(|_| pictures).transpose()?;
    if let Some((path, origin)) = args.reference.as_ref().zip(origin.as_ref()) {
        save_reference(path, &last.result, origin)?;
    }
    let record = Value::Object(session.record()?);
    if let Some(path) = &args.decision {
        whole::write(path, format!("{record:#}\n").as_bytes())?;
    }
    evidence.decision(&record)?;
    let (Some(path), Some(seen), Some(origin), Some(node)) =
        (&args.picture, seen, &origin, workflow.nodes.get(session.outcomes.len() - 1))
    else {
        return Ok(());
    };
    match seen.best(last.header.timestamp, LAST_FRAME) {
        Some(shot) => {
            picture::save(path, &shot, &seen.moments(), &last.decision.check, node.thresholds(), origin)
        }
        None => {
            tracing::warn!("no frame was analysed, so there is no picture");
            Ok(())
        }
    }
}

/// Writes the reference image, if there is one.
fn save_reference(path: &Path, result: &ResultBody, origin: &Provenance) -> Result<(), Failure> {
    match evidence::bytes(result.reference_image.as_ref()) {
        Some(jpeg) => whole::write(path, &picture::metadata::in_jpeg(jpeg, origin)),
        None => {
            tracing::warn!("the check has no reference image");
            Ok(())
        }
    }
}
