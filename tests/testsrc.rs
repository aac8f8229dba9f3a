// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenesstestsrc`: caps, time, events and life cycle. What the actor does is tested with it (`render::actor`), what
//! the renderer draws with that.

mod common;

use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;
use gst_app::AppSink;
use gst_video::prelude::*;
use gst_video::{VideoColorimetry, VideoFormat, VideoInfo};
use gstliveness::FORMATS;

/// A `livenesstestsrc` into a sink that keeps nothing waiting.
struct Camera {
    pipeline: gst::Pipeline,
    source: gst::Element,
    sink: AppSink,
}

impl Camera {
    /// Small pictures are quick to render.
    const SMALL: &str = "video/x-raw,format=RGB,width=160,height=120,framerate=30/1";

    fn new(properties: &str, caps: &str) -> Self {
        init();
        let line = format!(
            "livenesstestsrc name=source {properties} ! capsfilter name=filter caps={caps} ! appsink name=sink sync=false max-buffers=1"
        );
        let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
        let source = pipeline.by_name("source").unwrap();
        let sink = pipeline.by_name("sink").unwrap().downcast::<AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, source, sink }
    }

    fn small(properties: &str) -> Self {
        Self::new(properties, Self::SMALL)
    }

    fn sample(&self) -> Option<gst::Sample> {
        self.sink.try_pull_sample(TIMEOUT)
    }

    fn samples(&self, count: usize) -> Vec<gst::Sample> {
        (0..count).map(|_| self.sample().expect("a frame")).collect()
    }

    fn pictures(&self, count: usize) -> Vec<Picture> {
        self.samples(count).iter().map(Picture::of).collect()
    }

    /// As a check downstream does.
    fn send(&self, structure: gst::Structure) -> bool {
        let pad = self.sink.static_pad("sink").unwrap();
        pad.push_event(gst::event::CustomUpstream::new(structure))
    }

    fn messages(&self, kind: gst::MessageType) -> usize {
        let bus = self.pipeline.bus().unwrap();
        std::iter::from_fn(|| bus.pop_filtered(&[kind])).count()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

fn action(action: &str, state: &str, at: u64) -> gst::Structure {
    gst::Structure::builder("liveness/action")
        .field("action", action)
        .field("index", 1u32)
        .field("count", 3u32)
        .field("state", state)
        .field("deadline", at + 4000 * MS)
        .field("text", "Please")
        .field("running-time", at)
        .build()
}

fn light(colors: &[u32], at: u64) -> gst::Structure {
    gst::Structure::builder("liveness/light")
        .field("active", !colors.is_empty())
        .field("index", 0u32)
        .field("rows", 1u32)
        .field("columns", colors.len() as u32)
        .field("colors", gst::Array::new(colors))
        .field("duration", 500 * MS)
        .field("running-time", at)
        .build()
}

/// The mean difference of two pictures' values.
fn difference(a: &Picture, b: &Picture) -> f64 {
    assert_eq!(a.rgb.len(), b.rgb.len());
    let sum: u64 = a.rgb.iter().zip(&b.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.rgb.len() as f64
}

fn mean(picture: &Picture, channel: usize) -> f64 {
    let values = picture.rgb.iter().skip(channel).step_by(3).map(|v| f64::from(*v));
    values.sum::<f64>() / (picture.rgb.len() / 3) as f64
}

fn info(sample: &gst::Sample) -> VideoInfo {
    VideoInfo::from_caps(sample.caps().unwrap()).unwrap()
}

// Caps.

#[test]
fn every_format_shows_the_same_picture() {
    let rgb = Camera::new("noise=0 num-buffers=1", "video/x-raw,format=RGB,width=162,height=121")
        .pictures(1)
        .remove(0);
    for format in FORMATS {
        let caps = format!("video/x-raw,format={format},width=162,height=121");
        let sample = Camera::new("noise=0 num-buffers=1", &caps).sample().expect("a frame");
        assert_eq!((info(&sample).format(), sample.buffer().unwrap().size()), (format, info(&sample).size()));
        let back = Picture::of(
            &gst_video::convert_sample(&sample, &rgb.info().to_caps().unwrap(), TIMEOUT).unwrap(),
        );
        let off = if format == VideoFormat::Gray8 {
            (luma(&back) - luma(&rgb)).abs()
        } else {
            difference(&back, &rgb)
        };
        // GStreamer's way back to RGB rounds down.
        assert!(off < 4.5, "{format:?}: off by {off}");
    }
}

/// BT.601.
fn luma(picture: &Picture) -> f64 {
    0.299 * mean(picture, 0) + 0.587 * mean(picture, 1) + 0.114 * mean(picture, 2)
}

#[test]
fn the_choice_is_vga_i420_at_30_fps() {
    let sample = Camera::new("num-buffers=1", "video/x-raw").sample().unwrap();
    let info = info(&sample);
    assert_eq!((info.format(), info.width(), info.height()), (VideoFormat::I420, 640, 480));
    assert_eq!((info.fps(), info.par()), (gst::Fraction::new(30, 1), gst::Fraction::new(1, 1)));
    let sample =
        Camera::new("num-buffers=1", "video/x-raw,format={RGB,NV12},width=[1,100]").sample().unwrap();
    assert_eq!(VideoInfo::from_caps(sample.caps().unwrap()).unwrap().format(), VideoFormat::Nv12);
}

#[test]
fn the_caps_name_the_colorimetry() {
    for (caps, name) in [
        ("video/x-raw,format=NV12,width=64,height=48", "bt601"),
        ("video/x-raw,format=NV12,width=1280,height=720", "bt709"),
        ("video/x-raw,format=RGB,width=64,height=48", "sRGB"),
        ("video/x-raw,format=NV12,width=64,height=48,colorimetry=bt709", "bt709"),
    ] {
        let sample = Camera::new("num-buffers=1", caps).sample().unwrap();
        let named: String = sample.caps().unwrap().structure(0).unwrap().get("colorimetry").unwrap();
        let (named, wanted): (VideoColorimetry, VideoColorimetry) =
            (named.parse().unwrap(), name.parse().unwrap());
        assert_eq!(named, wanted, "{caps}");
    }
}

#[test]
fn any_size_and_rate_is_made() {
    for (size, rate) in [
        ((1, 1), "30/1"),
        ((1, 8192), "30/1"),
        ((8192, 1), "30/1"),
        ((3, 2), "1/2147483647"),
        ((2, 3), "2147483647/1"),
        ((33, 17), "0/1"),
        ((320, 240), "30000/1001"),
    ] {
        for format in ["I420", "YUY2", "BGR", "GRAY8"] {
            let caps =
                format!("video/x-raw,format={format},width={},height={},framerate={rate}", size.0, size.1);
            let camera = Camera::new("num-buffers=3", &caps);
            let samples = camera.samples(3);
            assert!(samples.iter().all(|s| s.buffer().unwrap().size() == info(s).size()), "{caps}");
            assert!(camera.sample().is_none() && camera.sink.is_eos());
            assert_eq!(camera.messages(gst::MessageType::Error), 0);
        }
    }
}

#[test]
fn caps_it_cannot_make_are_an_error_and_no_panic() {
    for caps in
        ["video/x-raw,format=v210", "video/x-raw,width=8193", "video/x-raw,interlace-mode=interleaved"]
    {
        let camera = Camera::small("");
        camera.samples(2);
        camera.pipeline.by_name("filter").unwrap().set_property_from_str("caps", caps);
        while camera.sample().is_some() {}
        let bus = camera.pipeline.bus().unwrap();
        let error = bus.timed_pop_filtered(TIMEOUT, &[gst::MessageType::Error]).expect(caps);
        let gst::MessageView::Error(error) = error.view() else { unreachable!() };
        assert!(error.debug().unwrap().contains("not-negotiated"), "{error:?}");
    }
}

#[test]
fn caps_may_change_in_mid_stream() {
    let camera = Camera::small("");
    camera.samples(5);
    let filter = camera.pipeline.by_name("filter").unwrap();
    let mut last = None;
    for (format, width, rate) in [("NV12", 160, 30), ("NV12", 64, 15), ("GRAY8", 33, 60)] {
        let caps = format!("video/x-raw,format={format},width={width},height=48,framerate={rate}/1");
        filter.set_property_from_str("caps", &caps);
        let changed = (0..20).find_map(|_| {
            let sample = camera.sample().unwrap();
            let buffer = sample.buffer().unwrap();
            assert_eq!(buffer.size(), info(&sample).size());
            assert!(buffer.pts() > last.replace(buffer.pts().unwrap()), "time goes on");
            (info(&sample).width() == width).then_some(sample)
        });
        let changed = changed.expect(&caps);
        let duration = changed.buffer().unwrap().duration().unwrap();
        assert!(duration.nseconds().abs_diff(1_000_000_000 / rate) <= 1, "{duration}");
    }
}

/// A pool's own strides are kept to.
#[test]
fn padded_buffers_hold_the_same_picture() {
    let plain = Camera::new("num-buffers=2", "video/x-raw,format=I420,width=99,height=75").samples(2);
    let camera = Camera::new("num-buffers=0", "video/x-raw,format=I420,width=99,height=75");
    let _ = camera.pipeline.set_state(gst::State::Null);
    camera.source.set_property("num-buffers", 2);
    let pad = camera.sink.static_pad("sink").unwrap();
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM | gst::PadProbeType::PUSH, |_, probe| {
        let Some(gst::QueryViewMut::Allocation(query)) = probe.query_mut().map(gst::QueryRef::view_mut)
        else {
            return gst::PadProbeReturn::Ok;
        };
        let pool = gst_video::VideoBufferPool::new();
        let mut config = pool.config();
        let info = VideoInfo::from_caps(query.get().0.unwrap()).unwrap();
        config.set_params(query.get_owned().0.as_ref(), info.size() as u32, 2, 0);
        config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
        config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
        config.set_video_alignment(&gst_video::VideoAlignment::new(8, 8, 32, 32, &[15; 4]));
        pool.set_config(config).unwrap();
        query.add_allocation_pool(Some(&pool), info.size() as u32, 2, 0);
        query.add_allocation_meta::<gst_video::VideoMeta>(None);
        gst::PadProbeReturn::Handled
    });
    camera.pipeline.set_state(gst::State::Playing).unwrap();
    for (plain, padded) in plain.iter().zip(camera.samples(2)) {
        let meta = padded.buffer().unwrap().meta::<gst_video::VideoMeta>().expect("a video meta");
        assert!(meta.stride()[0] > 128, "padded: {:?}", meta.stride());
        assert_eq!(packed(plain), packed(&padded));
    }
}

/// The first plane without padding.
fn packed(sample: &gst::Sample) -> Vec<u8> {
    let frame =
        gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer().unwrap(), &info(sample)).unwrap();
    let rows = frame.plane_data(0).unwrap().chunks(frame.plane_stride()[0] as usize);
    rows.take(frame.height() as usize).flat_map(|row| &row[..frame.width() as usize]).copied().collect()
}

