// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the action check sees in labelled clips: blinks and head turns against the annotated ones at several frame rates, and
//! what becomes of challenges that happen to fit a clip.
//!
//!     cargo run --release --example actions -- ../shared/media [SEEDS]
//!
//! The folder holds `labels.tsv` and `events.jsonl`. A clip cannot hear a prompt: of SEEDS seeded challenges (turns, nod,
//! look up) most fail; the few whose order fits show whether live people pass and replays do not.

#[path = "common/clip.rs"]
mod clip;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clip::{Error, Which, decode, with_sample};
use liveness_core::check::{
    Action, ActionCheck, ActionConfig, Actions, Check, Failure, Gesture, Lids, Neutral, Signals,
};
use liveness_core::face::{FaceAnalyzer, FrameObservation};
use liveness_core::inference::ModelSource;
use liveness_core::session::{Status, Thresholds, decide};
use liveness_eval::metrics::Rate;
use serde::Deserialize;
/// One line of `events.jsonl`.
#[derive(Deserialize)]
struct Clip {
    file: String,
    fps: f64,
    label: String,
    blinks: Vec<(f64, f64, f64)>,
    closures: Vec<(f64, f64, f64)>,
    yaw: Vec<(f64, f64, f64, f64)>,
    pitch: Vec<(f64, f64, f64, f64)>,
}

/// A clip as one frame rate shows it.
struct Seen {
    samples: Vec<(u64, gst::Sample)>,
    observations: Vec<FrameObservation>,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: actions FOLDER [SEEDS]")?);
    let seeds = arguments.next().map_or(Ok(100), |n| n.parse())?;
    gst::init()?;
    // Holds the nets, so that the checks share them instead of loading them anew.
    let _nets = ActionCheck::new(ActionConfig::default(), &ModelSource::Embedded)?;
    let clips = clips(&folder)?;
    for every in [1, 2, 3] {
        let mut blinks = Match::default();
        let mut turns = Match::default();
        for clip in &clips {
            let seen = see(&folder.join(&clip.file), clip.fps, every)?;
            blinks.add(count_blinks(clip, &seen, every));
            turns.add(count_turns(clip, &seen, every));
            if every == 1 {
                challenge(clip, &seen, 1, seeds)?;
                challenge(clip, &seen, 2, seeds)?;
            }
        }
        println!("every {every}. frame: blinks {blinks}; head turns and nods {turns}");
    }
    Ok(())
}

fn clips(folder: &Path) -> Result<Vec<Clip>, Error> {
    let text = std::fs::read_to_string(folder.join("events.jsonl"))?;
    text.lines().map(|line| serde_json::from_str(line).map_err(Error::from)).collect()
}

fn see(file: &Path, fps: f64, every: usize) -> Result<Seen, Error> {
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let mut seen = Seen { samples: Vec::new(), observations: Vec::new() };
    let file = file.to_str().ok_or("a path that is no text")?;
    decode(file, Which { every, ..Which::default() }, |(index, sample)| {
        seen.observations.push(with_sample(&sample, |frame| analyzer.analyze(frame))??);
        seen.samples.push(((index as f64 / fps * 1e9) as u64, sample));
        Ok(())
    })?;
    Ok(seen)
}

impl Seen {
    /// Times and signals of the frames with a face.
    fn signals(&self) -> impl Iterator<Item = (u64, Signals)> {
        let times = self.samples.iter().map(|(time, _)| *time);
        times.zip(&self.observations).filter_map(|(time, seen)| Some((time, Signals::of(seen.primary()?.1))))
    }
}

/// Found against annotated events.
#[derive(Default)]
struct Match {
    hits: usize,
    missed: usize,
    wrong: usize,
}

impl Match {
    fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.missed += other.missed;
        self.wrong += other.wrong;
    }

    /// Pairs each found span with an annotated one that it overlaps within `slack` frames; found spans within `ignored` ones
    /// are neither right nor wrong.
    fn of(found: &[(f64, f64)], wanted: &[(f64, f64)], ignored: &[(f64, f64)], slack: f64) -> Self {
        let overlap = |a: &(f64, f64), b: &(f64, f64)| a.0 <= b.1 + slack && b.0 <= a.1 + slack;
        let mut open: Vec<&(f64, f64)> = wanted.iter().collect();
        let mut result = Self::default();
        for span in found {
            if let Some(at) = open.iter().position(|wanted| overlap(span, wanted)) {
                open.remove(at);
                result.hits += 1;
            } else if !ignored.iter().any(|other| overlap(span, other)) {
                result.wrong += 1;
            }
        }
        result.missed = open.len();
        result
    }
}

