//! Rendered sessions: how `livenessaction` and `livenessflash` decide on `livenesstestsrc`'s subjects, and how fast.
//!
//!     cargo run --release --example sessions -- action|flash [SESSIONS] [ONLY] [FIRST]
//!
//! Each of SESSIONS (300) per subject and behaviour has its own person, seed, light, distance, challenge and camera, and one
//! attempt. ONLY is how the names of those to run begin, such as "print" or "live too-early"; FIRST (0) is
//! the number of the first session. Frames come as fast as two
//! threads per core make them; times are those of the stream. Flash sessions have any of four screens, distances of 25 to 60 cm,
//! a room that gives the face from nothing to four times the light of the resting screen, up to 300 ms of display latency, restless heads, and every other
//! one a camera that compresses (H.264, 1 Mbit/s). With VERBOSE set, each session has its line on standard error.

#[path = "common/stats.rs"]
mod stats;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use gst::prelude::*;
use gstliveness::elements::message::{Body, LivenessMessage};
use gstliveness::face::FaceAnalyzer;
use gstliveness::inference::ModelSource;
use gstliveness::render::ScreenSize;
use gstliveness::render::random::Random;
use gstliveness::session::Status;
use serde_json::Value;

use stats::Rate;

type Error = Box<dyn std::error::Error + Send + Sync>;

const ACTION_SUBJECTS: [&str; 10] = [
    "live",
    "print",
    "bent-print",
    "cutout-print",
    "screen",
    "replay",
    "injected",
    "mask",
    "nobody",
    "two-people",
];
/// The live person's; whoever attacks obeys as well as the attack can.
const BEHAVIOURS: [&str; 4] = ["idle", "wrong-action", "too-early", "too-late"];
const FLASH_SUBJECTS: [&str; 11] = [
    "live",
    "print",
    "tilted-print",
    "bent-print",
    "cutout-print",
    "screen",
    "replay",
    "injected",
    "relight",
    "paper-mask",
    "mask",
];
const SCREENS: [(&str, ScreenSize); 4] = [
    ("phone", ScreenSize::Phone),
    ("laptop", ScreenSize::Laptop),
    ("desktop", ScreenSize::Desktop),
    ("kiosk", ScreenSize::Kiosk),
];
/// Mean linear level of the code.
const REST: f32 = 0.6;
/// Cues whose values are told.
const CUES: [&str; 9] = [
    "nose_parallax",
    "slope_across",
    "slope_up",
    "steadiness",
    "slope_noise",
    "modulation",
    "code_explained",
    "light_unexplained",
    "code_freshness",
];

/// How one session ended.
struct Ended {
    status: Status,
    /// Seconds of running time.
    time: f64,
    score: f64,
    /// By [`CUES`].
    cues: [Option<f64>; CUES.len()],
    /// What was found wrong.
    reasons: Vec<String>,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let method = arguments.next().unwrap_or_default();
    let count = arguments.next().map_or(Ok(300), |n| n.parse())?;
    let only = arguments.next().unwrap_or_default();
    let first: usize = arguments.next().map_or(Ok(0), |n| n.parse())?;
    gst::init()?;
    gstliveness::plugin_register_static()?;
    // Holds the nets, so that the pipelines share them instead of loading them anew.
    let _nets = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let others: &[&str] = if method == "action" { &BEHAVIOURS } else { &[] };
    let subjects: &[&str] = match method.as_str() {
        "action" => &ACTION_SUBJECTS,
        "flash" => &FLASH_SUBJECTS,
        _ => return Err("say which method: action or flash".into()),
    };
    // A recording of a flash session shows nobody who was asked to move.
    let behaviour = if method == "flash" { "idle" } else { "obeys" };
    let obeying = subjects.iter().map(|subject| (*subject, behaviour));
    let others = others.iter().map(|behaviour| ("live", *behaviour));
    for (subject, behaviour) in obeying.chain(others) {
        let name = format!("{subject} {behaviour}");
        if name.starts_with(&only) {
            let begin = Instant::now();
            let sessions = play_all(&method, subject, behaviour, first..first + count)?;
            println!("{name:<18} {}  [{:.0} s]", summary(&sessions), begin.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// All sessions of one kind, on all cores.
fn play_all(
    method: &str,
    subject: &str,
    behaviour: &str,
    sessions: Range<usize>,
) -> Result<Vec<Ended>, Error> {
    let next = AtomicUsize::new(sessions.start);
    let work = || -> Result<Vec<Ended>, Error> {
        let mut ended = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= sessions.end {
                return Ok(ended);
            }
            ended.push(play(method, subject, behaviour, n as u64)?);
        }
    };
    let threads = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| "a session panicked")??);
        }
        Ok(all)
    })
}

