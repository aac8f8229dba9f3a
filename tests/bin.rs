// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessbin`: a whole check by any method, from one element.

mod common;

use common::session::Session;
use common::*;
use gst::prelude::*;
use gstliveness::bin::LivenessMethod;

/// Messages of a rendered session up to its result, and which element posted them.
fn session(source: &str, check: &str) -> (Vec<gst::Structure>, Vec<String>) {
    let mut session = Session::playing(&format!(
        "livenesstestsrc seed=7 identity=7 {source} ! video/x-raw,format=NV12,width=640,height=480,framerate=30/1 ! \
         livenessbin name=check seed=3 max-attempts=1 {check} ! fakesink sync=false"
    ));
    session.result();
    (std::mem::take(&mut session.messages), std::mem::take(&mut session.senders))
}

fn status(messages: &[gst::Structure]) -> String {
    result(messages).get("status").unwrap()
}

#[test]
fn action_and_flash_is_one_check_of_five_seconds() {
    let (messages, sources) = session("", "method=action_flash");
    assert_eq!(status(&messages), "Approved", "{:?}", result(&messages));
    assert!(sources.iter().all(|source| source == "check"), "{sources:?}");
    assert!(
        !named(&messages, "liveness/light").is_empty() && !named(&messages, "liveness/action").is_empty()
    );
    let last = result(&messages);
    assert_eq!(last.get::<String>("method").unwrap(), "action_flash");
    assert!(last.get::<u64>("running-time").unwrap() < 5_000_000_000);
    assert!(last.get::<gst::Sample>("depth-map").is_ok());
    let json: serde_json::Value = serde_json::from_str(&last.get::<String>("json").unwrap()).unwrap();
    assert_eq!((&json["method"], &json["evidence"]["method"]), (&"ACTIVE_3D".into(), &"action_flash".into()));
    let cues: Vec<&str> =
        json["evidence"]["cues"].as_array().unwrap().iter().filter_map(|cue| cue["name"].as_str()).collect();
    for name in ["net_near", "slope_across", "code_freshness", "nose_parallax"] {
        assert_eq!(cues.iter().filter(|cue| **cue == name).count(), 1, "{name} in {cues:?}");
    }
    assert_eq!(json["evidence"]["challenge_entropy_bits"], 0.0, "the seed is fixed");
}

#[test]
fn who_does_not_do_both_does_not_pass() {
    for (source, method) in [
        // Light without movement, movement under a wrong light, neither.
        ("behaviour=idle", "action_flash action-timeout=1500000000"),
        ("subject=injected", "action_flash action-timeout=1500000000"),
        ("subject=print", "action_flash action-timeout=1500000000"),
    ] {
        let (messages, _) = session(source, &format!("method={method}"));
        assert_eq!(status(&messages), "Declined", "{source}");
        let lights = named(&messages, "liveness/light");
        assert!(lights.last().is_none_or(|light| !light.get::<bool>("active").unwrap()), "{source}");
    }
}

#[test]
fn every_method_is_one_property_away() {
    for method in ["passive", "flash", "action"] {
        let (messages, sources) = session("", &format!("method={method}"));
        assert_eq!(result(&messages).get::<String>("method").unwrap(), method);
        assert!(sources.iter().all(|source| source == "check"));
        assert_eq!(named(&messages, "liveness/result").len(), 1);
        assert_ne!(status(&messages), "Abandoned");
    }
}

#[test]
fn what_is_set_before_the_method_counts_after_it() {
    init();
    let bin = gst::ElementFactory::make("livenessbin").build().unwrap();
    assert_eq!(bin.property::<LivenessMethod>("method"), LivenessMethod::ActionFlash);
    bin.set_property("max-attempts", 2u32);
    bin.set_property("frames", 3u32);
    bin.set_property("grid-rows", 3u32);
    for method in [LivenessMethod::Passive, LivenessMethod::Flash, LivenessMethod::Action] {
        bin.set_property("method", method);
        assert_eq!(bin.property::<LivenessMethod>("method"), method);
        let values = ["max-attempts", "frames", "grid-rows"].map(|name| bin.property::<u32>(name));
        assert_eq!(values, [2, 3, 3], "{method:?}");
        assert_eq!(bin.downcast_ref::<gst::Bin>().unwrap().children().len(), 2);
    }
    assert_eq!(bin.property::<String>("status"), "Not Started");
}

