//! The light of an earlier check, as a recording shows it: the same kind of code, another secret.

use crate::ScreenLight;
use liveness_core::check::{LightCode, Randomness};

/// The screen rests so long before a code begins, in seconds: a recording that is started with today's light runs with
/// today's code.
const REST: f64 = 0.4;
/// Longer than any check's, in nanoseconds.
const DURATION: u64 = 10_000_000_000;

#[derive(Clone, Debug)]
pub struct Earlier {
    seed: u64,
    code: Option<LightCode>,
}

impl Earlier {
    pub fn new(seed: u64) -> Self {
        Self { seed: seed.max(1), code: None }
    }

    /// What lit the recorded face so many seconds into its check, on a screen like today's.
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
