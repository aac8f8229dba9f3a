//! What the screen is to show.

use crate::check::{Action, Guidance, LightCue};
use crate::session::Status;

/// The sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    Coach(Guidance),
    Act(Action),
    /// What was asked is done.
    Good,
    /// The light plays.
    Light,
    /// The check has ended.
    Verdict(Status),
}

/// One moment of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub prompt: Prompt,
    /// How full the ring is, 0–1.
    pub fraction: f64,
    /// An active light whose colours are as many as its cells, or none.
    pub light: Option<LightCue>,
}

/// The state that ring and pictogram tell, each in colour and in form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something hinders: a dashed ring.
    Coach,
    /// All is well: a ring that fills.
    Go,
    /// Ended: a full ring.
    Approved,
    Review,
    Failed,
}

impl Prompt {
    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::Coach(Guidance::Ok) | Self::Act(_) | Self::Good | Self::Light => Tone::Go,
            Self::Coach(_) => Tone::Coach,
            Self::Verdict(Status::Approved) => Tone::Approved,
            Self::Verdict(Status::Declined) => Tone::Failed,
            Self::Verdict(_) => Tone::Review,
        }
    }
}

impl Tone {
    /// 0xRRGGBB; each stands out against the dark plate and the dark edge of the ring.
    pub const fn color(self) -> u32 {
        match self {
            Self::Coach => 0xff_c857,
            Self::Go => 0x7c_c4ff,
            Self::Approved => 0x4a_de80,
            Self::Review => 0xc4_b5fd,
            Self::Failed => 0xff_7b72,
        }
    }
}
