//! The person before the camera as an actor, or the one who attacks with a picture of them: what they do when, with
//! what they were asked.
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

/// Who or what acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    #[default]
    Live,
    /// A photo of the person, on paper in somebody's hand: flat, bent, or cut out around the head.
    Print,
    BentPrint,
    CutoutPrint,
    /// Held at 15 to 30 degrees.
    TiltedPrint,
    /// The same on a tablet.
    Screen,
    /// A recording of the person in an earlier check, on a tablet.
    Replay,
    /// That recording in place of the camera's pictures.
    Injected,
    /// A video of the idle person in its place, multiplied as it runs by the mean colour of today's screen.
    Relight,
    /// A mask of the person worn by somebody.
    Mask,
    /// A photo of the face bent around somebody's head: as deep as a face, without a nose.
    PaperMask,
    Nobody,
    /// The person and an idle other.
    TwoPeople,
}

impl Subject {
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

    /// Whether a hand holds it before the camera.
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

    const fn recorded(self) -> bool {
        matches!(self, Self::Replay | Self::Injected | Self::Relight)
    }
}

/// The part an actor plays. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Role {
    pub subject: Subject,
    /// Recordings answer nothing today: they show an earlier check, which asked for actions unless they are idle.
    pub behaviour: Behaviour,
    pub seed: u64,
    /// From a prompt to the beginning of the answer, on average.
    pub reaction_time: f64,
    /// From a light message to the light.
    pub display_latency: f64,
    /// Which screen gives the light.
    pub screen: ScreenSize,
    /// How far the body sways and the head turns by itself: 1 is usual (3 degrees at most), 6 a restless one (15 degrees).
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

/// What a picture shows.
enum Shown {
    Still(Stance),
    Recording(Box<Recording>),
    /// A person who does nothing: a second one, or one in a video.
    Idle(Box<Idle>),
}

/// Plays a role from time 0 on.
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
    role: Role,
    /// The person, or whoever wears the mask or holds the picture.
    idle: Idle,
    hand: Balance,
    /// How the hand holds the picture.
    tilt: HeadPose,
    answers: Answers,
    shown: Shown,
    lights: Lights,
}

impl Actor {
    pub fn new(role: Role) -> Self {
        let mut random = Random::new(role.seed);
        let sway = if role.sway.is_finite() { role.sway.clamp(0.0, 10.0) } else { 1.0 };
        let idle = Idle::new(&mut random, sway);
        let hand = Balance::of_hand(&mut random);
        let mut fork = || Random::new(random.bits());
        let Role { subject, behaviour, reaction_time, display_latency, screen, .. } = role;
        let asked = behaviour != Behaviour::Idle;
        let means = if subject.held() { Means::Hand } else { Means::Body };
        // A recording of today's answers would be no attack.
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

    /// Takes a prompt in. One from the past is of no use: give the present as its time.
    pub fn hear(&mut self, prompt: Prompt) {
        self.answers.hear(prompt);
    }

    /// The screen is to show this.
    pub fn see(&mut self, pattern: Pattern) {
        self.lights.show(pattern);
    }

    /// What lit the face of a recording at a time of today's: a code of the caller's own instead of one made up.
    pub fn record(&mut self, pattern: Pattern) {
        self.lights.record(pattern);
    }

    /// What is before the camera at a time in seconds; time does not run backwards.
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

/// 15 to 30 degrees about any axis in the picture's plane.
fn tilt(random: &mut Random) -> HeadPose {
    let (angle, axis) = (random.between(15.0, 30.0), random.between(0.0, std::f32::consts::TAU));
    HeadPose { yaw: angle * axis.cos(), pitch: angle * axis.sin(), ..HeadPose::default() }
}

/// As somebody looks in a photo.
fn still(random: &mut Random) -> Stance {
    let mut stance = Stance::default();
    stance.head.yaw = random.between(-4.0, 4.0);
    stance.head.pitch = random.between(-3.0, 3.0);
    stance.head.roll = random.between(-3.0, 3.0);
    stance.expression = Expression { smile: random.between(0.0, 0.5), ..Expression::default() };
    stance
}
