// SPDX-License-Identifier: MIT OR Apache-2.0

//! The shipped picture as a raw frame of any format and size, and what the process takes.
#![allow(dead_code, reason = "not every bench needs everything")]

use gst::prelude::*;
use gst_video::VideoInfo;

/// The astronaut, scaled with black borders to `width` × `height`.
pub fn frame(format: &str, width: i32, height: i32) -> (gst::Buffer, VideoInfo) {
    moved(format, width, height, 0)
}

/// The same without its leftmost `left` columns.
pub fn moved(format: &str, width: i32, height: i32, left: i32) -> (gst::Buffer, VideoInfo) {
    gst::init().expect("GStreamer");
    let line = format!(
        "filesrc location={}/examples/media/astronaut.png ! pngdec ! videoconvert ! videocrop left={left} ! \
         videoscale add-borders=true ! \
         video/x-raw,format={format},width={width},height={height},pixel-aspect-ratio=1/1 ! appsink name=sink",
        env!("CARGO_MANIFEST_DIR")
    );
    let pipeline =
        gst::parse::launch(&line).expect("pipeline").downcast::<gst::Pipeline>().expect("pipeline");
    let sink = pipeline.by_name("sink").and_downcast::<gst_app::AppSink>().expect("sink");
    pipeline.set_state(gst::State::Playing).expect("playing");
    let sample = sink.pull_sample().expect("a picture");
    pipeline.set_state(gst::State::Null).expect("null");
    let info = VideoInfo::from_caps(sample.caps().expect("caps")).expect("raw video");
    (sample.buffer_owned().expect("buffer"), info)
}

/// The processor time that this process has taken, threads that have ended included.
pub fn process_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in parentheses, user and system time are the 12th and 13th fields, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The memory that this process holds, in MiB.
pub fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<f64>().map_or(f64::NAN, |kib| kib / 1024.0)
}
