// SPDX-License-Identifier: MIT OR Apache-2.0

//! The flash check: the screen plays secret coloured light, and only a face with relief in front of it
//! reflects this light in the expected way.
//!
//! [`LightCode`] draws the light. [`FaceMapper`] reads the skin in linear light, on a map that the landmarks
//! fix to the face. [`Freshness`] compares the light on the face with this code and with others.
//! [`demodulate`] measures the response of each patch of skin to each cell of the screen. [`Slopes`] describe
//! the surface behind the responses (photometric stereo: the difference between the light from the left and
//! from the right depends on the slope of a patch, whatever its colour). [`integrate`] computes the depth of
//! the surface.
//!
//! **Veto**: light that the code does not explain has another source ([`Failure::OtherLight`]). A surface
//! that responds clearly and has no face's relief is an attack ([`Failure::NoRelief`]). **Confirmation**:
//! another code explains the light as well with a probability of at most 2⁻²⁰, *and* the slopes correlate
//! with those of a face in the head's pose. A quadric is removed from the slopes first, because a flat,
//! tilted or bent sheet or a smooth mask has one. **Abstention**: if the light gives no answer, it goes on
//! for the same time again. If that does not help and the screen contributes too little of the light, the
//! person is asked for a darker place ([`Failure::NoReflection`]).
//!
//! The score is a logistic function of the mean correlation of the slopes, plus half the logit of the single
//! frames, which cannot raise the score of a doubtful surface. It is not a sum of votes: neither fresh light
//! on a flat surface nor relief under stale light can pass.
//!
//! The idea is from Tang et al., *Face Flashing* (NDSS 2018), Liu et al., *Aurora Guard* (2019) and Farrukh
//! et al., *FaceRevelio* (MobiCom 2020). Slopes from opposite cells cancel albedo and exposure, so neither
//! needs to be known.

mod changes;
mod code;
mod depth;
mod depthmap;
mod facemap;
mod findings;
mod freshness;
mod record;
mod response;
mod safety;
mod series;
mod shape;
mod signs;
mod stage;
mod steady;
#[cfg(test)]
mod synthetic;

pub use changes::{Changes, LightMoment};
pub use code::{LightCode, MOST_CELLS, MOST_SIDE, PERIOD, srgb};
pub use depth::integrate;
pub use depthmap::DepthMap;
pub use facemap::{FaceMap, FaceMapper, Patch, SIDE, patches};
pub use findings::Findings;
pub use freshness::{Freshness, lags};
pub use record::LightRecord;
pub use response::{Answer, Response, demodulate};
pub use safety::{Shown, is_safe};
pub use series::{Motion, Series, Slot};
pub use shape::{Likeness, Map, Slopes};
pub use signs::Signs;

use std::sync::Arc;

use super::random::Randomness;
use super::{
    AntiSpoof, Check, Cue, Evidence, Failure, Guidance, Identity, LightCue, Method, PassiveCheck,
    PassiveConfig, Step, Ticks, Time,
};
use crate::face::{Embedding, FaceMesh, FaceObservation, FrameObservation, HeadPose};
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, Point};
use stage::{Stage, Turn};
pub use steady::{Place, Steady};

/// Settings of a flash check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlashConfig {
    /// Rows of the grid, 2 to [`MOST_SIDE`]. The grid has at most [`MOST_CELLS`] cells.
    pub rows: u32,
    /// Columns of the grid, 2 to [`MOST_SIDE`].
    pub columns: u32,
    /// Minimum length of the light, in nanoseconds; grids with many cells take longer.
    pub duration: Time,
    /// Maximum delay from a light message to the light on the face, in nanoseconds.
    pub max_display_latency: Time,
    /// True if the source shows people as a mirror does.
    pub mirrored: bool,
    /// Seed of the light code; 0 selects the operating system's randomness.
    pub seed: u64,
}

impl Default for FlashConfig {
    fn default() -> Self {
        Self {
            rows: 2,
            columns: 2,
            duration: 3_000_000_000,
            max_display_latency: 500_000_000,
            mirrored: false,
            seed: 0,
        }
    }
}

impl FlashConfig {
    /// Returns the minimum length of an attempt, in nanoseconds: settling, the light, and the time to see its
    /// end.
    pub fn takes(&self) -> Time {
        stage::SETTLE + LightCode::length((self.rows * self.columns) as usize, self.duration) + stage::TAIL
    }
}

