// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenesspassive` from outside: its messages to the letter of the contract, properties, signals, metas and buffers.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::session::Session;
use common::*;
use gst::prelude::*;
use gst_video::VideoRegionOfInterestMeta;
use gstliveness::meta::{LivenessMeta, RunningCheck};
use liveness_core::check::{Guidance, Method};
use liveness_core::face::FrameObservation;
use liveness_core::session::{Advice, Status};

/// Three attempts of four frames.
const SHORT: (&str, &dyn ToValue) = ("attempt-timeout", &(3 * FRAME));

fn has_type<T: glib::types::StaticType>(structure: &gst::StructureRef, fields: &[&str]) {
    for field in fields {
        let value = structure.value(*field).unwrap_or_else(|_| panic!("{structure} has no {field}"));
        assert_eq!(value.type_(), T::static_type(), "{field} of {structure}");
    }
}

fn is_array_of_strings(structure: &gst::StructureRef, field: &str) {
    let value = structure.value(field).unwrap_or_else(|_| panic!("{structure} has no {field}"));
    assert_eq!(value.type_().name(), "GstValueArray", "{field} of {structure}");
    assert!(value.get::<gst::ArrayRef<'_>>().unwrap().iter().all(|v| v.type_() == String::static_type()));
}

fn names(messages: &[gst::Structure]) -> Vec<&str> {
    messages.iter().map(|m| m.name().as_str()).collect()
}

fn field_names(structure: &gst::StructureRef) -> Vec<&str> {
    let mut names: Vec<_> = structure.fields().map(|f| f.as_str()).collect();
    names.sort_unstable();
    names
}

const HEADER: [&str; 5] = ["attempt", "method", "running-time", "stream-time", "timestamp"];

fn with_header(fields: &[&'static str]) -> Vec<&'static str> {
    let mut all = [&HEADER, fields].concat();
    all.sort_unstable();
    all
}

// The messages of the contract.

#[test]
fn a_check_tells_its_start_its_guidance_its_progress_and_its_result() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &8u32), ("progress-interval", &(3 * FRAME))]);
    let messages = rig.show_until_result(&picture, 12);
    assert_eq!(
        names(&messages),
        [
            "liveness/progress", // started
            "liveness/guidance",
            "liveness/progress", // at once, then every three frames
            "liveness/progress",
            "liveness/progress",
            "liveness/progress", // decided
            "liveness/result",
        ]
    );
    assert_eq!(guidance(&messages), ["OK"]);
    let statuses: Vec<_> = named(&messages, "liveness/progress").iter().map(|m| text(m, "status")).collect();
    let (last, before) = statuses.split_last().unwrap();
    assert!(before.iter().all(|status| status == "In Progress"), "{statuses:?}");
    assert_eq!(last, "Approved");
}

#[test]
fn every_message_has_the_fields_and_types_of_the_contract() {
    let picture = Picture::astronaut();
    let grey = Picture::grey(picture.width, picture.height);
    let mut rig = Rig::new(&picture, &[SHORT, ("frames", &3u32)]);
    let mut messages = Vec::new();
    for _ in 0..4 {
        rig.show(&grey);
    }
    messages.extend(rig.messages());
    messages.extend(rig.show_until_result(&picture, 6 + PAUSE));
    for message in &messages {
        assert_eq!(text(message, "method"), "passive");
        has_type::<String>(message, &["method"]);
        has_type::<u32>(message, &["attempt"]);
        has_type::<u64>(message, &["timestamp", "stream-time", "running-time"]);
        match message.name().as_str() {
            "liveness/progress" => {
                has_type::<String>(message, &["status"]);
                has_type::<f64>(message, &["fraction"]);
                has_type::<u32>(message, &["faces"]);
                has_type::<u64>(message, &["frames-analysed", "frames-skipped"]);
                let fields = ["status", "fraction", "faces", "frames-analysed", "frames-skipped"];
                assert_eq!(field_names(message), with_header(&fields));
            }
            "liveness/guidance" => {
                has_type::<String>(message, &["code", "text"]);
                assert_eq!(field_names(message), with_header(&["code", "text"]));
            }
            "liveness/retry" => {
                has_type::<String>(message, &["detail", "error"]);
                has_type::<u32>(message, &["attempts-used", "max-attempts"]);
                is_array_of_strings(message, "feedback-codes");
                let fields = ["detail", "error", "attempts-used", "max-attempts", "feedback-codes"];
                assert_eq!(field_names(message), with_header(&fields));
            }
            "liveness/result" => {
                has_type::<String>(message, &["status", "json"]);
                has_type::<f64>(message, &["score"]);
                has_type::<gst::Sample>(message, &["reference-image"]);
                is_array_of_strings(message, "warnings");
                let fields = ["status", "json", "score", "reference-image", "warnings"];
                assert_eq!(field_names(message), with_header(&fields));
            }
            name => panic!("{name} is not of the contract"),
        }
    }
    for name in ["liveness/progress", "liveness/guidance", "liveness/retry", "liveness/result"] {
        assert!(!named(&messages, name).is_empty(), "{name}");
    }
}

#[test]
fn messages_are_rust_types_too() {
    use gstliveness::message::{Body, LivenessMessage};
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &2u32)]);
    let messages = rig.show_until_result(&picture, 4);
    for message in &messages {
        LivenessMessage::try_from(message.as_ref()).unwrap();
    }
    let last = LivenessMessage::try_from(result(&messages)).unwrap();
    assert!(matches!(last.body, Body::Result(result) if result.status == Status::Approved));
}

