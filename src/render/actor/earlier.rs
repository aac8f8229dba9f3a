//! The light of an earlier check, as a recording shows it: the same grid, another secret.

use crate::render::ScreenLight;
use crate::render::random::Random;

/// Each cell and channel is drawn anew so often, and eases into it (seconds).
const SLOT: f64 = 0.3;
const EASE: f64 = 0.12;
/// Its low and its high, linear.
const LEVELS: [f32; 2] = [0.05, 1.0];

#[derive(Clone, Debug)]
pub struct Earlier(u64);

impl Earlier {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// What lit the recorded face so many seconds into its check, on a screen like today's.
    pub fn light(&self, today: &ScreenLight, seconds: f64) -> ScreenLight {
        let cells = (0..today.cells.len()).map(|cell| [0, 1, 2].map(|i| self.level(3 * cell + i, seconds)));
        ScreenLight { cells: cells.collect(), ..today.clone() }
    }

    fn level(&self, code: usize, seconds: f64) -> f32 {
        let slot = (seconds / SLOT).floor().max(0.0);
        let drawn = |n: u64| LEVELS[Random::nth(self.0 ^ code as u64, n).below(2)];
        let (from, to) = (drawn(slot as u64), drawn(slot as u64 + 1));
        let share = ((seconds - slot * SLOT) / EASE).clamp(0.0, 1.0) as f32;
        let eased = 0.5 - 0.5 * (std::f32::consts::PI * share).cos();
        from + eased * (to - from)
    }
}
