// SPDX-License-Identifier: MIT OR Apache-2.0

//! The actor: the person in front of the camera, or an attacker with a picture of the person. It answers the prompts
//! and the light of a check over time.
//!
//! Everything random is drawn from a seed, and nothing depends on the frame rate.

mod answers;
mod earlier;
mod gesture;
mod idle;
mod light;
mod recording;
mod stance;
#[cfg(test)]
mod tests;

pub use answers::{Behaviour, Prompt};
pub use light::Pattern;

use answers::Answers;
use gesture::Means;
use idle::{Balance, Idle};
use light::Lights;
use recording::Recording;

use super::{Expression, HeadPose, Presentation, Scene, ScreenSize, Stance};
use liveness_core::random::Random;

/// The person or the attack that the actor plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    #[default]
    /// The person.
    Live,
    /// A flat photo of the person, on paper in a hand.
    Print,
    /// A photo in a hand, bent about its vertical axis.
    BentPrint,
    /// A photo in a hand, cut out around the head.
    CutoutPrint,
    /// A flat photo in a hand, held at 15 to 30 degrees.
    TiltedPrint,
    /// A photo on a tablet in a hand.
    Screen,
    /// A recording of the person in an earlier check, on a tablet.
    Replay,
    /// A recording of the person in an earlier check, instead of the camera's pictures.
    Injected,
    /// A video of the idle person instead of the camera's pictures, multiplied live by the mean colour of today's
    /// screen.
    Relight,
    /// A rigid mask of the person, worn by another person.
    Mask,
    /// A photo of the face, bent around another person's head: as deep as a face, but without a nose.
    PaperMask,
    /// An empty room.
    Nobody,
    /// The person and an idle second person.
    TwoPeople,
}

impl Subject {
    /// All subjects.
    pub const ALL: [Self; 13] = [
        Self::Live,
        Self::Print,
        Self::BentPrint,
        Self::CutoutPrint,
        Self::TiltedPrint,
        Self::Screen,
        Self::Replay,
        Self::Injected,
        Self::Relight,
        Self::Mask,
        Self::PaperMask,
        Self::Nobody,
        Self::TwoPeople,
    ];

    /// Returns what the camera sees of the subject.
    const fn presentation(self) -> Presentation {
        match self {
            Self::Live | Self::Injected => Presentation::Live,
            Self::Print | Self::TiltedPrint => Presentation::Print,
            Self::BentPrint => Presentation::BentPrint,
            Self::CutoutPrint => Presentation::CutoutPrint,
            Self::Screen | Self::Replay => Presentation::Screen,
            Self::Relight => Presentation::Relit,
            Self::Mask => Presentation::Mask,
            Self::PaperMask => Presentation::PaperMask,
            Self::Nobody => Presentation::Nobody,
            Self::TwoPeople => Presentation::TwoPeople,
        }
    }

    /// Returns whether a hand holds the subject in front of the camera.
    const fn held(self) -> bool {
        matches!(
            self,
            Self::Print
                | Self::BentPrint
                | Self::CutoutPrint
                | Self::TiltedPrint
                | Self::Screen
                | Self::Replay
        )
    }

    /// Returns whether the subject is a video made earlier.
    const fn recorded(self) -> bool {
        matches!(self, Self::Replay | Self::Injected | Self::Relight)
    }
}

/// The parameters of an actor. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Role {
    /// The person or the attack.
    pub subject: Subject,
    /// The answers to prompts. Recordings ignore today's prompts; they show the actions of an earlier check, unless the
    /// behaviour is idle.
    pub behaviour: Behaviour,
    /// The seed of everything random.
    pub seed: u64,
    /// Mean time from a prompt to the start of the answer.
    pub reaction_time: f64,
    /// Time from a light message to the light on the face.
    pub display_latency: f64,
    /// The screen that gives the light.
    pub screen: ScreenSize,
    /// Sway of the body and the head: 1 is usual (at most 3 degrees), 6 is restless (15 degrees).
    pub sway: f32,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            subject: Subject::Live,
            behaviour: Behaviour::Obeys,
            seed: 0,
            reaction_time: 0.35,
            display_latency: 0.06,
            screen: ScreenSize::Desktop,
            sway: 1.0,
        }
    }
}

/// The content of a print, a tablet or a video, or the second person.
enum Shown {
    Still(Stance),
    Recording(Box<Recording>),
    /// An idle person: the second one, or the one in a video.
    Idle(Box<Idle>),
}