#[test]
fn times_are_those_of_the_frame() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    rig.messages();
    let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
    segment.set_start(gst::ClockTime::from_seconds(10));
    segment.set_time(gst::ClockTime::from_seconds(100));
    segment.set_base(gst::ClockTime::from_seconds(3));
    assert!(rig.harness.push_event(gst::event::Segment::new(segment.upcast_ref())));
    rig.next = 12_000 * MS;
    let messages = rig.show_until_result(&picture, 1);
    for message in &messages {
        assert_eq!(message.get::<u64>("timestamp").unwrap(), 12_000 * MS, "{message}");
        assert_eq!(message.get::<u64>("stream-time").unwrap(), 102_000 * MS, "{message}");
        assert_eq!(message.get::<u64>("running-time").unwrap(), 5_000 * MS, "{message}");
    }
}

#[test]
fn the_json_has_every_field_of_the_contract() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("age-estimation", &true)]);
    let messages = rig.show_until_result(&picture, 10);
    let result = result(&messages);
    let json = json(result);
    let keys = |value: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(
        keys(&json),
        [
            "age_estimation",
            "evidence",
            "face_luminance",
            "face_quality",
            "matches",
            "method",
            "node_id",
            "reference_image",
            "score",
            "status",
            "video_url",
            "warnings",
        ]
    );
    assert_eq!(json["status"], "Approved");
    assert_eq!(json["method"], "PASSIVE");
    assert_eq!(json["node_id"], "check");
    assert!((json["score"].as_f64().unwrap() - score(result)).abs() < 0.01);
    assert!((20.0..=60.0).contains(&json["age_estimation"].as_f64().unwrap()), "{json:#}");
    for field in ["face_quality", "face_luminance"] {
        assert!((20.0..=100.0).contains(&json[field].as_f64().unwrap()), "{field}: {json:#}");
    }
    assert_eq!(json["matches"], serde_json::json!([]));
    assert_eq!(json["warnings"], serde_json::json!([]));
    let evidence = &json["evidence"];
    assert_eq!((&evidence["method"], &evidence["gender"]), (&"passive".into(), &"female".into()));
    assert_eq!(evidence["frames_analysed"], 5);
    assert_eq!(evidence["frames_skipped"], 0);
    assert!(evidence["challenge_entropy_bits"].is_number());
    let cues = evidence["cues"].as_array().unwrap();
    assert!(!cues.is_empty());
    for cue in cues {
        assert_eq!(keys(cue), ["abstained", "name", "value", "weight"]);
        assert_eq!(cue["abstained"], false);
    }
}

#[test]
fn age_and_gender_are_estimated_only_where_they_are_asked_for() {
    let picture = Picture::astronaut();
    let minimum = gst::Structure::builder("liveness/rules").field("minimum-age", 1.0).build();
    let ways: [Option<(&str, &dyn ToValue)>; 3] =
        [None, Some(("age-estimation", &true)), Some(("rules", &minimum))];
    for property in ways {
        let asked = property.is_some();
        let mut rig = Rig::new(&picture, property.as_slice());
        let json = json(result(&rig.show_until_result(&picture, 10)));
        assert_eq!(json["age_estimation"].is_number(), asked, "{json:#}");
        assert_eq!(json["evidence"].get("gender").is_some(), asked);
        assert_eq!(json["warnings"], serde_json::json!([]));
    }
}

#[test]
fn a_warning_has_every_field_of_the_contract() {
    let grey = Picture::grey(320, 240);
    let mut rig = Rig::new(&grey, &[SHORT, ("max-attempts", &1u32)]);
    let messages = rig.show_until_result(&grey, 5);
    let json = json(result(&messages));
    let warnings = json["warnings"].as_array().unwrap();
    let warning = warnings.iter().find(|w| w["risk"] == "NO_FACE_DETECTED").unwrap();
    assert_eq!(warning["feature"], "LIVENESS");
    assert_eq!(warning["log_type"], "error");
    assert_eq!(warning["node_id"], "check");
    assert!(warning.get("additional_data").is_some());
    for field in ["short_description", "long_description"] {
        assert!(!warning[field].as_str().unwrap().is_empty());
    }
    assert_eq!(warning.as_object().unwrap().len(), 7);
}

#[test]
fn the_reference_image_is_a_jpeg_of_the_face() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    let messages = rig.show_until_result(&picture, 10);
    let sample = result(&messages).get::<gst::Sample>("reference-image").unwrap();
    assert_eq!(sample.caps().unwrap().structure(0).unwrap().name(), "image/jpeg");
    let portrait = Picture::decoded(&sample);
    assert!((100..=512).contains(&portrait.width) && (100..=512).contains(&portrait.height));
    // It shows a face: the very element finds it there.
    let mut second = Rig::new(&portrait, &[("frames", &1u32), SHORT]);
    let buffer = second.show(&portrait);
    assert_eq!(buffer.iter_meta::<VideoRegionOfInterestMeta>().count(), 1);
}

// Decisions.

#[test]
fn a_person_is_approved() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    let messages = rig.show_until_result(&picture, 10);
    let result = result(&messages);
    assert_eq!(text(result, "status"), "Approved");
    assert!((60.0..=100.0).contains(&score(result)), "{}", score(result));
    assert_eq!(texts(result, "warnings"), [""; 0]);
    assert_eq!(rig.status(), "Approved");
}

#[test]
fn one_picture_is_enough_when_asked_for() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    let messages = rig.show_until_result(&picture, 1);
    assert_eq!(text(result(&messages), "status"), "Approved");
    assert_eq!(json(result(&messages))["evidence"]["frames_analysed"], 1);
}

