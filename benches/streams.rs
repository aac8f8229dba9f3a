// SPDX-License-Identifier: MIT OR Apache-2.0

//! How many cameras a machine takes: 1, 2, 4 and 8 live streams at 30 frames a second, each with an action check of its own, at
//! 720p and 1080p. For each number: frames that were analysed, that the element passed on unanalysed, and that the queue before it
//! lost; what the check adds to a buffer's way; cores; memory.
//!
//!     cargo bench --bench streams [-- COUNT…]
//!
//! A picture that a hand moves keeps the checks busy: it is positioned, asked, and answers nothing.

mod common;

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use common::process_seconds;
use gst::prelude::*;

const SECONDS: u64 = 8;
const RATE: u64 = 30;
const COUNTS: [usize; 4] = [1, 2, 4, 8];
const SIZES: [(&str, i32, i32); 2] = [("720p", 1280, 720), ("1080p", 1920, 1080)];

fn main() {
    gst::init().expect("GStreamer");
    gstliveness::plugin_register_static().expect("plugin");
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let counts = if asked.is_empty() { COUNTS.to_vec() } else { asked };
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    println!("action checks at {RATE} frames a second on {cores} cores");
    for (name, width, height) in SIZES {
        let (buffers, infos): (Vec<_>, Vec<_>) =
            (0..12).map(|i| common::moved("NV12", width, height, 2 * (i - 6i32).abs())).unzip();
        // The first checks load the nets, which all share.
        run(1, 1, &buffers, &infos[0]);
        for count in &counts {
            println!("{count} × {name}: {}", run(*count, SECONDS, &buffers, &infos[0]));
        }
    }
}

/// What a number of streams came to.
struct Figures {
    sent: u64,
    analysed: u64,
    skipped: u64,
    cores: f64,
    /// Seconds that the check added to each buffer's way, in order.
    delays: Vec<f32>,
    mib: f64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let delay = |share: f64| {
            let last = self.delays.len().saturating_sub(1);
            1e3 * self.delays.get((share * last as f64) as usize).copied().unwrap_or(f32::NAN)
        };
        write!(
            f,
            "{} frames analysed, {} skipped, {} lost before it; a buffer waits {:.1} ms (p50), {:.1} (p99); {:.2} cores; {:.0} MiB",
            self.analysed,
            self.skipped,
            self.sent.saturating_sub(self.analysed + self.skipped),
            delay(0.5),
            delay(0.99),
            self.cores,
            self.mib,
        )
    }
}

fn run(count: usize, seconds: u64, buffers: &[gst::Buffer], info: &gst_video::VideoInfo) -> Figures {
    let before = process_seconds();
    let delays = Arc::new(Mutex::new(Vec::new()));
    let streams: Vec<_> = (0..count).map(|_| Stream::start(buffers, info, seconds, &delays)).collect();
    std::thread::sleep(Duration::from_secs_f64(0.7 * seconds as f64));
    let mib = common::resident_mib();
    let ended: Vec<_> = streams.into_iter().map(Stream::end).collect();
    let mut delays = std::mem::take(&mut *delays.lock().expect("no panic"));
    delays.sort_by(f32::total_cmp);
    Figures {
        sent: count as u64 * RATE * seconds,
        analysed: ended.iter().map(|counts| counts.0).sum(),
        skipped: ended.iter().map(|counts| counts.1).sum(),
        cores: (process_seconds() - before) / seconds as f64,
        delays,
        mib,
    }
}

/// A live stream into its own check.
struct Stream {
    pipeline: gst::Pipeline,
    feeder: JoinHandle<()>,
}

impl Stream {
    fn start(
        buffers: &[gst::Buffer],
        info: &gst_video::VideoInfo,
        seconds: u64,
        delays: &Arc<Mutex<Vec<f32>>>,
    ) -> Self {
        let line = "appsrc name=camera is-live=true do-timestamp=true format=time max-buffers=2 leaky-type=downstream ! \
                    livenessaction name=check ! fakesink sync=false";
        let pipeline =
            gst::parse::launch(line).expect("pipeline").downcast::<gst::Pipeline>().expect("pipeline");
        watch(&pipeline.by_name("check").expect("check"), delays);
        let camera = pipeline.by_name("camera").and_downcast::<gst_app::AppSrc>().expect("camera");
        camera.set_caps(Some(&info.to_caps().expect("caps")));
        pipeline.set_state(gst::State::Playing).expect("playing");
        let buffers = buffers.to_vec();
        let feeder = std::thread::spawn(move || feed(&camera, &buffers, RATE * seconds));
        Self { pipeline, feeder }
    }

    /// Frames analysed and skipped, once all have passed.
    fn end(self) -> (u64, u64) {
        self.feeder.join().expect("the feeder");
        let bus = self.pipeline.bus().expect("bus");
        let mut counts = (0, 0);
        while let Some(message) = bus.timed_pop(gst::ClockTime::from_seconds(20)) {
            match message.view() {
                gst::MessageView::Element(element) => {
                    let count = |name| element.structure().and_then(|s| s.get::<u64>(name).ok());
                    counts = count("frames-analysed").zip(count("frames-skipped")).unwrap_or(counts);
                }
                gst::MessageView::Eos(_) => break,
                gst::MessageView::Error(e) => panic!("{}", e.error()),
                _ => {}
            }
        }
        self.pipeline.set_state(gst::State::Null).expect("null");
        counts
    }
}

fn feed(camera: &gst_app::AppSrc, buffers: &[gst::Buffer], frames: u64) {
    let start = Instant::now();
    for (i, buffer) in buffers.iter().cycle().take(frames as usize).enumerate() {
        let due = Duration::from_secs_f64(i as f64 / RATE as f64);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        let mut buffer = buffer.copy();
        buffer.make_mut().set_pts(None);
        camera.push_buffer(buffer).expect("flowing");
    }
    camera.end_of_stream().expect("flowing");
}

/// Notes how long each buffer takes through the element.
fn watch(element: &gst::Element, delays: &Arc<Mutex<Vec<f32>>>) {
    let came = Arc::new(Mutex::new(Instant::now()));
    let (arrival, delays) = (came.clone(), delays.clone());
    let pad = |name| element.static_pad(name).expect("pad");
    pad("sink").add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        *arrival.lock().expect("no panic") = Instant::now();
        gst::PadProbeReturn::Ok
    });
    pad("src").add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        delays.lock().expect("no panic").push(came.lock().expect("no panic").elapsed().as_secs_f32());
        gst::PadProbeReturn::Ok
    });
}
