// SPDX-License-Identifier: MIT OR Apache-2.0

//! Draws the kiosk screen in its states over the rendered person, as PNG files.
//!
//!     cargo run --release --example screens -- FOLDER [WIDTHxHEIGHT] [LANGUAGE]

use gst::prelude::*;
use gstliveness::meta::{LivenessMeta, RunningCheck};
use liveness_core::check::{Action, ActionEvent, ActionState, Guidance, LightCue, Method};
use liveness_core::session::{Advice, Status};

fn running() -> RunningCheck {
    RunningCheck {
        method: Method::ActionFlash,
        status: Status::InProgress,
        attempt: 1,
        guidance: Guidance::Ok,
        fraction: 0.35,
        score: None,
        action: None,
        advice: None,
        light: None,
    }
}

fn asked(action: Action) -> RunningCheck {
    let event = ActionEvent { action, index: 0, count: 3, state: ActionState::Requested, deadline: 0 };
    RunningCheck { action: Some(event), ..running() }
}

fn lit(check: RunningCheck, rows: u32, columns: u32, colors: &[u32]) -> RunningCheck {
    let light = LightCue { active: true, index: 0, rows, columns, colors: colors.to_vec(), duration: 1 };
    RunningCheck { light: Some(light), fraction: 0.7, ..check }
}

fn states() -> Vec<(String, RunningCheck)> {
    const QUARTERS: [u32; 4] = [0xc8_6040, 0x50_a0d0, 0x60_b050, 0xb0_70c0];
    let coach = |guidance| RunningCheck { guidance, fraction: 0.0, ..running() };
    let ended = |status| RunningCheck { status, fraction: 1.0, ..running() };
    let retry = |advice| RunningCheck { advice: Some(advice), ..running() };
    let failed = asked(Action::Nod).action.map(|event| ActionEvent { state: ActionState::Failed, ..event });
    let done = failed.map(|event| ActionEvent { state: ActionState::Done, ..event });
    let mut all = vec![
        ("done".to_owned(), RunningCheck { action: done, ..running() }),
        ("failed".to_owned(), RunningCheck { action: failed, ..running() }),
        ("light".to_owned(), lit(running(), 2, 2, &QUARTERS)),
        ("light-turn".to_owned(), lit(asked(Action::TurnLeft), 2, 2, &QUARTERS)),
        ("light-white".to_owned(), lit(running(), 1, 1, &[0xff_ffff])),
        ("approved".to_owned(), ended(Status::Approved)),
        ("review".to_owned(), ended(Status::InReview)),
        ("declined".to_owned(), ended(Status::Declined)),
        ("abandoned".to_owned(), ended(Status::Abandoned)),
    ];
    all.extend(Guidance::ALL.map(|guidance| (format!("coach-{}", guidance.code()), coach(guidance))));
    all.extend(Advice::all().map(|advice| (format!("retry-{advice:?}"), retry(advice))));
    all.extend(Action::ALL.map(|action| (action.name().to_owned(), asked(action))));
    all
}

/// Screens before a check.
const READY: [&str; 3] = ["touch", "face+light", "touch+light+calm"];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".into());
    let size = arguments.next().unwrap_or_else(|| "1280x720".into());
    let language = arguments.next().unwrap_or_else(|| "en".into());
    let (width, height) = size.split_once('x').expect("WIDTHxHEIGHT");
    gst::init().expect("GStreamer");
    gstliveness::plugin_register_static().expect("plugin");
    let ready = READY.map(|ready| (format!("ready-{ready}"), None, ready));
    let states = states().into_iter().map(|(name, check)| (name, Some(check), "0"));
    for (name, check, ready) in states.chain(ready) {
        let line = format!(
            "livenesstestsrc num-buffers=1 ! video/x-raw,width={width},height={height} ! \
             livenessoverlay name=overlay language={language} ready={ready} ! \
             videoconvert ! pngenc ! filesink location=\"{folder}/{size}-{name}.png\""
        );
        let pipeline =
            gst::parse::launch(&line).expect("pipeline").downcast::<gst::Pipeline>().expect("pipeline");
        let overlay = pipeline.by_name("overlay").expect("overlay");
        overlay.static_pad("sink").expect("pad").add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let (Some(buffer), Some(check)) = (info.buffer_mut(), &check) {
                LivenessMeta::add(buffer.make_mut(), None, check.clone());
            }
            gst::PadProbeReturn::Ok
        });
        pipeline.set_state(gst::State::Playing).expect("playing");
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = pipeline.bus().expect("bus").timed_pop_filtered(None, &kinds).expect("an end");
        assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
        pipeline.set_state(gst::State::Null).expect("null");
    }
}
