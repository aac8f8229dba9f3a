// SPDX-License-Identifier: MIT OR Apache-2.0

//! What tells a living face from a still picture of it that a hand moves: motion within the face, the background behind it, blinks.
//!
//!     cargo run --release --example stillness -- ../shared/media
//!
//! The folder holds `labels.tsv`. Of every live clip four good frames are shown again as a hand would hold them, gently and briskly,
//! raw and as H.264 at 1 Mbit/s. Windows of three seconds are compared: for each cue the area under the ROC curve with its interval
//! by resampling people, the live windows lost where at most 5 % of the stills pass, and windows in which it abstains; then what
//! the real attacks come to, window by window.

// Here all pictures are copied.
#[allow(dead_code)]
#[path = "common/clip.rs"]
mod clip;
#[path = "common/held.rs"]
mod held;

use std::path::{Path, PathBuf};

use clip::{Error, Which, decode};
use held::{Hand, Picture, coded, moved};
use liveness_core::check::{FacialMotion, Lids, Signals, Surroundings};
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::random::Random;
use liveness_core::vision::Frame;
use liveness_eval::metrics::{Rate, Resamples, Roc, interval};

/// Lines; more than the nets need of these clips.
const HEIGHT: usize = 480;
const MOST_FRAMES: usize = 360;
/// Seconds.
const WINDOW: f64 = 3.0;
/// Of the attacks, one of which is hardly longer.
const SHORT_WINDOW: f64 = 2.45;
const GENTLE: Hand = Hand { tilt: 5.0, roll: 4.0, shift: 0.04, reach: 0.05 };
const BRISK: Hand = Hand { tilt: 25.0, roll: 8.0, shift: 0.08, reach: 0.1 };
const STILLS: [(&str, Hand, bool); 4] =
    [("gentle", GENTLE, false), ("gentle", GENTLE, true), ("brisk", BRISK, false), ("brisk", BRISK, true)];
const CUES: [&str; 3] = ["facial_motion", "background_stays", "blinks"];

/// Three seconds of a face.
struct Window {
    subject: String,
    kind: String,
    /// Of [`CUES`].
    values: [Option<f64>; 3],
}

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: stillness FOLDER")?);
    gst::init()?;
    // Holds the nets, so that they are loaded once.
    let _nets = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let mut windows = Vec::new();
    for line in std::fs::read_to_string(folder.join("labels.tsv"))?.lines() {
        if let [path, label, kind, subject, ..] = line.split('\t').collect::<Vec<_>>()[..]
            && kind.starts_with("video")
            && let Err(error) = clip_and_stills(&folder.join(path), label, subject, &mut windows)
        {
            eprintln!("{path}: {error}");
        }
    }
    for (i, cue) in CUES.iter().enumerate() {
        for stills in ["gentle", "brisk"] {
            println!("{cue}, {stills}: {}", figures(&windows, stills, i));
        }
    }
    let attacks =
        windows.iter().filter(|window| !["live", "gentle", "brisk"].contains(&window.kind.as_str()));
    attacks.for_each(|Window { kind, values, .. }| println!("{kind}: {values:.3?}"));
    Ok(())
}

/// Watches a clip and, if it is a live one, stills of it.
fn clip_and_stills(file: &Path, label: &str, subject: &str, windows: &mut Vec<Window>) -> Result<(), Error> {
    let mut clip = Vec::new();
    let which = Which { limit: MOST_FRAMES, height: Some(HEIGHT), ..Which::default() };
    decode(file.to_str().ok_or("a path that is no text")?, which, |(_, sample)| {
        clip.push(Picture::of(&sample)?);
        Ok(())
    })?;
    let (Some(first), Some(last)) = (clip.first(), clip.last()) else { return Err("no frames".into()) };
    let rate = ((clip.len() - 1) as f64 / (last.time - first.time)).min(30.0);
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let kind = if label == "live" { label.to_owned() } else { name };
    let qualities = watch(&clip, subject, &kind, windows)?;
    if label != "live" {
        return Ok(());
    }
    // One of each quarter of the clip.
    for (n, ((kind, hand, codec), good)) in STILLS.into_iter().zip(quarters(&qualities)).enumerate() {
        let Some(good) = good else { continue };
        let mut random = Random::nth(clip.len() as u64, n as u64);
        let mut shown = moved(&clip[good], hand, rate, WINDOW + 0.2, &mut random);
        if codec {
            shown = coded(&shown, rate)?;
        }
        watch(&shown, subject, kind, windows)?;
    }
    Ok(())
}

