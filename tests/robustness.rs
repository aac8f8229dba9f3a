// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bad input, bad set-up and rough handling: a clear error or a counted skip, never a panic, leak or hang.

mod common;

use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::session::Session;
use common::*;
use gst::prelude::*;
use gst_video::{VideoFormat, VideoFrameFlags, VideoInfo, VideoMeta};

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
        assert!(was_analysed(&out), "{info:?}");
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
    for format in
        [VideoFormat::Rgb, VideoFormat::Nv12, VideoFormat::I420, VideoFormat::Yuy2, VideoFormat::Gray8]
    {
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
        assert!(!was_analysed(&out));
    }
    assert!(was_analysed(&rig.push(good())), "goes on with the next good frame");
    rig.end();
    assert_eq!(counted(&rig.messages()), (count, 2));
}

#[test]
fn truncated_buffers_are_skipped() {
    for format in
        [VideoFormat::Rgb, VideoFormat::Nv12, VideoFormat::I420, VideoFormat::Uyvy, VideoFormat::Gray8]
    {
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
fn frames_flagged_as_no_picture_are_skipped() {
    let info = video_info(VideoFormat::Nv12, 64, 48);
    let flagged = |flag| {
        let mut buffer = gst::Buffer::from_mut_slice(vec![0x60; info.size()]);
        buffer.make_mut().set_flags(flag);
        buffer
    };
    let flags = [gst::BufferFlags::CORRUPTED, gst::BufferFlags::DECODE_ONLY, gst::BufferFlags::GAP];
    are_skipped(&info, flags.map(flagged).to_vec());
}

#[test]
fn a_check_of_corrupted_frames_only_runs_into_its_timeout() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("attempt-timeout", &(5 * FRAME)), ("max-attempts", &1u32)]);
    for _ in 0..6 {
        assert_eq!(rig.status(), if rig.next == 0 { "Not Started" } else { "In Progress" });
        let mut buffer = picture.buffer();
        buffer.make_mut().set_flags(gst::BufferFlags::CORRUPTED);
        rig.push(buffer);
    }
    let messages = rig.messages();
    assert_eq!((text(result(&messages), "status"), counted(&messages)), ("Abandoned".to_owned(), (6, 0)));
}

/// A check of a rendered person by a camera whose frames are grey and flagged as corrupted where `lost` holds of their number.
fn damaged(check: &str, lost: impl Fn(u64) -> bool + Send + Sync + 'static) -> gst::Structure {
    let mut session = Session::new(&format!(
        "livenesstestsrc name=source num-buffers=400 seed=3 ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 \
         ! {check} max-attempts=1 seed=11 ! fakesink sync=false"
    ));
    alter(&session.element("source").static_pad("src").unwrap(), move |frame, buffer| {
        if lost(frame) {
            buffer.set_flags(gst::BufferFlags::CORRUPTED);
            buffer.map_writable().unwrap().fill(128);
        }
    });
    session.play();
    session.result()
}

#[test]
fn corrupted_frames_are_no_cut_no_lost_face_and_no_light() {
    for check in ["livenessaction", "livenessflash"] {
        let result = damaged(check, |frame| frame % 25 == 24);
        assert_eq!(text(&result, "status"), "Approved", "{check}: {result}");
        assert!(json(&result)["evidence"]["frames_skipped"].as_u64().unwrap() >= 3, "{check}: {result}");
    }
}

#[test]
fn half_a_second_of_corrupted_frames_is_no_cut() {
    let result = damaged("livenessaction", |frame| (55..70).contains(&frame));
    assert_eq!(text(&result, "status"), "Approved", "{result}");
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
    add_meta(gst::Buffer::from_mut_slice(vec![0x60; info.size()]), info, size, offsets, strides)
}