/// One session, until the decision.
fn play(method: &str, subject: &str, behaviour: &str, n: u64) -> Result<Ended, Error> {
    let mut random = Random::nth(1, n);
    let camera = if method == "action" { action_camera(&mut random) } else { flash_camera(&mut random) };
    let pipeline = gst::parse::launch(&format!(
        "livenesstestsrc subject={subject} behaviour={behaviour} seed={n} identity={n} {camera} ! \
         liveness{method} seed={} max-attempts=1 ! fakesink sync=false",
        n + 1
    ))?;
    let bus = pipeline.bus().ok_or("no bus")?;
    pipeline.set_state(gst::State::Playing)?;
    let ended = watch(&bus);
    pipeline.set_state(gst::State::Null)?;
    if let (Ok(ended), Some(_)) = (&ended, std::env::var_os("VERBOSE")) {
        let cues =
            CUES.iter().zip(ended.cues).filter_map(|(name, value)| Some(format!("{name} {:.3}", value?)));
        let cues = cues.collect::<Vec<_>>().join(", ");
        eprintln!("{n} {} {:.0} {:?} {cues} | {camera}", ended.status.name(), ended.score, ended.reasons);
    }
    ended
}

fn action_camera(random: &mut Random) -> String {
    let (ambient, distance) = (random.between(0.6, 1.4), random.between(0.45, 0.7));
    format!(
        "ambient={ambient} distance={distance} ! video/x-raw,format=NV12,width=640,height=480,framerate=15/1"
    )
}

fn flash_camera(random: &mut Random) -> String {
    let (room, distance) = (random.between(0.0, 4.0), random.between(0.25, 0.6));
    let (noise, sway) = (random.between(0.5, 2.0), random.between(0.5, 3.0));
    let latency = (random.between(0.0, 0.3) * 1e9) as u64;
    let (screen, size) = SCREENS[(random.bits() % 4) as usize];
    let ambient = room * REST * size.light(distance);
    let codec = match random.bits() % 2 {
        0 => "",
        _ => "! openh264enc bitrate=1000000 rate-control=bitrate ! avdec_h264 max-threads=1",
    };
    format!(
        "ambient={ambient} distance={distance} noise={noise} sway={sway} display-latency={latency} screen={screen} ! \
         video/x-raw,format=I420,width=640,height=480,framerate=30/1 {codec}"
    )
}

fn watch(bus: &gst::Bus) -> Result<Ended, Error> {
    for message in bus.iter_timed(gst::ClockTime::from_seconds(300)) {
        match message.view() {
            gst::MessageView::Error(error) => return Err(error.error().into()),
            gst::MessageView::Element(element) => {
                let message = element.structure().map(LivenessMessage::try_from);
                if let Some(Ok(LivenessMessage { header, body: Body::Result(result) })) = message {
                    let json = serde_json::from_str(&result.json)?;
                    return Ok(Ended {
                        status: result.status,
                        time: header.running_time.unwrap_or_default().nseconds() as f64 * 1e-9,
                        score: result.score,
                        cues: CUES.map(|name| cue(&json, name)),
                        reasons: reasons(&json),
                    });
                }
            }
            _ => {}
        }
    }
    Err("a session did not end".into())
}

fn cue(json: &Value, name: &str) -> Option<f64> {
    let cue = json["evidence"]["cues"].as_array()?.iter().find(|cue| cue["name"] == name)?;
    cue["value"].as_f64()
}

/// The warnings, or what the check says of them with the action it broke off at.
fn reasons(json: &Value) -> Vec<String> {
    let asked = json["evidence"]["challenges"].as_array().and_then(|all| all.last()).map(|c| &c["action"]);
    let reason = |warning: &Value| match warning["additional_data"]["reason"].as_str() {
        Some(reason) => format!("{reason} {}", asked.and_then(|a| a.as_str()).unwrap_or_default()),
        None => warning["risk"].as_str().unwrap_or_default().to_owned(),
    };
    json["warnings"].as_array().map(|all| all.iter().map(reason).collect()).unwrap_or_default()
}

/// Rates of the decisions, the middle score and time, the reasons given, the cues' ranges.
fn summary(sessions: &[Ended]) -> String {
    let rate = |status| Rate::new(sessions.iter().filter(|s| s.status == status).count(), sessions.len());
    let middle = |value: fn(&Ended) -> f64| {
        let mut values: Vec<_> = sessions.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let ranges = CUES.iter().enumerate().filter_map(|(i, name)| {
        let mut values: Vec<_> = sessions.iter().filter_map(|s| s.cues[i]).collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = values.first().zip(values.last())?;
        Some(format!(
            "\n    {name} {least:.2} … {:.2} … {most:.2} (n {})",
            values[values.len() / 2],
            values.len()
        ))
    });
    let ranges: String = ranges.collect();
    let longest = sessions.iter().map(|s| s.time).fold(0.0, f64::max);
    let mut reasons = BTreeMap::<&str, usize>::new();
    for reason in sessions.iter().flat_map(|s| &s.reasons) {
        *reasons.entry(reason).or_default() += 1;
    }
    format!(
        "approved {}, in review {}, declined {}; score {:.0}; {:.1} s, at most {longest:.1}; {reasons:?}{ranges}",
        rate(Status::Approved),
        rate(Status::InReview),
        rate(Status::Declined),
        middle(|s| s.score),
        middle(|s| s.time),
    )
}