fn without_a_face(picture: &Picture) {
    let mut rig = Rig::new(picture, &[SHORT]);
    let messages = rig.show_until_result(picture, 13 + 2 * PAUSE);
    assert!(guidance(&messages).iter().all(|code| code == "NO_FACE"), "{:?}", guidance(&messages));
    assert!(!guidance(&messages).is_empty());
    let retries = named(&messages, "liveness/retry");
    assert_eq!(retries.len(), 2);
    for (i, retry) in (1u32..).zip(retries) {
        assert_eq!(text(retry, "error"), "NO_FACE_DETECTED");
        assert_eq!(texts(retry, "feedback-codes"), ["NO_FACE_DETECTED"]);
        assert!(!text(retry, "detail").is_empty());
        assert_eq!(retry.get::<u32>("attempts-used").unwrap(), i);
        assert_eq!(retry.get::<u32>("attempt").unwrap(), i, "the retry is of the attempt that failed");
        assert_eq!(retry.get::<u32>("max-attempts").unwrap(), 3);
    }
    let result = result(&messages);
    assert_eq!(text(result, "status"), "Declined");
    assert_eq!(result.get::<u32>("attempt").unwrap(), 3);
    let warnings = texts(result, "warnings");
    assert!(warnings.contains(&"NO_FACE_DETECTED".to_owned()), "{warnings:?}");
    assert!(!warnings.contains(&"LOW_LIVENESS_SCORE".to_owned()), "{warnings:?}");
    assert!(!result.has_field("reference-image"));
    assert_eq!(score(result), 0.0);
    assert_eq!(rig.element.property::<u32>("attempt"), 3);
}

#[test]
fn a_blank_wall_is_asked_for_a_face_three_times_and_declined() {
    without_a_face(&Picture::grey(320, 240));
}

#[test]
fn noise_is_asked_for_a_face_three_times_and_declined() {
    without_a_face(&Picture::noise(320, 240));
}

#[test]
fn with_one_attempt_there_is_no_retry() {
    let grey = Picture::grey(320, 240);
    let mut rig = Rig::new(&grey, &[SHORT, ("max-attempts", &1u32)]);
    let messages = rig.show_until_result(&grey, 5);
    assert!(named(&messages, "liveness/retry").is_empty());
    assert_eq!(text(result(&messages), "status"), "Declined");
}

#[test]
fn a_person_who_comes_in_the_second_attempt_is_approved() {
    let picture = Picture::astronaut();
    let grey = Picture::grey(picture.width, picture.height);
    let mut rig = Rig::new(&picture, &[SHORT, ("frames", &3u32)]);
    for _ in 0..4 + PAUSE {
        rig.show(&grey);
    }
    assert_eq!(rig.element.property::<u32>("attempt"), 2);
    let messages = rig.show_until_result(&picture, 4);
    assert_eq!(text(result(&messages), "status"), "Approved");
    assert_eq!(result(&messages).get::<u32>("attempt").unwrap(), 2);
    assert_eq!(texts(result(&messages), "warnings"), [""; 0]);
}

#[test]
fn a_retry_says_what_to_do_for_two_seconds_before_the_next_attempt_reads_a_frame() {
    let picture = Picture::astronaut();
    let dark = picture.lit(0.12);
    let mut rig = Rig::new(&dark, &[SHORT, ("frames", &1u32)]);
    for _ in 0..4 {
        rig.show(&dark);
    }
    let messages = rig.messages();
    let [retry] = named(&messages, "liveness/retry")[..] else { panic!("{messages:#?}") };
    assert_eq!(text(retry, "detail"), "Find more light");
    let failed: u64 = retry.get("running-time").unwrap();
    // A good face decides nothing yet; coaching and progress go on, and every frame carries the advice.
    for _ in 0..PAUSE - 1 {
        let buffer = rig.show(&picture);
        let check = buffer.meta::<LivenessMeta>().unwrap().check().clone();
        assert_eq!((check.attempt, check.advice), (1, Some(Advice::Coach(Guidance::TooDark))));
    }
    let messages = rig.messages();
    assert_eq!(guidance(&messages), ["OK"]);
    assert!(
        named(&messages, "liveness/result").is_empty() && named(&messages, "liveness/progress").len() >= 3
    );
    let messages = rig.show_until_result(&picture, 2);
    let decided: u64 = result(&messages).get("running-time").unwrap();
    assert!(decided - failed >= 2_000 * MS, "{}", decided - failed);
    assert_eq!(result(&messages).get::<u32>("attempt").unwrap(), 2);
    assert_eq!(text(result(&messages), "status"), "Approved");
}

#[test]
fn a_check_can_begin_with_a_face() {
    let picture = Picture::astronaut();
    let grey = Picture::grey(picture.width, picture.height);
    let mut rig = Rig::new(&picture, &[("face-time", &(3 * FRAME)), ("attempt-timeout", &(5 * FRAME))]);
    // Nobody for twice an attempt's time, and a face that only passes by.
    for _ in 0..10 {
        rig.show(&grey);
    }
    rig.show(&picture);
    for _ in 0..8 {
        rig.show(&grey);
    }
    assert_eq!((rig.status().as_str(), rig.messages().len()), ("Not Started", 0));
    for _ in 0..3 {
        rig.show(&picture);
    }
    assert_eq!(rig.status(), "Not Started");
    let messages = rig.show_until_result(&picture, 5);
    assert_eq!(text(result(&messages), "status"), "Approved");
}

#[test]
fn an_attempt_lasts_as_long_as_its_timeout() {
    let grey = Picture::grey(320, 240);
    let mut rig = Rig::new(&grey, &[("attempt-timeout", &(7 * FRAME))]);
    for _ in 0..7 {
        rig.show(&grey);
    }
    assert!(named(&rig.messages(), "liveness/retry").is_empty());
    rig.show(&grey);
    assert_eq!(named(&rig.messages(), "liveness/retry").len(), 1);
}

// Thresholds.

#[test]
fn a_score_at_or_below_the_review_threshold_is_for_people_to_judge() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("review-threshold", &100.0)]);
    let messages = rig.show_until_result(&picture, 10);
    assert_eq!(text(result(&messages), "status"), "In Review");
    assert!(texts(result(&messages), "warnings").contains(&"LOW_LIVENESS_SCORE".to_owned()));
}

