// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an analysed frame costs at three sizes, split by stage, against its nets alone; what the checks cost against each
//! other; and what an idle element costs.
//! Everything is measured in turn in one run; the fastest of many rounds counts, since other load on the machine can only
//! slow a round down.
//!
//!     cargo bench --bench cost [-- checks | light]

mod common;

use std::time::Instant;

use common::process_seconds;
use gst::prelude::*;
use gstliveness::with_frame;
use liveness_core::check::{
    AntiSpoof, FaceMap, FaceMapper, Findings, LightCode, Randomness, Series, Steady, patches,
};
use liveness_core::face::{FaceAnalyzer, FaceDetector, HeadPose, LandmarkNet};
use liveness_core::inference::{Model, ModelSource, Net};
use liveness_core::vision::Sampler;

const ROUNDS: usize = 100;
const SIZES: [(&str, i32, i32); 3] = [("480p", 640, 480), ("1080p", 1920, 1080), ("4K", 3840, 2160)];

fn main() {
    gst::init().expect("GStreamer");
    gstliveness::plugin_register_static().expect("plugin");
    if std::env::args().any(|argument| argument == "checks") {
        return checks();
    }
    if std::env::args().any(|argument| argument == "light") {
        return light();
    }
    for (name, width, height) in SIZES {
        analysed_frame(name, width, height);
    }
    light();
    checks();
    idle();
}

