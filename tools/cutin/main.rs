// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attacks the action check by cutting another person's movement into a still clip after each prompt.
//!
//!     cargo run --example cutin -- attacks FOLDER [SESSIONS] [SEED] [CLIP …]   two real people, SESSIONS (25) of each variant
//!     cargo run --example cutin -- rendered [SESSIONS] [SEED]         two rendered people
//!     cargo run --example cutin -- clips FOLDER                       breaks seen in clips of one live person
//!     cargo run --example cutin -- live [SESSIONS] [FIRST]            rendered live people who do what is asked
//!
//! The attacker injects: the first person's clip is at rest and plays to and fro, with fresh noise. A human reaction time after a
//! prompt, the second person's movement of 9 to 28 frames takes its place, with the eyes on those of the first, cut up to three
//! frames before and after the movement. FOLDER holds `live_video`, of which CLIPs may be named (all). Sessions in which the first
//! person is not even asked are not counted. No media is kept.

#[path = "../../examples/common/clip.rs"]
mod clip;
mod film;
mod splice;

use std::collections::BTreeMap;
use std::path::Path;

use clip::Error;
use film::{Film, Movement, Picture};
use liveness_core::check::{
    Action, ActionCheck, ActionConfig, ActionState, Actions, Check, Continuity, Evidence, Failure, Identity,
    IdentityTrack, SceneCut,
};
use liveness_core::face::{FaceAnalyzer, FrameObservation};
use liveness_core::inference::{LoadedModels, Model, ModelSource};
use liveness_core::random::Random;
use liveness_core::session::{Status, Thresholds, decide};
use liveness_core::vision::{Affine, fingerprint};
use liveness_eval::metrics::Rate;
use liveness_render::actor::{Actor, Prompt, Role};
use liveness_render::{Renderer, Setting};
use splice::{Variant, align, splice};

const RATE: f64 = 30.0;
/// Longer than any attempt, in frames.
const MOST: usize = 600;
/// Frames of a movement that is cut in.
const SHORTEST: usize = 9;
const LONGEST: usize = 28;
/// A still clip is at least so long, in frames.
const STILL: usize = 15;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, otherwise: u64| arguments.get(at).map_or(Ok(otherwise), |n| n.parse());
    let folder = || arguments.get(1).map(Path::new).ok_or("which folder?");
    gst::init()?;
    let _models = LoadedModels::new(&ModelSource::Embedded, Model::ALL)?;
    match arguments.first().map(String::as_str) {
        Some("attacks") => {
            let only = arguments.get(4..).unwrap_or_default();
            attack_all(&read(folder()?, only)?, number(2, 25)?, number(3, 1)?)
        }
        Some("rendered") => {
            let films = (40..44).map(Film::render).collect::<Result<Vec<_>, _>>()?;
            attack_all(&films, number(1, 25)?, number(2, 1)?)
        }
        Some("clips") => clips(folder()?),
        Some("live") => live(number(1, 30)?, number(2, 0)?),
        _ => Err("usage: cutin attacks FOLDER | rendered | clips FOLDER | live".into()),
    }
}

/// The clips of a folder whose names begin with one of `only`, or all.
fn read(folder: &Path, only: &[String]) -> Result<Vec<Film>, Error> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("live_video"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, Error>>()?;
    files.sort();
    let named = |file: &std::path::PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        only.is_empty() || only.iter().any(|only| name.starts_with(only))
    };
    files.retain(named);
    let mut films = Vec::new();
    for file in files {
        let film = match Film::read(&file) {
            Ok(film) => film,
            Err(e) => {
                eprintln!("{}: left out: {e}", file.display());
                continue;
            }
        };
        let names: Vec<_> = film.movements.iter().map(|movement| movement.action.name()).collect();
        eprintln!("{}: {:.1} fps, {} frames at rest, {names:?}", film.name, film.rate, film.still.len());
        films.push(film);
    }
    Ok(films)
}

/// One session: who is shown, who moves, and how.
struct Attack<'a> {
    host: &'a Film,
    donor: &'a Film,
    variant: Variant,
    random: Random,
}

/// A movement on its way.
struct Insert {
    from: usize,
    pictures: Vec<usize>,
    map: Option<Affine>,
}

