//! Quarter turns of a picture.

use super::judge::Judgement;

/// Clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

/// Leaning further (degrees), a face fits another turn better. The landmark net is as sure of it all the same.
const UPRIGHT: f32 = 45.0;

impl Turn {
    pub const ALL: [Self; 4] = [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters];

    pub const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// `videoflip`'s name for it.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::None => "identity",
            Self::Quarter => "90r",
            Self::Half => "180",
            Self::ThreeQuarters => "90l",
        }
    }
}

/// The turn in which the face is upright and surest; without any face, the first.
pub fn best(judged: Vec<Judgement>) -> Option<Judgement> {
    let worth = |judgement: &Judgement| match judgement.face() {
        Some((face, mesh)) if mesh.pose.roll.abs() <= UPRIGHT => 1.0 + face.confidence,
        Some((face, _)) => face.confidence,
        None => 0.0,
    };
    judged.into_iter().reduce(|best, other| if worth(&other) > worth(&best) { other } else { best })
}
