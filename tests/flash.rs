// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessflash` before a rendered person, and its promise that no screen is left glowing.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::session::Session;
use common::*;
use gst::prelude::*;
use gstliveness::message::{Body, LivenessMessage};
use gstliveness::meta::LivenessMeta;
use liveness_core::check::{LightCue, Shown, is_safe};

/// A check by light of somebody rendered.
fn check(source: &str, check: &str) -> Session {
    Session::playing(&format!(
        "livenesstestsrc name=source seed=5 identity=5 {source} ! \
         video/x-raw,format=NV12,width=640,height=480,framerate=30/1 ! \
         livenessflash name=check seed=3 max-attempts=1 {check} ! fakesink name=sink sync=false"
    ))
}

fn lights(messages: &[gst::Structure]) -> Vec<(u64, LightCue)> {
    let lights = messages.iter().filter_map(|structure| {
        let message = LivenessMessage::try_from(structure.as_ref()).ok()?;
        let Body::Light(light) = message.body else { return None };
        Some((message.header.running_time.map_or(0, gst::ClockTime::nseconds), light))
    });
    lights.collect()
}

/// What a screen that obeys these messages shows.
fn states(lights: &[(u64, LightCue)]) -> Vec<Shown> {
    let linear = |v: u32| (f32::from(v as u8) / 255.0).powf(2.2);
    let cell = |c: &u32| [linear(c >> 16), linear(c >> 8), linear(*c)];
    lights
        .iter()
        .map(|(at, light)| Shown { at: *at, cells: light.colors.iter().map(cell).collect() })
        .collect()
}

fn evidence(result: &gst::StructureRef, cue: &str) -> f64 {
    let cues = json(result)["evidence"]["cues"].as_array().unwrap().clone();
    cues.iter().find(|c| c["name"] == cue).unwrap()["value"].as_f64().unwrap()
}

#[test]
fn light_that_nobody_can_foresee_has_its_entropy_in_the_evidence() {
    let report = json(&check("", "seed=0").result());
    assert!(report["evidence"]["challenge_entropy_bits"].as_f64().unwrap() >= 20.0, "{report}");
}

#[test]
fn a_live_face_is_approved_with_its_depth() {
    let mut session = check("", "");
    let result = session.result();
    assert_eq!(text(&result, "status"), "Approved", "{result}");
    assert!(result.get::<u64>("running-time").unwrap() <= 4_000_000_000, "within four seconds");
    let report = json(&result);
    assert_eq!(report["method"], "FLASHING");
    assert_eq!(report["evidence"]["challenge_entropy_bits"], 0.0, "a seeded light can be foreseen: {report}");
    assert!((evidence(&result, "display_latency") - 0.08).abs() < 0.05);
    let depth = result.get::<gst::Sample>("depth-map").unwrap();
    let caps = depth.caps().unwrap().to_string();
    assert!(caps.contains("GRAY16_LE"), "{caps}");
    assert!(depth.info().unwrap().get::<f64>("range").unwrap() > 1.0);
    assert!(result.get::<gst::Sample>("reference-image").is_ok());
    let read: gst::Structure = result.to_string().parse().expect("a result can be written down and read");
    assert_eq!(text(&read, "json"), text(&result, "json"));
}

#[test]
fn a_print_answers_without_relief() {
    let result = check("subject=print ambient=0.4", "").result();
    assert_eq!(text(&result, "status"), "Declined", "{result}");
    assert!(texts(&result, "warnings").contains(&"LIVENESS_FACE_ATTACK".to_owned()), "{result}");
    assert!(evidence(&result, "modulation") > 0.2 && evidence(&result, "slope_across") < 0.4);
}

#[test]
fn a_recording_of_another_light_is_declined() {
    for subject in ["replay", "injected"] {
        let result = check(&format!("subject={subject}"), "").result();
        assert_eq!(text(&result, "status"), "Declined", "{subject}: {result}");
    }
}

