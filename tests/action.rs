// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessaction` outside a pipeline, before a photograph that is moved by hand.

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use gst::prelude::*;

/// A printed picture of her, held by a hand that is never quite still; `turn` shows it closer and farther too.
struct Print {
    large: Picture,
    step: u32,
}

impl Print {
    const SIZE: usize = 384;

    fn new() -> Self {
        Self { large: Picture::astronaut(), step: 0 }
    }

    /// The next moment: another part of the picture, a few pixels off.
    fn moved(&mut self) -> Picture {
        self.step += 1;
        let wave = |period: f32| (self.step as f32 / period).sin();
        let (x, y) = (40.0 + 9.0 * wave(7.0) + 3.0 * wave(2.3), 12.0 + 7.0 * wave(11.0) + 2.0 * wave(3.1));
        self.large.crop(x as usize, y as usize, Self::SIZE, Self::SIZE)
    }
}

fn rig(properties: &[(&str, &dyn ToValue)]) -> Rig {
    init();
    let element = gst::ElementFactory::make("livenessaction").name("check").build().unwrap();
    for (name, value) in properties {
        element.set_property_from_value(name, &value.to_value());
    }
    Rig::around(element, &Print::new().moved().info().to_caps().unwrap())
}

/// Shows the moved print until there is a result; all messages.
fn wave_until_result(rig: &mut Rig, most: usize) -> Vec<gst::Structure> {
    let (mut print, mut messages) = (Print::new(), Vec::new());
    for _ in 0..most {
        rig.show(&print.moved());
        messages.extend(rig.messages());
        if messages.iter().any(|m| m.name() == "liveness/result") {
            return messages;
        }
    }
    panic!("no result after {most} frames: {messages:#?}");
}

#[test]
fn a_photo_that_is_moved_answers_nothing_and_is_declined() {
    let mut rig = rig(&[("max-attempts", &1u32), ("action-timeout", &2_000_000_000u64)]);
    let messages = wave_until_result(&mut rig, 300);
    let actions = named(&messages, "liveness/action");
    let states: Vec<_> = actions.iter().map(|action| text(action, "state")).collect();
    assert_eq!(states, ["requested", "failed"], "{messages:#?}");
    assert_eq!(actions[0].get::<u32>("index"), Ok(0));
    assert_eq!(actions[0].get::<u32>("count"), Ok(2));
    assert!(actions[0].get::<u64>("deadline").unwrap() > actions[0].get::<u64>("running-time").unwrap());
    let result = result(&messages);
    assert_eq!(text(result, "status"), "Declined");
    assert_eq!(texts(result, "warnings")[0], "LOW_LIVENESS_SCORE");
    let json = json(result);
    assert_eq!(json["method"], "ACTIVE_3D");
    assert_eq!(json["warnings"][0]["additional_data"]["reason"], "ACTION_NOT_DONE");
    assert_eq!(json["evidence"]["challenges"][0]["onset"], serde_json::Value::Null);
    assert_eq!(json["evidence"]["challenge_entropy_bits"], 4.0, "one of sixteen sequences: {json:#}");
    let cues = json["evidence"]["cues"].as_array().unwrap();
    let cue = |name: &str| cues.iter().find(|cue| cue["name"] == name).unwrap();
    assert_eq!(cue("light")["abstained"], true);
    assert!(cue("facial_motion")["value"].as_f64().unwrap() < 0.02, "{json:#}");
    assert!(cue("background_stays")["value"].as_f64().unwrap() < -0.5, "{json:#}");
}

#[test]
fn a_still_picture_is_frozen_video() {
    let mut rig = rig(&[("max-attempts", &1u32)]);
    let picture = Print::new().moved();
    let messages = rig.show_until_result(&picture, 100);
    let json = json(result(&messages));
    assert_eq!(
        (&json["status"], &json["warnings"][0]["additional_data"]["reason"]),
        (&"Declined".into(), &"FROZEN_VIDEO".into())
    );
    assert!(named(&messages, "liveness/action").len() <= 2);
}

