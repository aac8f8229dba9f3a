//! The person before the camera as an actor, or the one who attacks with a picture of them: what they do when, with
//! what they were asked.
//!
//! Everything random is drawn from a seed, and nothing depends on the frame rate.

mod answers;
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

use super::random::Random;
use super::{Expression, Presentation, Scene, Stance};

/// Who or what acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    #[default]
    Live,
    /// A photo of the person, on paper in somebody's hand: flat, bent, or cut out around the head.
    Print,
    BentPrint,
    CutoutPrint,
    /// The same on a tablet.
    Screen,
    /// A recording of the person in an earlier check, on a tablet.
    Replay,
    /// That recording in place of the camera's pictures.
    Injected,
    /// A mask of the person worn by somebody.
    Mask,
    Nobody,
    /// The person and an idle other.
    TwoPeople,
}

impl Subject {
    pub const ALL: [Self; 10] = [
        Self::Live,
        Self::Print,
        Self::BentPrint,
        Self::CutoutPrint,
        Self::Screen,
        Self::Replay,
        Self::Injected,
        Self::Mask,
        Self::Nobody,
        Self::TwoPeople,
    ];

    const fn presentation(self) -> Presentation {
        match self {
            Self::Live | Self::Injected => Presentation::Live,
            Self::Print => Presentation::Print,
            Self::BentPrint => Presentation::BentPrint,
            Self::CutoutPrint => Presentation::CutoutPrint,
            Self::Screen | Self::Replay => Presentation::Screen,
            Self::Mask => Presentation::Mask,
            Self::Nobody => Presentation::Nobody,
            Self::TwoPeople => Presentation::TwoPeople,
        }
    }

    /// Whether a hand holds it before the camera.
    const fn held(self) -> bool {
        matches!(self, Self::Print | Self::BentPrint | Self::CutoutPrint | Self::Screen | Self::Replay)
    }

    const fn recorded(self) -> bool {
        matches!(self, Self::Replay | Self::Injected)
    }
}

/// The part an actor plays. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Role {
    pub subject: Subject,
    /// Recordings know no behaviour: they play what they play.
    pub behaviour: Behaviour,
    pub seed: u64,
    /// From a prompt to the beginning of the answer, on average.
    pub reaction_time: f64,
    /// From a light message to the light.
    pub display_latency: f64,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            subject: Subject::Live,
            behaviour: Behaviour::Obeys,
            seed: 0,
            reaction_time: 0.35,
            display_latency: 0.06,
        }
    }
}

/// What a picture shows.
enum Shown {
    Still(Stance),
    Recording(Box<Recording>),
    /// No picture but a second person.
    Idle(Box<Idle>),
}

/// Plays a role from time 0 on.
///
/// ```
/// use gstliveness::check::Action;
/// use gstliveness::render::actor::{Actor, Prompt, Role};
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
    answers: Answers,
    shown: Shown,
    lights: Lights,
}

impl Actor {
    pub fn new(role: Role) -> Self {
        let mut random = Random::new(role.seed);
        let idle = Idle::new(&mut random);
        let hand = Balance::of_hand(&mut random);
        let mut fork = || Random::new(random.bits());
        let Role { subject, behaviour, reaction_time, display_latency, .. } = role;
        let means = if subject.held() { Means::Hand } else { Means::Body };
        // A recording of today's answers would be no attack.
        let behaviour = if subject.recorded() { Behaviour::Idle } else { behaviour };
        Self {
            role,
            idle,
            hand,
            answers: Answers::new(behaviour, means, reaction_time, fork()),
            lights: Lights::new(display_latency, fork()),
            shown: match subject {
                _ if subject.recorded() => Shown::Recording(Box::new(Recording::new(fork(), reaction_time))),
                Subject::TwoPeople => Shown::Idle(Box::new(Idle::new(&mut fork()))),
                _ => Shown::Still(still(&mut fork())),
            },
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

    /// What is before the camera at a time in seconds; time does not run backwards.
    pub fn scene(&mut self, time: f64) -> Scene<'_> {
        self.lights.advance(time);
        let subject = self.role.subject;
        let shown = match &mut self.shown {
            Shown::Still(stance) => *stance,
            Shown::Recording(recording) => recording.at(time),
            Shown::Idle(idle) => idle.at(time).limited(),
        };
        let (today, recorded) = (self.lights.today.light(), self.lights.recorded.light());
        if subject == Subject::Injected {
            return Scene {
                presentation: subject.presentation(),
                stance: shown,
                shown: Stance::default(),
                light: recorded,
                shown_light: None,
            };
        }
        let mut stance = self.idle.at(time);
        if subject.held() {
            stance.head = self.hand.at(time);
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

/// As somebody looks in a photo.
fn still(random: &mut Random) -> Stance {
    let mut stance = Stance::default();
    stance.head.yaw = random.between(-4.0, 4.0);
    stance.head.pitch = random.between(-3.0, 3.0);
    stance.head.roll = random.between(-3.0, 3.0);
    stance.expression = Expression { smile: random.between(0.0, 0.5), ..Expression::default() };
    stance
}