fn add_meta(
    mut buffer: gst::Buffer,
    info: &VideoInfo,
    size: (u32, u32),
    offsets: &[usize],
    strides: &[i32],
) -> gst::Buffer {
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
            &raw const all_offsets,
            &raw const all_strides,
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
    are_skipped(
        &info,
        layouts.map(|(offsets, strides)| with_meta(&info, (64, 48), offsets, strides)).to_vec(),
    );
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
        offsets in proptest::array::uniform4(0usize..4000),
        strides in proptest::array::uniform4(-10i32..200),
    ) {
        init();
        let info = video_info(format, width, height);
        let planes = info.n_planes() as usize;
        let buffer = gst::Buffer::from_mut_slice(vec![0x60; size]);
        let side = (width as u32, height as u32);
        let buffer = add_meta(buffer, &info, side, &offsets[..planes], &strides[..planes]);
        // Every pixel can be sampled of a frame that is accepted.
        let _ = gstliveness::with_frame(&buffer, &info, |frame| {
            let spec = liveness_core::vision::TensorSpec::rgb(8, 8);
            let rect = liveness_core::vision::Rect::new(0.0, 0.0, width as f32, height as f32);
            let map = liveness_core::vision::Affine::from_rect(&rect, 8, 8);
            let mut out = vec![0.0; spec.len()];
            liveness_core::vision::Sampler::new().sample(frame, &map, &spec, liveness_core::vision::Border::Replicate, &mut out);
            assert!(out.iter().all(|v| (0.0..=255.0).contains(v)));
        });
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

fn flush(rig: &mut Rig) {
    assert!(rig.harness.push_event(gst::event::FlushStart::new()));
    assert!(rig.harness.push_event(gst::event::FlushStop::new(true)));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    assert!(rig.harness.push_event(gst::event::Segment::new(segment.upcast_ref())));
    rig.next = 0;
}

#[test]
fn flushes_cannot_draw_challenges_for_ever() {
    let picture = Picture::grey(64, 48);
    let mut rig = Rig::new(&picture, &[("frames", &50u32), ("max-attempts", &2u32)]);
    for flushes in 0..3 {
        rig.show(&picture);
        let retries = named(&rig.messages(), "liveness/retry").len();
        assert_eq!(retries, 0, "after {flushes} flushes");
        flush(&mut rig);
    }
    let messages = rig.messages();
    assert_eq!(
        named(&messages, "liveness/retry").len(),
        1,
        "the third flush ends the attempt: {messages:#?}"
    );
    for _ in 0..=PAUSE {
        rig.show(&picture);
    }
    assert_eq!(rig.element.property::<u32>("attempt"), 2);
    flush(&mut rig);
    result(&rig.messages());
}

/// Lets time pass without frames, from wake-up to wake-up of the element, until there is a result.
fn stall_until_result(rig: &Rig, most: u32) -> Vec<gst::Structure> {
    let clock = rig.harness.testclock().unwrap();
    let mut messages = Vec::new();
    for _ in 0..most {
        clock.wait_for_next_pending_id();
        assert!(clock.crank());
        let woken = |messages: &[gst::Structure]| !named(messages, "liveness/result").is_empty();
        // What a wake-up brings is posted by another thread, before the next wake-up is scheduled.
        while clock.peek_id_count() == 0 && !woken(&messages) {
            if let Some(message) = rig.bus.timed_pop(gst::ClockTime::from_mseconds(1)) {
                messages.extend(message.structure().map(ToOwned::to_owned));
            }
        }
        messages.extend(rig.messages());
        if woken(&messages) {
            return messages;
        }
    }
    panic!("no result after {most} wake-ups: {messages:#?}");
}

#[test]
fn a_camera_that_stalls_does_not_keep_an_attempt_open() {
    let picture = Picture::astronaut();
    let settings: [(&str, &dyn ToValue); 3] =
        [("frames", &50u32), ("attempt-timeout", &(10 * FRAME)), ("max-attempts", &1u32)];
    let mut rig = Rig::new(&picture, &settings);
    rig.show(&picture);
    rig.show(&picture);
    // The first wake-up is due when the first frame's attempt is, and finds that a frame came since.
    let messages = stall_until_result(&rig, 2);
    let evidence = &json(result(&messages))["evidence"];
    assert_eq!(evidence["frames_analysed"], 2, "{messages:#?}");
    assert_eq!(rig.harness.testclock().unwrap().time().nseconds(), 10 * FRAME);
}

#[test]
fn a_camera_that_stalls_for_good_ends_the_check() {
    let picture = Picture::grey(64, 48);
    let mut rig = Rig::new(&picture, &[("frames", &50u32), ("attempt-timeout", &(10 * FRAME))]);
    rig.show(&picture);
    let messages = stall_until_result(&rig, 6);
    assert_eq!(named(&messages, "liveness/retry").len(), 1, "a second attempt without a frame is the last");
    let result = result(&messages);
    assert_eq!(text(result, "status"), "Declined");
    assert_eq!(texts(result, "warnings")[0], "NO_FACE_DETECTED");
    // Two attempts and the pause between them.
    let waited = rig.harness.testclock().unwrap().time().nseconds();
    assert_eq!(waited, 20 * FRAME + 2_000 * MS);
}

#[test]
fn a_check_that_is_started_before_a_camera_without_frames_is_abandoned() {
    let settings: [(&str, &dyn ToValue); 2] = [("auto-start", &false), ("attempt-timeout", &(10 * FRAME))];
    let rig = Rig::new(&Picture::grey(64, 48), &settings);
    rig.emit("start");
    let messages = stall_until_result(&rig, 1);
    assert_eq!(text(result(&messages), "status"), "Abandoned");
}

#[test]
fn a_pipeline_that_is_paused_is_no_camera_that_stalls() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &50u32), ("attempt-timeout", &(10 * FRAME))]);
    rig.show(&picture);
    let clock = rig.harness.testclock().unwrap();
    assert_eq!(clock.peek_id_count(), 1);
    rig.element.set_state(gst::State::Paused).unwrap();
    assert_eq!(clock.peek_id_count(), 0);
    clock.set_time(gst::ClockTime::from_nseconds(100 * FRAME));
    rig.element.set_state(gst::State::Playing).unwrap();
    let due = clock.peek_next_pending_id().map(|id| id.time());
    assert_eq!(due, Some(gst::ClockTime::from_nseconds(110 * FRAME)));
    assert_eq!(rig.status(), "In Progress");
}