fn attack_all(films: &[Film], sessions: u64, seed: u64) -> Result<(), Error> {
    let moves = |film: &Film| film.movements.iter().any(|movement| movement.action != Action::Blink);
    let hosts: Vec<&Film> = films.iter().filter(|film| film.still.len() >= STILL).collect();
    let donors: Vec<&Film> = films.iter().filter(|film| moves(film)).collect();
    let most = 4 * sessions;
    for variant in Variant::ALL {
        let (mut outcomes, mut approved, mut asked) = (BTreeMap::<String, usize>::new(), 0, 0);
        for n in 0..most {
            if asked == sessions as usize {
                break;
            }
            let mut random = Random::nth(seed, n);
            let host = hosts[random.below(hosts.len())];
            let others: Vec<&&Film> = donors.iter().filter(|film| film.name != host.name).collect();
            let donor = others[random.below(others.len())];
            let evidence = Attack { host, donor, variant, random }.play()?;
            if evidence.challenges.is_empty() {
                continue;
            }
            asked += 1;
            let status = decide(&evidence, Thresholds::default()).status;
            let reason = evidence.failure.map_or("passed", Failure::name);
            approved += usize::from(status == Status::Approved);
            let outcome = format!("{reason} {}", status.name());
            println!("{} {n}: {} ← {}: {outcome}", variant.name(), host.name, donor.name);
            *outcomes.entry(outcome).or_default() += 1;
        }
        println!("{}: approved {}; {outcomes:?}", variant.name(), Rate::new(approved, asked));
    }
    Ok(())
}

impl Attack<'_> {
    fn play(mut self) -> Result<Evidence, Error> {
        let source = ModelSource::Embedded;
        let offer: Vec<Action> = self.donor.movements.iter().map(|movement| movement.action).collect();
        let config = ActionConfig {
            actions: Actions::of(&offer),
            seed: self.random.bits().max(1),
            ..ActionConfig::default()
        };
        let (mut check, mut analyzer) = (ActionCheck::new(config, &source)?, FaceAnalyzer::new(&source)?);
        let (mut insert, mut id) = (None::<Insert>, 1);
        for i in 0..MOST {
            let at = self.host_index(i);
            let host = self.noised(&self.host.pictures[at]);
            let spliced = match &mut insert {
                Some(insert) => splice_in(self.host, at, self.donor, self.variant, i, insert, &host)?,
                None => None,
            };
            let (picture, observation) = match spliced {
                Some(picture) => {
                    let observation = analyzer.analyze(&picture.frame()?)?;
                    id = observation.faces.first().map_or(id, |face| face.id);
                    (picture, observation)
                }
                None => (host, with_id(&self.host.seen[at], id)),
            };
            analyzer.adopt(&observation);
            let step =
                check.observe(&picture.frame()?, &observation, Some((i as f64 / RATE * 1e9) as u64))?;
            let asked = step.actions.iter().find(|event| event.state == ActionState::Requested);
            if let Some(event) = asked {
                insert = self.insert(event.action, i);
            }
            if step.done {
                break;
            }
        }
        Ok(check.evidence())
    }

    /// To and fro.
    fn host_index(&self, i: usize) -> usize {
        let still = &self.host.still;
        let (period, at) = (2 * (still.len() - 1), i % (2 * (still.len() - 1)));
        still.start + at.min(period - at)
    }

    fn noised(&mut self, picture: &Picture) -> Picture {
        let mut state = self.random.bits() | 1;
        let mut rgb = picture.rgb.clone();
        for v in &mut rgb {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *v = v.saturating_add((state >> 62) as u8 & 1);
        }
        Picture { rgb, ..*picture }
    }

    /// The donor's answer to a prompt in frame `i`.
    fn insert(&mut self, action: Action, i: usize) -> Option<Insert> {
        let all: Vec<&Movement> = self.donor.movements.iter().filter(|m| m.action == action).collect();
        let movement = all.get(self.random.below(all.len().max(1)))?;
        let last = self.donor.pictures.len() - 1;
        let from = movement.from.saturating_sub(self.random.below(4));
        let to = (movement.to + self.random.below(4)).min(last);
        let natural = ((to - from) as f64 * RATE / self.donor.rate) as usize;
        let count = natural.clamp(SHORTEST, LONGEST);
        let pictures = (0..count).map(|k| from + k * (to - from) / (count - 1)).collect();
        // A human reaction time.
        Some(Insert { from: i + 9 + self.random.below(12), pictures, map: None })
    }
}

/// The picture of frame `i`, where the donor is in it.
fn splice_in(
    host: &Film,
    at: usize,
    donor: &Film,
    variant: Variant,
    i: usize,
    insert: &mut Insert,
    picture: &Picture,
) -> Result<Option<Picture>, Error> {
    let Some(k) = i.checked_sub(insert.from).filter(|k| *k < insert.pictures.len()) else { return Ok(None) };
    let (shown, fade) = (insert.pictures[k], variant.fade());
    let Some((_, mesh)) = host.seen[at].primary() else { return Ok(None) };
    if insert.map.is_none() {
        insert.map = donor.seen[shown].primary().and_then(|(_, face)| align(&mesh.mesh, &face.mesh));
    }
    let Some(map) = insert.map else { return Ok(None) };
    let edge = 1 + k.min(insert.pictures.len() - 1 - k);
    let strength = (edge as f32 / (fade + 1) as f32).min(1.0);
    splice(variant, picture, &mesh.mesh, &donor.pictures[shown], &map, strength).map(Some)
}