// Time.

#[test]
fn frames_follow_the_rate() {
    let samples =
        Camera::new("num-buffers=100", "video/x-raw,format=GRAY8,width=16,height=16,framerate=30000/1001")
            .samples(100);
    for (i, sample) in samples.iter().enumerate() {
        let (buffer, i) = (sample.buffer().unwrap(), i as u64);
        assert_eq!(buffer.pts().unwrap().nseconds(), i * 1_001_000_000_000 / 30_000);
        assert_eq!((buffer.offset(), buffer.offset_end()), (i, i + 1));
        let end = buffer.pts().unwrap() + buffer.duration().unwrap();
        assert_eq!(end.nseconds(), (i + 1) * 1_001_000_000_000 / 30_000);
    }
}

#[test]
fn a_variable_rate_varies() {
    let samples = Camera::new("num-buffers=60", "video/x-raw,format=GRAY8,width=16,height=16,framerate=0/1")
        .samples(60);
    let times: Vec<_> = samples.iter().map(|s| s.buffer().unwrap().pts().unwrap()).collect();
    let gaps: Vec<_> = times.windows(2).map(|w| (w[1] - w[0]).mseconds()).collect();
    assert!(gaps.iter().all(|gap| (33..67).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().max().unwrap() - gaps.iter().min().unwrap() > 15, "{gaps:?}");
}

#[test]
fn without_a_clock_to_obey_frames_come_at_once() {
    let begin = Instant::now();
    let camera = Camera::new("num-buffers=300", "video/x-raw,format=GRAY8,width=16,height=16,framerate=1/1");
    camera.samples(300);
    assert!(begin.elapsed() < Duration::from_secs(20), "five minutes of pictures");
}

#[test]
fn a_live_source_takes_its_time() {
    let camera = Camera::new("is-live=true num-buffers=30", Camera::SMALL);
    let first = camera.sample().unwrap();
    let begin = Instant::now();
    let last = camera.samples(29).pop().unwrap();
    let (first, last) = (first.buffer().unwrap().pts().unwrap(), last.buffer().unwrap().pts().unwrap());
    let span = Duration::from(last - first);
    assert!(span >= Duration::from_millis(960), "{span:?}");
    assert!(
        begin.elapsed().abs_diff(span) < Duration::from_millis(400),
        "{:?} for {span:?}",
        begin.elapsed()
    );
}

#[test]
fn a_live_source_says_so() {
    let live = |properties| {
        let camera = Camera::small(properties);
        camera.sample();
        let mut query = gst::query::Latency::new();
        assert!(camera.source.query(&mut query));
        let (live, min, _) = query.result();
        assert!(min < gst::ClockTime::from_mseconds(500), "{min}");
        live
    };
    assert!(live("is-live=true"));
    assert!(!live(""));
    let pipeline = gst::parse::launch("livenesstestsrc is-live=true ! fakesink").unwrap();
    assert_eq!(pipeline.set_state(gst::State::Paused), Ok(gst::StateChangeSuccess::NoPreroll));
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_live_source_that_joins_late_has_the_pipeline_s_time() {
    let camera = Camera::small("is-live=true");
    camera.samples(10);
    let late = gst::parse::bin_from_description(
        "livenesstestsrc is-live=true ! video/x-raw,width=16,height=16 ! appsink name=late sync=false max-buffers=1",
        false,
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    camera.pipeline.add(&late).unwrap();
    late.sync_state_with_parent().unwrap();
    let sink = late.by_name("late").unwrap().downcast::<AppSink>().unwrap();
    let pts = sink.try_pull_sample(TIMEOUT).unwrap().buffer().unwrap().pts().unwrap();
    let now = camera.pipeline.current_running_time().unwrap();
    assert!(pts > gst::ClockTime::from_mseconds(500) && pts <= now, "{pts} at {now}");
}

#[test]
fn a_live_source_that_cannot_follow_drops_frames() {
    let camera = Camera::new("is-live=true", "video/x-raw,format=GRAY8,width=16,height=16,framerate=100/1");
    camera.samples(3);
    std::thread::sleep(Duration::from_millis(600));
    let samples = camera.samples(20);
    let newest = samples.last().unwrap().buffer().unwrap().pts().unwrap();
    let now = camera.pipeline.current_running_time().unwrap();
    assert!(now - newest < gst::ClockTime::from_mseconds(300), "{newest} at {now}");
}

// Determinism.

#[test]
fn a_seed_repeats_and_another_does_not() {
    let run = |properties: &str| -> Vec<u8> {
        Camera::small(&format!("num-buffers=8 {properties}"))
            .pictures(8)
            .into_iter()
            .flat_map(|p| p.rgb)
            .collect()
    };
    for subject in ["live", "print", "replay", "two-people"] {
        let one = run(&format!("seed=1 subject={subject}"));
        assert!(one == run(&format!("seed=1 subject={subject}")), "{subject}");
        assert!(one != run(&format!("seed=2 subject={subject}")), "{subject}");
    }
    assert!(run("identity=1") != run("identity=2"));
}

#[test]
fn no_frame_is_like_the_one_before() {
    let pictures = Camera::small("").pictures(10);
    assert!(pictures.windows(2).all(|w| w[0].rgb != w[1].rgb));
}

// Prompts and light.

/// How far the pictures get from the ones without the event, at most, in the two seconds after it.
fn effect(properties: &str, event: impl Fn(u64) -> gst::Structure) -> f64 {
    let pictures = |asked: bool| {
        let camera = Camera::small(&format!("noise=0 {properties}"));
        let now = camera.samples(3)[2].buffer().unwrap().pts().unwrap();
        if asked {
            assert!(camera.send(event(now.nseconds())));
        }
        camera.pictures(60)
    };
    let (asked, idle) = (pictures(true), pictures(false));
    asked.iter().zip(&idle).map(|(a, b)| difference(a, b)).fold(0.0, f64::max)
}

#[test]
fn each_action_is_answered() {
    for name in ["nod", "turn-left", "turn-right", "look-up", "blink", "smile", "open-mouth", "raise-brows"] {
        let change = effect("", |now| action(name, "requested", now));
        assert!(change > 0.02, "{name}: {change}");
    }
}

#[test]
fn who_is_not_addressed_does_not_answer() {
    init();
    for (properties, event) in [
        ("behaviour=idle", action("nod", "requested", 0)),
        ("", action("nod", "done", 0)),
        ("", action("nod", "failed", 0)),
        ("", action("somersault", "requested", 0)),
        ("", gst::Structure::builder("liveness/action").field("action", 7).field("state", true).build()),
        ("", gst::Structure::builder("liveness/light").field("active", true).field("colors", "red").build()),
        ("", light(&[], 0)),
        ("subject=injected", action("nod", "requested", 0)),
        ("subject=nobody", action("nod", "requested", 0)),
    ] {
        // Whether an event is taken is not the point here: what makes no sense is passed on.
        let pictures = |asked: bool| {
            let camera = Camera::small(properties);
            camera.samples(3);
            let _ = asked && camera.send(event.clone());
            camera.pictures(45)
        };
        let (asked, idle) = (pictures(true), pictures(false));
        assert!(asked.iter().zip(&idle).all(|(a, b)| a.rgb == b.rgb), "{properties} {event}");
    }
}

#[test]
fn the_answer_takes_the_reaction_time() {
    let first_change = |reaction: u64| {
        let pictures = |asked: bool| {
            let camera = Camera::small(&format!("noise=0 reaction-time={reaction}"));
            camera.samples(1);
            let _ = asked && camera.send(action("turn-left", "requested", 0));
            camera.pictures(90)
        };
        let (asked, idle) = (pictures(true), pictures(false));
        asked.iter().zip(&idle).position(|(a, b)| difference(a, b) > 0.3).expect("an answer")
    };
    // At 30 frames a second, give or take the human scatter and two frames on their way.
    assert!((2..16).contains(&first_change(200 * MS)));
    assert!((25..50).contains(&first_change(1000 * MS)));
}

#[test]
fn a_prompt_from_the_past_is_answered_after_it_was_heard() {
    let camera = Camera::small("noise=0");
    let others = Camera::small("noise=0");
    camera.samples(60);
    let now = others.samples(60)[59].buffer().unwrap().pts().unwrap();
    assert!(camera.send(action("turn-left", "requested", 0)));
    let changed = camera
        .samples(60)
        .iter()
        .zip(others.samples(60))
        .find(|(a, b)| difference(&Picture::of(a), &Picture::of(b)) > 0.3)
        .map(|(a, _)| a.buffer().unwrap().pts().unwrap())
        .expect("an answer");
    assert!(changed > now + gst::ClockTime::from_mseconds(200), "{changed} after {now}");
}

#[test]
fn the_light_of_the_screen_falls_on_the_face() {
    let camera = Camera::small("ambient=0.3 noise=0 display-latency=0");
    let before = camera.pictures(30).pop().unwrap();
    assert!(camera.send(light(&[0x00_00ff], 0)));
    camera.samples(2);
    let lit = camera.pictures(1).pop().unwrap();
    let (blue, red) = (mean(&lit, 2) - mean(&before, 2), mean(&lit, 0) - mean(&before, 0));
    assert!(blue > red + 0.5, "{blue} {red}");
}

/// How much brighter than without the screen's light the middle of the picture is, and its left and right of that.
fn answer(properties: &str, colors: &[u32]) -> [f64; 2] {
    let halves = |lit: bool| {
        let camera = Camera::small(&format!("noise=0 seed=3 behaviour=idle display-latency=0 {properties}"));
        camera.samples(5);
        if lit {
            assert!(camera.send(light(colors, 0)));
        }
        camera.samples(2);
        let picture = camera.pictures(1).remove(0);
        [0.36..0.46, 0.54..0.64].map(|side: std::ops::Range<f64>| {
            let columns = (side.start * 160.0) as usize..(side.end * 160.0) as usize;
            let rows = picture.rgb.chunks_exact(3 * 160).skip(45).take(30);
            let values: Vec<_> = rows.flat_map(|row| &row[3 * columns.start..3 * columns.end]).collect();
            values.iter().map(|v| f64::from(**v)).sum::<f64>() / values.len() as f64
        })
    };
    let (lit, dark) = (halves(true), halves(false));
    [lit[0] - dark[0], lit[1] - dark[1]]
}

#[test]
fn each_side_of_the_screen_lights_its_side_of_the_face() {
    // The first column is at the person's left: the picture's right.
    let [left, right] = answer("ambient=0.5 distance=0.4", &[0xff_ffff, 0]);
    assert!(right > left + 2.0 && left > 0.0, "{left} {right}");
    let [left, right] = answer("ambient=0.5 distance=0.4", &[0, 0xff_ffff]);
    assert!(left > right + 2.0 && right > 0.0, "{left} {right}");
}

#[test]
fn a_larger_screen_gives_more_light_and_a_bright_room_leaves_less_to_see() {
    let brighter = |properties: &str| answer(properties, &[0xff_ffff]).iter().sum::<f64>();
    let [phone, desktop, kiosk] =
        ["phone", "desktop", "kiosk"].map(|screen| brighter(&format!("screen={screen}")));
    assert!(phone > 0.5 && desktop > 2.0 * phone && kiosk > desktop, "{phone} {desktop} {kiosk}");
    let (dim, bright) = (brighter("ambient=0.5"), brighter("ambient=4"));
    assert!(dim > 2.0 * bright && bright > 0.5, "{dim} {bright}");
    let tablet = brighter("subject=screen");
    assert!(tablet < 0.4 * desktop, "{tablet} {desktop}");
}

#[test]
fn injected_videos_are_lit_by_their_own_light() {
    let red = |subject: &str| {
        let camera = Camera::small(&format!("noise=0 display-latency=0 behaviour=idle subject={subject}"));
        let before = camera.pictures(5).pop().unwrap();
        assert!(camera.send(light(&[0xff_0000], 0)));
        camera.samples(5);
        let lit = camera.pictures(1).pop().unwrap();
        (mean(&lit, 0) - mean(&before, 0)) - (mean(&lit, 2) - mean(&before, 2))
    };
    // The relit one takes on today's colour.
    assert!(red("relight") > 10.0, "{}", red("relight"));
    assert!(red("live") > 5.0, "{}", red("live"));
}

#[test]
fn a_flood_of_events_is_no_trouble() {
    let camera = Camera::small("");
    for i in 0..2000u64 {
        assert!(camera.send(action("nod", "requested", i * MS)));
        assert!(camera.send(light(&[0xff_ffff, 0], u64::MAX - i)));
    }
    camera.samples(10);
    assert_eq!(camera.messages(gst::MessageType::Error), 0);
}

// Life cycle.

#[test]
fn compression_loses_more_the_more_there_is_and_any_size_can_be_compressed() {
    let shown = |compression: u32| {
        let picture = Camera::small(&format!("noise=0 compression={compression}")).pictures(1).remove(0);
        assert_eq!(picture.rgb.len(), 3 * 160 * 120);
        picture
    };
    let plain = Camera::small("noise=0").pictures(1).remove(0);
    assert!(shown(0).rgb == plain.rgb);
    let lost = [20, 60, 95].map(|compression| difference(&shown(compression), &plain));
    assert!(lost[0] > 0.1 && lost.is_sorted_by(|a, b| a < b), "{lost:?}");
    for size in ["width=1,height=1", "width=37,height=3"] {
        Camera::new("compression=100", &format!("video/x-raw,{size}")).samples(2);
    }
}

#[test]
fn it_starts_again_from_the_beginning() {
    init();
    let camera = Camera::small("");
    let first = camera.pictures(5);
    for state in [gst::State::Null, gst::State::Ready] {
        camera.pipeline.set_state(state).unwrap();
        // An appsink keeps what it has until it is stopped.
        camera.sink.set_state(gst::State::Null).unwrap();
        camera.pipeline.set_state(gst::State::Playing).unwrap();
        let again = camera.samples(5);
        assert_eq!(again[0].buffer().unwrap().pts(), Some(gst::ClockTime::ZERO));
        assert!(again.iter().zip(&first).all(|(a, b)| Picture::of(a).rgb == b.rgb));
    }
}

#[test]
fn it_can_be_stopped_at_any_time() {
    init();
    for properties in ["is-live=true", "is-live=false"] {
        for i in 0..20 {
            let line =
                format!("livenesstestsrc {properties} ! video/x-raw,width=64,height=48 ! fakesink sync=true");
            let pipeline = gst::parse::launch(&line).unwrap();
            let begin = Instant::now();
            pipeline.set_state(gst::State::Playing).unwrap();
            std::thread::sleep(Duration::from_millis(i * 3));
            pipeline.set_state(gst::State::Paused).unwrap();
            pipeline.set_state(gst::State::Playing).unwrap();
            pipeline.set_state(gst::State::Null).unwrap();
            assert!(begin.elapsed() < Duration::from_secs(10));
        }
    }
}

#[test]
fn a_flush_and_an_early_end_are_survived() {
    let camera = Camera::small("");
    camera.samples(3);
    let pad = camera.sink.static_pad("sink").unwrap();
    assert!(
        camera.pipeline.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::SECOND).is_err(),
        "a camera cannot seek"
    );
    pad.push_event(gst::event::FlushStart::new());
    pad.push_event(gst::event::FlushStop::new(false));
    camera.source.send_event(gst::event::Eos::new());
    while camera.sample().is_some() {}
    assert!(camera.sink.is_eos());
    assert_eq!(camera.messages(gst::MessageType::Error), 0);
}

#[test]
fn properties_come_back_as_set() {
    init();
    let source = gst::ElementFactory::make("livenesstestsrc").build().unwrap();
    for (name, value) in [
        ("subject", "two-people"),
        ("behaviour", "wrong-action"),
        ("screen", "kiosk"),
        ("ambient", "0.25"),
        ("distance", "0.75"),
        ("noise", "2.5"),
        ("compression", "40"),
        ("white-balance", "false"),
        ("sway", "3.5"),
        ("identity", "7"),
        ("glasses", "true"),
        ("hygiene-mask", "true"),
        ("seed", "18446744073709551615"),
        ("reaction-time", "500000000"),
        ("display-latency", "30000000"),
        ("is-live", "true"),
    ] {
        let default = source.property_value(name);
        source.set_property_from_str(name, value);
        assert_ne!(format!("{:?}", source.property_value(name)), format!("{default:?}"), "{name}");
        assert_eq!(source.property_value(name).serialize().unwrap().trim_matches('"'), value, "{name}");
    }
}

#[test]
fn every_subject_and_behaviour_plays() {
    let pictures = |properties: &str| Camera::small(properties).pictures(20);
    let live = pictures("");
    for subject in [
        "print",
        "bent-print",
        "cutout-print",
        "tilted-print",
        "screen",
        "replay",
        "injected",
        "relight",
        "mask",
        "paper-mask",
        "nobody",
        "two-people",
    ] {
        let shown = pictures(&format!("subject={subject}"));
        assert!(shown.last().unwrap().rgb != live.last().unwrap().rgb, "{subject} is not the person");
    }
    for behaviour in ["obeys", "idle", "wrong-action", "too-early", "too-late"] {
        let unasked = pictures(&format!("behaviour={behaviour}"));
        assert!(unasked.last().unwrap().rgb == live.last().unwrap().rgb, "{behaviour} waits to be asked");
    }
}

#[test]
fn an_analyser_takes_its_frames() {
    init();
    let pipeline =
        gst::parse::launch("livenesstestsrc num-buffers=3 ! livenesspassive frames=1000 ! fakesink").unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let end = [gst::MessageType::Eos, gst::MessageType::Error];
    assert_eq!(bus.timed_pop_filtered(TIMEOUT, &end).unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}
