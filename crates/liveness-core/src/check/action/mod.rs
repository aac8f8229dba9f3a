// SPDX-License-Identifier: MIT OR Apache-2.0

//! The action check: random movements are requested in random order and at random times. A live person makes
//! them in order and in time, with a head that has depth, in front of one camera, and also looks live in
//! single frames.

mod ask;
mod continuity;
mod course;
mod facial_motion;
mod gesture;
mod identity_track;
mod planarity;
mod scene_cut;
mod signal;
mod surroundings;

pub use ask::{Action, Actions, Draw, MOST, draw};
pub use continuity::{Break, Continuity};
pub use course::{Course, Mistake, REACTION, Record};
pub use facial_motion::FacialMotion;
pub use gesture::{Gesture, Performance};
pub use identity_track::IdentityTrack;
pub use planarity::{FLAT, Planarity};
pub use scene_cut::SceneCut;
pub use signal::{BlinkEvent, Lids, Neutral, Signals};
pub use surroundings::Surroundings;

use super::random::Randomness;
use super::{
    ActionEvent, AntiSpoof, Challenge, Check, Cue, Evidence, Failure, Guidance, Identity, Method,
    PassiveCheck, PassiveConfig, Step, Ticks, Time, seconds,
};
use crate::face::{Embedding, FaceMesh, FaceObservation, FrameObservation};
use crate::inference::{InferenceError, ModelSource};
use crate::vision::{Frame, fingerprint};

/// Settings of an action check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActionConfig {
    /// The actions on offer.
    pub actions: Actions,
    /// Number of requested actions, 1 to [`MOST`].
    pub count: u32,
    /// Time limit for each answer, in nanoseconds.
    pub timeout: Time,
    /// True if the source shows people as a mirror does.
    pub mirrored: bool,
    /// Seed of the challenge; 0 selects the operating system's randomness.
    pub seed: u64,
}

impl Default for ActionConfig {
    fn default() -> Self {
        Self { actions: Actions::USUAL, count: 2, timeout: 4_000_000_000, mirrored: false, seed: 0 }
    }
}

/// Settings for the readings of single frames.
const READINGS: PassiveConfig =
    PassiveConfig { frames: 8, interval: 150_000_000, room: false, left_out: &["framing", "size"] };
/// Longest absence of the face during the challenge, in nanoseconds. After a longer one, another face may
/// come back.
const AWAY: Time = 400_000_000;
/// Limit, in nanoseconds, up to which the interval between two frames counts as absence. A face may have been
/// present in frames that were not delivered.
const MAX_STEP: Time = 200_000_000;
/// Longest presence of a second face, in nanoseconds. After a longer one it is uncertain which person was
/// checked.
const CROWDED: Time = 300_000_000;

/// Action check over one attempt.
pub struct ActionCheck {
    course: Course,
    mirrored: bool,
    entropy_bits: f64,
    passive: PassiveCheck,
    planarity: Planarity,
    continuity: Continuity,
    lids: Lids,
    blinks: u32,
    facial_motion: FacialMotion,
    surroundings: Surroundings,
    identity: Identity,
    track: IdentityTrack,
    scene_cut: SceneCut,
    ticks: Ticks,
    begun: Option<Time>,
    /// Time without a face since the last frame with one, in nanoseconds.
    absent: Time,
    /// Time with a second face during the challenge, in nanoseconds.
    crowded: Time,
}

impl ActionCheck {
    /// Draws a challenge and loads the models. Without randomness the check fails with `NoChallenge`.
    ///
    /// # Errors
    ///
    /// Returns an error if a model cannot be loaded.
    pub fn new(config: ActionConfig, source: &ModelSource) -> Result<Self, InferenceError> {
        let mut random = Randomness::new(config.seed);
        let draw = draw(config.actions, config.count, &mut random);
        Ok(Self {
            entropy_bits: draw.as_ref().map_or(0.0, |draw| random.secret(draw.entropy_bits)),
            course: Course::new(draw, config.timeout, random),
            mirrored: config.mirrored,
            passive: PassiveCheck::new(READINGS, AntiSpoof::new(source)?),
            planarity: Planarity::default(),
            continuity: Continuity::default(),
            lids: Lids::default(),
            blinks: 0,
            facial_motion: FacialMotion::default(),
            surroundings: Surroundings::default(),
            identity: Identity::new(source)?,
            track: IdentityTrack::default(),
            scene_cut: SceneCut::default(),
            ticks: Ticks::default(),
            begun: None,
            absent: 0,
            crowded: 0,
        })
    }

