//! Bad input, bad set-up and rough handling: a clear error or a counted skip, never a panic, leak or hang.

mod common;

use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;
use gst_video::{VideoFormat, VideoFrameFlags, VideoInfo, VideoMeta};
use gstliveness::elements::meta::LivenessMeta;

/// How many frames were skipped and analysed in the check that ended with `messages`.
fn counted(messages: &[gst::Structure]) -> (u64, u64) {
    let evidence = &json(result(messages))["evidence"];
    let count = |name: &str| evidence[name].as_u64().unwrap();
    (count("frames_skipped"), count("frames_analysed"))
}

// Sizes.

/// Shows a blank picture of this size; it must be analysed, without a face in it.
fn is_analysed(info: &VideoInfo, frames: usize) {
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[]);
    for _ in 0..frames {
        let out = rig.push(gst::Buffer::from_mut_slice(vec![0x60; info.size()]));
        assert!(out.meta::<LivenessMeta>().is_some(), "{info:?}");
    }
    rig.end();
    let messages = rig.messages();
    assert_eq!(counted(&messages), (0, frames as u64), "{info:?}");
    assert_eq!(text(result(&messages), "status"), "Declined");
    assert_eq!(guidance(&messages), ["NO_FACE"]);
}

#[test]
fn pictures_of_a_few_pixels_are_analysed() {
    let _keeper = Rig::new(&Picture::grey(16, 16), &[("auto-start", &false)]);
    for format in [VideoFormat::Rgb, VideoFormat::Nv12, VideoFormat::I420, VideoFormat::Yuy2, VideoFormat::Gray8] {
        for (width, height) in [(1, 1), (2, 1), (1, 2), (3, 3), (1, 8192), (8192, 1)] {
            is_analysed(&video_info(format, width, height), 2);
        }
    }
}

#[test]
fn eight_k_is_analysed() {
    is_analysed(&video_info(VideoFormat::Nv12, 7680, 4320), 2);
}

#[test]
fn a_face_in_eight_k_is_approved() {
    let picture = Picture::astronaut().scaled(4320, 4320);
    let info = video_info(VideoFormat::Gray8, 4320, 4320);
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("frames", &1u32)]);
    rig.push(gst::Buffer::from_slice(picture.converted(&info)));
    assert_eq!(guidance(&rig.messages()), ["OK"]);
}

// Buffers that are not what their caps promise.

/// Pushes the buffers between two good frames: each must be passed on and counted as skipped.
fn are_skipped(info: &VideoInfo, bad: Vec<gst::Buffer>) {
    let good = || gst::Buffer::from_mut_slice(vec![0x60; info.size()]);
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("interval", &0u64)]);
    let count = bad.len() as u64;
    rig.push(good());
    for buffer in bad {
        let size = buffer.size();
        let out = rig.push(buffer);
        assert_eq!(out.size(), size, "passed on as it is");
        assert!(out.meta::<LivenessMeta>().is_none());
    }
    assert!(rig.push(good()).meta::<LivenessMeta>().is_some(), "goes on with the next good frame");
    rig.end();
    assert_eq!(counted(&rig.messages()), (count, 2));
}

#[test]
fn truncated_buffers_are_skipped() {
    for format in [VideoFormat::Rgb, VideoFormat::Nv12, VideoFormat::I420, VideoFormat::Uyvy, VideoFormat::Gray8] {
        let info = video_info(format, 64, 48);
        let sizes = [0, 1, 63, info.size() / 2, info.size() - 1];
        are_skipped(&info, sizes.map(|size| gst::Buffer::from_mut_slice(vec![0x60; size])).to_vec());
    }
}

#[test]
fn a_buffer_without_memory_is_skipped() {
    are_skipped(&video_info(VideoFormat::Nv12, 64, 48), vec![gst::Buffer::new()]);
}

#[test]
fn a_frame_cut_into_memories_is_skipped_or_read_but_never_a_fault() {
    let info = video_info(VideoFormat::Nv12, 64, 48);
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("interval", &0u64)]);
    for cut in [1, 63, 64 * 48 - 1, 64 * 48, 64 * 48 + 1, info.size() - 1] {
        let mut buffer = gst::Buffer::new();
        let buffer_ref = buffer.make_mut();
        for size in [cut, info.size() - cut] {
            buffer_ref.append_memory(gst::Memory::from_mut_slice(vec![0x60; size]));
        }
        rig.push(buffer);
    }
    rig.end();
    let (skipped, analysed) = counted(&rig.messages());
    assert_eq!(skipped + analysed, 6);
    assert!(analysed >= 1, "one cut is between the planes");
}

