// SPDX-License-Identifier: MIT OR Apache-2.0

//! Repeatable random numbers from a seed: SplitMix64 (Steele, Lea and Flood 2014).

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A pseudorandom sequence. It is not suitable for secrets.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Returns the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(STEP)))
    }

    /// Returns the `n`th sequence of a family. The sequences are independent, so that second n can be drawn
    /// without the seconds before it.
    pub fn nth(seed: u64, n: u64) -> Self {
        Self::new(mix(seed) ^ n.wrapping_mul(STEP))
    }

    /// Draws 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// Draws a number from 0 to below 1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Draws a number from `from` to below `to`.
    pub fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }

    /// Draws a number of `0..count`.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.bits() >> 32) as usize * count) >> 32
    }

    /// Draws a standard normal number (Box–Muller), clamped to ±2.5.
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        (radius * (std::f32::consts::TAU * self.unit()).cos()).clamp(-2.5, 2.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_as_they_should() {
        let mut random = Random::new(7);
        let units: Vec<_> = (0..10_000).map(|_| random.unit()).collect();
        let normals: Vec<_> = (0..10_000).map(|_| random.normal()).collect();
        let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
        assert!(units.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((mean(&units) - 0.5).abs() < 0.02);
        assert!(mean(&normals).abs() < 0.05);
        let square: Vec<_> = normals.iter().map(|n| n * n).collect();
        assert!((mean(&square) - 1.0).abs() < 0.1);
        let mut seen = [0; 7];
        (0..7000).for_each(|_| seen[random.below(7)] += 1);
        assert!(seen.iter().all(|n| (800..1200).contains(n)), "{seen:?}");
    }

    #[test]
    fn a_seed_repeats_and_another_does_not() {
        let draw = |mut random: Random| [random.bits(), random.bits()];
        assert_eq!(draw(Random::nth(1, 2)), draw(Random::nth(1, 2)));
        assert_ne!(draw(Random::nth(1, 2)), draw(Random::nth(1, 3)));
        assert_ne!(draw(Random::nth(1, 2)), draw(Random::nth(2, 1)));
    }
}
