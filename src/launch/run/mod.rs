//! `run`: a workflow on a source, told to people or to programs.

mod interrupt;
mod lines;
mod people;
mod reporter;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstliveness::elements::message::{Body, Header, LivenessMessage, ResultBody};

use super::check::{Check, Event};
use super::cli::RunArgs;
use super::failure::Failure;
use super::input::Source;
use super::seen::Seen;
use super::verdict::Decision;
use super::workflow::Workflow;
use super::{console, evidence, exit, picture};
use interrupt::Interrupt;
use lines::Lines;
use people::People;
use reporter::Reporter;

/// How long Ctrl-C and the clock may go unnoticed.
const TICK: Duration = Duration::from_millis(50);
/// A result comes before the frame that brought it about; that frame is on its way.
const LAST_FRAME: Duration = Duration::from_millis(500);

pub fn run(args: &RunArgs) -> Result<u8, Failure> {
    let workflow = Workflow::load(&args.workflow)?;
    let source = Source::parse(&args.source, workflow.method)?;
    if args.picture.is_some() {
        picture::available()?;
    }
    if let Some(folder) = &args.evidence {
        evidence::prepare(folder)?;
    }
    let of_source = |failure: Failure| failure.about_input(&args.source);
    let check = build(&workflow, &source, args.display).map_err(of_source)?;
    let seen = args.picture.as_ref().map(|_| check.output().map(|pad| Seen::watch(&pad))).transpose()?;
    let mut reporter: Box<dyn Reporter> =
        if args.json { Box::new(Lines::default()) } else { Box::new(People::new()) };

    let timeout = Duration::from_secs_f64(args.timeout);
    let watched = check.start().and_then(|()| watch(&check, reporter.as_mut(), timeout));
    let (header, result) = watched.map_err(of_source)?;
    let decision = complete(Decision::try_from(&result)?, &workflow);
    let saved = save(args, &workflow, seen.as_ref(), &header, &result, &decision);
    drop(check);
    reporter.result(&decision)?;
    saved?;
    Ok(exit::status_of(result.status))
}

fn build(workflow: &Workflow, source: &Source, display: bool) -> Result<Check, Failure> {
    let element = workflow.element()?;
    let open = source.open()?;
    Check::new(open.pipeline, &open.tail, element, &sink(source, display)?)
}

fn sink(source: &Source, display: bool) -> Result<gst::Element, Failure> {
    let made = if display {
        check_screen()?;
        gst::parse::bin_from_description("queue max-size-buffers=2 ! videoconvert ! autovideosink", true)
            .map(|bin| bin.upcast())
    } else {
        let sink = gst::ElementFactory::make("fakesink").property("sync", source.needs_pacing()).build();
        sink.map_err(|e| glib::Error::new(gst::CoreError::MissingPlugin, &e.to_string()))
    };
    made.map_err(|e| Failure::unavailable(format!("there is no video sink: {}", e.message())))
}

/// Without a screen, some sinks that autovideosink tries crash the process.
fn check_screen() -> Result<(), Failure> {
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var_os(name).is_some());
    let missing = "--display needs a screen: neither DISPLAY nor WAYLAND_DISPLAY is set";
    screen.then_some(()).ok_or_else(|| Failure::unavailable(missing))
}

/// Tells the messages until the result comes; Ctrl-C and the clock abandon the check.
fn watch(
    check: &Check,
    reporter: &mut dyn Reporter,
    timeout: Duration,
) -> Result<(Header, ResultBody), Failure> {
    let interrupt = Interrupt::new();
    let deadline = Instant::now() + timeout;
    let mut given_up = false;
    loop {
        let late = Instant::now() >= deadline;
        if !given_up && (late || interrupt.came()) {
            let why = if late { "the time is over" } else { "interrupted" };
            console::tell(&format!("liveness-launch: {why}, the check is abandoned"));
            check.cancel();
            given_up = true;
        }
        match check.next(TICK)? {
            Some(Event::Liveness(structure)) => {
                let message = LivenessMessage::try_from(structure.as_ref());
                reporter.message(&structure, message.as_ref().ok())?;
                if let Ok(LivenessMessage { header, body: Body::Result(result) }) = message {
                    return Ok((header, result));
                }
            }
            Some(Event::Ended) => return Err(Failure::data("it ended before its first picture")),
            None => {}
        }
    }
}

/// Puts in what is handed through.
fn complete(mut decision: Decision, workflow: &Workflow) -> Decision {
    if let Some(vendor_data) = &workflow.vendor_data {
        decision.json.insert("vendor_data".into(), vendor_data.as_str().into());
    }
    if let Some(metadata) = &workflow.metadata {
        decision.json.insert("metadata".into(), metadata.clone());
    }
    decision
}

fn save(
    args: &RunArgs,
    workflow: &Workflow,
    seen: Option<&Arc<Seen>>,
    header: &Header,
    result: &ResultBody,
    decision: &Decision,
) -> Result<(), Failure> {
    if let Some(path) = &args.reference {
        save_reference(path, result)?;
    }
    if let Some(folder) = &args.evidence {
        evidence::save(folder, result, decision)?;
    }
    let (Some(path), Some(seen)) = (&args.picture, seen) else {
        return Ok(());
    };
    match seen.best(header.timestamp, LAST_FRAME) {
        Some(shot) => {
            let (verdict, thresholds) = (&decision.verdict, workflow.thresholds());
            picture::save(path, &shot, &seen.moments(), result.status, verdict, thresholds)
        }
        None => {
            console::tell("liveness-launch: no frame was analysed, so there is no picture");
            Ok(())
        }
    }
}

fn save_reference(path: &Path, result: &ResultBody) -> Result<(), Failure> {
    let buffer = result.reference_image.as_ref().and_then(|sample| sample.buffer());
    let Some(Ok(jpeg)) = buffer.map(gst::BufferRef::map_readable) else {
        console::tell("liveness-launch: the check has no reference image");
        return Ok(());
    };
    let written = std::fs::write(path, &jpeg);
    written.map_err(|e| Failure::output(format!("{} cannot be written: {e}", path.display())))
}