/// A stage's name and what to run.
type Stage<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Runs the stages in turn, so that a noisy machine hits all alike; the least time of each in milliseconds.
fn fastest(stages: &mut [Stage<'_>], rounds: usize) -> Vec<f64> {
    let mut times = vec![f64::INFINITY; stages.len()];
    for _ in 0..rounds {
        for ((_, run), time) in stages.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            *time = time.min(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times
}

fn net(model: Model, values: usize) -> Box<dyn FnMut()> {
    let net = Net::load(model, &ModelSource::Embedded).expect("model");
    let input = vec![0.5; values];
    Box::new(move || net.run(&input, |_| Ok(())).expect("run"))
}

fn analysed_frame(name: &str, width: i32, height: i32) {
    let source = ModelSource::Embedded;
    let (buffer, info) = common::frame("NV12", width, height);
    let mut followed = FaceAnalyzer::new(&source).expect("models");
    let mut antispoof = AntiSpoof::new(&source).expect("models");
    let mut detector = FaceDetector::new(&source).expect("models");
    let mut landmarks = LandmarkNet::new(&source).expect("models");
    let (mut first, mut second) = (Sampler::new(), Sampler::new());
    let seen = with_frame(&buffer, &info, |frame| followed.analyze(frame)).expect("frame").expect("nets");
    let mesh = seen.primary().expect("a face").1.mesh.clone();
    let region = mesh.region();
    let (buffer, info) = (&buffer, &info);
    let mut stages: Vec<Stage<'_>> = vec![
        ("net: detector", net(Model::Detector, 128 * 128 * 3)),
        ("net: landmarks", net(Model::Landmarks, 192 * 192 * 3)),
        ("net: blendshapes", net(Model::Blendshapes, 146 * 2)),
        ("net: anti-spoof", net(Model::AntiSpoof, 128 * 128 * 3)),
        (
            "detector with its sampling",
            Box::new(move || drop(with_frame(buffer, info, |frame| detector.detect(frame, &mut first)))),
        ),
        (
            "landmarks with their sampling",
            Box::new(move || {
                drop(with_frame(buffer, info, |frame| landmarks.find(frame, &region, &mut second)))
            }),
        ),
        (
            "face analysis (every 5th with detector)",
            Box::new(move || drop(with_frame(buffer, info, |frame| followed.analyze(frame)))),
        ),
        (
            "anti-spoof reading (2 crops, borders)",
            Box::new(move || drop(with_frame(buffer, info, |frame| antispoof.read(frame, &mesh)))),
        ),
    ];
    let times = fastest(&mut stages, ROUNDS);
    // The detector runs on every fifth frame; the fastest is one without it.
    let nets = times[1] + times[2] + 2.0 * times[3];
    let whole = times[6] + times[7];
    println!("\n{name} ({width}×{height} NV12)");
    for ((stage, _), time) in stages.iter().zip(&times) {
        println!("  {stage:42} {time:7.3} ms  {:5.2} of the nets", time / nets);
    }
    println!("  {:42} {whole:7.3} ms  {:5.2} of the nets (target ≤ 1.15)", "an analysed frame", whole / nets);
}

/// What reading the skin for the light adds to the analysis of a frame, what a check's readings take, and its conclusion.
fn light() {
    let mut face = FaceAnalyzer::new(&ModelSource::Embedded).expect("models");
    for (name, width, height) in SIZES {
        let (buffer, info) = common::frame("NV12", width, height);
        let seen = with_frame(&buffer, &info, |frame| face.analyze(frame)).expect("frame").expect("nets");
        let mesh = seen.primary().expect("a face").1.mesh.clone();
        let (mut mapper, mut steady, mut map) =
            (FaceMapper::default(), Steady::default(), FaceMap::default());
        let mut series = Series::default();
        let mut frames = 0u32;
        let mut read = || {
            let (landmarks, _) = steady.follow(&mesh);
            with_frame(&buffer, &info, |frame| mapper.read(frame, landmarks, &mut map)).expect("frame");
            series.push(f64::from(frames % 100) / 30.0, &map, [0.0; 5]);
            frames += 1;
        };
        let mut stages: Vec<Stage<'_>> = vec![
            ("face analysis", Box::new(|| drop(with_frame(&buffer, &info, |frame| face.analyze(frame))))),
            ("reading the light", Box::new(&mut read)),
        ];
        let times = fastest(&mut stages, 4 * ROUNDS);
        drop(stages);
        println!(
            "\nlight, {name}: face analysis {:.2} ms a frame, reading the light {:.2}: {:.2} of it",
            times[0],
            times[1],
            times[1] / times[0]
        );
        face.reset();
    }
    conclusion();
}

fn conclusion() {
    let mut random = Randomness::new(1);
    let code = LightCode::draw(2, 2, 3_000_000_000, &mut random).expect("a code");
    let mut series = Series::default();
    let lights = patches().iter().enumerate().map(|(i, _)| 0.2 + 0.1 * (i as f32).sin()).collect::<Vec<_>>();
    for i in 0..95 {
        let time = f64::from(i) / 30.0;
        let cells = code.at_seconds(time);
        let light = lights.iter().map(|l| [0, 1, 2].map(|k| l * (0.3 + cells[i as usize % 4][k]))).collect();
        let map = FaceMap { light, clipped: vec![[false; 3]; lights.len()] };
        series.push(time, &map, [0.0; 5]);
    }
    let mut conclude = || {
        let findings = Findings::new(&series, &code, 0.5, HeadPose::default(), &mut random);
        assert!(findings.is_some());
    };
    let mut stages: Vec<Stage<'_>> = vec![("conclusion", Box::new(&mut conclude))];
    let time = fastest(&mut stages, 10)[0];
    let memory = series.slots().len() * patches().len() * size_of::<[f32; 3]>();
    println!("\nconclusion of a check: {time:.0} ms; its readings: {:.1} MB", memory as f64 / 1e6);
}

/// A frame of each check of a rendered person, who does what is asked.
fn checks() {
    const FRAMES: u32 = 150;
    let run = |element: &str| {
        let line = format!(
            "livenesstestsrc num-buffers={FRAMES} ! video/x-raw,format=NV12,width=640,height=480,framerate=30/1 ! {element} ! \
             fakesink sync=false"
        );
        let pipeline = gst::parse::launch(&line).expect("pipeline");
        let before = process_seconds();
        play(&pipeline);
        (process_seconds() - before) / f64::from(FRAMES) * 1e3
    };
    let elements = ["identity", "livenesspassive frames=1000", "livenessaction action-count=5"];
    let [source, passive, action] = elements.map(|element| {
        // The first run loads nets.
        (0..4).map(|_| run(element)).fold(f64::INFINITY, f64::min)
    });
    let (passive, action) = (passive - source, action - source);
    println!(
        "\nchecks: passive {passive:.2} ms a frame, action {action:.2}: {:.2} of passive",
        action / passive
    );
}

/// Plays a pipeline to its end.
fn play(pipeline: &gst::Element) {
    pipeline.set_state(gst::State::Playing).expect("playing");
    let bus = pipeline.bus().expect("bus");
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds).expect("an end");
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).expect("null");
}

/// Frames through an element that waits for its start signal, against `identity`.
fn idle() {
    const FRAMES: u32 = 20_000;
    let run = |element: &str| {
        let line = format!(
            "fakesrc num-buffers={FRAMES} sizetype=fixed sizemax=460800 filltype=nothing do-timestamp=false ! \
             capsfilter caps=video/x-raw,format=NV12,width=640,height=480,framerate=30/1 ! {element} ! fakesink"
        );
        let pipeline = gst::parse::launch(&line).expect("pipeline");
        pipeline.set_state(gst::State::Paused).expect("paused");
        let _ = pipeline.state(gst::ClockTime::from_seconds(10));
        let start = Instant::now();
        play(&pipeline);
        start.elapsed().as_secs_f64() / f64::from(FRAMES) * 1e6
    };
    let mut pairs: Vec<(f64, f64)> =
        (0..7).map(|_| (run("identity"), run("livenesspassive auto-start=false"))).collect();
    pairs.sort_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    let (identity, passive) = pairs[pairs.len() / 2];
    println!(
        "\nidle: {passive:.2} µs a frame, `identity` {identity:.2}: {:.2} µs more (target ≤ 1)",
        passive - identity
    );
}