/// Waits for the first message of one of the types; an error is the test's, unless asked for.
fn wait_for(pipeline: &gst::Pipeline, types: &[gst::MessageType]) -> gst::Message {
    let all = [types, &[gst::MessageType::Error]].concat();
    let message = pipeline.bus().unwrap().timed_pop_filtered(TIMEOUT, &all).expect("no hang");
    assert!(types.contains(&message.type_()), "{message:?}");
    message
}

fn launch(line: &str) -> gst::Pipeline {
    init();
    gst::parse::launch(line).unwrap().downcast().unwrap()
}

#[test]
fn a_seek_in_the_middle_of_a_check_is_no_fault() {
    let pipeline = launch(&format!(
        "filesrc location={ASTRONAUT} ! pngdec ! videoconvert ! imagefreeze ! video/x-raw,framerate=10/1 \
         ! livenesspassive name=check frames=30 ! fakesink name=sink"
    ));
    pipeline.set_state(gst::State::Paused).unwrap();
    for second in [60, 0, 3600] {
        wait_for(&pipeline, &[gst::MessageType::AsyncDone]);
        let (from, to) = (gst::ClockTime::from_seconds(second), gst::ClockTime::from_seconds(second + 5));
        let (flags, set) = (gst::SeekFlags::FLUSH, gst::SeekType::Set);
        pipeline.seek(1.0, flags, set, from, set, to).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
    }
    let result = loop {
        let message = wait_for(&pipeline, &[gst::MessageType::Element]);
        let structure = message.structure().unwrap();
        if structure.name() == "liveness/result" {
            break structure.to_owned();
        }
    };
    assert_eq!(text(&result, "status"), "Approved");
    assert!(result.get::<u64>("stream-time").unwrap() >= 3600 * 1000 * MS);
    // To the end: imagefreeze is not shut down in mid-stream without criticals of its own.
    wait_for(&pipeline, &[gst::MessageType::Eos]);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn eos_at_once_ends_a_pipeline() {
    let pipeline = launch("videotestsrc num-buffers=0 ! livenesspassive ! fakesink");
    pipeline.set_state(gst::State::Playing).unwrap();
    wait_for(&pipeline, &[gst::MessageType::Eos]);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn extreme_settings_are_no_fault() {
    let picture = Picture::astronaut();
    let most = u64::MAX;
    let settings: [&[(&str, &dyn ToValue)]; 4] = [
        &[("attempt-timeout", &0u64), ("max-attempts", &1u32)],
        &[("attempt-timeout", &most), ("progress-interval", &most), ("max-lateness", &most)],
        &[("interval", &most)],
        &[("progress-interval", &0u64), ("max-lateness", &0u64), ("decline-threshold", &0.0)],
    ];
    for properties in settings {
        let mut rig = Rig::new(&picture, properties);
        rig.show(&picture);
        rig.next = u64::MAX - 10 * FRAME;
        rig.show(&picture);
        rig.end();
        result(&rig.messages());
    }
}

// The set-up.

/// What the element says when it cannot start.
fn start_error(models_dir: &str) -> String {
    let given = [("models-dir", models_dir)];
    start_error_with(if models_dir.is_empty() { &[] } else { &given })
}

fn start_error_with(properties: &[(&str, &str)]) -> String {
    init();
    let pipeline = launch("videotestsrc num-buffers=1 ! livenesspassive name=check ! fakesink");
    let element = pipeline.by_name("check").unwrap();
    properties.iter().for_each(|(name, value)| element.set_property_from_str(name, value));
    assert!(pipeline.set_state(gst::State::Playing).is_err());
    let bus = pipeline.bus().unwrap();
    let message = bus.timed_pop_filtered(TIMEOUT, &[gst::MessageType::Error]).expect("an error is posted");
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none(), "one error, not several");
    pipeline.set_state(gst::State::Null).unwrap();
    let gst::MessageView::Error(error) = message.view() else { unreachable!() };
    assert_eq!(error.src(), Some(element.upcast_ref::<gst::Object>()));
    error.error().to_string()
}

#[test]
fn thresholds_that_are_crossed_are_named() {
    let rules = |fields: &str| format!("liveness/rules, {fields};");
    let quality =
        rules("face-quality-decline-threshold=(double)50, face-quality-review-threshold=(double)40");
    let light = rules("face-luminance-min-threshold=(double)50, face-luminance-max-threshold=(double)40.5");
    for (property, value, parts) in [
        ("decline-threshold", "70", ["decline-threshold (70)", "review-threshold (60)"]),
        ("review-threshold", "20", ["decline-threshold (30)", "review-threshold (20)"]),
        ("rules", &quality, ["face-quality-decline-threshold (50)", "face-quality-review-threshold (40)"]),
        ("rules", &light, ["face-luminance-min-threshold (50)", "face-luminance-max-threshold (40.5)"]),
    ] {
        says(&start_error_with(&[(property, value)]), &parts);
    }
}

/// Equal thresholds leave nothing to review, and are in order.
#[test]
fn thresholds_may_be_set_in_any_order_and_be_equal() {
    init();
    let pipeline = launch(
        "videotestsrc num-buffers=1 ! livenesspassive decline-threshold=70 review-threshold=70 ! fakesink",
    );
    pipeline.set_state(gst::State::Playing).unwrap();
    pipeline.state(TIMEOUT).0.unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
}

fn path(directory: &tempfile::TempDir) -> &str {
    directory.path().to_str().unwrap()
}

fn model(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "“{message}” does not name {part}");
    }
}