/// Settings for the readings of single frames before the light.
const READINGS: PassiveConfig = PassiveConfig {
    frames: 5,
    interval: 60_000_000,
    room: false,
    // The screen lights a dark room and reflects in glasses.
    left_out: &["framing", "size", "brightness", "exposure", "glare"],
};
/// Interval between comparisons of the face with the first one while the light plays, in nanoseconds.
const IDENTIFY: Time = 700_000_000;
/// Least mean number of frames in a period of the code.
const LEAST_FRAMES: f64 = 1.4;
/// Assumed interval before the first frame, in nanoseconds.
const USUAL: Time = 33_333_333;
/// Weight of the single frames' logit in the score, beside the logit of the surface.
const SINGLE_FRAMES: f64 = 0.5;

/// Flash check over one attempt.
pub struct FlashCheck {
    config: FlashConfig,
    random: Randomness,
    stage: Stage,
    code: Option<LightCode>,
    passive: PassiveCheck,
    mapper: FaceMapper,
    map: FaceMap,
    series: Series,
    /// Sums of yaw, pitch and roll over the recorded frames, in degrees.
    turned: [f64; 3],
    steady: Steady,
    /// Landmarks of the last recorded frame, in pixels.
    last: Vec<Point>,
    cues: u32,
    findings: Option<Findings>,
    failure: Option<Failure>,
    ticks: Ticks,
    /// Width and height of the last frame, in pixels.
    size: (usize, usize),
    /// Colours on the screen; `None` if the light is off.
    shown: Option<Vec<u32>>,
    identity: Identity,
    /// Time of the last identity comparison since the code began.
    identified: Option<Time>,
}

impl FlashCheck {
    /// Draws a light code and loads the models. Without randomness the check fails with `NoChallenge`.
    ///
    /// # Errors
    ///
    /// Returns an error if a model cannot be loaded.
    pub fn new(config: FlashConfig, source: &ModelSource) -> Result<Self, InferenceError> {
        let mut random = Randomness::new(config.seed);
        let code = draw(&config, &mut random);
        Ok(Self {
            failure: code.is_none().then_some(Failure::NoChallenge),
            stage: Stage::default(),
            code,
            random,
            config,
            passive: PassiveCheck::new(READINGS, AntiSpoof::new(source)?),
            mapper: FaceMapper::default(),
            map: FaceMap::default(),
            series: Series::default(),
            turned: [0.0; 3],
            steady: Steady::default(),
            last: Vec::new(),
            cues: 0,
            findings: None,
            ticks: Ticks::default(),
            size: (0, 0),
            shown: None,
            identity: Identity::new(source)?,
            identified: None,
        })
    }

    /// Returns the analysis of the light, once it is over.
    pub fn findings(&self) -> Option<&Findings> {
        self.findings.as_ref()
    }

