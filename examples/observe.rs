// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the face analysis sees in pictures and clips: one JSON line per frame.
//!
//!     cargo run --release --example observe -- [--every N] [--embedding] [--age] [--height H] FILE…
//!     cargo run --release --example observe -- --time ROUNDS [--limit FRAMES] [--every N] [--height H] FILE…
//!
//! It also shows how to use the crate without its elements: GStreamer decodes, an `appsink` hands over the frames, and
//! everything from there on is plain Rust. `--time` measures instead: the processor time that analysing a frame takes,
//! passive check included. `--models DIR` tries other nets.

use std::path::Path;

use liveness_core::check::AntiSpoof;
use liveness_core::face::{AgeEstimator, BLENDSHAPE_NAMES, Embedder, FaceAnalyzer, FaceObservation};
use liveness_core::inference::ModelSource;
use liveness_core::vision::{Frame, Sampler};
use serde_json::{Map, Value, json};

#[path = "common/clip.rs"]
mod clip;

use clip::{Error, Which, decode, with_sample};

#[derive(Default)]
struct Options {
    which: Which,
    rounds: usize,
    embedding: bool,
    age: bool,
    models: ModelSource,
    files: Vec<String>,
}

fn main() -> Result<(), Error> {
    let options = options()?;
    gst::init()?;
    if options.rounds > 0 { time(&options) } else { observe(&options) }
}

fn options() -> Result<Options, Error> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            || arguments.next().ok_or("a number is missing")?.parse::<usize>().map_err(Error::from);
        match argument.as_str() {
            "--every" => options.which.every = number()?.max(1),
            "--limit" => options.which.limit = number()?,
            "--time" => options.rounds = number()?,
            "--height" => options.which.height = Some(number()?),
            "--models" => {
                options.models =
                    ModelSource::Directory(arguments.next().ok_or("a folder is missing")?.into());
            }
            "--embedding" => options.embedding = true,
            "--age" => options.age = true,
            _ => options.files.push(argument),
        }
    }
    if options.files.is_empty() {
        return Err("usage: observe [--every N] [--embedding] [--age] [--time ROUNDS] FILE…".into());
    }
    Ok(options)
}

fn observe(options: &Options) -> Result<(), Error> {
    let mut observer = Observer::new(options)?;
    for file in &options.files {
        // The next file is another stream: what was followed in the last one is gone.
        observer.analyzer.reset();
        let seen = decode(file, options.which, |(index, sample)| {
            let seen = with_sample(&sample, |frame| observer.frame(frame))??;
            println!("{}", with(seen, json!({ "file": file, "frame": index })));
            Ok(())
        });
        if let Err(e) = seen {
            println!("{}", json!({ "file": file, "error": e.to_string() }));
        }
    }
    Ok(())
}

struct Observer {
    analyzer: FaceAnalyzer,
    embedder: Option<Embedder>,
    ages: Option<AgeEstimator>,
    sampler: Sampler,
}

impl Observer {
    fn new(options: &Options) -> Result<Self, Error> {
        let source = &options.models;
        Ok(Self {
            analyzer: FaceAnalyzer::new(source)?,
            embedder: options.embedding.then(|| Embedder::new(source)).transpose()?,
            ages: options.age.then(|| AgeEstimator::new(source)).transpose()?,
            sampler: Sampler::new(),
        })
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<Value, Error> {
        let seen = self.analyzer.analyze(frame)?;
        let faces = seen.faces.iter().map(|face| self.face(frame, face)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "width": seen.width, "height": seen.height, "faces": faces }))
    }

    fn face(&mut self, frame: &Frame<'_>, face: &FaceObservation) -> Result<Value, Error> {
        let b = &face.bbox;
        let seen =
            json!({ "id": face.id, "confidence": face.confidence, "bbox": [b.x, b.y, b.width, b.height] });
        // Only the face that is judged has a mesh.
        let Some(found) = &face.mesh else { return Ok(seen) };
        let landmarks: Vec<_> = found.mesh.landmarks().iter().map(|l| [l.x, l.y, l.z]).collect();
        let blendshapes: Map<_, _> = BLENDSHAPE_NAMES
            .iter()
            .zip(found.blendshapes.0)
            .map(|(name, v)| ((*name).into(), v.into()))
            .collect();
        let mut seen = with(
            seen,
            json!({
                "landmarks": landmarks,
                "yaw": found.pose.yaw,
                "pitch": found.pose.pitch,
                "roll": found.pose.roll,
                "blendshapes": blendshapes,
                "quality": found.quality,
            }),
        );
        if let Some(embedder) = &mut self.embedder
            && let Some(embedding) = embedder.embed(frame, &found.mesh, &mut self.sampler)?
        {
            seen = with(seen, json!({ "embedding": embedding.values() }));
        }
        if let Some(ages) = &mut self.ages {
            seen = with(seen, json!({ "age": ages.estimate(frame, &found.mesh, &mut self.sampler)? }));
        }
        Ok(seen)
    }
}

/// The members of both objects.
fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

/// Analyses all frames `rounds` times from memory, as the passive check does, and prints what a frame took.
fn time(options: &Options) -> Result<(), Error> {
    let mut analyzer = FaceAnalyzer::new(&options.models)?;
    let mut antispoof = AntiSpoof::new(&options.models)?;
    for file in &options.files {
        let mut frames = Vec::new();
        decode(file, options.which, |(_, sample)| {
            frames.push(sample);
            Ok(())
        })?;
        let (mut analysis, mut check, mut faces) = (0.0, 0.0, 0);
        // The first round warms up.
        for round in 0..=options.rounds {
            analyzer.reset();
            for sample in &frames {
                with_sample(sample, |frame| -> Result<(), Error> {
                    let start = thread_seconds()?;
                    let seen = analyzer.analyze(frame)?;
                    let analysed = thread_seconds()?;
                    let primary = seen.primary();
                    primary.map(|(_, found)| antispoof.read(frame, &found.mesh)).transpose()?;
                    if round > 0 {
                        analysis += analysed - start;
                        check += thread_seconds()? - analysed;
                        faces += usize::from(primary.is_some());
                    }
                    Ok(())
                })??;
            }
        }
        let count = (options.rounds * frames.len()) as f64;
        let name = Path::new(file).file_name().map(|name| name.to_string_lossy());
        println!(
            "{}",
            json!({ "file": name, "frames": frames.len(), "faces": faces as f64 / count,
                "analysis_ms": 1e3 * analysis / count, "antispoof_ms": 1e3 * check / count })
        );
    }
    Ok(())
}

/// The processor time that this thread has taken: the analysis runs on its caller's thread and starts no other.
fn thread_seconds() -> Result<f64, Error> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(times.split(' ').next().ok_or("no schedstat")?.parse::<f64>()? / 1e9)
}