#[test]
fn every_attempt_tells_what_went_wrong_and_asks_anew() {
    let mut rig = rig(&[("action-timeout", &500_000_000u64)]);
    let messages = wave_until_result(&mut rig, 900);
    let retries = named(&messages, "liveness/retry");
    assert_eq!(retries.len(), 2);
    assert_eq!(text(retries[0], "detail"), "Make each movement as soon as you are asked to");
    assert_eq!(texts(retries[0], "feedback-codes"), ["LOW_LIVENESS_SCORE"]);
    assert_eq!(json(result(&messages))["evidence"]["attempts_used"], 3);
}

#[test]
fn prompts_travel_upstream_too() {
    let mut rig = rig(&[("max-attempts", &1u32), ("action-timeout", &500_000_000u64)]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = seen.clone();
    // The harness's own pad is what lies before the element.
    let before = rig.element.static_pad("sink").unwrap().peer().unwrap();
    before.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
        let structure = info.event().and_then(|event| event.structure().map(ToOwned::to_owned));
        keep.lock().unwrap().extend(structure.filter(|s| s.name() == "liveness/action"));
        gst::PadProbeReturn::Ok
    });
    let messages = wave_until_result(&mut rig, 300);
    let posted: Vec<_> = named(&messages, "liveness/action").into_iter().cloned().collect();
    assert_eq!(*seen.lock().unwrap(), posted);
    assert_eq!(posted.len(), 2);
}

#[test]
fn an_open_prompt_is_taken_back_by_cancel_eos_flush_and_stop() {
    type End = fn(&mut Rig);
    let ends: [(End, &str); 4] = [
        (|rig| rig.emit("cancel"), "Abandoned"),
        (|rig| rig.end(), "Declined"),
        (
            |rig| {
                rig.harness.push_event(gst::event::FlushStart::new());
                rig.harness.push_event(gst::event::FlushStop::new(true));
            },
            "",
        ),
        (
            |rig| {
                rig.element.set_state(gst::State::Null).unwrap();
            },
            "Abandoned",
        ),
    ];
    for (end, status) in ends {
        let mut rig = rig(&[("max-attempts", &1u32)]);
        let (mut print, mut messages) = (Print::new(), Vec::new());
        while named(&messages, "liveness/action").is_empty() {
            rig.show(&print.moved());
            messages.extend(rig.messages());
            assert!(rig.next < 5_000_000_000, "no prompt");
        }
        end(&mut rig);
        messages.extend(rig.messages());
        let states: Vec<_> = named(&messages, "liveness/action").iter().map(|a| text(a, "state")).collect();
        assert_eq!(states, ["requested", "failed"]);
        let results = named(&messages, "liveness/result");
        assert_eq!(results.first().map(|result| text(result, "status")).unwrap_or_default(), status);
    }
}

#[test]
fn a_seed_repeats_a_challenge_and_none_is_alone_a_blink() {
    let first = |seed: u64| {
        let mut rig = rig(&[("seed", &seed), ("max-attempts", &1u32), ("action-timeout", &300_000_000u64)]);
        let messages = wave_until_result(&mut rig, 300);
        let asked = named(&messages, "liveness/action")[0];
        (text(asked, "action"), asked.get::<u64>("running-time").unwrap())
    };
    assert_eq!(first(5), first(5));
    let several: std::collections::HashSet<_> = (1..6).map(first).collect();
    assert!(several.len() > 1);

    init();
    let element = gst::ElementFactory::make("livenessaction").build().unwrap();
    let before = element.property_value("actions");
    element.set_property_from_str("actions", "blink");
    assert_eq!(format!("{:?}", element.property_value("actions")), format!("{before:?}"));
    element.set_property_from_str("actions", "blink+nod");
    assert_ne!(format!("{:?}", element.property_value("actions")), format!("{before:?}"));
}