/// The best frame of each quarter, if there is a good one.
fn quarters(qualities: &[Option<f32>]) -> [Option<usize>; 4] {
    let n = qualities.len();
    std::array::from_fn(|quarter| {
        let all = (quarter * n / 4..(quarter + 1) * n / 4).filter_map(|i| Some((i, qualities[i]?)));
        all.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
    })
}

/// Adds the windows of a sequence; the quality of each frame that shows a frontal face.
fn watch(
    pictures: &[Picture],
    subject: &str,
    kind: &str,
    windows: &mut Vec<Window>,
) -> Result<Vec<Option<f32>>, Error> {
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let mut qualities = Vec::new();
    let mut watch = Watch::default();
    let window =
        if STILLS.iter().any(|still| still.0 == kind) || kind == "live" { WINDOW } else { SHORT_WINDOW };
    for picture in pictures {
        let frame = Frame::rgb(&picture.rgb, picture.width, picture.height)?;
        let seen = analyzer.analyze(&frame)?;
        let Some((face, mesh)) = seen.primary() else {
            qualities.push(None);
            continue;
        };
        let frontal = mesh.pose.yaw.abs() < 20.0 && mesh.pose.pitch.abs() < 20.0;
        qualities.push(Some(mesh.quality.score()).filter(|_| frontal));
        let (since, id) = *watch.since.get_or_insert((picture.time, face.id));
        if id != face.id {
            watch = Watch::default();
            continue;
        }
        let time = (1e9 * picture.time) as u64;
        watch.motion.observe(time, &mesh.blendshapes);
        watch.surroundings.observe(&frame, time, &mesh.mesh);
        watch.blinks += u32::from(watch.lids.observe(time, Signals::of(mesh).eyes).is_some());
        if picture.time - since >= window {
            let values = watch.values();
            windows.push(Window { subject: subject.to_owned(), kind: kind.to_owned(), values });
            watch = Watch::default();
        }
    }
    Ok(qualities)
}

/// A window that is being watched.
#[derive(Default)]
struct Watch {
    since: Option<(f64, u32)>,
    motion: FacialMotion,
    surroundings: Surroundings,
    lids: Lids,
    blinks: u32,
}

impl Watch {
    fn values(&self) -> [Option<f64>; 3] {
        [self.motion.value(), self.surroundings.value(), Some(f64::from(self.blinks))]
    }
}

/// Of one cue, the live windows against one kind of stills.
fn figures(windows: &[Window], stills: &str, cue: usize) -> String {
    let windows: Vec<&Window> = windows.iter().filter(|w| w.kind == "live" || w.kind == stills).collect();
    let people = Resamples::by_subject(&windows, |window| &window.subject);
    let all: Vec<&&Window> = windows.iter().collect();
    let Some(curve) = roc(&all, cue) else { return "no windows".to_owned() };
    let (low, high) = interval(people.figures(|drawn| Some(roc(drawn, cue)?.auc()))).unwrap_or((0.0, 1.0));
    let abstains = |kind: &str| {
        let of_kind = windows.iter().filter(|window| window.kind == kind);
        Rate::of(of_kind, |window| window.values[cue].is_none())
    };
    let threshold = curve.threshold_at_apcer(0.05);
    format!(
        "AUC {:.3} [{low:.3}, {high:.3}], {} people; above {threshold:.3}: stills {}, live not {}; abstains: live {}, stills {}",
        curve.auc(),
        people.subjects(),
        curve.apcer(threshold),
        curve.bpcer(threshold),
        abstains("live"),
        abstains(stills),
    )
}

fn roc(windows: &[&&Window], cue: usize) -> Option<Roc> {
    let of = |live: bool| {
        let of_kind = windows.iter().filter(|window| (window.kind == "live") == live);
        of_kind.filter_map(|window| window.values[cue]).collect()
    };
    Roc::new(of(true), of(false))
}