#[test]
fn a_models_dir_that_does_not_exist_is_named() {
    says(&start_error("/nowhere/models"), &["/nowhere/models"]);
}

#[test]
fn a_models_dir_without_models_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("README"), "no models here").unwrap();
    says(&start_error(path(&directory)), &[path(&directory)]);
}

#[test]
fn a_models_dir_that_is_a_file_is_named() {
    says(&start_error(ASTRONAUT), &["astronaut.png"]);
}

#[test]
fn a_model_of_garbage_is_named() {
    for name in ["face_detector.onnx", "face_landmarks.onnx", "antispoof.onnx", "age_gender.onnx"] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(name), b"\x08\x07garbage, not a protocol buffer").unwrap();
        says(&start_error(path(&directory)), &[name]);
    }
}

#[test]
fn an_empty_model_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("antispoof.onnx"), b"").unwrap();
    says(&start_error(path(&directory)), &["antispoof.onnx"]);
}

#[test]
fn a_truncated_model_is_named() {
    for (name, kept) in [("antispoof.onnx", 0.5), ("antispoof.onnx", 0.999), ("face_detector.onnx", 0.1)] {
        let directory = tempfile::tempdir().unwrap();
        let bytes = model(name);
        let kept = (bytes.len() as f64 * kept) as usize;
        std::fs::write(directory.path().join(name), &bytes[..kept]).unwrap();
        says(&start_error(path(&directory)), &[name]);
    }
}

#[test]
fn a_model_in_the_place_of_another_is_named_with_its_shapes() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("antispoof.onnx"), model("face_embedding.onnx")).unwrap();
    says(&start_error(path(&directory)), &["antispoof.onnx", "112", "128"]);
}

