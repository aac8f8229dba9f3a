// SPDX-License-Identifier: MIT OR Apache-2.0

//! Checks without end: random people and attacks, methods, sizes, cancels, caps changes and state cycles. Nothing may grow.
//!
//!     cargo run --release --example soak -- [MINUTES] [SEED]
//!     GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 cargo run --release --example soak -- 1 2>&1 | grep -c object-alive
//!
//! Every minute it prints the process's memory, file descriptors and threads; after MINUTES (30) it compares the last fifth of the
//! time with the second, when all is warm, and fails where something has grown; a run of less than ten minutes is too short for
//! that. Under the `leaks` tracer, what lives at the end is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gst::prelude::*;
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::random::Random;

type Error = Box<dyn std::error::Error>;

const SUBJECTS: [&str; 14] = [
    "live",
    "print",
    "tilted-print",
    "bent-print",
    "cutout-print",
    "screen",
    "replay",
    "injected",
    "relight",
    "paper-mask",
    "mask",
    "nobody",
    "two-people",
    "live",
];
const METHODS: [&str; 4] = ["passive", "action", "flash", "action_flash"];
const FORMATS: [&str; 6] = ["I420", "NV12", "RGB", "BGRx", "GRAY8", "YUY2"];
const SIZES: [(i32, i32); 6] = [(640, 480), (320, 240), (854, 480), (641, 361), (480, 640), (64, 48)];
/// Growth of the medians that is no leak: of the memory that somebody uses, and of what the process has once glibc has given back what it
/// can. Each check has threads of its own, and their heaps lie in pieces: that levels off.
const SLACK: f64 = 1.01;
const PIECES: f64 = 1.5;
/// Minutes after which a process is surely warm.
const LONG: f64 = 10.0;

/// glibc's account of its heaps, in bytes.
#[repr(C)]
struct Mallinfo {
    before: [usize; 4],
    mapped: usize,
    between: [usize; 2],
    used: usize,
    after: [usize; 2],
}

unsafe extern "C" {
    fn malloc_trim(pad: usize) -> i32;
    fn mallinfo2() -> Mallinfo;
}

/// The process at a moment.
#[derive(Clone, Copy, Debug)]
struct Usage {
    used_mib: f64,
    resident_mib: f64,
    descriptors: usize,
    threads: usize,
}

impl Usage {
    fn now() -> Result<Self, Error> {
        // SAFETY: glibc's own, callable at any time.
        let heaps = unsafe {
            malloc_trim(0);
            mallinfo2()
        };
        let status = std::fs::read_to_string("/proc/self/status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok()).ok_or("no such field")
        };
        Ok(Self {
            used_mib: (heaps.used + heaps.mapped) as f64 / f64::from(1 << 20),
            resident_mib: field("VmRSS:")? as f64 / 1024.0,
            descriptors: std::fs::read_dir("/proc/self/fd")?.count(),
            threads: field("Threads:")?,
        })
    }
}

/// What is done to a running check.
enum Deed {
    Cancel,
    Resize,
    Cycle,
    Restart,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let minutes: f64 = arguments.next().map_or(Ok(30.0), |n| n.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |n| n.parse())?;
    gst::init()?;
    gstliveness::plugin_register_static()?;
    let nets = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let (begin, whole) = (Instant::now(), Duration::from_secs_f64(minutes * 60.0));
    let (mut usages, mut endings, mut told) = (Vec::new(), BTreeMap::<String, usize>::new(), 0.0);
    for n in 0.. {
        if begin.elapsed() >= whole {
            break;
        }
        *endings.entry(check(&mut Random::nth(seed, n))?).or_default() += 1;
        let (usage, passed) = (Usage::now()?, begin.elapsed().as_secs_f64());
        usages.push((passed / whole.as_secs_f64(), usage));
        if passed >= told {
            println!(
                "{:5.1} min, {n} checks: {:.1} MiB used of {:.0}, {} descriptors, {} threads",
                passed / 60.0,
                usage.used_mib,
                usage.resident_mib,
                usage.descriptors,
                usage.threads
            );
            told += 60.0;
        }
    }
    println!("endings: {endings:?}");
    drop(nets);
    let verdict = if minutes < LONG { Ok(()) } else { compare(&usages) };
    // SAFETY: everything of GStreamer's is gone; the tracer tells what is not.
    unsafe { gst::deinit() };
    verdict
}

