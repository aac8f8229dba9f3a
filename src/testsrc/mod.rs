// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenesstestsrc`: a camera that shows a rendered person or an attack, and answers the prompts and the light.

mod cue;
mod imp;
mod output;
mod settings;
mod timing;

use glib::prelude::*;

use liveness_render::{ScreenSize, actor};

glib::wrapper! {
    /// The element `livenesstestsrc`.
    pub struct LivenessTestSrc(ObjectSubclass<imp::LivenessTestSrc>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

/// Registers `livenesstestsrc` with rank `NONE`.
pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenesstestsrc", gst::Rank::NONE, LivenessTestSrc::static_type())
}

/// The property type of [`actor::Subject`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLivenessTestSrcSubject")]
pub enum Subject {
    /// The person.
    #[default]
    #[enum_value(name = "The person themself", nick = "live")]
    Live,
    /// A flat photo in a hand.
    #[enum_value(name = "A flat photo of the person, on paper in a hand", nick = "print")]
    Print,
    /// A bent photo in a hand.
    #[enum_value(name = "A photo bent about its upright axis", nick = "bent-print")]
    BentPrint,
    /// A photo in a hand, cut out around the head.
    #[enum_value(name = "A photo cut out around the head", nick = "cutout-print")]
    CutoutPrint,
    /// A flat photo in a hand, held at 15 to 30 degrees.
    #[enum_value(name = "A flat photo held at 15 to 30 degrees", nick = "tilted-print")]
    TiltedPrint,
    /// A photo on a tablet in a hand.
    #[enum_value(name = "A photo on a tablet in a hand", nick = "screen")]
    Screen,
    /// A recording of an earlier check, on a tablet in a hand.
    #[enum_value(name = "A recording of an earlier check, on a tablet in a hand", nick = "replay")]
    Replay,
    /// A recording of an earlier check instead of the camera's pictures.
    #[enum_value(
        name = "A recording of an earlier check in place of the camera's pictures",
        nick = "injected"
    )]
    Injected,
    /// A video instead of the camera's pictures, tinted live with the mean colour of the screen.
    #[enum_value(
        name = "A video of the person in place of the camera's pictures, tinted as it runs by the mean colour of the screen",
        nick = "relight"
    )]
    Relight,
    /// A rigid mask of the person, worn by another person.
    #[enum_value(name = "A mask of the person, worn by somebody", nick = "mask")]
    Mask,
    /// A photo of the face, bent around another person's head.
    #[enum_value(name = "A photo of the face bent around somebody's head", nick = "paper-mask")]
    PaperMask,
    /// An empty room.
    #[enum_value(name = "An empty room", nick = "nobody")]
    Nobody,
    /// The person with another one beside them.
    #[enum_value(name = "The person with another one beside them", nick = "two-people")]
    TwoPeople,
}

/// The property type of [`ScreenSize`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLivenessTestSrcScreen")]
pub enum Screen {
    /// 7 × 15 cm, upright.
    #[enum_value(name = "7 x 15 cm, upright", nick = "phone")]
    Phone,
    /// 31 × 17 cm.
    #[enum_value(name = "31 x 17 cm", nick = "laptop")]
    Laptop,
    /// 53 × 30 cm (24 inches).
    #[default]
    #[enum_value(name = "53 x 30 cm (24 inches)", nick = "desktop")]
    Desktop,
    /// 60 × 106 cm, upright.
    #[enum_value(name = "60 x 106 cm, upright", nick = "kiosk")]
    Kiosk,
}

/// The property type of [`actor::Behaviour`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLivenessTestSrcBehaviour")]
pub enum Behaviour {
    /// Performs the requested action.
    #[default]
    #[enum_value(name = "Does what is asked", nick = "obeys")]
    Obeys,
    /// Ignores the prompts.
    #[enum_value(name = "Answers nothing", nick = "idle")]
    Idle,
    /// Performs another action than the requested one.
    #[enum_value(name = "Does something else than asked", nick = "wrong-action")]
    WrongAction,
    /// Starts before the prompt and continues with other movements.
    #[enum_value(name = "Moves before it is asked, and makes other movements", nick = "too-early")]
    TooEarly,
    /// Performs the requested action after the deadline.
    #[enum_value(name = "Does it when the deadline has passed", nick = "too-late")]
    TooLate,
}

impl From<Subject> for actor::Subject {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Live => Self::Live,
            Subject::Print => Self::Print,
            Subject::BentPrint => Self::BentPrint,
            Subject::CutoutPrint => Self::CutoutPrint,
            Subject::TiltedPrint => Self::TiltedPrint,
            Subject::Screen => Self::Screen,
            Subject::Replay => Self::Replay,
            Subject::Injected => Self::Injected,
            Subject::Relight => Self::Relight,
            Subject::Mask => Self::Mask,
            Subject::PaperMask => Self::PaperMask,
            Subject::Nobody => Self::Nobody,
            Subject::TwoPeople => Self::TwoPeople,
        }
    }
}

impl From<Screen> for ScreenSize {
    fn from(screen: Screen) -> Self {
        match screen {
            Screen::Phone => Self::Phone,
            Screen::Laptop => Self::Laptop,
            Screen::Desktop => Self::Desktop,
            Screen::Kiosk => Self::Kiosk,
        }
    }
}

impl From<Behaviour> for actor::Behaviour {
    fn from(behaviour: Behaviour) -> Self {
        match behaviour {
            Behaviour::Obeys => Self::Obeys,
            Behaviour::Idle => Self::Idle,
            Behaviour::WrongAction => Self::WrongAction,
            Behaviour::TooEarly => Self::TooEarly,
            Behaviour::TooLate => Self::TooLate,
        }
    }
}