#[test]
fn a_model_that_is_a_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("antispoof.onnx")).unwrap();
    says(&start_error(path(&directory)), &["antispoof.onnx"]);
}

#[test]
fn models_of_the_models_dir_stand_in_for_the_embedded_ones() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("antispoof.onnx"), model("antispoof.onnx")).unwrap();
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("models-dir", &path(&directory)), ("frames", &1u32)]);
    let messages = rig.show_until_result(&picture, 1);
    assert_eq!(text(result(&messages), "status"), "Approved");
}

#[test]
fn a_mended_set_up_works() {
    let pipeline = launch(&format!(
        "filesrc location={ASTRONAUT} ! pngdec ! videoconvert ! livenesspassive name=check models-dir=/nowhere ! fakesink"
    ));
    assert!(pipeline.set_state(gst::State::Playing).is_err());
    pipeline.set_state(gst::State::Null).unwrap();
    pipeline.by_name("check").unwrap().set_property("models-dir", None::<&str>);
    pipeline.bus().unwrap().set_flushing(true);
    pipeline.bus().unwrap().set_flushing(false);
    pipeline.set_state(gst::State::Playing).unwrap();
    wait_for(&pipeline, &[gst::MessageType::Eos]);
    assert_eq!(pipeline.by_name("check").unwrap().property::<String>("status"), "Approved");
    pipeline.set_state(gst::State::Null).unwrap();
}

/// An ONNX file, written by hand: it takes what the anti-spoofing net takes, and gives as `logits` the `op` of its
/// mean.
fn sham_antispoof(op: &str) -> Vec<u8> {
    fn varint(mut value: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
        out
    }
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2], &varint(bytes.len())[..], bytes].concat()
    }
    let value = |name: &str, shape: &[usize]| {
        let side = |side: &usize| field(1, &[vec![0x08], varint(*side)].concat());
        let shape: Vec<u8> = shape.iter().flat_map(side).collect();
        let tensor = [vec![0x08, 1], field(2, &shape)].concat();
        [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
    };
    let node = |input: &str, output: &str, op: &str, attribute: &[u8]| {
        let parts = [field(1, input.as_bytes()), field(2, output.as_bytes()), field(4, op.as_bytes())];
        [parts.concat(), attribute.to_vec()].concat()
    };
    // keepdims = 0
    let keep = field(5, &[field(1, b"keepdims"), vec![0x18, 0, 0xa0, 0x01, 2]].concat());
    let graph = [
        field(1, &node("input", "mean", "ReduceMean", &keep)),
        field(1, &node("mean", "logits", op, &[])),
        field(2, b"sham"),
        field(11, &value("input", &[1, 3, 128, 128])),
        field(12, &value("logits", &[])),
    ]
    .concat();
    [vec![0x08, 8], field(7, &graph), field(8, &[0x10, 13])].concat()
}

#[test]
fn a_net_that_fails_while_playing_stops_the_stream_with_an_error() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("antispoof.onnx"), sham_antispoof("Neg")).unwrap();
    let pipeline = launch(&format!(
        "filesrc location={ASTRONAUT} ! pngdec ! videoconvert ! livenesspassive name=check models-dir={} ! fakesink",
        path(&directory)
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let message = bus.timed_pop_filtered(TIMEOUT, &[gst::MessageType::Error, gst::MessageType::Eos]).unwrap();
    let gst::MessageView::Error(error) = message.view() else { panic!("{message:?}") };
    assert_eq!(error.src().unwrap().name(), "check");
    says(&error.error().to_string(), &["antispoof.onnx"]);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn without_a_jpeg_encoder_the_result_has_no_picture() {
    let picture = Picture::astronaut();
    for feature in gst::Registry::get().features(gst::ElementFactory::static_type()) {
        if feature.name().contains("jpeg") {
            gst::Registry::get().remove_feature(&feature);
        }
    }
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    let messages = rig.show_until_result(&picture, 1);
    assert_eq!(text(result(&messages), "status"), "Approved");
    assert!(!result(&messages).has_field("reference-image"));
}

// A process of its own, where the environment matters.

/// Runs one of the ignored tests below in a process of its own.
fn alone(test: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("G_DEBUG", "fatal-criticals").envs(environment.iter().copied());
    command.output().unwrap()
}

/// What a process printed that must have ended well.
fn printed(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "{out}");
    format!("{out}\n{err}")
}

#[test]
#[ignore = "run by others in a process of its own"]
fn prints_its_start_error() {
    println!("<{}>", start_error(""));
}

fn start_error_with_runtime(library: &str) -> String {
    let out = printed(&alone("prints_its_start_error", &[("ORT_DYLIB_PATH", library)]));
    assert!(!out.contains("panicked"), "{out}");
    let (_, rest) = out.split_once('<').unwrap();
    rest.rsplit_once('>').unwrap().0.to_owned()
}

#[test]
fn a_runtime_that_does_not_exist_is_named() {
    let error = start_error_with_runtime("/nowhere/libonnxruntime.so");
    says(&error, &["/nowhere/libonnxruntime.so", "ONNX Runtime", "ORT_DYLIB_PATH"]);
}

#[test]
fn a_runtime_that_is_no_library_is_named() {
    says(&start_error_with_runtime(ASTRONAUT), &[ASTRONAUT, "ONNX Runtime"]);
}

#[test]
fn a_runtime_that_is_a_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    says(&start_error_with_runtime(path(&directory)), &[path(&directory)]);
}