    /// Returns the hint that matters now. While actions are requested, a face may turn and close its eyes.
    fn guidance(&self, observation: &FrameObservation, readable: bool) -> Guidance {
        let guidance = Guidance::of_whole_face(observation);
        // The face becomes the reference while positioning. It must not be overexposed while the camera
        // adapts to the screen's light.
        let guidance = if readable { guidance } else { guidance.in_light(!self.course.is_positioning()) };
        let matters = matches!(
            guidance,
            Guidance::NoFace | Guidance::MultipleFaces | Guidance::TooDark | Guidance::TooBright
        );
        if self.course.is_positioning() || matters { guidance } else { Guidance::Ok }
    }

    fn follow(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        (face, mesh): (&FaceObservation, &FaceMesh),
        time: Time,
        guidance: Guidance,
        readable: bool,
    ) -> Result<Vec<ActionEvent>, InferenceError> {
        let mut events = self.check_continuity(frame, face, mesh, time);
        let signals = Signals::of_person(mesh, self.mirrored);
        self.blinks += u32::from(self.lids.observe(time, signals.eyes).is_some());
        self.facial_motion.observe(time, &mesh.blendshapes);
        self.surroundings.observe(frame, time, &mesh.mesh);
        if let Some(neutral) = self.course.neutral() {
            let turn = neutral.turn(&signals);
            // The nose moves as the frame shows it.
            self.planarity.observe(if self.mirrored { -turn } else { turn }, &mesh.mesh);
        }
        let turn = self.course.observe(time, &signals, guidance == Guidance::Ok);
        events.extend(turn.events);
        if turn.settled {
            self.planarity.begin(mesh.mesh.clone());
            self.identity.forget();
        }
        if !self.course.is_positioning() {
            let compared = turn.settled || turn.performed;
            events.extend(self.verify(frame, mesh, time, readable, compared)?);
        }
        if self.course.passed() {
            self.last_look();
        } else if readable && self.is_frontal(&signals) && self.passive.wants(Some(time)) {
            self.passive.observe(frame, observation, Some(time))?;
        }
        Ok(events)
    }

    /// Tracks identity and scene through the challenge. Another face or another scene ends it. With
    /// `compared`, the face is also compared with the first one. Under the screen's light (not `readable`)
    /// scene cuts are not detected.
    fn verify(
        &mut self,
        frame: &Frame<'_>,
        face: &FaceMesh,
        time: Time,
        readable: bool,
        compared: bool,
    ) -> Result<Vec<ActionEvent>, InferenceError> {
        let mut cut = readable && self.scene_cut.observe(frame, time);
        if let Some(embedding) = self.identity.embed(frame, &face.mesh)? {
            if compared {
                self.identity.note(embedding.clone());
            }
            cut |= self.track.observe(time, &face.pose, embedding);
        }
        if cut && self.course.passed() {
            self.course.reject(Failure::Cut);
        }
        Ok(if cut { self.course.fail(Failure::Cut) } else { Vec::new() })
    }

    /// Returns true if the face is as it was at the beginning of the challenge, or if the challenge has not
    /// begun.
    pub fn is_at_rest(&self, observation: &FrameObservation) -> bool {
        observation
            .primary()
            .is_some_and(|(_, mesh)| self.is_frontal(&Signals::of_person(mesh, self.mirrored)))
    }

    fn is_frontal(&self, signals: &Signals) -> bool {
        self.course
            .neutral()
            .is_none_or(|neutral| Action::ALL.into_iter().all(|action| neutral.extent(action, signals) < 0.5))
    }

    /// Checks for cuts, loops and a frozen video. A cut during positioning restarts the positioning; any
    /// other break ends the challenge.
    fn check_continuity(
        &mut self,
        frame: &Frame<'_>,
        face: &FaceObservation,
        mesh: &FaceMesh,
        time: Time,
    ) -> Vec<ActionEvent> {
        let broken =
            self.continuity.observe(time, fingerprint(frame), frame.height() as f32, face.id, &mesh.mesh);
        let away = std::mem::take(&mut self.absent) > AWAY;
        let failure = match broken {
            Some(Break::Frozen) => Some(Failure::Frozen),
            Some(Break::Looped) => Some(Failure::Looped),
            Some(Break::Cut) => Some(Failure::Cut),
            None if away => Some(Failure::Cut),
            None => None,
        };
        match failure {
            Some(Failure::Cut) if self.course.is_positioning() => {
                self.lids.reset();
                self.passive.forget();
                (self.facial_motion, self.surroundings) = Default::default();
                self.course.position_anew();
                Vec::new()
            }
            Some(failure) => self.course.fail(failure),
            None => Vec::new(),
        }
    }

