// SPDX-License-Identifier: MIT OR Apache-2.0

//! Near and far: a face is found wherever the oval invites it, and a phone in a hand is far enough for movement and light.

mod common;

use common::session::Session;
use common::*;
use liveness_core::check::Guidance;
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::vision::Frame;
use liveness_render::{Presentation, Renderer, Scene, Setting, Stance};

/// What is told of a rendered person so far away (metres), once all parts of the oval have been searched; they stand `lower` metres
/// lower than the camera.
fn told(analyzer: &mut FaceAnalyzer, identity: u64, distance: f32, lower: f32) -> Guidance {
    let setting =
        Setting { width: 1280, height: 720, identity, seed: identity, distance, ..Setting::default() };
    let mut renderer = Renderer::new(setting);
    let mut stance = Stance::default();
    stance.head.shift[1] = -lower;
    let scene = Scene {
        presentation: Presentation::Live,
        stance,
        shown: Stance::default(),
        light: None,
        shown_light: None,
    };
    analyzer.reset();
    let mut guidance = Guidance::NoFace;
    for _ in 0..4 {
        let rgb = renderer.render(&scene, 0.033);
        guidance = Guidance::of(&analyzer.analyze(&Frame::rgb(rgb, 1280, 720).unwrap()).unwrap());
    }
    guidance
}

#[test]
fn a_face_in_the_oval_is_found_up_to_two_metres_and_asked_to_come_closer() {
    init();
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    for identity in [1, 3] {
        for distance in [1.0, 1.6, 2.0] {
            // In the oval's upper half, in its middle and in its lower half.
            for lower in [-0.08, 0.0, 0.08].map(|share| share * distance) {
                let guidance = told(&mut analyzer, identity, distance, lower);
                let expected =
                    if distance < 1.5 { &[Guidance::Ok][..] } else { &[Guidance::Ok, Guidance::MoveCloser] };
                let expected = if distance < 2.0 { expected } else { &[Guidance::MoveCloser] };
                assert!(
                    expected.contains(&guidance),
                    "person {identity}, {distance} m, {lower} m lower: {guidance:?}"
                );
            }
        }
    }
}

#[test]
fn nobody_is_found_in_an_empty_room() {
    let mut session = Session::playing(
        "livenesstestsrc num-buffers=60 subject=nobody seed=4 ! video/x-raw,width=1280,height=720,framerate=30/1 ! \
         livenesspassive max-attempts=1 ! fakesink sync=false",
    );
    let result = session.result();
    assert_eq!(texts(&result, "warnings")[0], "NO_FACE_DETECTED", "{result}");
    assert_eq!(guidance(&session.messages), ["NO_FACE"]);
}

/// Heads of these heights (pixels) side by side.
fn heads(heights: &[usize]) -> Picture {
    let head = Picture::astronaut().crop(150, 10, 160, 210);
    let mut picture = Picture::new(640, 480, |_, _| [120, 130, 140]);
    for (i, height) in heights.iter().enumerate().filter(|(_, height)| **height > 0) {
        picture = picture.pasted(&head.scaled(160 * height / 210, *height), 20 + 300 * i, 20);
    }
    picture
}

#[test]
fn the_largest_face_is_judged_whoever_came_first() {
    init();
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    let mut judged = |picture: &Picture| {
        let frame = Frame::rgb(&picture.rgb, picture.width, picture.height).unwrap();
        let seen = analyzer.analyze(&frame).unwrap();
        let (face, _) = seen.primary().expect("a face");
        assert!(
            seen.faces.iter().all(|other| other.bbox.area() < 1.5 * face.bbox.area()),
            "{:?}",
            seen.faces
        );
        (face.bbox.center().x, seen.faces.len())
    };
    // A blurred one is not the detector's favourite.
    let (left, right) =
        (heads(&[230, 0]), heads(&[230, 370]).blurred(2).pasted(&heads(&[230]).crop(0, 0, 280, 480), 0, 0));
    for _ in 0..3 {
        assert!(judged(&left).0 < 300.0);
    }
    // Those beside the one that is followed are looked for in every fifth frame.
    let last = (0..6).map(|_| judged(&right)).last().unwrap();
    assert!(last.0 > 300.0 && last.1 == 2, "{last:?}");
}

/// A check of a phone held so near, upright and across.
fn near(check: &str, distance: f32, size: &str) -> Session {
    Session::playing(&format!(
        "livenesstestsrc num-buffers=600 seed=5 identity=5 screen=phone ambient=0.5 distance={distance} ! \
         video/x-raw,{size},framerate=30/1 ! {check} max-attempts=1 ! fakesink sync=false"
    ))
}

#[test]
fn movement_and_light_are_judged_from_25_centimetres() {
    for check in ["livenessaction seed=11", "livenessflash seed=3"] {
        for (distance, size) in [(0.25, "width=480,height=640"), (0.32, "width=640,height=480")] {
            let mut session = near(check, distance, size);
            assert_eq!(session.status(), "Approved", "{check} at {distance}: {:#?}", session.messages);
        }
    }
}

#[test]
fn single_frames_ask_for_room() {
    let mut session = near("livenesspassive attempt-timeout=1000000000", 0.25, "width=480,height=640");
    let result = session.result();
    assert_ne!(text(&result, "status"), "Approved", "{result}");
    assert_eq!(guidance(&session.messages)[0], "MOVE_BACK");
}
