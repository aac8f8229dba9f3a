// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clips of one person each, real or rendered, and the movements in them.

use std::path::Path;

use liveness_core::check::{Action, Gesture, Neutral, Signals};
use liveness_core::face::{FaceAnalyzer, FrameObservation};
use liveness_core::inference::ModelSource;
use liveness_core::vision::Frame;
use liveness_render::actor::{Actor, Prompt, Role};
use liveness_render::{Renderer, Setting};

use crate::clip::{Error, Which, decode, with_sample};

/// Longer clips are cut here, in frames.
const MOST: usize = 300;
/// The height of the pictures, in pixels.
const HEIGHT: usize = 480;
/// Frames a second of a rendered film.
const RATE: f64 = 30.0;

/// An RGB picture.
#[derive(Clone)]
pub struct Picture {
    pub rgb: Vec<u8>,
    pub width: usize,
    pub height: usize,
}

impl Picture {
    pub fn frame(&self) -> Result<Frame<'_>, Error> {
        Ok(Frame::rgb(&self.rgb, self.width, self.height)?)
    }
}

/// A clip of one person.
pub struct Film {
    pub name: String,
    pub rate: f64,
    pub pictures: Vec<Picture>,
    pub seen: Vec<FrameObservation>,
    /// The longest span of frames in which the face is at rest.
    pub still: std::ops::Range<usize>,
    pub movements: Vec<Movement>,
}

/// A movement that would answer a prompt: its first and last frame.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    pub action: Action,
    pub from: usize,
    pub to: usize,
}

impl Film {
    /// # Errors
    /// When the file cannot be read.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let name = file.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        let (mut pictures, mut times) = (Vec::new(), Vec::new());
        let which = Which { limit: MOST, height: Some(HEIGHT), ..Which::default() };
        decode(file.to_str().ok_or("a path that is no text")?, which, |(_, sample)| {
            let caps = sample.caps().ok_or("a sample without caps")?;
            let info = gst_video::VideoInfo::from_caps(caps)?;
            let (width, height) = (info.width() as usize, info.height() as usize);
            let map = sample.buffer().ok_or("a sample without buffer")?.map_readable()?;
            let rows = map.chunks(info.stride()[0] as usize).take(height);
            let rgb = rows.flat_map(|row| &row[..3 * width]).copied().collect();
            times.push(sample.buffer().and_then(gst::BufferRef::pts).map_or(0, gst::ClockTime::nseconds));
            pictures.push(Picture { rgb, width, height });
            with_sample(&sample, |_| ())
        })?;
        let span = times.last().zip(times.first()).map_or(0, |(last, first)| last.saturating_sub(*first));
        let rate = (times.len().max(2) - 1) as f64 / (span.max(1) as f64 * 1e-9);
        Self::new(name, rate, pictures)
    }

    /// A rendered person who holds still, then makes every movement.
    ///
    /// # Errors
    /// When a net cannot run.
    pub fn render(identity: u64) -> Result<Self, Error> {
        let setting = Setting { identity, seed: identity, ambient: 1.0, ..Setting::default() };
        let (width, height) = (setting.width, setting.height);
        let mut renderer = Renderer::new(setting);
        let mut actor = Actor::new(Role { seed: identity, ..Role::default() });
        let mut pictures = Vec::new();
        let asked = [
            Action::TurnLeft,
            Action::TurnRight,
            Action::Nod,
            Action::LookUp,
            Action::Smile,
            Action::OpenMouth,
        ];
        let (first, apart) = (50, 60);
        for i in 0..first + apart * asked.len() {
            let time = i as f64 / RATE;
            if i >= first && (i - first) % apart == 0 {
                let action = asked[(i - first) / apart];
                actor.hear(Prompt { action, at: time, deadline: None });
            }
            let rgb = renderer.render(&actor.scene(time), 1.0 / RATE as f32).to_vec();
            pictures.push(Picture { rgb, width, height });
        }
        Self::new(format!("rendered {identity}"), RATE, pictures)
    }

    fn new(name: String, rate: f64, pictures: Vec<Picture>) -> Result<Self, Error> {
        let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded)?;
        let mut seen = Vec::new();
        for picture in &pictures {
            seen.push(analyzer.analyze(&picture.frame()?)?);
        }
        let mut film = Self { name, rate, pictures, seen, still: 0..0, movements: Vec::new() };
        let signals: Vec<Option<Signals>> =
            film.seen.iter().map(|seen| seen.primary().map(|(_, mesh)| Signals::of(mesh))).collect();
        let all: Vec<Signals> = signals.iter().flatten().copied().collect();
        if let Some(neutral) = Neutral::of(&all) {
            film.still = still(&signals, &neutral);
            film.movements =
                Action::ALL.iter().flat_map(|action| film.find(*action, &signals, &neutral)).collect();
        }
        Ok(film)
    }

    fn find(&self, action: Action, signals: &[Option<Signals>], neutral: &Neutral) -> Vec<Movement> {
        let mut gesture = Gesture::new(action);
        let frame = |time: u64| (time as f64 * 1e-9 * self.rate).round() as usize;
        let time = |index: usize| (index as f64 / self.rate * 1e9) as u64;
        let mut found = Vec::new();
        for (i, now) in signals.iter().enumerate() {
            let done = now.and_then(|now| gesture.observe(time(i), neutral.extent(action, &now)));
            found.extend(done.map(|done| Movement { action, from: frame(done.onset), to: i }));
        }
        found
    }
}

/// The longest span of frames at rest.
fn still(signals: &[Option<Signals>], neutral: &Neutral) -> std::ops::Range<usize> {
    let rests = |now: &Signals| Action::ALL.iter().all(|action| neutral.extent(*action, now) < 0.4);
    let (mut best, mut since) = (0..0, 0);
    for i in 0..=signals.len() {
        if !signals.get(i).is_some_and(|now| now.as_ref().is_some_and(rests)) {
            if i - since > best.len() {
                best = since..i;
            }
            since = i + 1;
        }
    }
    best
}
