// SPDX-License-Identifier: MIT OR Apache-2.0

//! A picture of a face on surroundings that are not a room's is never approved: the person is asked to move back.

mod common;
// The edits that measurements make.
#[allow(dead_code)]
#[path = "../tools/edits/edit.rs"]
mod edit;

use common::Picture;
use edit::{Edit, Scene, Scenes};
use image::RgbImage;
use liveness_core::check::{AntiSpoof, Check, Guidance, PassiveCheck, PassiveConfig};
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::session::{Decision, Risk, Status, Thresholds, decide};
use liveness_core::vision::{Frame, Rect};
use liveness_render::{Presentation, Renderer, Scene as Rendered, Setting};

struct Judge(FaceAnalyzer);

impl Judge {
    fn new() -> Self {
        Self(FaceAnalyzer::new(&ModelSource::Embedded).unwrap())
    }

    fn judge(&mut self, picture: &RgbImage) -> (Guidance, Decision, Rect) {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let frame = Frame::rgb(picture.as_raw(), width, height).unwrap();
        self.0.reset();
        let seen = self.0.analyze(&frame).unwrap();
        let net = AntiSpoof::new(&ModelSource::Embedded).unwrap();
        let mut check = PassiveCheck::new(PassiveConfig { frames: 1, ..PassiveConfig::default() }, net);
        let guidance = check.observe(&frame, &seen, Some(0)).unwrap().guidance;
        let face = seen.primary().unwrap().1.mesh.bbox();
        (guidance, decide(&check.evidence(), Thresholds::default()), face)
    }
}

fn astronaut() -> RgbImage {
    let picture = Picture::astronaut();
    RgbImage::from_raw(picture.width as u32, picture.height as u32, picture.rgb).unwrap()
}

fn rendered(presentation: Presentation) -> RgbImage {
    let setting = Setting { width: 640, height: 480, ..Setting::default() };
    let rgb =
        Renderer::new(setting).render(&Rendered { presentation, ..Rendered::default() }, 0.033).to_vec();
    RgbImage::from_raw(640, 480, rgb).unwrap()
}

/// Blur, one colour, and another ground.
fn edits() -> impl Iterator<Item = Edit> {
    let kinds = |edit: &Edit| match edit {
        Edit::Feather { reach, .. } | Edit::Flat { reach, .. } => *reach < 2.0,
        Edit::Ground { scene, .. } => *scene == Scene::Gradient,
        _ => false,
    };
    let faint = Edit::Feather { reach: 1.4, blur: 0.05, grain: 0.0 };
    Edit::ALL.into_iter().filter(kinds).chain([faint])
}

#[test]
fn a_face_on_its_blur_on_a_color_or_on_another_ground_is_asked_to_move_back() {
    let mut judge = Judge::new();
    let portrait = astronaut();
    let portrait_face = judge.judge(&portrait).2;
    let scenes = Scenes { room: rendered(Presentation::Nobody), portrait: portrait.clone(), portrait_face };
    let print = rendered(Presentation::Print);
    for (name, picture) in
        [("astronaut", portrait), ("person", rendered(Presentation::Live)), ("print", print)]
    {
        let face = judge.judge(&picture).2;
        for edit in edits() {
            let (guidance, decision, _) = judge.judge(&edit.apply(&picture, &face, &scenes).unwrap());
            assert_eq!(guidance, Guidance::MoveBack, "{name}, {edit}");
            assert_ne!(decision.status, Status::Approved, "{name}, {edit}");
            assert!(!decision.has(Risk::LivenessFaceAttack) && decision.retryable(), "{name}, {edit}");
        }
    }
}

#[test]
fn people_in_rooms_are_not_asked_to_move_back() {
    let mut judge = Judge::new();
    for picture in [astronaut(), rendered(Presentation::Live)] {
        let (guidance, decision, _) = judge.judge(&picture);
        assert_eq!((guidance, decision.status), (Guidance::Ok, Status::Approved), "{decision:?}");
    }
    // What a hand holds before the camera is in a room too; it is declined for what it is.
    for attack in [Presentation::Print, Presentation::Screen] {
        let (guidance, decision, _) = judge.judge(&rendered(attack));
        assert_ne!((guidance, decision.status), (Guidance::MoveBack, Status::Approved), "{attack:?}");
    }
}

#[test]
fn edits_that_leave_the_surroundings_alone_are_no_reason_to_move_back() {
    let mut judge = Judge::new();
    let picture = astronaut();
    let face = judge.judge(&picture).2;
    let scenes = Scenes { room: picture.clone(), portrait: picture.clone(), portrait_face: face };
    for edit in [Edit::Blur(0.012), Edit::Rescale(2), Edit::Jpeg(50), Edit::Noise(8.0), Edit::Gamma(1.7)] {
        let (guidance, _, _) = judge.judge(&edit.apply(&picture, &face, &scenes).unwrap());
        assert_ne!(guidance, Guidance::MoveBack, "{edit}");
    }
}