#[test]
fn a_score_at_or_below_the_decline_threshold_declines_after_all_attempts() {
    let picture = Picture::astronaut();
    let mut rig =
        Rig::new(&picture, &[("decline-threshold", &100.0), ("review-threshold", &100.0), ("frames", &2u32)]);
    let messages = rig.show_until_result(&picture, 8 + 2 * PAUSE);
    let retries = named(&messages, "liveness/retry");
    assert_eq!(retries.len(), 2);
    assert!(retries.iter().all(|retry| text(retry, "error") == "LOW_LIVENESS_SCORE"));
    assert_eq!(text(result(&messages), "status"), "Declined");
    assert_eq!(texts(result(&messages), "warnings"), ["LOW_LIVENESS_SCORE"]);
}

#[test]
fn thresholds_count_from_the_moment_they_are_set() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &2u32)]);
    rig.show(&picture);
    rig.element.set_property("review-threshold", 100.0);
    let messages = rig.show_until_result(&picture, 1);
    assert_eq!(text(result(&messages), "status"), "In Review");
    rig.element.set_property("review-threshold", 60.0);
    rig.emit("start");
    let messages = rig.show_until_result(&picture, 2);
    assert_eq!(text(result(&messages), "status"), "Approved");
}

#[test]
fn attempts_and_timeout_count_from_the_moment_they_are_set() {
    let grey = Picture::grey(320, 240);
    let mut rig = Rig::new(&grey, &[]);
    rig.show(&grey);
    rig.element.set_property("attempt-timeout", 2 * FRAME);
    rig.element.set_property("max-attempts", 2u32);
    let messages = rig.show_until_result(&grey, 5 + PAUSE);
    assert_eq!(named(&messages, "liveness/retry").len(), 1);
}

#[test]
fn the_progress_interval_counts_from_the_moment_it_is_set() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &100u32), ("progress-interval", &(60_000 * MS))]);
    for _ in 0..4 {
        rig.show(&picture);
    }
    rig.messages();
    rig.element.set_property("progress-interval", FRAME);
    for _ in 0..3 {
        rig.show(&picture);
    }
    let progress: Vec<f64> =
        named(&rig.messages(), "liveness/progress").iter().map(|m| m.get("fraction").unwrap()).collect();
    assert_eq!(progress, [0.05, 0.06, 0.07]);
}

// Signals and properties.

#[test]
fn without_auto_start_the_element_waits_for_the_signal() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("auto-start", &false), ("frames", &2u32)]);
    for _ in 0..3 {
        let buffer = rig.show(&picture);
        assert!(buffer.meta::<LivenessMeta>().is_none());
    }
    assert!(rig.messages().is_empty());
    assert_eq!((rig.status().as_str(), rig.element.property::<u32>("attempt")), ("Not Started", 0));
    rig.emit("start");
    assert_eq!((rig.status().as_str(), rig.element.property::<u32>("attempt")), ("In Progress", 1));
    let messages = rig.show_until_result(&picture, 2);
    assert_eq!(text(result(&messages), "status"), "Approved");
}

#[test]
fn after_a_result_the_element_rests_until_started_again() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &2u32)]);
    rig.show_until_result(&picture, 2);
    rig.show(&picture);
    assert!(rig.messages().is_empty());
    rig.emit("start");
    assert_eq!(rig.status(), "In Progress");
    let messages = rig.show_until_result(&picture, 2);
    assert_eq!(text(result(&messages), "status"), "Approved");
    let counts: Vec<u64> =
        named(&messages, "liveness/progress").iter().map(|m| m.get("frames-analysed").unwrap()).collect();
    assert_eq!((counts[0], counts[counts.len() - 1]), (0, 2), "the counters begin anew");
}

#[test]
fn start_during_a_check_begins_it_anew() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &3u32)]);
    rig.show(&picture);
    rig.show(&picture);
    rig.emit("start");
    rig.show(&picture);
    rig.show(&picture);
    assert!(named(&rig.messages(), "liveness/result").is_empty());
    let messages = rig.show_until_result(&picture, 1);
    assert_eq!(text(result(&messages), "status"), "Approved");
}

#[test]
fn cancel_abandons_the_check() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    rig.show(&picture);
    rig.messages();
    rig.emit("cancel");
    let messages = rig.messages();
    assert_eq!(names(&messages), ["liveness/progress", "liveness/result"]);
    assert_eq!(text(&messages[0], "status"), "Abandoned");
    let result = result(&messages);
    assert_eq!(text(result, "status"), "Abandoned");
    assert_eq!(json(result)["status"], "Abandoned");
    let cues = &json(result)["evidence"]["cues"];
    assert!(cues[0]["value"].is_f64(), "what was seen until then: {cues}");
    assert_eq!(rig.status(), "Abandoned");
    rig.show(&picture);
    rig.emit("cancel");
    assert!(rig.messages().is_empty(), "nothing runs any more");
    rig.emit("start");
    let messages = rig.show_until_result(&picture, 5);
    assert_eq!(text(messages.last().unwrap(), "status"), "Approved");
}

#[test]
fn a_check_without_a_frame_tells_nothing_of_the_one_before() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    rig.show_until_result(&picture, 1);
    rig.emit("start");
    rig.end();
    let messages = rig.messages();
    let result = result(&messages);
    assert_eq!(text(result, "status"), "Abandoned");
    assert!(!result.has_field("reference-image"));
    let json = json(result);
    assert!(json["face_quality"].is_null() && json["evidence"]["cues"] == serde_json::json!([]), "{json}");
}

#[test]
fn a_stream_that_ends_with_a_retry_is_decided_by_what_was_seen() {
    let picture = Picture::grey(320, 240);
    let mut rig = Rig::new(&picture, &[SHORT]);
    while named(&rig.messages(), "liveness/retry").is_empty() {
        rig.show(&picture);
    }
    rig.end();
    assert_eq!(text(result(&rig.messages()), "status"), "Declined");
}

