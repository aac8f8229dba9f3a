// SPDX-License-Identifier: MIT OR Apache-2.0

//! The content of the screen.

use liveness_core::check::{Action, Guidance, LightCue};
use liveness_core::session::{Advice, Status};

/// The sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    Coach(Guidance),
    Act(Action),
    /// The requested movement is done.
    Good,
    /// The asked movement was not done.
    Missed,
    /// The light plays.
    Light,
    /// An attempt failed; what to do before the next begins.
    Retry(Advice),
    /// The check has ended.
    Verdict(Status),
    /// The check has not begun: the ready screen.
    Ready(Ready),
}

/// The content of the ready screen, before a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Warns of light that may harm people with photosensitive epilepsy.
    pub light: bool,
    /// Offers to start without light.
    pub calm: bool,
    /// A face starts the check, rather than a touch or a key.
    pub face: bool,
}

/// One moment of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub prompt: Prompt,
    /// Filled share of the ring, 0–1.
    pub fraction: f64,
    /// An active light whose colours are as many as its cells, or none.
    pub light: Option<LightCue>,
}

impl View {
    /// The screen before a check.
    pub fn ready(ready: Ready) -> Self {
        Self { prompt: Prompt::Ready(ready), fraction: 0.0, light: None }
    }
}

/// The state that ring and pictogram tell, each in colour and in form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something hinders: a dashed ring.
    Coach,
    /// Another attempt follows: a ring of long dashes.
    Retry,
    /// All is well: a ring that fills.
    Go,
    /// Ended: a full ring.
    Approved,
    Review,
    Failed,
    Ended,
}

impl Prompt {
    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::Coach(Guidance::Ok) | Self::Act(_) | Self::Good | Self::Light | Self::Ready(_) => Tone::Go,
            Self::Coach(_) => Tone::Coach,
            Self::Missed | Self::Retry(_) => Tone::Retry,
            Self::Verdict(Status::Approved) => Tone::Approved,
            Self::Verdict(Status::Declined) => Tone::Failed,
            Self::Verdict(Status::InReview) => Tone::Review,
            Self::Verdict(_) => Tone::Ended,
        }
    }

    /// Every sentence that can be shown during a check and after it.
    pub fn all() -> impl Iterator<Item = Self> {
        let ends = [Status::Approved, Status::InReview, Status::Declined, Status::Abandoned];
        let coaching = Guidance::ALL.into_iter().map(Self::Coach);
        coaching
            .chain(Action::ALL.map(Self::Act))
            .chain([Self::Good, Self::Missed, Self::Light])
            .chain(Advice::all().map(Self::Retry))
            .chain(ends.map(Self::Verdict))
    }
}

impl Tone {
    /// 0xRRGGBB; each stands out against the dark plate and the dark edge of the ring.
    pub const fn color(self) -> u32 {
        match self {
            Self::Coach => 0xff_c857,
            Self::Retry => 0xff_a94d,
            Self::Go => 0x7c_c4ff,
            Self::Approved => 0x4a_de80,
            Self::Review => 0xc4_b5fd,
            Self::Failed => 0xff_7b72,
            Self::Ended => 0xd0_d7de,
        }
    }
}