#[test]
fn a_bin_is_started_and_cancelled_like_its_analyser() {
    init();
    let line =
        "livenesstestsrc behaviour=idle is-live=true ! livenessbin name=check auto-start=false ! fakesink";
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let check = pipeline.by_name("check").unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    pipeline.state(gst::ClockTime::from_seconds(20)).0.unwrap();
    assert_eq!(check.property::<String>("status"), "Not Started");
    check.emit_by_name::<()>("start", &[]);
    assert_eq!(check.property::<String>("status"), "In Progress");
    check.emit_by_name::<()>("cancel", &[]);
    assert_eq!(check.property::<String>("status"), "Abandoned");
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Names of GStreamer's own, also that of an element in the bin.
#[test]
fn a_check_may_have_any_name() {
    for (name, node_id) in [
        ("queue0", "queue0"),
        ("livenesspassive0", "livenesspassive0"),
        ("check node-id=queue0", "queue0"),
        ("check node-id=\"a/b %s ü\"", "a/b %s ü"),
    ] {
        let mut session = Session::playing(&format!(
            "livenesstestsrc ! video/x-raw,width=640,height=480 ! livenessbin name={name} method=passive frames=1 ! fakesink"
        ));
        assert_eq!(json(&session.result())["node_id"], node_id);
    }
}

#[cfg(feature = "workflow")]
#[test]
fn a_workflow_file_sets_the_bin_up() {
    init();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    let text = r#"{"node_id": "queue0", "method": "action", "face_liveness_max_attempts": 2, "actions": ["nod"], "decline_threshold": 20}"#;
    std::fs::write(&path, text).unwrap();
    let line = format!("livenessbin name=b workflow={} max-attempts=1", path.display());
    let bin = gst::parse::launch(&line).unwrap();
    assert_eq!(bin.property::<LivenessMethod>("method"), LivenessMethod::Action);
    assert_eq!(bin.property::<f64>("decline-threshold"), 20.0);
    assert_eq!(bin.property::<Option<String>>("node-id").as_deref(), Some("queue0"));
    assert_eq!(bin.property::<u32>("max-attempts"), 1, "what comes later on the line holds");
    assert_eq!(bin.property::<Option<String>>("workflow").as_deref(), path.to_str());
    let address = glib::filename_to_uri(&path, None).unwrap();
    let other =
        gst::ElementFactory::make("livenessbin").property("workflow", address.as_str()).build().unwrap();
    assert_eq!(other.property::<LivenessMethod>("method"), LivenessMethod::Action);
    bin.set_state(gst::State::Ready).unwrap();
    bin.set_state(gst::State::Null).unwrap();
}

/// `workflow/sense.rs` counts on it.
#[test]
fn an_attempt_has_fifteen_seconds_and_one_movement_beside_the_light() {
    init();
    for method in [LivenessMethod::Flash, LivenessMethod::ActionFlash] {
        let bin = gst::ElementFactory::make("livenessbin").property("method", method).build().unwrap();
        assert_eq!(bin.property::<u64>("attempt-timeout"), 15_000_000_000);
        assert!(method == LivenessMethod::Flash || bin.property::<u32>("action-count") == 1);
    }
}

#[cfg(feature = "workflow")]
#[test]
fn a_workflow_that_cannot_be_followed_fails_the_start() {
    init();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    for (text, told) in [
        (r#"{"method": "pasive"}"#, "w.json: line 1 column 11"),
        (
            r#"{"nodes": [{"node_id": "a", "method": "passive"}, {"node_id": "b", "method": "flash"}]}"#,
            "several checks",
        ),
        (
            r#"{"method": "passive", "duplicated_face_action": "DECLINE", "store": {"path": "s", "key_env": "K"}}"#,
            "lists of faces",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let bin =
            gst::ElementFactory::make("livenessbin").property("workflow", path.to_str()).build().unwrap();
        let bus = gst::Bus::new();
        bin.set_bus(Some(&bus));
        assert!(bin.set_state(gst::State::Ready).is_err(), "{text}");
        let error = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = error.view() else { unreachable!() };
        assert!(error.error().message().contains(told), "{}", error.error());
        bin.set_state(gst::State::Null).unwrap();
    }
}