/// Compiles a shared library of this C source.
fn library(directory: &tempfile::TempDir, source: &str) -> String {
    let (from, to) = (directory.path().join("fake.c"), directory.path().join("libonnxruntime.so.1"));
    std::fs::write(&from, source).unwrap();
    let status = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&to, &from]).status().unwrap();
    assert!(status.success());
    to.to_str().unwrap().to_owned()
}

/// An ONNX Runtime of this version, as it answers who asks for a newer interface than it has.
fn old_runtime(directory: &tempfile::TempDir, version: &str) -> String {
    let source = r#"
        #include <stdint.h>
        #include <stddef.h>
        static const void *api(uint32_t version) { return NULL; }
        static const char *version(void) { return "VERSION"; }
        static const struct { const void *(*api)(uint32_t); const char *(*version)(void); } base = { api, version };
        const void *OrtGetApiBase(void) { return &base; }
    "#;
    library(directory, &source.replace("VERSION", version))
}

#[test]
fn a_runtime_that_is_too_old_is_named_with_its_version() {
    for version in ["1.10.0", "1.16.3"] {
        let directory = tempfile::tempdir().unwrap();
        let library = old_runtime(&directory, version);
        says(&start_error_with_runtime(&library), &[&library, version]);
    }
}

#[test]
fn a_runtime_with_a_version_beyond_understanding_is_named() {
    for version in ["", "unknown", "1", "99.1.0"] {
        let directory = tempfile::tempdir().unwrap();
        let library = old_runtime(&directory, version);
        says(&start_error_with_runtime(&library), &[&library]);
    }
}

#[test]
fn a_runtime_that_refuses_its_interface_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let library = old_runtime(&directory, "1.23.0");
    says(&start_error_with_runtime(&library), &[&library]);
}

#[test]
fn a_library_of_something_else_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let library = library(&directory, "int nothing(void) { return 0; }");
    says(&start_error_with_runtime(&library), &[&library]);
}

// Rough handling.

/// Resident memory in bytes.
fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096 * statm.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap()
}

/// What glibc has handed out and not got back, in bytes.
fn allocated() -> i64 {
    /// `struct mallinfo2`.
    #[repr(C)]
    struct MallInfo {
        before: [usize; 4],
        mapped: usize,
        between: [usize; 2],
        in_use: usize,
        after: [usize; 2],
    }
    unsafe extern "C" {
        fn mallinfo2() -> MallInfo;
    }
    let info = unsafe { mallinfo2() };
    (info.mapped + info.in_use) as i64
}

/// Checks an endless stream of her; not by imagefreeze, whose own shutting down is not without criticals.
fn endless() -> gst::Pipeline {
    launch(&format!(
        "multifilesrc loop=true caps=image/png,framerate=30/1 location={ASTRONAUT} ! pngdec ! videoconvert \
         ! livenesspassive name=check ! fakesink"
    ))
}