#[test]
fn cancel_before_the_first_frame_says_nothing() {
    let rig = Rig::new(&Picture::grey(64, 64), &[]);
    rig.emit("cancel");
    assert!(rig.messages().is_empty());
    assert_eq!(rig.status(), "Not Started");
}

#[test]
fn stopping_a_running_check_abandons_it() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    rig.show(&picture);
    rig.messages();
    rig.element.set_state(gst::State::Ready).unwrap();
    let last: Option<gst::Structure> = rig.element.property("last-result");
    assert_eq!(text(&last.unwrap(), "status"), "Abandoned");
}

#[test]
fn last_result_is_the_structure_of_the_last_message() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    assert!(rig.element.property::<Option<gst::Structure>>("last-result").is_none());
    let messages = rig.show_until_result(&picture, 1);
    let last: Option<gst::Structure> = rig.element.property("last-result");
    let last = last.unwrap();
    assert_eq!(last.name(), "liveness/result");
    assert_eq!(field_names(&last), field_names(result(&messages)));
    assert_eq!(text(&last, "json"), text(result(&messages), "json"));
}

#[test]
fn the_properties_are_those_of_the_contract() {
    init();
    let element = gst::ElementFactory::make("livenesspassive").build().unwrap();
    let default = |name: &str| element.property_value(name);
    assert_eq!(default("status").get::<String>().unwrap(), "Not Started");
    assert_eq!(default("attempt").get::<u32>().unwrap(), 0);
    assert!(default("auto-start").get::<bool>().unwrap());
    assert_eq!(default("max-attempts").get::<u32>().unwrap(), 3);
    assert_eq!(default("decline-threshold").get::<f64>().unwrap(), 30.0);
    assert_eq!(default("review-threshold").get::<f64>().unwrap(), 60.0);
    assert_eq!(default("progress-interval").get::<u64>().unwrap(), 500 * MS);
    assert_eq!(default("seed").get::<u64>().unwrap(), 0);
    assert!(default("attempt-timeout").get::<u64>().unwrap() > 0);
    assert!(default("max-lateness").get::<u64>().unwrap() > 0);
    assert!(default("models-dir").get::<Option<String>>().unwrap().is_none());
    assert!(default("frames").get::<u32>().unwrap() >= 1);
    assert!(default("interval").get::<u64>().is_ok());
    assert!(!default("qos").get::<bool>().unwrap());
    let writable = |name| element.find_property(name).unwrap().flags().contains(glib::ParamFlags::WRITABLE);
    assert!(["status", "attempt", "last-result"].iter().all(|name| !writable(name)));
    let spec = element.find_property("max-attempts").unwrap().downcast::<glib::ParamSpecUInt>().unwrap();
    assert_eq!((spec.minimum(), spec.maximum()), (1, 3));
    let factory = element.factory().unwrap();
    assert_eq!(factory.metadata("klass"), Some("Filter/Analyzer/Video"));
}

#[test]
fn the_models_dir_is_only_taken_in_the_null_state() {
    let rig = Rig::new(&Picture::grey(64, 64), &[]);
    rig.element.set_property("models-dir", "/nowhere");
    assert!(rig.element.property::<Option<String>>("models-dir").is_none());
    rig.element.set_state(gst::State::Null).unwrap();
    rig.element.set_property("models-dir", "/nowhere");
    assert_eq!(rig.element.property::<Option<String>>("models-dir").as_deref(), Some("/nowhere"));
}

#[test]
fn the_interval_thins_out_what_is_analysed() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("interval", &(3 * FRAME)), ("frames", &100u32)]);
    let analysed: Vec<bool> = (0..7).map(|_| was_analysed(&rig.show(&picture))).collect();
    assert_eq!(analysed, [true, false, false, true, false, false, true]);
}

// The end of the stream.

#[test]
fn eos_decides_with_what_there_is() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &50u32)]);
    rig.show(&picture);
    rig.show(&picture);
    rig.end();
    let messages = rig.messages();
    assert_eq!(text(result(&messages), "status"), "Approved");
    assert_eq!(json(result(&messages))["evidence"]["frames_analysed"], 2);
}

#[test]
fn eos_decides_without_a_retry_when_no_face_came() {
    let grey = Picture::grey(320, 240);
    let mut rig = Rig::new(&grey, &[]);
    rig.show(&grey);
    rig.end();
    let messages = rig.messages();
    assert!(named(&messages, "liveness/retry").is_empty());
    assert_eq!(text(result(&messages), "status"), "Declined");
}

#[test]
fn eos_at_once_gives_no_result() {
    let mut rig = Rig::new(&Picture::grey(320, 240), &[]);
    rig.end();
    assert!(rig.messages().is_empty());
    assert_eq!(rig.status(), "Not Started");
}

#[test]
fn the_result_comes_before_the_eos() {
    let mut session = Session::playing(&format!(
        "filesrc location={ASTRONAUT} ! pngdec ! videoconvert ! livenesspassive name=check ! fakesink"
    ));
    assert_eq!(session.status(), "Approved", "one picture, and frames=5");
}

// What hinders a check.

/// Shows `picture` for one attempt of four frames and gives its messages.
fn one_attempt(picture: &Picture) -> Vec<gst::Structure> {
    let mut rig = Rig::new(picture, &[SHORT, ("max-attempts", &1u32), ("frames", &4u32)]);
    rig.show_until_result(picture, 4)
}

/// A hindered person is coached by `code`, and the result is not approved and has the warning `risk`.
fn is_hindered(picture: &Picture, code: &str, risk: &str) {
    let messages = one_attempt(picture);
    assert_eq!(guidance(&messages), [code]);
    let result = result(&messages);
    assert_ne!(text(result, "status"), "Approved");
    assert!(texts(result, "warnings").contains(&risk.to_owned()), "{:?}", texts(result, "warnings"));
    // Another attempt may mend it.
    let mut rig = Rig::new(picture, &[SHORT, ("frames", &4u32)]);
    for _ in 0..4 {
        rig.show(picture);
    }
    let messages = rig.messages();
    let retries = named(&messages, "liveness/retry");
    assert_eq!(retries.len(), 1, "{messages:#?}");
    assert!(texts(retries[0], "feedback-codes").contains(&risk.to_owned()));
}

