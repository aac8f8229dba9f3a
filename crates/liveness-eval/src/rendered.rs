// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sessions of `livenesstestsrc`. Each has its own person, room, distance, challenge and camera.

use std::ops::Range;

use liveness_core::check::Method;
use liveness_core::random::Random;
use liveness_render::ScreenSize;

use super::case::{Case, Label, Origin};
use liveness_service::failure::Failure;

use Label::{Attack, Live, Other};

/// Subject, behaviour and label of sessions with actions. Attackers follow the prompts as well as their
/// instrument allows.
const MOVING: [(&str, &str, Label); 14] = [
    ("live", "obeys", Live),
    ("print", "obeys", Attack),
    ("bent-print", "obeys", Attack),
    ("cutout-print", "obeys", Attack),
    ("screen", "obeys", Attack),
    ("replay", "obeys", Attack),
    ("injected", "obeys", Attack),
    ("mask", "obeys", Attack),
    ("nobody", "obeys", Other),
    ("two-people", "obeys", Other),
    ("live", "idle", Other),
    ("live", "wrong-action", Other),
    ("live", "too-early", Other),
    ("live", "too-late", Other),
];
/// Subject, behaviour and label of flash sessions. Nobody moves, as a recorded flash session shows a person
/// who was not prompted.
const LIT: [(&str, &str, Label); 11] = [
    ("live", "idle", Live),
    ("print", "idle", Attack),
    ("tilted-print", "idle", Attack),
    ("bent-print", "idle", Attack),
    ("cutout-print", "idle", Attack),
    ("screen", "idle", Attack),
    ("replay", "idle", Attack),
    ("injected", "idle", Attack),
    ("relight", "idle", Attack),
    ("paper-mask", "idle", Attack),
    ("mask", "idle", Attack),
];
const SCREENS: [(&str, ScreenSize); 4] = [
    ("phone", ScreenSize::Phone),
    ("laptop", ScreenSize::Laptop),
    ("desktop", ScreenSize::Desktop),
    ("kiosk", ScreenSize::Kiosk),
];
/// Mean linear level of the screen at rest.
const REST: f32 = 0.6;

/// Returns the cases of a method: one of each kind per session number.
///
/// # Errors
/// A usage [`Failure`] for the passive method, which has no rendered sessions.
pub fn cases(method: Method, sessions: Range<u64>) -> Result<Vec<Case>, Failure> {
    let kinds: &[_] = match method {
        Method::Passive => {
            return Err(Failure::usage("rendered people are for --method flash, action or action_flash"));
        }
        Method::Flash => &LIT,
        Method::Action | Method::ActionFlash => &MOVING,
    };
    // The kinds alternate, so that an interrupted run contains some of each.
    Ok(sessions.flat_map(|n| kinds.iter().map(move |kind| case(method, *kind, n))).collect())
}

fn case(method: Method, (subject, behaviour, label): (&str, &str, Label), n: u64) -> Case {
    let mut random = Random::nth(1, n);
    let (camera, kind) = match method {
        Method::Action => (still_room(&mut random), ""),
        _ => lit_room(&mut random),
    };
    let species = match label {
        Live if kind.is_empty() => "live".to_owned(),
        Live => format!("live, {kind}"),
        Other if subject == "live" => format!("live, {behaviour}"),
        Attack | Other => subject.to_owned(),
    };
    Case {
        id: format!("{}/{subject}/{behaviour}/{n}", method.name().to_lowercase()),
        label,
        species,
        subject: String::new(),
        origin: Origin::Rendered {
            chain: format!(
                "livenesstestsrc subject={subject} behaviour={behaviour} seed={n} identity={n} {camera}"
            ),
            seed: n + 1,
        },
    }
}

fn still_room(random: &mut Random) -> String {
    let (ambient, distance) = (random.between(0.6, 1.4), random.between(0.45, 0.7));
    format!(
        "ambient={ambient} distance={distance} ! video/x-raw,format=NV12,width=640,height=480,framerate=15/1"
    )
}

/// Returns a camera chain and the name of its screen. The room gives the face between none and four times the
/// light of the screen at rest. Half of the cameras compress their video.
fn lit_room(random: &mut Random) -> (String, &'static str) {
    let (room, distance) = (random.between(0.0, 4.0), random.between(0.25, 0.6));
    let (noise, sway) = (random.between(0.5, 2.0), random.between(0.5, 3.0));
    let latency = (random.between(0.0, 0.3) * 1e9) as u64;
    let (screen, size) = SCREENS[(random.bits() % 4) as usize];
    let ambient = room * REST * size.light(distance);
    let codec = match random.bits() % 2 {
        0 => "",
        _ => "! openh264enc bitrate=1000000 rate-control=bitrate ! avdec_h264 max-threads=1",
    };
    let chain = format!(
        "ambient={ambient} distance={distance} noise={noise} sway={sway} display-latency={latency} screen={screen} ! \
         video/x-raw,format=I420,width=640,height=480,framerate=30/1 {codec}"
    );
    (chain, screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_differ_and_repeat() {
        let all = |method| cases(method, 0..20).unwrap();
        for (method, kinds) in [(Method::Action, 14), (Method::Flash, 11), (Method::ActionFlash, 14)] {
            let (mut ids, cases) = (std::collections::HashSet::new(), all(method));
            assert!(cases.iter().all(|case| ids.insert(case.id.clone())));
            assert_eq!((cases.len(), &all(method)), (20 * kinds, &cases));
        }
        assert!(cases(Method::Passive, 0..1).is_err());
    }
}