#[test]
fn somebody_beside_the_person_is_what_the_rules_make_of_it() {
    for (action, status) in [("DECLINE", "Declined"), ("REVIEW", "In Review"), ("NO_ACTION", "Approved")] {
        let rules = format!("rules=\"liveness/rules, multiple-faces-action=(string){action};\"");
        let result = check("subject=two-people", &format!("{rules} attempt-timeout=5000000000")).result();
        assert_eq!(text(&result, "status"), status, "{action}: {result}");
        assert!(texts(&result, "warnings").contains(&"MULTIPLE_FACES_DETECTED".to_owned()), "{result}");
    }
}

#[test]
fn a_light_that_shows_too_little_goes_on_once() {
    // A phone in a room that gives the face several times its light.
    let mut session =
        check("seed=8 identity=8 screen=phone ambient=0.5 noise=2", "progress-interval=100000000");
    let result = session.result();
    assert_eq!(text(&result, "status"), "Approved", "{result}");
    let time = result.get::<u64>("running-time").unwrap();
    assert!((6_500_000_000..7_500_000_000).contains(&time), "{time}");
    let lights = lights(&session.messages);
    let (last, shown) = lights.split_last().unwrap();
    assert!(!last.1.active && shown.iter().all(|(_, light)| light.active), "it does not go out in between");
    assert!(is_safe(2, 2, &states(shown)));
    let fractions: Vec<f64> =
        named(&session.messages, "liveness/progress").iter().map(|m| m.get("fraction").unwrap()).collect();
    assert!(fractions.len() > 20 && fractions.is_sorted(), "{fractions:?}");
}

#[test]
fn a_room_that_outshines_the_screen_asks_for_another_try() {
    let mut session = check("ambient=100", "max-attempts=2");
    let retry = session.expect("liveness/retry");
    assert_eq!(text(retry, "error"), "HIGH_FACE_LUMINANCE", "{retry}");
}

#[test]
fn the_light_is_safe_goes_out_one_by_one_and_ends() {
    let mut session = check("", "");
    session.result();
    let lights = lights(&session.messages);
    let (last, shown) = lights.split_last().unwrap();
    assert!(!last.1.active, "the last switches the light off");
    assert!(shown.iter().all(|(_, light)| light.active && light.colors.len() == 4));
    assert!(lights.iter().enumerate().all(|(i, (_, light))| light.index == i as u32));
    assert!(shown.windows(2).all(|pair| pair[0].1.colors != pair[1].1.colors), "told only when it changes");
    // A light stays as long as it says; the first until the face has settled.
    assert!(shown.iter().all(|(_, light)| light.duration > 0));
    let off = |pair: &[(u64, LightCue)]| (pair[1].0 - pair[0].0).abs_diff(pair[0].1.duration);
    assert!(shown[1..].windows(2).all(|pair| off(pair) < MS), "{shown:?}");
    // The last goes out with a frame.
    assert!(off(&lights[lights.len() - 2..]) < 35 * MS, "{lights:?}");
    let states = states(shown);
    assert!(states.len() > 40 && is_safe(2, 2, &states));
}

#[test]
fn the_metas_carry_what_the_messages_say() {
    let mut session = check("", "");
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = shown.clone();
    let pad = session.element("sink").static_pad("sink").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(meta) = info.buffer().and_then(|buffer| buffer.meta::<LivenessMeta>()) {
            seen.lock().unwrap().extend(meta.check().light.clone());
        }
        gst::PadProbeReturn::Ok
    });
    session.result();
    session.pipeline.set_state(gst::State::Paused).unwrap();
    let told: Vec<_> =
        lights(&session.messages).into_iter().map(|(_, light)| light).filter(|l| l.active).collect();
    let mut shown = shown.lock().unwrap();
    shown.dedup();
    // The probe may have come a frame late.
    assert!(shown.len() + 2 >= told.len() && told.ends_with(&shown), "{} {}", shown.len(), told.len());
}

