// SPDX-License-Identifier: MIT OR Apache-2.0

//! What goes wrong around a check: cameras, clocks, sinks and disks. Each fault has its promised outcome.
//! (Webhook servers that fail: `delivery.rs`; RTSP cameras that are cut: `rtsp.rs`; broken frames: `robustness.rs`.)

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::session::Session;
use common::*;
use gst::prelude::*;

const CAMERA: &str = "video/x-raw,format=NV12,width=640,height=480,framerate=30/1";

#[test]
fn a_camera_that_loses_every_other_frame_is_good_enough() {
    // Which ones is chance, the same each time.
    let lost = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 1;
    for method in ["action", "flash"] {
        for (subject, expected) in [("live", "Approved"), ("print", "Declined")] {
            let mut session = Session::new(&format!(
                "livenesstestsrc name=source subject={subject} seed=5 identity=5 ! {CAMERA} ! \
                 liveness{method} name=check seed=3 max-attempts=1 ! fakesink sync=false"
            ));
            lose(&session.element("source").static_pad("src").unwrap(), lost);
            session.play();
            assert_eq!(session.status(), expected, "{method}, {subject}");
        }
    }
}

#[test]
fn timestamps_that_jump_back_are_no_fault() {
    for method in ["passive", "action", "flash"] {
        let mut session = Session::new(&format!(
            "livenesstestsrc name=source seed=5 identity=5 num-buffers=300 ! {CAMERA} ! \
             liveness{method} name=check seed=3 max-attempts=1 ! fakesink sync=false"
        ));
        let (frames, source) = (AtomicU64::new(0), session.element("source").static_pad("src").unwrap());
        source.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let n = frames.fetch_add(1, Ordering::Relaxed);
            if let Some(buffer) = info.buffer_mut().filter(|_| n % 20 == 19) {
                let earlier = buffer.pts().map(|pts| pts.saturating_sub(gst::ClockTime::from_mseconds(500)));
                buffer.make_mut().set_pts(earlier);
            }
            gst::PadProbeReturn::Ok
        });
        session.play();
        // One frame in twenty lies about its time: whoever is live may be asked again, but there is an end.
        let status = session.status();
        assert!(["Approved", "Declined", "In Review"].contains(&status.as_str()), "{method}: {status}");
    }
}

#[test]
fn timestamps_that_end_stop_no_clock() {
    let mut session = Session::new(&format!(
        "livenesstestsrc name=source subject=nobody ! {CAMERA} ! \
         livenessflash name=check max-attempts=1 attempt-timeout=1000000000 ! fakesink sync=false"
    ));
    // As from `multifilesrc`: only the first has one.
    let source = session.element("source").static_pad("src").unwrap();
    let frames = AtomicU64::new(0);
    source.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut().filter(|_| frames.fetch_add(1, Ordering::Relaxed) > 0) {
            buffer.make_mut().set_pts(gst::ClockTime::NONE);
        }
        gst::PadProbeReturn::Ok
    });
    session.play();
    assert_eq!(session.status(), "Declined");
}

#[test]
fn a_check_whose_camera_stalls_can_be_given_up_and_leaves_no_light() {
    let mut session = Session::new(&format!(
        "concat name=all ! livenessflash name=check ! fakesink sync=false \
         livenesstestsrc num-buffers=45 ! {CAMERA} ! all.  appsrc caps={CAMERA} format=time ! all."
    ));
    session.play();
    assert!(session.comes("liveness/light", Duration::from_secs(30)));
    assert!(!session.comes("liveness/result", Duration::from_secs(4)), "nobody decides without frames");
    session.element("check").emit_by_name::<()>("cancel", &[]);
    assert_eq!(session.status(), "Abandoned");
    let last = named(&session.messages, "liveness/light").pop().unwrap().to_owned();
    assert!(!last.get::<bool>("active").unwrap(), "{last}");
}

#[test]
fn a_resolution_that_flaps_ends_when_it_rests() {
    let mut session = Session::new(
        "livenesstestsrc name=source seed=5 identity=5 ! capsfilter name=size ! \
         livenessaction name=check seed=3 max-attempts=1 ! fakesink sync=false",
    );
    let size = session.element("size");
    let caps = |width: i32, height: i32| {
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "NV12")
            .field("framerate", gst::Fraction::new(30, 1));
        caps.field("width", width).field("height", height).build()
    };
    size.set_property("caps", caps(640, 480));
    let (frames, flapping) = (AtomicU64::new(0), size.clone());
    let source = session.element("source").static_pad("src").unwrap();
    source.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let n = frames.fetch_add(1, Ordering::Relaxed);
        if n < 60 && n % 5 == 0 {
            let (width, height) = if n % 10 == 0 { (320, 240) } else { (640, 480) };
            flapping.set_property("caps", caps(width, height));
        }
        gst::PadProbeReturn::Ok
    });
    session.play();
    let status = session.status();
    assert_eq!(status, "Approved", "{:#?}", session.messages);
}

#[test]
fn a_sink_that_blocks_delays_frames_and_loses_no_result() {
    let mut session = Session::new(&format!(
        "livenesstestsrc is-live=true num-buffers=150 seed=5 identity=5 ! {CAMERA} ! queue max-size-buffers=2 leaky=downstream ! \
         livenessaction name=check max-attempts=1 ! fakesink name=sink sync=false signal-handoffs=true"
    ));
    session.element("sink").connect("handoff", false, |_| {
        std::thread::sleep(Duration::from_millis(150));
        None
    });
    session.play();
    // With seven frames a second a quick answer may be missed; what counts is that there is an end.
    let status = session.status();
    assert!(["Approved", "Declined", "In Review"].contains(&status.as_str()), "{status}");
}

#[test]
fn a_clock_that_changes_is_no_fault() {
    let mut session = Session::new(&format!(
        "livenesstestsrc is-live=true seed=5 identity=5 ! {CAMERA} ! queue max-size-buffers=2 ! \
         livenessaction name=check seed=3 max-attempts=2 ! fakesink sync=true"
    ));
    session.play();
    assert!(session.comes("liveness/action", Duration::from_secs(30)));
    // What an application does when a clock is lost; the other one counts from 1970.
    session.pipeline.set_state(gst::State::Paused).unwrap();
    let clock = gst::SystemClock::obtain();
    let other = glib::Object::builder::<gst::SystemClock>().property("name", "wall").build();
    other.set_property_from_str("clock-type", "realtime");
    assert_ne!(clock.time() / 2, other.time() / 2);
    session.pipeline.use_clock(Some(&other));
    session.play();
    assert_eq!(session.status(), "Approved");
}