#[test]
fn two_people_are_one_too_many() {
    let picture = Picture::astronaut().crop(80, 0, 300, 400).twice();
    is_hindered(&picture, "MULTIPLE_FACES", "MULTIPLE_FACES_DETECTED");
    let mut rig = Rig::new(&picture, &[]);
    let buffer = rig.show(&picture);
    assert_eq!(buffer.iter_meta::<VideoRegionOfInterestMeta>().count(), 2);
    let messages = rig.messages();
    assert!(named(&messages, "liveness/progress").iter().any(|m| m.get::<u32>("faces") == Ok(2)));
}

#[test]
fn a_dark_face_needs_more_light() {
    is_hindered(&Picture::astronaut().lit(0.12), "TOO_DARK", "LOW_FACE_LUMINANCE");
}

#[test]
fn a_bright_face_needs_softer_light() {
    is_hindered(&Picture::astronaut().lit(1.9), "TOO_BRIGHT", "HIGH_FACE_LUMINANCE");
}

#[test]
fn a_blurred_face_is_not_judged() {
    is_hindered(&Picture::astronaut().blurred(5), "BLURRED", "LOW_FACE_QUALITY");
}

#[test]
fn a_far_face_is_to_come_closer() {
    let far = Picture::astronaut().scaled(200, 200);
    let picture = Picture::new(320, 240, |_, _| [120, 130, 140]).pasted(&far, 60, 0);
    is_hindered(&picture, "MOVE_CLOSER", "LOW_FACE_QUALITY");
}

#[test]
fn a_face_that_fills_the_picture_is_to_move_back() {
    is_hindered(&Picture::astronaut().crop(155, 55, 150, 150), "MOVE_BACK", "LOW_FACE_QUALITY");
}

#[test]
fn a_covered_face_is_to_be_uncovered() {
    // A sheet of blue paper over nose and mouth.
    let picture = Picture::astronaut().painted((150, 135), (150, 90), [40, 60, 150]);
    is_hindered(&picture, "FACE_COVERED", "HIGH_FACE_OCCLUSION");
}

#[test]
fn half_a_face_is_never_approved() {
    for (corner, size) in [((150, 0), (75, 250)), ((225, 0), (100, 250)), ((140, 60), (180, 75))] {
        let picture = Picture::astronaut().painted(corner, size, [90, 90, 90]);
        let messages = one_attempt(&picture);
        assert_ne!(text(result(&messages), "status"), "Approved", "covered at {corner:?}");
    }
}

#[test]
fn a_face_at_the_edge_is_to_come_to_the_middle() {
    let picture = Picture::astronaut().crop(205, 0, 300, 400);
    is_hindered(&picture, "CENTER_FACE", "LOW_FACE_QUALITY");
}

#[test]
fn guidance_follows_the_picture_and_is_told_once_per_change() {
    let person = Picture::astronaut();
    let grey = Picture::grey(person.width, person.height);
    let dark = person.lit(0.12);
    let mut rig = Rig::new(&person, &[("frames", &100u32)]);
    // Each for half a second, as guidance changes at most twice a second.
    for picture in [&grey, &person, &dark, &person].into_iter().flat_map(|picture| [picture; 5]) {
        rig.show(picture);
    }
    assert_eq!(guidance(&rig.messages()), ["NO_FACE", "OK", "TOO_DARK", "OK"]);
}

#[test]
fn a_lamp_that_lights_every_second_frame_is_no_hindrance() {
    let person = Picture::astronaut();
    for (fps, phase) in [15, 30, 60].into_iter().flat_map(|fps| [(fps, 0), (fps, 1)]) {
        for dark in [person.lit(0.04), person.lit(0.25)] {
            let mut rig = Rig::new(&person, &[("max-attempts", &1u32)]);
            let mut messages = Vec::new();
            for i in 0..2 * fps {
                rig.next = i * 1000 * MS / fps;
                rig.show(if i % 2 == phase { &dark } else { &person });
                messages.extend(rig.messages());
            }
            let name = format!("{fps} fps, phase {phase}: {messages:#?}");
            let result = result(&messages);
            assert_eq!(text(result, "status"), "Approved", "{name}");
            assert!(json(result)["evidence"]["frames_skipped"].as_u64().unwrap() >= 3, "{name}");
            assert!(guidance(&messages).len() <= 2, "{name}");
            let time = result.get::<u64>("running-time").unwrap();
            assert!(time <= 1000 * MS, "dark frames take no votes away: {name}");
        }
    }
}

#[test]
fn one_bad_frame_takes_no_good_vote_away() {
    let person = Picture::astronaut();
    let bad = [
        person.lit(0.3),
        person.lit(4.0),
        person.blurred(9),
        Picture::grey(512, 512),
        Picture::noise(512, 512),
    ];
    for bad in bad {
        let mut rig = Rig::new(&person, &[("frames", &4u32)]);
        // Four good frames, and one that is not.
        for picture in [&person, &person, &bad, &person, &person] {
            rig.show(picture);
        }
        let messages = rig.messages();
        assert_eq!(text(result(&messages), "status"), "Approved", "{messages:#?}");
    }
}

#[test]
fn a_moving_face_is_to_hold_still() {
    let person = Picture::astronaut();
    let mut rig = Rig::new(&person, &[("frames", &100u32), ("interval", &0u64)]);
    let moved = |by: usize| Picture::new(person.width, person.height, |x, y| person.pixel((x + by) % 512, y));
    for by in [0, 0, 40, 80] {
        rig.show(&moved(by));
    }
    assert_eq!(guidance(&rig.messages()), ["OK", "HOLD_STILL"]);
}

// Metas.