/// One check until its result, or until what befalls it; told is how it ended.
fn check(random: &mut Random) -> Result<String, Error> {
    let subject = SUBJECTS[random.below(SUBJECTS.len())];
    let method = METHODS[random.below(METHODS.len())];
    let (format, (width, height)) = (FORMATS[random.below(FORMATS.len())], SIZES[random.below(SIZES.len())]);
    let (seed, distance) = (random.bits() % 1000, random.between(0.3, 0.7));
    let pipeline = gst::parse::launch(&format!(
        "livenesstestsrc subject={subject} seed={seed} identity={seed} distance={distance} num-buffers=600 ! \
         capsfilter name=caps caps=video/x-raw,format={format},width={width},height={height} ! \
         livenessbin name=check method={method} max-attempts=2 ! livenessoverlay ! fakesink sync=false"
    ))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    let bus = pipeline.bus().ok_or("no bus")?;
    let check = pipeline.by_name("check").ok_or("no check")?;
    pipeline.set_state(gst::State::Playing)?;
    let mut ending = String::new();
    for message in bus.iter_timed(gst::ClockTime::from_seconds(120)) {
        match message.view() {
            gst::MessageView::Error(e) => return Err(format!("{subject}, {method}: {}", e.error()).into()),
            gst::MessageView::Eos(_) => {
                ending = "end of stream".to_owned();
                break;
            }
            gst::MessageView::Element(_) => {
                let structure = message.structure().ok_or("no structure")?;
                if structure.name() == "liveness/result" {
                    ending = structure.get("status")?;
                    break;
                }
                if random.below(30) == 0 {
                    disturb(&pipeline, &check, random)?;
                }
            }
            _ => {}
        }
    }
    pipeline.set_state(gst::State::Null)?;
    bus.set_flushing(true);
    if ending.is_empty() { Err(format!("{subject}, {method}: no end").into()) } else { Ok(ending) }
}

fn disturb(pipeline: &gst::Pipeline, check: &gst::Element, random: &mut Random) -> Result<(), Error> {
    let deeds = [Deed::Cancel, Deed::Resize, Deed::Cycle, Deed::Restart];
    match deeds[random.below(deeds.len())] {
        Deed::Cancel => check.emit_by_name::<()>("cancel", &[]),
        Deed::Restart => check.emit_by_name::<()>("start", &[]),
        Deed::Resize => {
            let (width, height) = SIZES[random.below(SIZES.len())];
            let format = FORMATS[random.below(FORMATS.len())];
            let caps = gst::Caps::builder("video/x-raw").field("format", format);
            let caps = caps.field("width", width).field("height", height).build();
            pipeline.by_name("caps").ok_or("no caps")?.set_property("caps", caps);
        }
        Deed::Cycle => {
            let states = [gst::State::Null, gst::State::Ready, gst::State::Paused];
            pipeline.set_state(states[random.below(states.len())])?;
            pipeline.set_state(gst::State::Playing)?;
            // One change after the other: GStreamer 1.22 may forget to go on when several are under way.
            pipeline.state(gst::ClockTime::from_seconds(20)).0?;
        }
    }
    Ok(())
}

/// The second fifth of the time against the last.
fn compare(usages: &[(f64, Usage)]) -> Result<(), Error> {
    let within = |from: f64, to: f64| {
        let some: Vec<_> = usages.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, u)| *u).collect();
        if some.is_empty() { Err("too short a time to compare") } else { Ok(some) }
    };
    let (early, late) = (within(0.2, 0.4)?, within(0.8, f64::INFINITY)?);
    let grows = |name: &str, slack: f64, value: fn(&Usage) -> f64| {
        let (before, after) = (median(&early, value), median(&late, value));
        let checks = (early.len(), late.len());
        println!("{name}: {before:.1}, later {after:.1} (medians of {} and {} checks)", checks.0, checks.1);
        after > slack * before
    };
    let grown = [
        grows("MiB used", SLACK, |u| u.used_mib),
        grows("MiB", PIECES, |u| u.resident_mib),
        grows("descriptors", 1.0, |u| u.descriptors as f64),
        grows("threads", 1.0, |u| u.threads as f64),
    ];
    if grown.contains(&true) { Err("the process has grown".into()) } else { Ok(()) }
}

fn median(usages: &[Usage], value: fn(&Usage) -> f64) -> f64 {
    let mut values: Vec<_> = usages.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
