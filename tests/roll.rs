// SPDX-License-Identifier: MIT OR Apache-2.0

//! Heads that do not stand upright: coached, never approved, never called an attack, whatever the angle and the method.

mod common;

use common::session::Session;
use common::*;
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::vision::Frame;

/// Degrees up to which the detector finds her for sure: nearly upside down it sees nobody.
const FOUND: f32 = 125.0;

/// Degrees, all round.
fn angles() -> impl Iterator<Item = f32> {
    (-11..=12).map(|step| 15.0 * step as f32)
}

#[test]
fn the_roll_is_measured_all_round() {
    init();
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    for degrees in angles().filter(|degrees| degrees.abs() < FOUND) {
        let picture = Picture::leaning(degrees);
        let frame = Frame::rgb(&picture.rgb, picture.width, picture.height).unwrap();
        analyzer.reset();
        let seen = analyzer.analyze(&frame).unwrap();
        let (_, face) = seen.primary().unwrap_or_else(|| panic!("no face at {degrees} degrees"));
        let off = (face.pose.roll - degrees + 540.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 12.0, "{degrees} degrees are measured as {}", face.pose.roll);
    }
}

#[test]
fn a_leaning_head_is_to_look_straight_and_is_never_approved() {
    for degrees in angles().filter(|degrees| degrees.abs() > 30.0) {
        let picture = Picture::leaning(degrees);
        let mut rig = Rig::new(
            &picture,
            &[("max-attempts", &1u32), ("frames", &1u32), ("attempt-timeout", &(300 * MS))],
        );
        let messages = rig.show_until_result(&picture, 10);
        let result = result(&messages);
        assert_ne!(text(result, "status"), "Approved", "{degrees} degrees");
        assert!(!guidance(&messages).contains(&"OK".to_owned()), "{degrees} degrees");
        if degrees.abs() < 95.0 {
            assert_eq!(guidance(&messages), ["LOOK_STRAIGHT"], "{degrees} degrees");
            assert_eq!(texts(result, "warnings")[0], "LOW_FACE_QUALITY", "{degrees} degrees");
        }
    }
}

#[test]
fn a_camera_on_its_side_makes_nobody_an_attacker() {
    for check in ["livenesspassive", "livenessaction", "livenessflash"] {
        for turn in ["90r", "90l", "180"] {
            let mut session = Session::playing(&format!(
                "livenesstestsrc num-buffers=60 seed=3 identity=5 ! video/x-raw,width=640,height=480,framerate=30/1 ! \
                 videoflip video-direction={turn} ! {check} seed=11 max-attempts=1 attempt-timeout=1500000000 ! fakesink sync=false"
            ));
            let result = session.result();
            assert!(text(&result, "status") != "Approved", "{check}, {turn}: {result}");
            let warnings = texts(&result, "warnings");
            assert!(!warnings.contains(&"LIVENESS_FACE_ATTACK".to_owned()), "{check}, {turn}: {result}");
            let codes = guidance(&session.messages);
            assert!(!codes.contains(&"OK".to_owned()), "{check}, {turn}: {codes:?}");
        }
    }
}
