// SPDX-License-Identifier: MIT OR Apache-2.0

//! The light of an earlier check, as a recording shows it: a code of the same kind with another secret.

use crate::ScreenLight;
use liveness_core::check::{LightCode, Randomness};

/// Seconds of rest before the code of a check begins. The recording rests as well, so its code runs in step with
/// today's code when both start together.
const REST: f64 = 0.4;
/// Length of the code in nanoseconds, which exceeds that of any check.
const DURATION: u64 = 10_000_000_000;

/// The light code of an earlier check.
#[derive(Clone, Debug)]
pub struct Earlier {
    seed: u64,
    code: Option<LightCode>,
}

impl Earlier {
    /// Creates a code that is drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed: seed.max(1), code: None }
    }

    /// Returns the light on the recorded face, `seconds` after the light of the check began. The screen is that of
    /// `today`.
    pub fn light(&mut self, today: &ScreenLight, seconds: f64) -> ScreenLight {
        let same = |code: &LightCode| (code.rows(), code.columns()) == (today.rows, today.columns);
        if !self.code.as_ref().is_some_and(same) {
            let mut random = Randomness::new(self.seed);
            self.code = LightCode::draw(today.rows, today.columns, DURATION, &mut random);
        }
        let cells = self.code.as_ref().map(|code| code.at_seconds(seconds - REST));
        ScreenLight { cells: cells.unwrap_or_else(|| today.cells.clone()), ..today.clone() }
    }
}