    /// Returns the reason why the face does not count as live, as far as it is known.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.or_else(|| self.findings.as_ref()?.failure())
    }

    /// Returns the patches recorded while the code played, and the code.
    pub fn played(&self) -> Option<(&Series, &LightCode)> {
        self.code.as_ref().map(|code| (&self.series, code))
    }

    /// Returns the hint that matters now. Eyes may be closed.
    fn guidance(&self, observation: &FrameObservation) -> Guidance {
        match Guidance::of_whole_face(observation).in_light(self.stage.is_playing()) {
            Guidance::OpenEyes => Guidance::Ok,
            guidance => guidance,
        }
    }

    /// Observes a frame. A face that is `moving` on request is not recorded, and its faults do not restart
    /// the light.
    pub(super) fn watch(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
        moving: bool,
    ) -> Result<Step, InferenceError> {
        let (time, interval) = self.ticks.of(time);
        let guidance = if moving { Guidance::Ok } else { self.guidance(observation) };
        let face: Option<(&FaceObservation, &FaceMesh)> = observation.primary();
        // Skin read at one resolution cannot be compared with skin read at another, so a change counts as
        // another face.
        let size = (observation.width, observation.height);
        let last = std::mem::replace(&mut self.size, size);
        let same_size = last == size || last == (0, 0);
        let who = face.map(|(face, _)| face.id).filter(|_| same_size);
        self.look(time);
        let duration = self.duration();
        let turn = self.stage.advance(time, guidance == Guidance::Ok, who, duration);
        if self.stage.was_rearmed() {
            self.rearm();
        }
        if self.stage.begins() {
            self.passive.forget();
        }
        match (turn, face) {
            (Turn::Play { since }, Some((_, mesh))) if !moving => {
                self.record(frame, mesh, since);
                self.identify(frame, mesh, since)?;
            }
            (Turn::Rest | Turn::Dark, _) if self.passive.wants(Some(time)) => {
                self.passive.observe(frame, observation, Some(time))?;
            }
            _ => {}
        }
        let light = self.cue(turn, interval);
        if self.stage.gave_up() {
            self.failure = Some(Failure::MovedAway);
        }
        Ok(Step {
            guidance,
            fraction: self.stage.fraction(self.planned(), duration),
            done: self.stage.is_over() || self.failure.is_some(),
            score: None,
            actions: Vec::new(),
            light,
            anew: self.stage.begins(),
        })
    }

    fn record(&mut self, frame: &Frame<'_>, face: &FaceMesh, since: Time) {
        let (landmarks, place) = self.steady.follow(&face.mesh);
        self.mapper.read(frame, landmarks, &mut self.map);
        let HeadPose { yaw, pitch, roll, .. } = face.pose;
        let motion = [0.1 * yaw, 0.1 * pitch, 3.0 * place.x, 3.0 * place.y, 10.0 * place.size];
        self.series.push(since as f64 * 1e-9, &self.map, motion);
        for (sum, value) in self.turned.iter_mut().zip([yaw, pitch, roll]) {
            *sum += f64::from(value);
        }
        self.last.clear();
        self.last.extend_from_slice(landmarks);
    }

    /// Compares the face with the one at the beginning of the light, every `IDENTIFY` nanoseconds.
    fn identify(&mut self, frame: &Frame<'_>, face: &FaceMesh, since: Time) -> Result<(), InferenceError> {
        if self.identified.is_some_and(|last| since < last + IDENTIFY) {
            return Ok(());
        }
        self.identified = Some(since);
        self.identity.meet(frame, &face.mesh)
    }

    /// Starts over with another code.
    fn rearm(&mut self) {
        self.identity.forget();
        (self.identified, self.findings) = (None, None);
        (self.series, self.steady, self.turned) = (Series::default(), Steady::default(), [0.0; 3]);
        self.code = draw(&self.config, &mut self.random);
        self.failure = self.code.is_none().then_some(Failure::NoChallenge);
    }

    /// Returns the new light of the screen; `None` if it does not change.
    fn cue(&mut self, turn: Turn, interval: Time) -> Option<LightCue> {
        let code = self.code.as_ref()?;
        let cells = match turn {
            Turn::Dark => return None,
            Turn::Off => {
                self.shown = None;
                return Some(LightCue::off(self.cues));
            }
            Turn::Rest => code.rest(),
            Turn::Play { since } => code.at(since),
        };
        let colors: Vec<u32> = cells.into_iter().map(srgb).collect();
        if self.shown.as_ref() == Some(&colors) {
            return None;
        }
        self.shown = Some(colors.clone());
        // The first frame has no interval before it.
        let interval = if interval == 0 { USUAL } else { interval };
        let duration = match turn {
            Turn::Play { since } => code.stays(since, interval, stage::TAIL),
            _ => stage::SETTLE,
        };
        let cue = LightCue {
            active: true,
            index: self.cues,
            rows: code.rows() as u32,
            columns: code.columns() as u32,
            colors,
            duration,
        };
        self.cues += 1;
        Some(cue)
    }

    /// Returns the mean pose of the head while the light played.
    pub fn pose(&self) -> HeadPose {
        let frames = f64::from(self.series.frames().max(1));
        let [yaw, pitch, roll] = self.turned.map(|sum| (sum / frames) as f32);
        HeadPose { yaw, pitch, roll, distance: 0.0 }
    }

    /// Returns the length of the code, in nanoseconds.
    fn duration(&self) -> Time {
        self.code.as_ref().map_or(0, LightCode::duration)
    }

    /// Returns the planned length of the code without an extension, in nanoseconds.
    fn planned(&self) -> Time {
        self.code.as_ref().map_or(0, |code| LightCode::length(code.cells(), self.config.duration))
    }

    /// Analyses the light at its end. An undecided result extends the light once, by its planned length.
    fn look(&mut self, time: Time) {
        let Some(rest) = self.stage.after(time, self.duration()) else { return };
        self.failure = self.conclude();
        let undecided = self.failure.is_none() && self.findings.as_ref().is_some_and(Findings::is_undecided);
        let prolonged = self.duration() > self.planned();
        if let Some(code) = self.code.take_if(|_| undecided && !prolonged) {
            self.code = code.prolonged(rest, self.config.duration, &mut self.random).or(Some(code));
        }
    }

    /// Analyses the light. Returns the failure if it cannot be analysed or another face was seen.
    fn conclude(&mut self) -> Option<Failure> {
        let code = self.code.as_ref()?;
        if self.identity.met_another() {
            return Some(Failure::OtherFace);
        }
        let periods = code.duration() as f64 / PERIOD as f64;
        if f64::from(self.series.frames()) < LEAST_FRAMES * periods {
            return Some(Failure::TooFewFrames);
        }
        let most_lag = self.config.max_display_latency as f64 * 1e-9;
        let findings = Findings::new(&self.series, code, most_lag, self.pose(), &mut self.random);
        self.findings =
            findings.map(|findings| if self.config.mirrored { findings.mirrored() } else { findings });
        self.findings.is_none().then_some(Failure::TooFewFrames)
    }
}