#[test]
fn every_analysed_buffer_carries_the_face() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &100u32)]);
    let mut ids = Vec::new();
    for i in 0..3 {
        let buffer = rig.show(&picture);
        let rois: Vec<_> = buffer.iter_meta::<VideoRegionOfInterestMeta>().collect();
        assert_eq!(rois.len(), 1);
        assert_eq!(rois[0].roi_type(), "face");
        let (x, y, width, height) = rois[0].rect();
        // Her face.
        let (center_x, center_y) = (x + width / 2, y + height / 2);
        assert!((200..250).contains(&center_x) && (80..160).contains(&center_y), "{:?}", rois[0].rect());
        assert!((70..180).contains(&width) && (90..220).contains(&height), "{:?}", rois[0].rect());
        let params: Vec<_> = rois[0].params().collect();
        assert_eq!(params.len(), 1);
        let param = rois[0].param("liveness").unwrap();
        for name in ["confidence", "yaw", "pitch", "roll", "score"] {
            has_type::<f64>(param, &[name]);
        }
        ids.push(param.get::<u32>("id").unwrap());
        assert!((0.5..=1.0).contains(&param.get::<f64>("confidence").unwrap()));
        assert!((0.0..=100.0).contains(&score(param)));
        for (name, most) in [("yaw", 25.0), ("pitch", 25.0), ("roll", 15.0)] {
            assert!(param.get::<f64>(name).unwrap().abs() < most, "{param}");
        }
        let meta = buffer.meta::<LivenessMeta>().unwrap();
        let observation = meta.observation().unwrap();
        assert_eq!((observation.width, observation.height), (512, 512));
        assert_eq!(observation.faces.len(), 1);
        let check = meta.check();
        assert_eq!((check.method, check.status, check.attempt), (Method::Passive, Status::InProgress, 1));
        assert_eq!(check.guidance, Guidance::Ok);
        assert!((check.fraction - f64::from(i + 1) / 100.0).abs() < 1e-9);
        assert!(check.score.is_some());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "the same face has the same id: {ids:?}");
}

/// An observation of an empty picture.
fn nobody(width: usize, height: usize) -> (Arc<FrameObservation>, RunningCheck) {
    let observation = FrameObservation { width, height, ..Default::default() };
    let check = RunningCheck {
        method: Method::Passive,
        status: Status::InProgress,
        attempt: 1,
        guidance: Guidance::NoFace,
        fraction: 0.0,
        score: None,
        action: None,
        advice: None,
        light: None,
    };
    (Arc::new(observation), check)
}

#[test]
fn the_observation_of_this_very_buffer_is_used() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &100u32)]);
    let mut buffer = picture.buffer();
    let (observation, check) = nobody(512, 512);
    LivenessMeta::add(buffer.make_mut(), Some(observation.clone()), check);
    let buffer = rig.push(buffer);
    assert_eq!(guidance(&rig.messages()), ["NO_FACE"], "what was observed before counts");
    let metas: Vec<_> = buffer.iter_meta::<LivenessMeta>().collect();
    assert_eq!(metas.len(), 1);
    assert!(Arc::ptr_eq(metas[0].observation().unwrap(), &observation));
    assert_eq!(metas[0].checks().len(), 2, "each element's check is there");
}

#[test]
fn the_observation_of_another_picture_is_not_used() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &100u32)]);
    let mut buffer = picture.buffer();
    let (observation, check) = nobody(256, 256);
    LivenessMeta::add(buffer.make_mut(), Some(observation), check);
    rig.push(buffer);
    assert_eq!(guidance(&rig.messages()), ["OK"]);
}

#[test]
fn a_chain_analyses_a_face_once() {
    init();
    let picture = Picture::astronaut();
    let bin = gst::parse::bin_from_description(
        "livenesspassive name=first frames=3 ! livenesspassive name=second frames=3",
        true,
    )
    .unwrap();
    let first = bin.by_name("first").unwrap();
    let between = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = between.clone();
    first.static_pad("src").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let meta = info.buffer().and_then(|b| b.meta::<LivenessMeta>());
        seen.lock().unwrap().push(meta.unwrap().observation().unwrap().clone());
        gst::PadProbeReturn::Ok
    });
    let mut rig = Rig::around(bin.upcast(), &picture.info().to_caps().unwrap());
    let after: Vec<_> = (0..3).map(|_| rig.show(&picture)).collect();
    for (buffer, observation) in after.iter().zip(between.lock().unwrap().iter()) {
        let metas: Vec<_> = buffer.iter_meta::<LivenessMeta>().collect();
        assert!(
            !metas.is_empty() && metas.iter().all(|m| Arc::ptr_eq(m.observation().unwrap(), observation))
        );
        let faces = buffer.iter_meta::<VideoRegionOfInterestMeta>().count();
        assert_eq!(faces, 1, "one region per face, however many elements looked at it");
    }
    let messages = rig.messages();
    let results = named(&messages, "liveness/result");
    assert_eq!(results.len(), 2, "each element decides");
    assert_eq!(score(results[0]), score(results[1]));
    assert!(results.iter().all(|r| text(r, "status") == "Approved"));
}

#[test]
fn a_buffer_that_passes_no_check_carries_nothing() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    rig.show_until_result(&picture, 1);
    let buffer = rig.show(&picture);
    assert!(buffer.meta::<LivenessMeta>().is_none());
    assert!(buffer.meta::<VideoRegionOfInterestMeta>().is_none());
}

// Buffers and time.

fn memory_of(buffer: &gst::BufferRef) -> *const gst::ffi::GstMemory {
    buffer.peek_memory(0).as_ptr()
}

#[test]
fn a_writable_buffer_passes_as_it_is() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    let buffer = picture.buffer();
    let (pointer, memory) = (buffer.as_ptr(), memory_of(&buffer));
    let out = rig.push(buffer);
    assert!(out.meta::<LivenessMeta>().is_some());
    assert_eq!((out.as_ptr(), memory_of(&out)), (pointer, memory));
    assert!(*out.map_readable().unwrap() == *picture.rgb, "the pixels are untouched");
}

