// SPDX-License-Identifier: MIT OR Apache-2.0

//! One person, from the first frame that counts to the portrait.

mod common;

use common::session::Session;
use common::*;
use gst::prelude::*;
use gstliveness::with_frame;
use liveness_core::face::{Embedder, Embedding, FaceAnalyzer};
use liveness_core::inference::ModelSource;
use liveness_core::vision::{Frame, Sampler};

const CAMERA: &str = "video/x-raw,format=I420,width=640,height=480,framerate=30/1";
/// The rendered person.
const PERSON: &str = "livenesstestsrc identity=11 seed=11";

/// Somebody else: the astronaut, for some frames.
fn astronaut(frames: u32) -> String {
    format!(
        "filesrc location={ASTRONAUT} ! pngdec ! imagefreeze num-buffers={frames} ! videoconvert ! videoscale ! videorate ! {CAMERA}"
    )
}

fn embedding(sample: &gst::Sample) -> Embedding {
    let picture = Picture::decoded(sample);
    let (buffer, info) = (picture.buffer(), picture.info());
    let mut faces = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    let mut embedder = Embedder::new(&ModelSource::Embedded).unwrap();
    with_frame(&buffer, &info, |frame| {
        let seen = faces.analyze(frame).unwrap();
        let mesh = &seen.primary().expect("a face").1.mesh;
        embedder.embed(frame, mesh, &mut Sampler::new()).unwrap().unwrap()
    })
    .unwrap()
}

/// The result of a line with a check of one attempt.
fn result_of(line: &str) -> gst::Structure {
    Session::playing(line).result()
}

fn portrait(result: &gst::StructureRef) -> Embedding {
    embedding(&result.get::<gst::Sample>("reference-image").expect("a portrait"))
}

/// One person stands before the camera for some frames, then another in the same place.
fn after(frames: u32, check: &str) -> gst::Structure {
    result_of(&format!(
        "concat name=all ! {check} max-attempts=1 seed=3 ! fakesink sync=false \
         {} ! all. {PERSON} num-buffers=400 ! {CAMERA} ! all.",
        astronaut(frames)
    ))
}

#[test]
fn the_portrait_is_of_who_was_checked_and_not_of_who_stood_there_before() {
    let alone = |who: &str| portrait(&result_of(&format!("{who} ! livenesspassive ! fakesink sync=false")));
    let first = alone(&astronaut(60));
    let second = alone(&format!("{PERSON} num-buffers=60 ! {CAMERA}"));
    assert!(first.similarity(&second) < Embedding::SAME_PERSON, "{}", first.similarity(&second));
    let checks = ["livenesspassive", "livenessaction", "livenessflash", "livenessbin method=action_flash"]
        .map(|check| {
            let frames = if check == "livenesspassive" { 3 } else { 9 };
            std::thread::spawn(move || (check, after(frames, check)))
        });
    for (check, result) in checks.map(|check| check.join().unwrap()) {
        assert_eq!(text(&result, "status"), "Approved", "{check}: {result}");
        let shown = portrait(&result);
        let (wrong, right) = (shown.similarity(&first), shown.similarity(&second));
        assert!(right > wrong.max(Embedding::SAME_PERSON), "{check}: {right} against {wrong}");
    }
}

#[test]
fn a_check_that_is_started_before_its_stream_goes_on() {
    let mut session = Session::new(&format!(
        "livenesstestsrc num-buffers=60 ! {CAMERA} ! livenesspassive name=check auto-start=false ! fakesink"
    ));
    session.pipeline.set_state(gst::State::Ready).unwrap();
    session.element("check").emit_by_name::<()>("start", &[]);
    session.play();
    session.result();
}

#[test]
fn an_observation_stays_with_its_picture_and_no_longer() {
    for (change, kept) in [
        ("videoconvert ! video/x-raw,format=RGB", true),
        ("videobox left=200 right=-200", false),
        ("videoscale ! video/x-raw,width=320,height=240", false),
    ] {
        let session = Session::new(&format!(
            "livenesstestsrc num-buffers=6 ! {CAMERA} ! livenesspassive frames=50 interval=0 ! {change} ! fakesink name=sink"
        ));
        let carried = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let count = carried.clone();
        let pad = session.element("sink").static_pad("sink").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let has = info
                .buffer()
                .is_some_and(|buffer| buffer.meta::<gstliveness::meta::LivenessMeta>().is_some());
            count.fetch_add(u32::from(has), std::sync::atomic::Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
        session.play();
        session.finish();
        let carried = carried.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(carried >= 5, kept, "{change}: {carried}");
        assert!(kept || carried == 0, "{change}: {carried}");
    }
}

#[test]
fn a_mirrored_picture_is_looked_at_anew() {
    // Another element's landmarks would lie beside the face, which then has no steady score.
    let session = Session::playing(&format!(
        "{PERSON} num-buffers=90 ! {CAMERA} ! videobox left=-160 right=160 ! {CAMERA} ! \
         livenesspassive frames=80 ! videoflip method=horizontal-flip ! livenesspassive name=second ! fakesink"
    ));
    session.finish();
    let result = session.element("second").property::<Option<gst::Structure>>("last-result");
    let shown = portrait(&result.expect("a result"));
    let alone = portrait(&result_of(&format!(
        "{PERSON} num-buffers=60 ! {CAMERA} ! livenesspassive ! fakesink sync=false"
    )));
    assert!(shown.similarity(&alone) > 0.5, "{}", shown.similarity(&alone));
}

#[test]
fn a_face_that_leaves_ends_its_challenge_at_once() {
    let result = result_of(&format!(
        "concat name=all ! livenessaction max-attempts=1 seed=3 ! fakesink sync=false \
         {PERSON} behaviour=idle num-buffers=60 ! {CAMERA} ! all. \
         livenesstestsrc subject=nobody num-buffers=400 ! {CAMERA} ! all."
    ));
    let seconds = result.get::<u64>("running-time").unwrap() as f64 * 1e-9;
    assert!(text(&result, "json").contains("FACE_CUT") && seconds < 3.0, "{seconds}: {result}");
}

#[test]
fn a_face_that_is_lost_for_a_moment_keeps_its_number() {
    let (face, nobody) = (Picture::astronaut(), Picture::grey(512, 512));
    let [here, elsewhere] = [30, 200].map(|at| nobody.pasted(&face.scaled(300, 300), at, at));
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded).unwrap();
    let mut number = |picture: &Picture| {
        let frame = Frame::rgb(&picture.rgb, picture.width, picture.height).unwrap();
        analyzer.analyze(&frame).unwrap().primary().map(|(face, _)| face.id)
    };
    let first = number(&face);
    assert!(first.is_some());
    for _ in 0..3 {
        assert_eq!(number(&nobody), None);
    }
    assert_eq!(number(&face), first, "as in profile");
    for _ in 0..8 {
        number(&nobody);
    }
    let later = number(&face);
    assert_ne!(later, first, "somebody may have come meanwhile");
    for _ in 0..8 {
        number(&nobody);
    }
    let (before, after) = (number(&here), number(&elsewhere));
    assert!(before.is_some() && after.is_some() && before != after, "another place: {before:?} {after:?}");
}
