// SPDX-License-Identifier: MIT OR Apache-2.0

//! Frames of any caps, strides and length through the elements.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use gst::prelude::*;
use gst_video::{VideoFrameFlags, VideoMeta};
use gstliveness::FORMATS;
use libfuzzer_sys::fuzz_target;

const ELEMENTS: [&str; 5] =
    ["livenesspassive", "livenessaction", "livenessflash", "livenessbin", "livenessoverlay"];
/// The launcher's portrait, so that some frames show a face.
static FACE: LazyLock<(Vec<u8>, usize, usize)> = LazyLock::new(face);

#[derive(Arbitrary, Debug)]
struct Shot {
    format: u8,
    width: u16,
    height: u16,
    /// Added to each plane's natural stride and offset.
    strides: [i16; 4],
    offsets: [i16; 4],
    /// Whether the strides are told by a meta.
    meta: bool,
    /// Missing, or beyond what the caps ask for.
    excess: i16,
    pts: Option<u32>,
    fill: u8,
    face: bool,
}

#[derive(Arbitrary, Debug)]
struct Session {
    element: u8,
    shots: Vec<Shot>,
    cancel: bool,
}

fn face() -> (Vec<u8>, usize, usize) {
    let pipeline = gst::parse::launch(
        "appsrc name=in ! pngdec ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=out sync=false",
    );
    let pipeline = pipeline.expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    let input = pipeline.by_name("in").and_downcast::<gst_app::AppSrc>().expect("an appsrc");
    let output = pipeline.by_name("out").and_downcast::<gst_app::AppSink>().expect("an appsink");
    pipeline.set_state(gst::State::Playing).expect("playing");
    let picture: &[u8] = include_bytes!("../../examples/media/astronaut.png");
    input.push_buffer(gst::Buffer::from_slice(picture)).expect("pushed");
    input.end_of_stream().expect("ended");
    let sample = output.pull_sample().expect("a frame");
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps")).expect("caps");
    let map = sample.buffer().expect("a buffer").map_readable().expect("readable");
    let stride = info.stride()[0] as usize;
    let (width, height) = (info.width() as usize, info.height() as usize);
    let rows = (0..height).flat_map(|y| map[y * stride..][..width].to_vec());
    let grey = rows.collect();
    pipeline.set_state(gst::State::Null).expect("stopped");
    (grey, width, height)
}

fn buffer(shot: &Shot, info: &gst_video::VideoInfo) -> gst::Buffer {
    let length = (info.size() as i64 + i64::from(shot.excess)).max(0) as usize;
    let mut bytes = vec![shot.fill; length];
    if shot.face {
        let (grey, width, height) = &*FACE;
        let (stride, pixel) = (info.stride()[0] as usize, info.comp_pstride(0).max(1) as usize);
        for y in 0..info.height() as usize {
            for x in 0..info.width() as usize {
                let value = grey[y * height / info.height() as usize * width + x * width / info.width() as usize];
                let at = y * stride + x * pixel;
                bytes.iter_mut().skip(at).take(pixel).for_each(|byte| *byte = value);
            }
        }
    }
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let own = buffer.get_mut().expect("our own");
    own.set_pts(shot.pts.map(|ms| gst::ClockTime::from_mseconds(u64::from(ms))));
    if shot.meta {
        let planes = info.n_planes() as usize;
        let moved = |own: &[usize]| -> Vec<usize> {
            own.iter().zip(shot.offsets).map(|(o, by)| o.saturating_add_signed(isize::from(by))).collect()
        };
        let strides: Vec<i32> = info.stride().iter().zip(shot.strides).map(|(s, by)| s + i32::from(by)).collect();
        let _ = VideoMeta::add_full(
            own,
            VideoFrameFlags::empty(),
            info.format(),
            info.width(),
            info.height(),
            &moved(info.offset())[..planes],
            &strides[..planes],
        );
    }
    buffer
}

fuzz_target!(|session: Session| {
    gst::init().expect("GStreamer");
    let _ = gstliveness::plugin_register_static();
    let element = ELEMENTS[session.element as usize % ELEMENTS.len()];
    let mut harness = gst_check::Harness::new(element);
    harness.play();
    for shot in session.shots.iter().take(6) {
        let format = FORMATS[shot.format as usize % FORMATS.len()];
        let (width, height) = (u32::from(shot.width % 400), u32::from(shot.height % 400));
        let Ok(info) = gst_video::VideoInfo::builder(format, width, height).fps((30, 1)).build() else { continue };
        let Ok(caps) = info.to_caps() else { continue };
        harness.set_src_caps(caps);
        let _ = harness.push(buffer(shot, &info));
        while harness.try_pull().is_some() {}
    }
    if session.cancel && let Some(element) = harness.element().filter(|e| e.has_property("attempt")) {
        element.emit_by_name::<()>("cancel", &[]);
    }
    harness.push_event(gst::event::Eos::new());
});