fn with_meta(info: &VideoInfo, size: (u32, u32), offsets: &[usize], strides: &[i32]) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(vec![0x60; info.size()]);
    // The safe wrapper refuses what no good element would attach.
    unsafe {
        let (mut all_offsets, mut all_strides) = ([0; 4], [0; 4]);
        all_offsets[..offsets.len()].copy_from_slice(offsets);
        all_strides[..strides.len()].copy_from_slice(strides);
        let meta = gst_video::ffi::gst_buffer_add_video_meta_full(
            buffer.make_mut().as_mut_ptr(),
            gst_video::ffi::GST_VIDEO_FRAME_FLAG_NONE,
            glib::translate::IntoGlib::into_glib(info.format()),
            size.0,
            size.1,
            offsets.len() as u32,
            all_offsets.as_mut_ptr(),
            all_strides.as_mut_ptr(),
        );
        assert!(!meta.is_null());
    }
    buffer
}

#[test]
fn absurd_video_metas_are_skipped() {
    let info = video_info(VideoFormat::Nv12, 64, 48);
    let layouts: [(&[usize], &[i32]); 9] = [
        (&[0, 3072], &[-64, 64]),
        (&[0, 3072], &[i32::MIN, i32::MIN]),
        (&[0, 3072], &[i32::MAX, i32::MAX]),
        (&[0, 3072], &[0, 0]),
        (&[0, 3072], &[63, 64]),
        (&[1 << 40, 1 << 40], &[64, 64]),
        (&[usize::MAX, usize::MAX], &[64, 64]),
        (&[0, usize::MAX], &[64, 64]),
        (&[0, 4607], &[64, 64]),
    ];
    are_skipped(&info, layouts.map(|(offsets, strides)| with_meta(&info, (64, 48), offsets, strides)).to_vec());
}

#[test]
fn a_video_meta_with_too_few_planes_is_skipped() {
    let info = video_info(VideoFormat::Nv12, 64, 48);
    are_skipped(&info, vec![with_meta(&info, (64, 48), &[0], &[64])]);
}

#[test]
fn a_video_meta_of_another_size_is_no_fault() {
    let info = video_info(VideoFormat::Nv12, 64, 48);
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("interval", &0u64)]);
    for size in [(0, 0), (1, 1), (u32::MAX, u32::MAX)] {
        rig.push(with_meta(&info, size, &[0, 3072], &[64, 64]));
    }
    rig.end();
    let (skipped, analysed) = counted(&rig.messages());
    assert_eq!(skipped + analysed, 3);
}

#[test]
fn a_video_meta_of_another_format_is_no_fault() {
    let info = video_info(VideoFormat::Nv12, 64, 48);
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &[("interval", &0u64)]);
    let mut buffer = gst::Buffer::from_mut_slice(vec![0x60; info.size()]);
    VideoMeta::add(buffer.make_mut(), VideoFrameFlags::empty(), VideoFormat::Gray8, 64, 48).unwrap();
    rig.push(buffer);
    rig.end();
    let (skipped, analysed) = counted(&rig.messages());
    assert_eq!(skipped + analysed, 1);
}

