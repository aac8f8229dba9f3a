// SPDX-License-Identifier: MIT OR Apache-2.0

//! The source of random challenges.

/// The random number generator of the operating system, or a fixed sequence (SplitMix64) that repeats a run
/// and offers no security.
#[derive(Clone, Debug)]
pub enum Randomness {
    /// The operating system's generator.
    System,
    /// SplitMix64 with this state.
    Seeded(u64),
}

impl Randomness {
    /// Returns the generator for a seed. A seed of 0 selects the operating system's.
    pub fn new(seed: u64) -> Self {
        if seed == 0 { Self::System } else { Self::Seeded(seed) }
    }

    /// Returns the secret part of `bits` drawn bits: all of them, or 0 with a fixed seed.
    pub const fn secret(&self, bits: f64) -> f64 {
        match self {
            Self::System => bits,
            Self::Seeded(_) => 0.0,
        }
    }

    /// Draws 64 independent, uniform bits. Returns `None` if the operating system fails, because a replay
    /// could foresee any challenge drawn without randomness.
    pub fn bits(&mut self) -> Option<u64> {
        match self {
            Self::System => getrandom::u64().ok(),
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                Some(z ^ (z >> 31))
            }
        }
    }

    /// Draws a uniform number below `limit`. Bits that would favour small numbers are drawn again. Returns
    /// `None` without randomness.
    pub fn below(&mut self, limit: u64) -> Option<u64> {
        let limit = limit.max(1);
        let whole = u64::MAX - u64::MAX % limit;
        loop {
            let bits = self.bits()?;
            if bits < whole {
                return Some(bits % limit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        let draw = |seed| {
            let mut random = Randomness::new(seed);
            [(); 4].map(|()| random.bits().unwrap())
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_ne!(draw(0), draw(0));
        assert_eq!((Randomness::new(7).secret(20.0), Randomness::new(0).secret(20.0)), (0.0, 20.0));
    }

    #[test]
    fn every_number_below_the_limit_comes_up_as_often() {
        let mut random = Randomness::Seeded(1);
        let mut counts = [0u32; 6];
        (0..60_000).for_each(|_| counts[random.below(6).unwrap() as usize] += 1);
        // The limit is five standard deviations of a binomial with p = 1/6.
        assert!(counts.iter().all(|n| n.abs_diff(10_000) < 457), "{counts:?}");
        assert_eq!(random.below(0), Some(0));
    }
}
