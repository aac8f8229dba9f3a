// SPDX-License-Identifier: MIT OR Apache-2.0

//! Pixels that are not square: everything is measured and drawn as the picture is displayed.

mod common;

use common::session::Session;
use common::*;
use gst::prelude::*;
use gst_video::{VideoConverter, VideoFormat, VideoFrameRef, VideoInfo, VideoRegionOfInterestMeta};
use gstliveness::meta::{LivenessMeta, RunningCheck};
use liveness_core::check::{Guidance, Method};
use liveness_core::session::Status;

/// Sizes in samples and pixel shapes that show the portrait, a square, undistorted.
const SHAPES: [((usize, usize), (i32, i32)); 6] = [
    ((512, 1024), (2, 1)),
    ((256, 512), (2, 1)),
    ((1024, 512), (1, 2)),
    ((360, 512), (64, 45)),
    ((480, 528), (11, 10)),
    ((528, 484), (11, 12)),
];

/// The picture at another size, its whole area stretched or squeezed.
fn stretched(picture: &Picture, (width, height): (usize, usize)) -> Picture {
    let (from, to) = (picture.info(), video_info(VideoFormat::Rgb, width, height));
    let converter = VideoConverter::new(&from, &to, None).unwrap();
    let (source, mut target) = (picture.buffer(), gst::Buffer::with_size(to.size()).unwrap());
    {
        let source = VideoFrameRef::from_buffer_ref_readable(&source, &from).unwrap();
        let mut target = VideoFrameRef::from_buffer_ref_writable(target.get_mut().unwrap(), &to).unwrap();
        converter.frame_ref(&source, &mut target);
    }
    Picture::of(&gst::Sample::builder().buffer(&target).caps(&to.to_caps().unwrap()).build())
}

fn shaped_info(format: VideoFormat, (width, height): (usize, usize), (n, d): (i32, i32)) -> VideoInfo {
    init();
    VideoInfo::builder(format, width as u32, height as u32)
        .fps(gst::Fraction::new(10, 1))
        .par(gst::Fraction::new(n, d))
        .build()
        .unwrap()
}

/// The result of a passive check of one picture in these caps, and the first face's region.
fn judged(info: &VideoInfo, picture: &Picture) -> (gst::Structure, [f64; 4]) {
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("frames", &1u32)]);
    let seen = rig.push(picture.buffer());
    rig.end();
    let region = seen.meta::<VideoRegionOfInterestMeta>().expect("a face");
    let (x, y, width, height) = region.rect();
    (result(&rig.messages()).to_owned(), [x, y, width, height].map(f64::from))
}

#[test]
fn a_face_in_odd_pixels_is_judged_as_in_square_ones() {
    let square = Picture::astronaut();
    let (wanted, face) = judged(&square.info(), &square);
    for (size, aspect) in SHAPES {
        let squeezed = stretched(&square, size);
        let (found, region) = judged(&shaped_info(VideoFormat::Rgb, size, aspect), &squeezed);
        let name = format!("{size:?} {aspect:?}: {} for {}", score(&found), score(&wanted));
        assert_eq!(text(&found, "status"), "Approved", "{name}");
        assert!((score(&found) - score(&wanted)).abs() <= 5.0, "{name}");
        // Regions are in samples of the buffer.
        let scale = [size.0 as f64 / 512.0, size.1 as f64 / 512.0];
        for (i, (found, wanted)) in region.into_iter().zip(face).enumerate() {
            let off = (found - wanted * scale[i % 2]).abs() / scale[i % 2];
            assert!(off <= 6.0, "{name}: region {region:?} for {face:?}");
        }
        let portrait = Picture::decoded(&found.get("reference-image").unwrap());
        assert!(portrait.width.abs_diff(portrait.height) <= 2, "{name}: the portrait is square");
    }
}

