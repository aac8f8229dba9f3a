// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sources that show people as a mirror does: told so they are approved; else the answer that fits the mirror image is told as
//! that, never as an attack, and never approved.

mod common;

use common::session::Session;
use common::*;

const CAMERA: &str =
    "livenesstestsrc num-buffers=900 seed=3 identity=5 ! video/x-raw,width=640,height=480,framerate=30/1";
/// One turn of the head, and something that looks the same in a mirror.
const ACTION: &str = "livenessaction seed=11 actions=turn-left+smile action-count=2";
const FLASH: &str = "livenessflash seed=3";

/// A check through a camera that shows a mirror image.
fn in_mirror(check: &str) -> Session {
    Session::playing(&format!("{CAMERA} ! videoflip video-direction=horiz ! {check} ! fakesink sync=false"))
}

fn is_approved(check: &str) {
    let mut session = in_mirror(&format!("{check} mirrored=true max-attempts=1"));
    assert_eq!(session.status(), "Approved", "{:#?}", session.messages);
}

/// Costs an attempt, is retried, and says why.
fn is_told(check: &str, advice: &str) {
    let mut session = in_mirror(&format!("{check} max-attempts=2"));
    let result = session.result();
    assert_eq!(text(&result, "status"), "Declined", "{result}");
    assert_eq!(texts(&result, "warnings")[0], "LOW_LIVENESS_SCORE", "{result}");
    assert!(!texts(&result, "warnings").contains(&"LIVENESS_FACE_ATTACK".to_owned()), "{result}");
    let report = json(&result);
    assert_eq!(report["warnings"][0]["additional_data"]["reason"], "MIRROR_IMAGE", "{report:#}");
    assert_eq!(report["evidence"]["mirror_image"], true, "{report:#}");
    let retries = named(&session.messages, "liveness/retry");
    assert_eq!(retries.len(), 1, "{:#?}", session.messages);
    assert_eq!(text(retries[0], "detail"), advice);
}

#[test]
fn a_mirrored_source_that_is_said_to_be_one_is_approved_by_turns() {
    is_approved(ACTION);
}

#[test]
fn a_mirrored_source_that_is_said_to_be_one_is_approved_by_light() {
    is_approved(FLASH);
}

#[test]
fn a_turn_that_fits_the_mirror_image_is_told_as_that() {
    is_told(ACTION, "Turn your head to your left, not to your right");
}

#[test]
fn light_that_fits_the_mirror_image_is_told_as_that() {
    is_told(FLASH, "The camera may show a mirror image: ask for help");
}

#[test]
fn a_source_that_is_falsely_said_to_be_mirrored_is_not_approved() {
    for check in [ACTION, FLASH] {
        let mut session = Session::playing(&format!(
            "{CAMERA} ! {check} mirrored=true max-attempts=1 ! fakesink sync=false"
        ));
        let result = session.result();
        assert_eq!(text(&result, "status"), "Declined", "{result}");
        assert_eq!(json(&result)["evidence"]["mirror_image"], true, "{result}");
    }
}

#[test]
fn a_print_gains_nothing_in_a_mirror() {
    let print = CAMERA.replace("identity=5", "identity=5 subject=print ambient=0.4");
    for mirrored in [false, true] {
        let mut session = Session::playing(&format!(
            "{print} ! videoflip video-direction=horiz ! {FLASH} mirrored={mirrored} max-attempts=1 ! fakesink sync=false"
        ));
        let result = session.result();
        assert_eq!(text(&result, "status"), "Declined", "{result}");
        assert!(texts(&result, "warnings").contains(&"LIVENESS_FACE_ATTACK".to_owned()), "{result}");
    }
}

#[test]
fn a_workflow_says_that_its_source_is_mirrored() {
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), r#"{"method": "action_flash", "mirrored": true, "max_attempts": 1}"#)
        .unwrap();
    let bin = format!("livenessbin name=bin workflow={} seed=3", file.path().display());
    let mut session = in_mirror(&bin);
    assert!(gst::prelude::ObjectExt::property::<bool>(&session.element("bin"), "mirrored"));
    assert_eq!(session.status(), "Approved", "{:#?}", session.messages);
}