#[test]
fn the_memory_of_a_shared_buffer_is_not_copied() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    let mut buffer = picture.buffer();
    buffer.make_mut().set_pts(gst::ClockTime::ZERO);
    let kept = buffer.clone();
    let out = rig.push_as_is(buffer);
    assert!(out.meta::<LivenessMeta>().is_some());
    assert_eq!(memory_of(&out), memory_of(&kept));
    assert!(kept.meta::<LivenessMeta>().is_none(), "somebody else's buffer is not written to");
    assert!(kept.meta::<VideoRegionOfInterestMeta>().is_none());
    assert!(*kept.map_readable().unwrap() == *picture.rgb);
}

#[test]
fn read_only_memory_is_good_enough() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &1u32)]);
    let buffer = gst::Buffer::from_slice(picture.rgb.clone());
    assert!(buffer.peek_memory(0).flags().contains(gst::MemoryFlags::READONLY));
    let memory = memory_of(&buffer);
    let out = rig.push(buffer);
    assert_eq!(memory_of(&out), memory);
    assert_eq!(text(result(&rig.messages()), "status"), "Approved");
}

#[test]
fn a_resting_element_passes_a_shared_buffer_as_it_is() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("auto-start", &false)]);
    let buffer = picture.buffer();
    let kept = buffer.clone();
    let out = rig.push_as_is(buffer);
    assert_eq!(memory_of(&out), memory_of(&kept));
}

#[test]
fn timestamps_and_flags_pass() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    let mut buffer = picture.buffer();
    let buffer_ref = buffer.make_mut();
    buffer_ref.set_pts(gst::ClockTime::from_mseconds(70));
    buffer_ref.set_dts(gst::ClockTime::from_mseconds(60));
    buffer_ref.set_duration(gst::ClockTime::from_mseconds(33));
    buffer_ref.set_offset(7);
    buffer_ref.set_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::MARKER);
    let out = rig.push_as_is(buffer);
    assert_eq!(out.pts(), Some(gst::ClockTime::from_mseconds(70)));
    assert_eq!(out.dts(), Some(gst::ClockTime::from_mseconds(60)));
    assert_eq!(out.duration(), Some(gst::ClockTime::from_mseconds(33)));
    assert_eq!(out.offset(), 7);
    assert!(out.flags().contains(gst::BufferFlags::DISCONT | gst::BufferFlags::MARKER));
}

#[test]
fn the_element_adds_no_latency() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    rig.harness.set_upstream_latency(gst::ClockTime::from_mseconds(12));
    rig.show(&picture);
    assert_eq!(rig.harness.query_latency(), Some(gst::ClockTime::from_mseconds(12)));
}

#[test]
fn quality_of_service_events_drop_no_frame() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[]);
    rig.show(&picture);
    let late = gst::event::Qos::new(
        gst::QOSType::Underflow,
        0.1,
        5_000 * MS as i64,
        gst::ClockTime::from_seconds(1),
    );
    assert!(rig.harness.push_upstream_event(late));
    // `show` fails when nothing comes out.
    rig.show(&picture);
    assert!(!rig.element.property::<bool>("qos"));
}

#[test]
fn a_slow_display_makes_no_converter_drop_frames_of_a_check() {
    for check in ["livenesspassive", "livenessaction", "livenessflash", "livenessbin method=action_flash"] {
        let session = Session::new(&format!(
            "livenesstestsrc num-buffers=12 seed=3 ! video/x-raw,format=I420,width=320,height=240 \
             ! videoconvert ! video/x-raw,format=RGB ! {check} max-attempts=1 ! identity name=checked \
             ! fakesink name=sink sync=false"
        ));
        // A display ten seconds behind, after its first frame.
        let sink = session.element("sink").static_pad("sink").unwrap();
        let late = |pad: &gst::Pad, _: &mut gst::PadProbeInfo<'_>| {
            let behind = 10_000 * MS as i64;
            pad.push_event(gst::event::Qos::new(gst::QOSType::Underflow, 9.0, behind, gst::ClockTime::ZERO));
            gst::PadProbeReturn::Remove
        };
        sink.add_probe(gst::PadProbeType::BUFFER, late);
        let passed = Arc::new(AtomicUsize::new(0));
        let counter = passed.clone();
        alter(&session.element("checked").static_pad("src").unwrap(), move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        session.play();
        session.finish();
        assert_eq!(passed.load(Ordering::Relaxed), 12, "{check}");
    }
}

#[test]
fn late_frames_of_a_live_pipeline_are_counted_and_passed_on() {
    let picture = Picture::astronaut();
    let mut rig = Rig::new(&picture, &[("frames", &2u32), ("max-lateness", &(200 * MS))]);
    rig.harness.set_time(gst::ClockTime::from_nseconds(0)).unwrap();
    assert!(was_analysed(&rig.show(&picture)));
    // The second frame is due at 0.1 s, and 0.4 s late.
    rig.harness.set_time(gst::ClockTime::from_mseconds(500)).unwrap();
    let late = rig.show(&picture);
    assert!(!was_analysed(&late) && late.iter_meta::<VideoRegionOfInterestMeta>().count() == 0);
    let (check, status) = (late.meta::<LivenessMeta>().unwrap().check().clone(), Status::InProgress);
    assert_eq!((check.status, check.fraction), (status, 0.5), "where the check stands is known all the same");
    rig.next = 450 * MS;
    assert!(was_analysed(&rig.show(&picture)), "50 ms are within bounds");
    let messages = rig.messages();
    let evidence = &json(result(&messages))["evidence"];
    assert_eq!((&evidence["frames_analysed"], &evidence["frames_skipped"]), (&2.into(), &1.into()));
}