#[test]
fn a_camera_with_odd_pixels_passes_action_and_light() {
    for (check, shape) in [
        ("livenessaction", "width=320,height=480,pixel-aspect-ratio=2/1"),
        ("livenessflash", "width=640,height=240,pixel-aspect-ratio=1/2"),
    ] {
        let mut session = Session::playing(&format!(
            "livenesstestsrc num-buffers=600 seed=3 ! video/x-raw,{shape},framerate=30/1 \
             ! {check} max-attempts=1 seed=11 ! fakesink"
        ));
        let result = session.result();
        assert_eq!(text(&result, "status"), "Approved", "{check} {shape}: {result}");
    }
}

#[test]
fn the_test_camera_shows_the_same_in_pixels_of_any_shape() {
    let frame = |caps: &str| {
        let mut session = Session::new(&format!(
            "livenesstestsrc num-buffers=1 seed=3 ! video/x-raw,format=RGB,{caps} ! appsink name=to sync=false"
        ));
        session.play();
        let sink = session.element("to").downcast::<gst_app::AppSink>().unwrap();
        let picture = Picture::of(&sink.try_pull_sample(TIMEOUT).unwrap());
        session.messages.clear();
        picture
    };
    let square = frame("width=320,height=240");
    let narrow = stretched(&frame("width=160,height=240,pixel-aspect-ratio=2/1"), (320, 240));
    let off: u64 = square.rgb.iter().zip(&narrow.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(off < 3 * square.rgb.len() as u64, "{}", off as f64 / square.rgb.len() as f64);
}

#[test]
fn absurd_pixels_are_a_picture_without_a_face() {
    for aspect in [(1000, 1), (1, 1000), (i32::MAX, 1), (1, i32::MAX)] {
        let picture = Picture::astronaut();
        let info = shaped_info(VideoFormat::Rgb, (512, 512), aspect);
        let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("frames", &1u32), ("interval", &0u64)]);
        let seen = rig.show(&picture);
        assert!(was_analysed(&seen), "{aspect:?}");
        assert_eq!(guidance(&rig.messages()), ["NO_FACE"], "{aspect:?}");
    }
}

fn coached(mut buffer: gst::Buffer) -> gst::Buffer {
    let check = RunningCheck {
        method: Method::Passive,
        status: Status::InProgress,
        attempt: 1,
        guidance: Guidance::MoveCloser,
        fraction: 0.5,
        score: None,
        action: None,
        advice: None,
        light: None,
    };
    LivenessMeta::add(buffer.make_mut(), None, check);
    buffer
}

/// What the overlay makes of a white picture with this size and these pixels, in RGB.
fn drawn(size: (usize, usize), aspect: (i32, i32)) -> Picture {
    let info = shaped_info(VideoFormat::Rgb, size, aspect);
    let element = gst::ElementFactory::make("livenessoverlay").build().unwrap();
    let mut rig = Rig::around(element, &info.to_caps().unwrap());
    let white = Picture::new(size.0, size.1, |_, _| [255; 3]);
    let out = rig.push(coached(white.buffer()));
    Picture::of(&gst::Sample::builder().buffer(&out).caps(&info.to_caps().unwrap()).build())
}

#[test]
fn the_screen_is_drawn_as_it_is_displayed() {
    let square = drawn((640, 480), (1, 1));
    for (size, aspect) in
        [((320, 480), (2, 1)), ((640, 240), (1, 2)), ((450, 480), (64, 45)), ((640, 440), (11, 12))]
    {
        let shown = stretched(&drawn(size, aspect), (640, 480));
        let (mut off, mut far) = (0u64, 0);
        for (a, b) in square.rgb.iter().zip(&shown.rgb) {
            off += u64::from(a.abs_diff(*b));
            far += u32::from(a.abs_diff(*b) > 100);
        }
        // Only edges differ, by the coarser samples.
        let count = square.rgb.len() as f64;
        assert!(
            off as f64 / count < 4.0 && f64::from(far) / count < 0.01,
            "{size:?} {aspect:?}: {off} {far}"
        );
    }
}

#[test]
fn the_screen_in_absurd_pixels_is_drawn_without_a_fault() {
    for aspect in [(1000, 1), (1, 1000), (i32::MAX, 1), (1, i32::MAX)] {
        assert_eq!(drawn((64, 48), aspect).width, 64);
    }
}