    /// Rejects a passed challenge that ended with another face or that showed no depth.
    fn last_look(&mut self) {
        if self.identity.met_another() {
            self.course.reject(Failure::OtherFace);
        } else if self.planarity.slope().is_some_and(|slope| slope < FLAT) {
            self.course.reject(Failure::Flat);
        }
    }

    /// Observes a frame. In a frame that is not `readable` because of the screen's light, no single-frame cue
    /// is read.
    pub(super) fn watch(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
        readable: bool,
    ) -> Result<Step, InferenceError> {
        let (time, since_last) = self.ticks.of(time);
        let guidance = self.guidance(observation, readable);
        self.begun.get_or_insert(time);
        let positioning = self.course.is_positioning();
        if !positioning && guidance == Guidance::MultipleFaces {
            self.crowded += since_last;
        }
        let mut actions = Vec::new();
        match observation.primary() {
            None => self.absent = self.absent.saturating_add(since_last.min(MAX_STEP)),
            // Frames were lost or damaged, so another person may have taken the place.
            Some((_, face)) if !positioning && since_last > AWAY => self.identity.meet(frame, &face.mesh)?,
            Some(_) => {}
        }
        match observation.primary() {
            Some(face) => actions = self.follow(frame, observation, face, time, guidance, readable)?,
            // The passive check also notes the hindrance of frames without a face, so that the reason is
            // known if no face comes.
            None if readable && positioning => {
                self.passive.observe(frame, observation, Some(time))?;
            }
            None if !positioning && self.absent > AWAY => actions = self.course.fail(Failure::Cut),
            None => {}
        }
        Ok(Step {
            guidance,
            fraction: self.course.fraction(),
            done: self.course.is_over(),
            score: self.passive.score(),
            actions,
            light: None,
            // A face from before the end of positioning may be another person's.
            anew: positioning && !self.course.is_positioning(),
        })
    }

    /// Returns the reason why the challenge is not passed, or not passed yet.
    pub(super) fn failure(&self) -> Option<Failure> {
        match self.course.failure() {
            None if self.course.is_positioning() => Some(Failure::NotPositioned),
            None if !self.course.passed() => Some(Failure::NotDone),
            failure => failure,
        }
    }

    fn challenges(&self) -> Vec<Challenge> {
        let begun = self.begun.unwrap_or(0);
        let since = |time: Time| seconds(begun, time);
        let records = self.course.records().iter();
        records
            .map(|record| Challenge {
                action: record.action.name().into(),
                requested: since(record.requested),
                onset: record.performance.map(|p| since(p.onset)),
                apex: record.performance.map(|p| since(p.apex)),
                end: record.performance.map(|p| since(p.end)),
                peak: record.performance.map(|p| f64::from(p.peak)),
            })
            .collect()
    }
}

impl Check for ActionCheck {
    fn method(&self) -> Method {
        Method::Action
    }

    fn observe(
        &mut self,
        frame: &Frame<'_>,
        observation: &FrameObservation,
        time: Option<Time>,
    ) -> Result<Step, InferenceError> {
        self.watch(frame, observation, time, true)
    }

    fn who(&self) -> Option<&Embedding> {
        self.identity.who()
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = self.passive.evidence();
        if let Some(failure) = self.failure() {
            evidence.reject(failure);
            evidence.mistake = self.course.mistake();
        }
        if self.crowded > CROWDED {
            evidence.hindrance = Guidance::MultipleFaces;
        }
        evidence.entropy_bits = self.entropy_bits;
        evidence.challenges = self.challenges();
        evidence.cues.extend([
            self.planarity.cue(),
            Cue::new("likeness", self.identity.likeness().map(f64::from), 0.0),
            self.track.cue(),
            Cue::new("early_answers", Some(f64::from(self.course.early())), 0.0),
            Cue::new("unasked_actions", Some(f64::from(self.course.unasked())), 0.0),
            Cue::new("longest_still", Some(self.continuity.longest_still()), 0.0),
            Cue::new("repeated_frames", Some(f64::from(self.continuity.copies())), 0.0),
            Cue::new("blinks", Some(f64::from(self.blinks)), 0.0),
            self.facial_motion.cue(),
            self.surroundings.cue(),
            Cue::new("light", None, 0.0),
        ]);
        evidence
    }
}