/// Goes to PLAYING and back a hundred times; prints by how much resident and allocated memory grew in the last sixty.
fn cycle_between(rest: gst::State) {
    let pipeline = endless();
    let (mut resident_after, mut allocated_after) = (Vec::new(), Vec::new());
    let cycles = std::env::var("CYCLES").map_or(100usize, |n| n.parse().unwrap());
    for cycle in 0..cycles {
        // Some cycles end before the first frame, some in the middle of a check, some after its end.
        pipeline.set_state(gst::State::Playing).unwrap();
        match cycle % 3 {
            0 => {}
            1 => drop(wait_for(&pipeline, &[gst::MessageType::AsyncDone])),
            _ => wait_for_result(&pipeline),
        }
        pipeline.set_state(rest).unwrap();
        pipeline.bus().unwrap().set_flushing(true);
        pipeline.bus().unwrap().set_flushing(false);
        resident_after.push(resident());
        allocated_after.push(allocated());
    }
    // What the allocator keeps from cycle to cycle varies: the least tells what is held.
    let grown = |all: &[i64]| {
        let least = |cycles: &[i64]| cycles.iter().copied().min().unwrap();
        least(&all[cycles - 30..]) - least(&all[10..40])
    };
    println!("grown by <{}> resident and <{}> allocated", grown(&resident_after), grown(&allocated_after));
    pipeline.set_state(gst::State::Null).unwrap();
}

fn wait_for_result(pipeline: &gst::Pipeline) {
    let is_result = |message: gst::Message| message.structure().unwrap().name() == "liveness/result";
    while !is_result(wait_for(pipeline, &[gst::MessageType::Element])) {}
}

#[test]
#[ignore = "run by others in a process of its own"]
fn cycles_between_ready_and_playing() {
    cycle_between(gst::State::Ready);
}

#[test]
#[ignore = "run by others in a process of its own"]
fn cycles_between_null_and_playing() {
    cycle_between(gst::State::Null);
}

/// By how many bytes resident and allocated memory grew.
fn growth(test: &str) -> (i64, i64) {
    let out = printed(&alone(test, &[("MALLOC_ARENA_MAX", "1")]));
    let numbers: Vec<i64> = out.split(['<', '>']).filter_map(|part| part.parse().ok()).collect();
    (numbers[0], numbers[1])
}

const MIB: i64 = 1 << 20;

#[test]
fn a_hundred_cycles_from_ready_take_no_more_memory() {
    let (resident, allocated) = growth("cycles_between_ready_and_playing");
    assert!(resident < 4 * MIB && allocated < MIB / 2, "grown by {resident} resident, {allocated} allocated");
}

#[test]
fn a_hundred_cycles_from_null_take_no_more_memory() {
    // The models are loaded anew each time, which leaves gaps in the heap: what is resident takes long to settle.
    let (resident, allocated) = growth("cycles_between_null_and_playing");
    assert!(allocated < MIB / 2, "grown by {resident} resident, {allocated} allocated");
}

#[test]
#[ignore = "run by others in a process of its own"]
fn plays_and_cleans_up() {
    let picture = Picture::astronaut();
    for _ in 0..3 {
        let pipeline = endless();
        pipeline.set_state(gst::State::Playing).unwrap();
        wait_for_result(&pipeline);
        pipeline.set_state(gst::State::Null).unwrap();
        let mut rig = Rig::new(&picture, &[]);
        rig.show(&picture);
        rig.emit("cancel");
        rig.show(&picture);
        rig.push(gst::Buffer::new());
        rig.emit("start");
        rig.show(&picture);
    }
    if std::env::var_os("LEAK_ONE").is_some() {
        std::mem::forget(picture.buffer());
    }
    // The tracer reports what is still alive.
    unsafe { gst::deinit() };
}

#[test]
fn nothing_is_leaked() {
    let tracer = [("GST_TRACERS", "leaks"), ("GST_DEBUG", "GST_TRACER:7"), ("GST_DEBUG_NO_COLOR", "1")];
    let alive = |environment: &[(&str, &str)]| -> Vec<String> {
        let out = printed(&alone("plays_and_cleans_up", environment));
        let of_an_object =
            |line: &&str| line.contains("object-alive, ") && !line.contains("new format string");
        out.lines().filter(of_an_object).map(str::to_owned).collect()
    };
    let left = alive(&tracer);
    assert!(left.is_empty(), "{}", left.join("\n"));
    let leaked = alive(&[&tracer[..], &[("LEAK_ONE", "1")]].concat());
    assert!(
        leaked.iter().any(|line| line.contains("GstBuffer")),
        "the tracer sees what is leaked on purpose"
    );
}