/// An actor that plays a role from time 0 on.
///
/// ```
/// use liveness_core::check::Action;
/// use liveness_render::actor::{Actor, Prompt, Role};
///
/// let mut actor = Actor::new(Role::default());
/// actor.hear(Prompt { action: Action::TurnLeft, at: 1.0, deadline: None });
/// assert!(actor.scene(1.0).stance.head.yaw.abs() < 3.0);
/// assert!(actor.scene(1.9).stance.head.yaw > 15.0);
/// ```
pub struct Actor {
    /// The parameters of the actor.
    role: Role,
    /// Idle movements of the person, of the wearer of a mask, or of the holder of a picture.
    idle: Idle,
    /// Movements of the hand that holds a picture.
    hand: Balance,
    /// Constant rotation of the picture in the hand.
    tilt: HeadPose,
    answers: Answers,
    shown: Shown,
    lights: Lights,
}

impl Actor {
    /// Creates an actor. A sway that is not finite becomes 1; others are limited to 0–10.
    pub fn new(role: Role) -> Self {
        let mut random = Random::new(role.seed);
        let sway = if role.sway.is_finite() { role.sway.clamp(0.0, 10.0) } else { 1.0 };
        let idle = Idle::new(&mut random, sway);
        let hand = Balance::of_hand(&mut random);
        let mut fork = || Random::new(random.bits());
        let Role { subject, behaviour, reaction_time, display_latency, screen, .. } = role;
        let asked = behaviour != Behaviour::Idle;
        let means = if subject.held() { Means::Hand } else { Means::Body };
        // A recording that answers today's prompts would not be an attack.
        let behaviour = if subject.recorded() { Behaviour::Idle } else { behaviour };
        Self {
            role,
            idle,
            hand,
            answers: Answers::new(behaviour, means, reaction_time, fork()),
            lights: Lights::new(screen, display_latency, fork()),
            shown: match subject {
                Subject::Replay | Subject::Injected if asked => {
                    Shown::Recording(Box::new(Recording::new(fork(), reaction_time, sway)))
                }
                _ if subject.recorded() || subject == Subject::TwoPeople => {
                    Shown::Idle(Box::new(Idle::new(&mut fork(), sway)))
                }
                _ => Shown::Still(still(&mut fork())),
            },
            tilt: if subject == Subject::TiltedPrint { tilt(&mut fork()) } else { HeadPose::default() },
        }
    }

    /// Adds a prompt. Its time must not be in the past: pass the current time instead.
    pub fn hear(&mut self, prompt: Prompt) {
        self.answers.hear(prompt);
    }

    /// Adds a pattern that the screen will show.
    pub fn see(&mut self, pattern: Pattern) {
        self.lights.show(pattern);
    }

    /// Adds a pattern to the light of a recording, at the actor's time. The recording then shows these patterns instead
    /// of a made-up code.
    pub fn record(&mut self, pattern: Pattern) {
        self.lights.record(pattern);
    }

    /// Returns the scene at `time`, in seconds. Times must not decrease.
    pub fn scene(&mut self, time: f64) -> Scene<'_> {
        self.lights.advance(time);
        let subject = self.role.subject;
        let shown = match &mut self.shown {
            Shown::Still(stance) => *stance,
            Shown::Recording(recording) => recording.at(time),
            Shown::Idle(idle) => idle.at(time).limited(),
        };
        let (today, recorded) = (self.lights.today.light(), self.lights.recorded());
        let injected = match subject {
            Subject::Injected => Some((recorded, None)),
            Subject::Relight => Some((None, self.lights.imitated.light())),
            _ => None,
        };
        if let Some((light, shown_light)) = injected {
            let presentation = subject.presentation();
            return Scene { presentation, stance: shown, shown: Stance::default(), light, shown_light };
        }
        let mut stance = self.idle.at(time);
        if subject.held() {
            stance.head = self.hand.at(time);
            stance.head.yaw += self.tilt.yaw;
            stance.head.pitch += self.tilt.pitch;
        }
        Scene {
            presentation: subject.presentation(),
            stance: stance.plus(self.answers.at(time)).limited(),
            shown,
            light: today,
            shown_light: recorded.filter(|_| subject.recorded()),
        }
    }
}

/// Returns a rotation of 15 to 30 degrees about a random axis in the picture plane.
fn tilt(random: &mut Random) -> HeadPose {
    let (angle, axis) = (random.between(15.0, 30.0), random.between(0.0, std::f32::consts::TAU));
    HeadPose { yaw: angle * axis.cos(), pitch: angle * axis.sin(), ..HeadPose::default() }
}

/// Returns the stance of a person in a photo: nearly frontal, with up to half a smile.
fn still(random: &mut Random) -> Stance {
    let mut stance = Stance::default();
    stance.head.yaw = random.between(-4.0, 4.0);
    stance.head.pitch = random.between(-3.0, 3.0);
    stance.head.roll = random.between(-3.0, 3.0);
    stance.expression = Expression { smile: random.between(0.0, 0.5), ..Expression::default() };
    stance
}
