//! Where challenges come from.

/// The operating system's randomness; or a fixed sequence (SplitMix64) that repeats a run and secures nothing.
#[derive(Clone, Debug)]
pub enum Randomness {
    System,
    Seeded(u64),
}

impl Randomness {
    /// A seed of 0 stands for the operating system.
    pub fn new(seed: u64) -> Self {
        if seed == 0 { Self::System } else { Self::Seeded(seed) }
    }

    /// Returns the secret part of `bits` drawn bits: all of them, or 0 where a seed is fixed.
    pub const fn secret(&self, bits: f64) -> f64 {
        match self {
            Self::System => bits,
            Self::Seeded(_) => 0.0,
        }
    }

    /// 64 bits, each as likely 0 as 1. `None` when the operating system refuses: there is then nothing to ask that a replay
    /// could not foresee.
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

    /// A number below `limit`, all equally likely (those that would favour the small ones are drawn again).
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
        // Five standard deviations of a binomial with p = 1/6.
        assert!(counts.iter().all(|n| n.abs_diff(10_000) < 457), "{counts:?}");
        assert_eq!(random.below(0), Some(0));
    }
}