fn with_id(seen: &FrameObservation, id: u32) -> FrameObservation {
    let mut seen = seen.clone();
    if let Some(face) = seen.faces.first_mut() {
        face.id = id;
    }
    seen
}

/// Watches clips of one person for what would end a challenge that lasts the whole clip.
fn clips(folder: &Path) -> Result<(), Error> {
    let (mut broken, films) = (0, read(folder, &[])?);
    for film in &films {
        let (found, least) = breaks(film)?;
        broken += usize::from(!found.is_empty());
        println!("{}: {} frames, likeness in motion {least:.2?}, {found:?}", film.name, film.pictures.len());
    }
    println!("clips with a break: {}", Rate::new(broken, films.len()));
    Ok(())
}

/// A frame and what breaks there.
type Break = (usize, &'static str);

/// The breaks of a clip, and the least likeness in motion.
fn breaks(film: &Film) -> Result<(Vec<Break>, Option<f64>), Error> {
    let mut identity = Identity::new(&ModelSource::Embedded)?;
    let (mut track, mut scene, mut continuity) =
        (IdentityTrack::default(), SceneCut::default(), Continuity::default());
    let (mut found, mut begun) = (Vec::new(), false);
    for (i, (picture, seen)) in film.pictures.iter().zip(&film.seen).enumerate() {
        let Some((face, mesh)) = seen.primary() else { continue };
        begun |= mesh.pose.turn() < 15.0;
        if !begun {
            continue;
        }
        let (frame, time) = (picture.frame()?, (i as f64 / film.rate * 1e9) as u64);
        if scene.observe(&frame, time) {
            found.push((i, "scene"));
        }
        if let Some(embedding) = identity.embed(&frame, &mesh.mesh)?
            && track.observe(time, &mesh.pose, embedding)
        {
            found.push((i, "face"));
        }
        if continuity.observe(time, fingerprint(&frame), picture.height as f32, face.id, &mesh.mesh).is_some()
        {
            found.push((i, "continuity"));
        }
    }
    Ok((found, track.cue().value))
}

/// Rendered people who do what is asked: every session has its own person, room, distance and challenge.
fn live(sessions: u64, first: u64) -> Result<(), Error> {
    let (mut outcomes, mut refused) = (BTreeMap::<String, usize>::new(), 0);
    for n in first..first + sessions {
        let evidence = live_session(n)?;
        let status = decide(&evidence, Thresholds::default()).status;
        let reason = evidence.failure.map_or("passed", Failure::name);
        refused += usize::from(matches!(evidence.failure, Some(Failure::Cut | Failure::OtherFace)));
        *outcomes.entry(format!("{reason} {}", status.name())).or_default() += 1;
        println!("{n}: {reason} {}", status.name());
    }
    println!("cut or another face: {}; {outcomes:?}", Rate::new(refused, sessions as usize));
    Ok(())
}

fn live_session(n: u64) -> Result<Evidence, Error> {
    let mut random = Random::nth(1, n);
    let (ambient, distance) = (random.between(0.6, 1.4), random.between(0.45, 0.7));
    let rate = [15.0, 15.0, 30.0][random.below(3)];
    let setting = Setting { identity: n, seed: n, ambient, distance, ..Setting::default() };
    let (width, height) = (setting.width, setting.height);
    let mut renderer = Renderer::new(setting);
    let mut actor = Actor::new(Role { seed: n, ..Role::default() });
    let source = ModelSource::Embedded;
    let mut analyzer = FaceAnalyzer::new(&source)?;
    let mut check = ActionCheck::new(ActionConfig { seed: n + 1, ..ActionConfig::default() }, &source)?;
    for i in 0..MOST {
        let time = i as f64 / rate;
        let rgb = renderer.render(&actor.scene(time), 1.0 / rate as f32).to_vec();
        let picture = Picture { rgb, width, height };
        let frame = picture.frame()?;
        let observation = analyzer.analyze(&frame)?;
        let step = check.observe(&frame, &observation, Some((time * 1e9) as u64))?;
        for event in step.actions.iter().filter(|event| event.state == ActionState::Requested) {
            let deadline = Some(event.deadline as f64 * 1e-9);
            actor.hear(Prompt { action: event.action, at: time, deadline });
        }
        if step.done {
            break;
        }
    }
    Ok(check.evidence())
}
