// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rotations of a picture by multiples of 90°.

use super::judge::Judgement;

/// A clockwise rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// 0°.
    None,
    /// 90°.
    Quarter,
    /// 180°.
    Half,
    /// 270°.
    ThreeQuarters,
}

/// Largest head roll in degrees of an upright face. With a larger roll, another rotation fits better,
/// although the landmark net is equally confident.
const UPRIGHT: f32 = 45.0;

impl Turn {
    /// All rotations.
    pub const ALL: [Self; 4] = [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters];

    /// Returns the angle in degrees.
    pub const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// Returns the value of the property `video-direction` of `videoflip`.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::None => "identity",
            Self::Quarter => "90r",
            Self::Half => "180",
            Self::ThreeQuarters => "90l",
        }
    }
}

/// Returns the judgement with an upright face of the highest confidence. Without any face, returns the first
/// judgement.
pub fn best(judged: Vec<Judgement>) -> Option<Judgement> {
    let worth = |judgement: &Judgement| match judgement.face() {
        Some((face, mesh)) if mesh.pose.roll.abs() <= UPRIGHT => 1.0 + face.confidence,
        Some((face, _)) => face.confidence,
        None => 0.0,
    };
    judged.into_iter().reduce(|best, other| if worth(&other) > worth(&best) { other } else { best })
}
