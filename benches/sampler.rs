// SPDX-License-Identifier: MIT OR Apache-2.0

//! The crop straight from the planes, against converting the whole frame first with GStreamer's own converter.
//!
//!     make bench

mod common;

use divan::Bencher;
use gst_video::{VideoConverter, VideoFormat, VideoFrame, VideoInfo};
use gstliveness::with_frame;
use liveness_core::vision::{Affine, Border, Frame, Rect, Sampler, TensorSpec};

const SIZES: [(i32, i32); 3] = [(640, 480), (1920, 1080), (3840, 2160)];
const SPEC: TensorSpec = TensorSpec::rgb(192, 192);

fn main() {
    divan::main();
}

/// The middle half of the frame's height.
fn face(width: i32, height: i32) -> Affine {
    let (w, h) = (width as f32, height as f32);
    Affine::from_rect(&Rect::new(0.5 * w - 0.25 * h, 0.25 * h, 0.5 * h, 0.5 * h), SPEC.width, SPEC.height)
}

fn sample(sampler: &mut Sampler, frame: &Frame<'_>, map: &Affine, out: &mut [f32]) {
    sampler.sample(frame, map, &SPEC, Border::Replicate, out);
}

#[divan::bench(args = SIZES)]
fn crop_from_nv12(bencher: Bencher, (width, height): (i32, i32)) {
    let (buffer, info) = common::frame("NV12", width, height);
    let (map, mut sampler, mut out) = (face(width, height), Sampler::new(), vec![0.0; SPEC.len()]);
    bencher.bench_local(|| with_frame(&buffer, &info, |frame| sample(&mut sampler, frame, &map, &mut out)));
}

#[divan::bench(args = SIZES)]
fn convert_nv12_then_crop(bencher: Bencher, (width, height): (i32, i32)) {
    let (buffer, info) = common::frame("NV12", width, height);
    let rgb = VideoInfo::builder(VideoFormat::Rgb, width as u32, height as u32).build().expect("info");
    let converter = VideoConverter::new(&info, &rgb, None).expect("converter");
    let source = VideoFrame::from_buffer_readable(buffer, &info).expect("frame");
    let target = gst::Buffer::with_size(rgb.size()).expect("buffer");
    let mut target = VideoFrame::from_buffer_writable(target, &rgb).expect("frame");
    let (map, mut sampler, mut out) = (face(width, height), Sampler::new(), vec![0.0; SPEC.len()]);
    bencher.bench_local(|| {
        converter.frame(&source, &mut target);
        let data = target.plane_data(0).expect("plane");
        let frame = Frame::rgb(data, width as usize, height as usize).expect("frame");
        sample(&mut sampler, &frame, &map, &mut out);
    });
}