#[test]
fn a_check_of_bad_frames_only_still_ends() {
    let info = video_info(VideoFormat::Rgb, 64, 48);
    let properties: [(&str, &dyn ToValue); 1] = [("attempt-timeout", &(3 * FRAME))];
    let mut rig = Rig::with_caps(&info.to_caps().unwrap(), &properties);
    let mut messages = Vec::new();
    for _ in 0..40 {
        rig.push(gst::Buffer::from_mut_slice(vec![0; 10]));
        messages.extend(rig.messages());
    }
    let (skipped, analysed) = counted(&messages);
    assert!(skipped >= 4 && analysed == 0);
    assert_ne!(text(result(&messages), "status"), "Approved");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_layout_of_any_size_is_a_fault(
        format in proptest::sample::select(vec![VideoFormat::Nv12, VideoFormat::I420, VideoFormat::Yuy2, VideoFormat::Rgb]),
        (width, height) in (1usize..40, 1usize..40),
        size in 0usize..8000,
        offsets in proptest::array::uniform4(0usize..9000),
        strides in proptest::array::uniform4(-10i32..200),
    ) {
        init();
        let info = video_info(format, width, height);
        let mut buffer = gst::Buffer::from_mut_slice(vec![0x60; size]);
        let planes = info.n_planes() as usize;
        let meta = with_meta(&info, (width as u32, height as u32), &offsets[..planes], &strides[..planes]);
        let layout = meta.meta::<VideoMeta>().unwrap();
        let flags = VideoFrameFlags::empty();
        let (w, h) = (width as u32, height as u32);
        let added = VideoMeta::add_full(buffer.make_mut(), flags, format, w, h, layout.offset(), layout.stride()).is_ok();
        // Every pixel can be sampled of a frame that is accepted.
        let _ = gstliveness::elements::with_frame(&buffer, &info, |frame| {
            let spec = gstliveness::vision::TensorSpec::rgb(8, 8);
            let rect = gstliveness::vision::Rect::new(0.0, 0.0, width as f32, height as f32);
            let map = gstliveness::vision::Affine::from_rect(&rect, 8, 8);
            let mut out = vec![0.0; spec.len()];
            gstliveness::vision::Sampler::new().sample(frame, &map, &spec, gstliveness::vision::Border::Replicate, &mut out);
            assert!(out.iter().all(|v| (0.0..=255.0).contains(v)));
        });
        let _ = added;
    }
}

// Time.

#[test]
fn frames_without_timestamps_are_judged() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    for _ in 0..5 {
        rig.push_as_is(picture.buffer());
    }
    let messages = rig.messages();
    assert_eq!(text(result(&messages), "status"), "Approved");
    assert_eq!(result(&messages).get::<u64>("timestamp").unwrap(), u64::MAX);
}

#[test]
fn frames_whose_timestamps_stand_still_or_run_back_are_no_fault() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &3u32)]);
    for time in [5000, 5000, 4000, 3000, 100_000_000, 0, 2000, 4000, 6000] {
        let mut buffer = picture.buffer();
        buffer.make_mut().set_pts(gst::ClockTime::from_mseconds(time));
        rig.push_as_is(buffer);
    }
    rig.end();
    result(&rig.messages());
}

#[test]
fn a_frame_outside_its_segment_is_no_fault() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
    segment.set_start(gst::ClockTime::from_seconds(10));
    assert!(rig.harness.push_event(gst::event::Segment::new(segment.upcast_ref())));
    let mut buffer = picture.buffer();
    buffer.make_mut().set_pts(gst::ClockTime::ZERO);
    rig.push_as_is(buffer);
    rig.end();
    result(&rig.messages());
}

#[test]
fn a_segment_in_bytes_is_no_fault() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    let segment = gst::FormattedSegment::<gst::format::Bytes>::new();
    assert!(rig.harness.push_event(gst::event::Segment::new(segment.upcast_ref())));
    let mut buffer = picture.buffer();
    buffer.make_mut().set_pts(gst::ClockTime::ZERO);
    rig.push_as_is(buffer);
    rig.end();
    result(&rig.messages());
}

#[test]
fn a_flush_makes_the_attempt_begin_anew() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &3u32)]);
    rig.next = 60_000 * MS;
    rig.show(&picture);
    rig.show(&picture);
    assert!(rig.harness.push_event(gst::event::FlushStart::new()));
    assert!(rig.harness.push_event(gst::event::FlushStop::new(true)));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    assert!(rig.harness.push_event(gst::event::Segment::new(segment.upcast_ref())));
    assert_eq!(rig.status(), "In Progress");
    // Time runs from 0 again, and the frames before count no more.
    rig.next = 0;
    rig.show(&picture);
    rig.show(&picture);
    assert!(named(&rig.messages(), "liveness/result").is_empty());
    let messages = rig.show_until_result(&picture, 1);
    assert_eq!(text(result(&messages), "status"), "Approved");
    assert_eq!(result(&messages).get::<u32>("attempt").unwrap(), 1);
}
