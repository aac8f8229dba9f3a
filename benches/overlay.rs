// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a frame of the kiosk screen costs at 1080p, against a conversion of the same frame by GStreamer. Both by turns in
//! one run; the fastest of many rounds counts.
//!
//!     cargo bench --bench overlay

mod common;

use std::hint::black_box;
use std::time::Instant;

use gst_check::Harness;
use gstliveness::meta::{LivenessMeta, RunningCheck};
use liveness_core::check::{Guidance, LightCue, Method};
use liveness_core::session::Status;

const ROUNDS: u64 = 60;

fn check(light: Option<LightCue>) -> RunningCheck {
    RunningCheck {
        method: Method::Flash,
        status: Status::InProgress,
        attempt: 1,
        guidance: Guidance::Ok,
        fraction: 0.5,
        score: None,
        action: None,
        advice: None,
        light,
    }
}

/// An element that frames are pushed through.
struct Stage {
    name: &'static str,
    harness: Harness,
    check: Option<RunningCheck>,
    best: f64,
}

impl Stage {
    fn new(name: &'static str, line: &str, caps: &gst::Caps, check: Option<RunningCheck>) -> Self {
        let mut harness = Harness::new_parse(line);
        harness.set_src_caps(caps.clone());
        Self { name, harness, check, best: f64::INFINITY }
    }

    /// In milliseconds. The frame is copied before, as a camera's is nobody else's.
    fn push(&mut self, frame: &gst::Buffer, round: u64) {
        let mut frame = frame.copy_deep().expect("memory");
        let writable = frame.make_mut();
        writable.set_pts(gst::ClockTime::from_mseconds(33 * round));
        if let Some(check) = &self.check {
            // The ring moves on and the light changes with every frame.
            let fraction = round as f64 / ROUNDS as f64;
            let mut check = RunningCheck { fraction, ..check.clone() };
            if let Some(light) = &mut check.light {
                let turn = round as usize % light.colors.len();
                light.colors.rotate_left(turn);
            }
            LivenessMeta::add(writable, None, check);
        }
        let start = Instant::now();
        self.harness.push(frame).expect("flowing");
        black_box(self.harness.pull().expect("a frame"));
        self.best = self.best.min(start.elapsed().as_secs_f64() * 1e3);
    }
}

fn main() {
    gst::init().expect("GStreamer");
    gstliveness::plugin_register_static().expect("plugin");
    let light = |side: u32| {
        let colors = (0..side * side).map(|i| 0x30_5070 + 0x17_0b05 * i).collect();
        Some(check(Some(LightCue { active: true, index: 0, rows: side, columns: side, colors, duration: 1 })))
    };
    for format in ["NV12", "I420", "YUY2", "RGB", "BGRx", "GRAY8"] {
        let (frame, info) = common::frame(format, 1920, 1080);
        let caps = info.to_caps().expect("caps");
        let other = if format.contains("GR") { "I420" } else { "BGRx" };
        let convert = format!("videoconvert ! capsfilter caps=video/x-raw,format={other}");
        let plain = "livenessoverlay mirror=false";
        let mut stages = [
            Stage::new("videoconvert", &convert, &caps, None),
            Stage::new("nothing to draw", plain, &caps, None),
            Stage::new("mirror", "livenessoverlay", &caps, None),
            Stage::new("prompt, veil, ring", "livenessoverlay", &caps, Some(check(None))),
            Stage::new("light, 2×2", "livenessoverlay", &caps, light(2)),
            Stage::new("light, 8×8", "livenessoverlay", &caps, light(8)),
        ];
        for round in 0..ROUNDS {
            stages.iter_mut().for_each(|stage| stage.push(&frame, round));
        }
        println!("\n1080p {format} (videoconvert: to {other})");
        for stage in &stages {
            println!(
                "  {:20} {:7.3} ms  {:5.2} of videoconvert",
                stage.name,
                stage.best,
                stage.best / stages[0].best
            );
        }
    }
}
