// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessaction` before a rendered person: the same challenge and the same verdict at every frame rate, steady or not,
//! and through a camera that compresses.

mod common;

use common::session::Session;
use common::*;
use gst::prelude::*;

/// How the frames come.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// So many a second.
    Steady(u32),
    /// 17 to 150 ms apart, at random: what is left of 60 a second when most are lost.
    Irregular,
}

const PACES: [Pace; 5] =
    [Pace::Steady(10), Pace::Steady(15), Pace::Steady(30), Pace::Steady(60), Pace::Irregular];

struct Outcome {
    status: String,
    asked: Vec<String>,
    report: serde_json::Value,
}

/// One attempt; `camera` are properties of the source.
fn check(seed: u64, camera: &str, pace: Pace) -> Outcome {
    let rate = if let Pace::Steady(rate) = pace { rate } else { 60 };
    let mut session = Session::new(&format!(
        "livenesstestsrc seed={seed} identity={seed} distance=0.45 {camera} ! \
         video/x-raw,format=I420,width=320,height=240,framerate={rate}/1 ! \
         livenessaction name=check seed={seed} max-attempts=1 action-timeout=2500000000 ! fakesink sync=false"
    ));
    if let Pace::Irregular = pace {
        let kept = kept();
        lose(&session.element("check").static_pad("sink").unwrap(), move |n| !kept.contains(&n));
    }
    session.play();
    let result = session.result();
    let actions = named(&session.messages, "liveness/action");
    let asked = actions.iter().filter(|action| text(action, "state") == "requested");
    let asked = asked.map(|action| text(action, "action")).collect();
    Outcome { status: text(&result, "status"), asked, report: json(&result) }
}

/// The numbers of the frames that are not lost: one of one to nine, the same each time.
fn kept() -> std::collections::HashSet<u64> {
    let mut random = 1u32;
    let mut next = 0;
    let frames = std::iter::from_fn(|| {
        let this = next;
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        next += u64::from((random >> 16) % 9) + 1;
        Some(this)
    });
    frames.take(1000).collect()
}

/// At every pace: approved, and asked the same.
fn approves_who_obeys(seed: u64) {
    let outcomes = PACES.map(|pace| (pace, check(seed, "", pace)));
    for (pace, Outcome { status, asked, report }) in &outcomes {
        assert_eq!(status, "Approved", "{pace:?}: {report:#}");
        assert_eq!((asked, asked.len()), (&outcomes[0].1.asked, 2), "{pace:?}");
    }
}

#[test]
fn who_opens_the_mouth_and_nods_is_approved_at_every_rate() {
    approves_who_obeys(1);
}

#[test]
fn who_turns_and_opens_the_mouth_is_approved_at_every_rate() {
    approves_who_obeys(2);
}

#[test]
fn who_does_not_obey_is_approved_at_no_rate() {
    for pace in [Pace::Steady(10), Pace::Steady(60), Pace::Irregular] {
        for behaviour in ["idle", "wrong-action"] {
            let Outcome { status, report, .. } = check(3, &format!("behaviour={behaviour}"), pace);
            assert_eq!(status, "Declined", "{behaviour} at {pace:?}");
            // A wrong movement of the head ends the challenge at once, a wrong expression with the time.
            let reason = report["warnings"][0]["additional_data"]["reason"].as_str();
            assert!(
                matches!(reason, Some("ACTION_NOT_DONE" | "WRONG_ACTION" | "MIRROR_IMAGE")),
                "{behaviour} at {pace:?}: {report:#}"
            );
        }
    }
}

#[test]
fn a_webcam_s_compression_costs_nobody_the_approval() {
    let outcome = check(4, "compression=30", Pace::Steady(30));
    assert_eq!(outcome.status, "Approved", "{:#}", outcome.report);
}