impl std::fmt::Display for Match {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hits, wrong, missed) = (self.hits as f64, self.wrong as f64, self.missed as f64);
        let f1 = 2.0 * hits / (2.0 * hits + wrong + missed);
        let recall = Rate::new(self.hits, self.hits + self.missed);
        let precision = Rate::new(self.hits, self.hits + self.wrong);
        write!(f, "F1 {f1:.3}, found {recall}, right {precision}")
    }
}

fn count_blinks(clip: &Clip, seen: &Seen, every: usize) -> Match {
    let mut lids = Lids::default();
    let frame = |time: u64| time as f64 * 1e-9 * clip.fps;
    let found: Vec<_> = seen
        .signals()
        .filter_map(|(time, signals)| lids.observe(time, signals.eyes))
        .map(|blink| (frame(blink.from), frame(blink.to)))
        .collect();
    let spans = |all: &[(f64, f64, f64)]| all.iter().map(|(from, to, _)| (*from, *to)).collect::<Vec<_>>();
    Match::of(&found, &spans(&clip.blinks), &spans(&clip.closures), 2.0 + every as f64)
}

/// Annotated excursions that are large enough to be an action against those that the gestures find.
fn count_turns(clip: &Clip, seen: &Seen, every: usize) -> Match {
    let all: Vec<Signals> = seen.signals().map(|(_, signals)| signals).collect();
    let Some(neutral) = Neutral::of(&all) else {
        return Match::default();
    };
    let frame = |time: u64| time as f64 * 1e-9 * clip.fps;
    let mut result = Match::default();
    // The annotation's signs are opposite to ISO's. `sure` is far enough to be asked for, `maybe` neither wanted nor wrong.
    for (action, events, sign, sure, maybe) in [
        (Action::TurnLeft, &clip.yaw, -1.0, 22.0, 12.0),
        (Action::TurnRight, &clip.yaw, 1.0, 22.0, 12.0),
        (Action::Nod, &clip.pitch, -1.0, 14.0, 6.0),
        (Action::LookUp, &clip.pitch, 1.0, 14.0, 6.0),
    ] {
        let spans = |least: f64| -> Vec<(f64, f64)> {
            let of_side = events.iter().filter(|event| sign * event.3 >= least);
            of_side.map(|event| (event.0, event.2)).collect()
        };
        let mut gesture = Gesture::new(action);
        let found: Vec<_> = seen
            .signals()
            .filter_map(|(time, signals)| gesture.observe(time, neutral.extent(action, &signals)))
            .map(|done| (frame(done.onset), frame(done.end)))
            .collect();
        result.add(Match::of(&found, &spans(sure), &spans(maybe), 3.0 + every as f64));
    }
    result
}

/// Seeded challenges of head movements on one clip: how many were passed, and what they came to.
fn challenge(clip: &Clip, seen: &Seen, count: u32, seeds: u64) -> Result<(), Error> {
    let offer = [Action::TurnLeft, Action::TurnRight, Action::Nod, Action::LookUp];
    let actions = Actions::of(&offer);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut passed, mut scores, mut parallax) = (BTreeMap::<&str, usize>::new(), Vec::new(), Vec::new());
    for seed in 1..=seeds {
        let config = ActionConfig { actions, count, seed, ..ActionConfig::default() };
        let mut check = ActionCheck::new(config, &ModelSource::Embedded)?;
        for ((time, sample), observation) in seen.samples.iter().zip(&seen.observations) {
            if with_sample(sample, |frame| check.observe(frame, observation, Some(*time)))??.done {
                break;
            }
        }
        let evidence = check.evidence();
        let decision = decide(&evidence, Thresholds::default());
        *outcomes.entry(evidence.failure.map_or("passed", Failure::name)).or_default() += 1;
        if evidence.failure.is_none_or(Failure::is_attack) && evidence.score.is_some() {
            *passed.entry(decision.status.name()).or_default() += 1;
            scores.extend(evidence.score);
        }
        let slope = evidence.cues.iter().find(|cue| cue.name == "nose_parallax").and_then(|cue| cue.value);
        parallax.extend(slope);
    }
    let range = |values: &[f64]| {
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        if values.is_empty() { "–".into() } else { format!("{low:.2} to {high:.2}") }
    };
    println!(
        "{:6} {:44} {count}: {outcomes:?}; of those passed {passed:?}, score {}; nose parallax {}",
        clip.label,
        clip.file.rsplit('/').next().unwrap_or_default(),
        range(&scores),
        range(&parallax)
    );
    debug_assert!(passed.keys().all(|name| Status::from_name(name).is_some()));
    Ok(())
}
