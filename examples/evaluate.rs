//! Judges every labelled picture and clip of a folder with `livenesspassive` and prints the error rates.
//!
//!     cargo run --release --example evaluate -- ../shared/media [ONLY] [EXCEPT]
//!
//! The folder holds `labels.tsv` (path, label, kind, subject, note); ONLY and EXCEPT are parts of paths ("" is any). Each file goes through its own pipeline with one
//! attempt; what the element decides is what counts. Attack species stand apart, as ISO/IEC 30107-3 asks.

#[path = "common/stats.rs"]
mod stats;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gst::prelude::*;
use gstliveness::elements::message::{Body, LivenessMessage, ResultBody};
use gstliveness::face::FaceAnalyzer;
use gstliveness::inference::ModelSource;
use gstliveness::session::Status;

use stats::{Rate, auc};

type Error = Box<dyn std::error::Error>;

struct Entry {
    path: String,
    live: bool,
    kind: String,
}

struct Judged {
    entry: Entry,
    result: ResultBody,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: evaluate FOLDER [ONLY] [EXCEPT]")?);
    let (only, except) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    gst::init()?;
    gstliveness::plugin_register_static()?;
    // Holds the nets, so that the pipelines share them instead of loading them anew.
    let _nets = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let mut judged = Vec::new();
    for entry in entries(&folder, &only, &except)? {
        match judge(&folder.join(&entry.path)) {
            Ok(result) => {
                println!("{}", line(&entry, &result));
                judged.push(Judged { entry, result });
            }
            Err(e) => println!("{}\tnot judged: {e}", entry.path),
        }
    }
    summarise(&judged);
    Ok(())
}

/// The labelled files: pictures and clips of one known label.
fn entries(folder: &Path, only: &str, except: &str) -> Result<Vec<Entry>, Error> {
    let text = std::fs::read_to_string(folder.join("labels.tsv"))?;
    let entry = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        let (path, label, kind) = (columns.next()?, columns.next()?, columns.next()?);
        let known = ["live", "attack"].contains(&label.as_str());
        let file = folder.join(&path).is_file();
        let wanted = path.contains(only) && (except.is_empty() || !path.contains(except));
        (known && file && wanted).then_some(Entry { path, live: label == "live", kind })
    };
    Ok(text.lines().skip(1).filter_map(entry).collect())
}

/// One file, one pipeline, one attempt.
fn judge(path: &Path) -> Result<ResultBody, Error> {
    let pipeline = gst::parse::launch(
        "filesrc name=file ! decodebin ! videoflip video-direction=auto ! videoconvert ! \
         livenesspassive max-attempts=1 ! fakesink",
    )?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    pipeline.by_name("file").ok_or("no source")?.set_property("location", path.to_str().ok_or("path")?);
    pipeline.set_state(gst::State::Playing)?;
    let bus = pipeline.bus().ok_or("no bus")?;
    let kinds = [gst::MessageType::Element, gst::MessageType::Error, gst::MessageType::Eos];
    let mut outcome = Err("no decision".into());
    while let Some(message) = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds) {
        match message.view() {
            gst::MessageView::Element(e) => {
                let Some(Ok(message)) = e.structure().map(LivenessMessage::try_from) else { continue };
                if let Body::Result(result) = message.body {
                    outcome = Ok(result);
                    break;
                }
            }
            gst::MessageView::Error(e) => {
                outcome = Err(e.error().to_string().into());
                break;
            }
            _ => break,
        }
    }
    pipeline.set_state(gst::State::Null)?;
    outcome
}

fn line(entry: &Entry, result: &ResultBody) -> String {
    let label = if entry.live { "live" } else { "attack" };
    let json: serde_json::Value = serde_json::from_str(&result.json).unwrap_or_default();
    format!(
        "{}\t{label}\t{}\t{}\t{:.2}\tquality {}\tluminance {}\t{}\t{}\t{}",
        entry.path,
        entry.kind,
        result.status.name(),
        result.score,
        json["face_quality"],
        json["face_luminance"],
        json["evidence"]["hindrance"],
        json["evidence"]["quality"],
        result.warnings.join(",")
    )
}

fn summarise(judged: &[Judged]) {
    for (title, video) in [("pictures", false), ("clips", true)] {
        let part: Vec<&Judged> = judged
            .iter()
            .filter(|j| j.entry.kind.starts_with("video") == video)
            .filter(|j| !["image/edge", "coloured-light image"].contains(&j.entry.kind.as_str()))
            .collect();
        if !part.is_empty() {
            println!("\n{title}");
            rates(&part);
        }
    }
    let aside: Vec<&Judged> = judged
        .iter()
        .filter(|j| ["image/edge", "coloured-light image"].contains(&j.entry.kind.as_str()))
        .collect();
    if !aside.is_empty() {
        println!("\nhard live pictures (groups, far away, masked, coloured lamps), not in the rates above");
        by_status(&aside);
    }
}

fn rates(part: &[&Judged]) {
    let scored: Vec<&&Judged> =
        part.iter().filter(|j| !j.result.warnings.iter().any(|w| w == "NO_FACE_DETECTED")).collect();
    let scores = |live: bool| -> Vec<f64> {
        scored.iter().filter(|j| j.entry.live == live).map(|j| j.result.score).collect()
    };
    let (live, attack) = (scores(true), scores(false));
    if let Some((area, low, high)) = auc(&live, &attack) {
        println!(
            "  AUC {area:.3} [{low:.3}, {high:.3}] (DeLong 95 %), {} live, {} attack with a face",
            live.len(),
            attack.len()
        );
    }
    let lives: Vec<&&Judged> = part.iter().filter(|j| j.entry.live).collect();
    let count = |status| lives.iter().filter(|j| j.result.status == status).count();
    println!("  BPCER (live declined)     {}", Rate::new(count(Status::Declined), lives.len()));
    println!("  live sent to review       {}", Rate::new(count(Status::InReview), lives.len()));
    let good: Vec<&&&Judged> =
        lives.iter().filter(|j| j.result.warnings.iter().all(|w| w == "LOW_LIVENESS_SCORE")).collect();
    let count = |status| good.iter().filter(|j| j.result.status == status).count();
    println!("  live, no fault in picture: approved {}", Rate::new(count(Status::Approved), good.len()));
    println!("                             declined {}", Rate::new(count(Status::Declined), good.len()));
    let mut species: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for j in part.iter().filter(|j| !j.entry.live) {
        let name = j.entry.kind.rsplit('/').next().unwrap_or("attack");
        let (accepted, review, total) = species.entry(name).or_default();
        *accepted += usize::from(j.result.status == Status::Approved);
        *review += usize::from(j.result.status == Status::InReview);
        *total += 1;
    }
    for (name, (accepted, review, total)) in species {
        println!("  APCER {name:10} approved  {}; to review {review}", Rate::new(accepted, total));
    }
}

fn by_status(part: &[&Judged]) {
    for status in [Status::Approved, Status::InReview, Status::Declined] {
        let count = part.iter().filter(|j| j.result.status == status).count();
        println!("  {:10} {}", status.name(), Rate::new(count, part.len()));
    }
}