#[test]
fn cancel_and_start_from_another_thread_give_one_result_each() {
    let picture = Picture::astronaut().scaled(128, 128);
    let mut rig = Rig::new(&picture, &[("frames", &1000u32), ("interval", &0u64)]);
    rig.show(&picture);
    let stop = Arc::new(AtomicBool::new(false));
    let other = {
        let (element, stop) = (rig.element.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut cancelled = 0;
            while !stop.load(Ordering::Relaxed) {
                element.emit_by_name::<()>("cancel", &[]);
                cancelled += 1;
                assert_eq!(element.property::<String>("status"), "Abandoned");
                element.property::<Option<gst::Structure>>("last-result").expect("there was a result");
                element.emit_by_name::<()>("start", &[]);
                std::thread::sleep(Duration::from_millis(1));
            }
            cancelled
        })
    };
    let begun = Instant::now();
    let mut shown = 0;
    while begun.elapsed() < Duration::from_secs(3) || shown < 20 {
        rig.show(&picture);
        shown += 1;
    }
    stop.store(true, Ordering::Relaxed);
    let cancelled = other.join().unwrap();
    assert!(cancelled > 20, "{cancelled}");
    let messages = rig.messages();
    let results = named(&messages, "liveness/result");
    assert_eq!(results.len(), cancelled);
    assert!(results.iter().all(|result| text(result, "status") == "Abandoned"));
    rig.end();
    result(&rig.messages());
}

#[test]
fn nothing_of_a_check_is_told_after_its_result() {
    let picture = Picture::astronaut().scaled(128, 128);
    let properties: [(&str, &dyn ToValue); 3] =
        [("frames", &1000u32), ("interval", &0u64), ("progress-interval", &0u64)];
    let mut rig = Rig::new(&picture, &properties);
    rig.show(&picture);
    let stop = Arc::new(AtomicBool::new(false));
    let other = {
        let (element, stop) = (rig.element.clone(), stop.clone());
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                element.emit_by_name::<()>("cancel", &[]);
                std::thread::sleep(Duration::from_millis(3));
                element.emit_by_name::<()>("start", &[]);
                std::thread::sleep(Duration::from_millis(17));
            }
        })
    };
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        rig.show(&picture);
    }
    stop.store(true, Ordering::Relaxed);
    other.join().unwrap();
    let messages = rig.messages();
    let mut after: Option<&gst::Structure> = None;
    for message in &messages {
        let started = message.name() == "liveness/progress" && message.get::<u64>("frames-analysed") == Ok(0);
        assert!(after.is_none() || started, "{message} came after {}", after.unwrap());
        after = (message.name() == "liveness/result").then_some(message);
    }
}

#[test]
fn a_handler_in_the_streaming_thread_may_call_the_element() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    let element = rig.element.downgrade();
    let results = Arc::new(std::sync::Mutex::new(0));
    let counter = results.clone();
    rig.bus.set_sync_handler(move |_, message| {
        let name = message.structure().map(|s| s.name().to_string()).unwrap_or_default();
        if let Some(element) = element.upgrade() {
            element.property::<String>("status");
            element.property::<Option<gst::Structure>>("last-result");
            element.set_property("review-threshold", 60.0);
            if name == "liveness/result" {
                *counter.lock().unwrap() += 1;
                element.emit_by_name::<()>("start", &[]);
            }
        }
        gst::BusSyncReply::Drop
    });
    for _ in 0..5 {
        rig.show(&picture);
    }
    assert_eq!(*results.lock().unwrap(), 5);
    rig.bus.unset_sync_handler();
}

#[test]
fn several_streams_at_once_judge_alike() {
    init();
    let line = format!(
        "filesrc location={ASTRONAUT} ! pngdec ! videoconvert ! imagefreeze num-buffers=5 ! video/x-raw,framerate=10/1 ! tee name=t "
    ) + &(0..4)
        .map(|i| format!("t. ! queue ! livenesspassive name=c{i} ! fakesink sync=false "))
        .collect::<String>();
    let pipeline = launch(&line);
    pipeline.set_state(gst::State::Playing).unwrap();
    wait_for(&pipeline, &[gst::MessageType::Eos]);
    let results: Vec<gst::Structure> = (0..4)
        .map(|i| {
            pipeline.by_name(&format!("c{i}")).unwrap().property::<Option<gst::Structure>>("last-result")
        })
        .map(|result| result.unwrap())
        .collect();
    for result in &results {
        assert_eq!(text(result, "status"), "Approved");
        assert_eq!(score(result), score(&results[0]));
    }
    pipeline.set_state(gst::State::Null).unwrap();
}
