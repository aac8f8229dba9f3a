// SPDX-License-Identifier: MIT OR Apache-2.0

//! A signature of mean colours. It recognises a picture after a conversion, but not after a flip or a crop.

use super::frame::Frame;
use super::geometry::{Affine, Rect};
use super::luma::luma;
use super::sampler::{Border, Sampler, TensorSpec};

/// Number of cells along each side.
const GRID: usize = 6;
/// Maximum difference in luma (0–255) that conversions between formats may cause.
const TOLERANCE: f32 = 10.0;

/// The mean colours of a frame on a coarse grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse([f32; 3 * GRID * GRID]);

impl Glimpse {
    /// Returns the signature of a frame.
    pub fn of(frame: &Frame<'_>, sampler: &mut Sampler) -> Self {
        let mut colors = [0.0; 3 * GRID * GRID];
        let whole = Rect::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
        let map = Affine::from_rect(&whole, GRID, GRID);
        sampler.sample(frame, &map, &TensorSpec::rgb(GRID, GRID), Border::Replicate, &mut colors);
        Self(colors)
    }

    /// Returns the mean luma, 0–255.
    pub fn luma(&self) -> f32 {
        let pixels = self.0.chunks_exact(3);
        pixels.map(luma).sum::<f32>() / (GRID * GRID) as f32
    }

    /// Returns whether both signatures are of the same picture. Only luma is compared, as one picture may be greyscale.
    pub fn is_like(&self, other: &Self) -> bool {
        let pairs = self.0.chunks_exact(3).zip(other.0.chunks_exact(3));
        pairs.map(|(a, b)| (luma(a) - luma(b)).abs()).all(|apart| apart <= TOLERANCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_again_and_its_mirror_is_not() {
        let of = |pixel: fn(usize, usize) -> u8| {
            let rgb: Vec<u8> = (0..60 * 40).flat_map(|i| [pixel(i % 60, i / 60); 3]).collect();
            Glimpse::of(&Frame::rgb(&rgb, 60, 40).unwrap(), &mut Sampler::new())
        };
        let ramp = of(|x, y| (3 * x + y) as u8);
        assert!(ramp.is_like(&of(|x, y| (3 * x + y) as u8 + 4)));
        assert!(!ramp.is_like(&of(|x, y| (3 * (59 - x) + y) as u8)));
        assert!(!ramp.is_like(&of(|x, y| (3 * x + y) as u8 + 30)));
    }
}