/// Plays until the light is on, does something, and looks whether the light went out; where the check `goes_on`, it may come again.
fn ends_the_light(what: &str, goes_on: bool, end: impl FnOnce(&gst::Pipeline)) {
    let mut session = check("num-buffers=40", "");
    let upstream = Arc::new(Mutex::new(Vec::new()));
    let seen = upstream.clone();
    let source = session.element("source").static_pad("src").unwrap();
    source.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
        let told = info.event().and_then(|event| event.structure());
        if let Some(light) = told.filter(|told| told.name() == "liveness/light") {
            seen.lock().unwrap().push(light.get::<bool>("active").unwrap());
        }
        gst::PadProbeReturn::Ok
    });
    for _ in 0..5 {
        session.expect("liveness/light");
    }
    end(&session.pipeline);
    while lights(&session.messages).last().is_some_and(|(_, light)| light.active) {
        assert!(session.comes("liveness/light", Duration::from_secs(60)), "{what} leaves the light on");
    }
    let upstream = upstream.lock().unwrap();
    let is_off = if goes_on { upstream.contains(&false) } else { upstream.last() == Some(&false) };
    assert!(upstream.len() > 4 && is_off, "{what} leaves the source's light on: {upstream:?}");
}

#[test]
fn whatever_ends_a_check_ends_the_light() {
    ends_the_light("the end of the stream", false, |_| {});
    ends_the_light("cancelling", false, |pipeline| {
        pipeline.by_name("check").unwrap().emit_by_name::<()>("cancel", &[]);
    });
    ends_the_light("starting anew", true, |pipeline| {
        pipeline.by_name("check").unwrap().emit_by_name::<()>("start", &[]);
    });
    ends_the_light("a flush", true, |pipeline| {
        let pad = pipeline.by_name("check").unwrap().static_pad("sink").unwrap();
        pad.send_event(gst::event::FlushStart::new());
        pad.send_event(gst::event::FlushStop::new(true));
    });
    ends_the_light("cancelling in a flush", false, |pipeline| {
        let check = pipeline.by_name("check").unwrap();
        let pad = check.static_pad("sink").unwrap();
        pad.send_event(gst::event::FlushStart::new());
        check.emit_by_name::<()>("cancel", &[]);
        pad.send_event(gst::event::FlushStop::new(true));
    });
    ends_the_light("stopping", false, |pipeline| {
        pipeline.set_state(gst::State::Ready).unwrap();
    });
}

#[test]
fn a_moment_without_a_face_begins_anew() {
    let mut rig = {
        let element = {
            init();
            gst::ElementFactory::make("livenessflash").name("check").property("max-attempts", 1u32)
        };
        Rig::around(element.build().unwrap(), &Picture::astronaut().info().to_caps().unwrap())
    };
    let (face, nobody) = (Picture::astronaut(), Picture::grey(512, 512));
    // Long enough for the code to begin, then away for longer than a lapse, and so on: the light begins anew twice.
    for _ in 0..4 {
        (0..25).for_each(|_| drop(rig.show(&face)));
        (0..15).for_each(|_| drop(rig.show(&nobody)));
    }
    let messages = rig.messages();
    let result = result(&messages);
    assert!(result.get::<String>("json").unwrap().contains("MOVED_AWAY"), "{result}");
    let last = named(&messages, "liveness/light").last().copied().unwrap().clone();
    assert!(!last.get::<bool>("active").unwrap());
}

#[test]
fn other_grids_and_frame_rates_show_the_same_face() {
    for (rows, columns, rate) in [(3, 2, 30), (2, 4, 30), (2, 2, 12), (2, 2, 60)] {
        let mut session = Session::playing(&format!(
            "livenesstestsrc seed=5 identity=5 ! video/x-raw,format=I420,width=640,height=480,framerate={rate}/1 ! \
             livenessflash seed=3 max-attempts=1 grid-rows={rows} grid-columns={columns} ! fakesink sync=false"
        ));
        let result = session.result();
        assert_eq!(
            result.get::<String>("status").unwrap(),
            "Approved",
            "{rows}x{columns} at {rate}: {result}"
        );
    }
}