fn draw(config: &FlashConfig, random: &mut Randomness) -> Option<LightCode> {
    LightCode::draw(config.rows as usize, config.columns as usize, config.duration, random)
}

impl Check for FlashCheck {
    fn method(&self) -> Method {
        Method::Flash
    }

    fn observe(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
    ) -> Result<Step, InferenceError> {
        self.watch(frame, observation, time, false)
    }

    fn coach(&self, observation: &FrameObservation) -> Guidance {
        self.guidance(observation)
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = self.passive.evidence();
        let passive = evidence.score.filter(|_| evidence.hindrance == Guidance::Ok);
        let positioned = self.findings.is_some() || self.failure.is_some();
        // A hindrance that kept the light from starting is reported as such, not as a failure.
        let unexplained = !positioned && evidence.hindrance == Guidance::Ok;
        let failure = self.failure().or(unexplained.then_some(Failure::NotPositioned));
        let surface = self.findings.as_ref().and_then(Findings::surface);
        let logit = |score: f64| (score.clamp(1.0, 99.0) / (100.0 - score.clamp(1.0, 99.0))).ln();
        evidence.failure = failure;
        evidence.attack = failure.is_some_and(Failure::is_attack);
        match failure {
            None if !positioned => evidence.score = None,
            None => {
                let single = SINGLE_FRAMES * passive.map_or(0.0, logit);
                // Single frames cannot compensate for a doubtful surface: an injected recording looks live in
                // them.
                let z = surface.map(|surface| surface + if surface < 0.0 { single.min(0.0) } else { single });
                evidence.score = z.map(|z| 100.0 / (1.0 + (-z).exp()));
                evidence.hindrance = Guidance::Ok;
            }
            // The room outshines the screen, which the person can change.
            Some(Failure::NoReflection) => {
                evidence.score = None;
                evidence.hindrance = Guidance::TooBright;
            }
            Some(failure) => evidence.score = evidence.score.map(|score| score.min(failure.ceiling())),
        }
        evidence.entropy_bits =
            self.code.as_ref().map_or(0.0, |code| self.random.secret(code.entropy_bits()));
        evidence.cues.iter_mut().for_each(|cue| cue.weight *= SINGLE_FRAMES);
        evidence.cues.extend(Findings::cues(self.findings.as_ref()));
        evidence.cues.push(Cue::new("likeness", self.identity.likeness().map(f64::from), 0.0));
        evidence
    }

    fn who(&self) -> Option<&Embedding> {
        self.identity.who()
    }

    fn depth_map(&self) -> Option<DepthMap> {
        let findings = self.findings.as_ref()?;
        DepthMap::new(&findings.slopes, findings.likeness?, &self.last)
    }

    fn light_record(&self) -> Option<Arc<LightRecord>> {
        self.record_of_light()
    }
}
