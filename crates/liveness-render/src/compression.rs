// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loss of a camera that sends motion JPEG (ITU-T T.81). It rounds the cosine coefficients of blocks of 8 × 8, and
//! stores the chroma at half the width (4:2:2).

use std::array::from_fn;

use nalgebra::SMatrix;

/// Side of a block in pixels.
const SIDE: usize = 8;
/// A block of samples, of coefficients or of quantisation steps.
type Block = SMatrix<f32, SIDE, SIDE>;

/// Quantisation steps of luma at quality 50 (table K.1).
#[rustfmt::skip]
const LUMA: [f32; SIDE * SIDE] = [
    16.0, 11.0, 10.0, 16.0, 24.0, 40.0, 51.0, 61.0,
    12.0, 12.0, 14.0, 19.0, 26.0, 58.0, 60.0, 55.0,
    14.0, 13.0, 16.0, 24.0, 40.0, 57.0, 69.0, 56.0,
    14.0, 17.0, 22.0, 29.0, 51.0, 87.0, 80.0, 62.0,
    18.0, 22.0, 37.0, 56.0, 68.0, 109.0, 103.0, 77.0,
    24.0, 35.0, 55.0, 64.0, 81.0, 104.0, 113.0, 92.0,
    49.0, 64.0, 78.0, 87.0, 103.0, 121.0, 120.0, 101.0,
    72.0, 92.0, 95.0, 98.0, 112.0, 100.0, 103.0, 99.0,
];
/// Quantisation steps of chroma at quality 50 (table K.2).
#[rustfmt::skip]
const COLOUR: [f32; SIDE * SIDE] = [
    17.0, 18.0, 24.0, 47.0, 99.0, 99.0, 99.0, 99.0,
    18.0, 21.0, 26.0, 66.0, 99.0, 99.0, 99.0, 99.0,
    24.0, 26.0, 56.0, 99.0, 99.0, 99.0, 99.0, 99.0,
    47.0, 66.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
    99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
    99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
    99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
    99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
];

/// A combined encoder and decoder.
pub struct Compression {
    cosines: Block,
    luma: Block,
    colour: Block,
}

impl Compression {
    /// Creates the loss of quality 100 − `amount` on the usual scale (that of `jpegenc`). Returns `None` for 0.
    pub fn new(amount: u32) -> Option<Self> {
        (amount > 0).then(|| {
            let quality = 100_u32.saturating_sub(amount).max(1) as f32;
            let scale = if quality < 50.0 { 50.0 / quality } else { 2.0 - quality / 50.0 };
            let steps = |table: &[f32]| {
                Block::from_row_slice(table).map(|step| (step * scale).round().clamp(1.0, 255.0))
            };
            Self { cosines: cosines(), luma: steps(&LUMA), colour: steps(&COLOUR) }
        })
    }

    /// Applies the loss to a tightly packed RGB picture. `width` is in pixels.
    pub fn degrade(&self, rgb: &mut [u8], width: usize) {
        let height = rgb.len() / (3 * width.max(1));
        for y in (0..height).step_by(SIDE) {
            for x in (0..width).step_by(2 * SIDE) {
                self.degrade_unit(rgb, (width, height), (x, y));
            }
        }
    }

    /// Applies the loss to two adjacent blocks of luma and their chroma. Pixels beyond the border repeat the last ones.
    fn degrade_unit(&self, rgb: &mut [u8], (width, height): (usize, usize), (left, top): (usize, usize)) {
        let pixel = |row: usize, column: usize| {
            let (x, y) = ((left + column).min(width - 1), (top + row).min(height - 1));
            ycc(from_fn(|i| f32::from(rgb[3 * (y * width + x) + i])))
        };
        let seen: [[[f32; 3]; 2 * SIDE]; SIDE] = from_fn(|row| from_fn(|column| pixel(row, column)));
        let luma: [Block; 2] = from_fn(|half| {
            let block = Block::from_fn(|row, column| seen[row][SIDE * half + column][0]);
            self.round(&block, &self.luma)
        });
        let colours: [Block; 2] = from_fn(|i| {
            let pair =
                |row: usize, column: usize| seen[row][2 * column][1 + i] + seen[row][2 * column + 1][1 + i];
            self.round(&Block::from_fn(|row, column| 0.5 * pair(row, column)), &self.colour)
        });
        for row in 0..SIDE.min(height - top) {
            for column in 0..(2 * SIDE).min(width - left) {
                let [blue, red] = from_fn(|i| colours[i][(row, column / 2)]);
                let at = 3 * ((top + row) * width + left + column);
                let out = self::rgb([luma[column / SIDE][(row, column % SIDE)], blue, red]);
                rgb[at..at + 3].copy_from_slice(&out.map(|v| v.round() as u8));
            }
        }
    }

    /// Quantises the coefficients of a block and returns the decoded block.
    fn round(&self, block: &Block, steps: &Block) -> Block {
        let coefficients = self.cosines * block * self.cosines.transpose();
        let kept = coefficients.zip_map(steps, |value, step| (value / step).round() * step);
        self.cosines.transpose() * kept * self.cosines
    }
}

/// Returns the matrix of the orthonormal cosine transform (DCT-II).
fn cosines() -> Block {
    Block::from_fn(|wave, at| {
        let scale = if wave == 0 { 1.0 } else { std::f32::consts::SQRT_2 } / (SIDE as f32).sqrt();
        scale * ((at as f32 + 0.5) * wave as f32 * std::f32::consts::PI / SIDE as f32).cos()
    })
}

/// Returns JFIF's Y, Cb and Cr, each centred on 0.
fn ycc([r, g, b]: [f32; 3]) -> [f32; 3] {
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    [y - 128.0, (b - y) / 1.772, (r - y) / 1.402]
}

/// Returns R, G and B; the inverse of [`ycc`].
fn rgb([y, blue, red]: [f32; 3]) -> [f32; 3] {
    let y = y + 128.0;
    let (r, b) = (y + 1.402 * red, y + 1.772 * blue);
    [r, (y - 0.299 * r - 0.114 * b) / 0.587, b]
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::random::Random;

    /// Returns coloured noise on a gradient.
    fn picture(width: usize, height: usize) -> Vec<u8> {
        let mut random = Random::new(3);
        let value = |at: usize| 60.0 + 120.0 * (at % (3 * width)) as f32 / (3 * width) as f32;
        (0..3 * width * height).map(|at| (value(at) + 12.0 * random.normal()) as u8).collect()
    }

    fn degraded(amount: u32, width: usize, height: usize) -> Vec<u8> {
        let mut rgb = picture(width, height);
        Compression::new(amount).unwrap().degrade(&mut rgb, width);
        rgb
    }

    fn error(a: &[u8], b: &[u8]) -> f32 {
        let squares: f32 = a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b)).powi(2)).sum();
        (squares / a.len() as f32).sqrt()
    }

    /// Returns the ratio of the luma steps across block borders to those within blocks.
    fn blockiness(rgb: &[u8], width: usize) -> f32 {
        let luma: Vec<f32> = rgb.chunks_exact(3).map(|p| ycc(from_fn(|i| f32::from(p[i])))[0]).collect();
        let mut sums = [(0.0, 0.0); 2];
        for row in luma.chunks_exact(width) {
            for (x, pair) in row.windows(2).enumerate() {
                let sum = &mut sums[usize::from((x + 1) % SIDE == 0)];
                *sum = (sum.0 + (pair[1] - pair[0]).abs(), sum.1 + 1.0);
            }
        }
        let [within, across] = sums.map(|(sum, count): (f32, f32)| sum / count);
        across / within
    }

    #[test]
    fn more_compression_loses_more_and_shows_its_blocks() {
        let original = picture(160, 96);
        let seen = [5, 20, 50, 80, 95].map(|amount| degraded(amount, 160, 96));
        let errors = seen.each_ref().map(|rgb| error(rgb, &original));
        assert!(errors.is_sorted() && errors[0] < 9.0 && errors[4] > 10.0, "{errors:?}");
        let blocks = seen.each_ref().map(|rgb| blockiness(rgb, 160));
        assert!((0.9..1.2).contains(&blocks[0]) && blocks[4] > 3.0, "{blocks:?}");
    }

    #[test]
    fn fewer_coefficients_are_left() {
        let distinct = |amount: u32| {
            let compression = Compression::new(amount).unwrap();
            let rgb = degraded(amount, 64, 8);
            let block = Block::from_fn(|row, column| {
                ycc(from_fn(|i| f32::from(rgb[3 * (row * 64 + column) + i])))[0]
            });
            let coefficients = compression.cosines * block * compression.cosines.transpose();
            coefficients.iter().filter(|value| value.abs() > 3.0).count()
        };
        let left = [5, 50, 80, 95].map(distinct);
        assert!(left.is_sorted_by(|a, b| a > b), "{left:?}");
    }

    #[test]
    fn the_mildest_keeps_luma_to_the_rounding_and_grey_grey() {
        let mut grey: Vec<u8> = (0..32 * 16).flat_map(|at| [(at % 251) as u8; 3]).collect();
        let before = grey.clone();
        Compression::new(1).unwrap().degrade(&mut grey, 32);
        assert!(grey.iter().zip(&before).all(|(a, b)| a.abs_diff(*b) <= 3), "{}", error(&grey, &before));
        assert!(grey.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]));
    }

    #[test]
    fn any_size_and_amount_is_taken_and_none_is_nothing() {
        assert!(Compression::new(0).is_none());
        for (width, height) in [(1, 1), (1, 9), (17, 1), (15, 23), (33, 8)] {
            for amount in [1, 50, 100, u32::MAX] {
                assert_eq!(degraded(amount, width, height).len(), 3 * width * height);
            }
        }
        Compression::new(50).unwrap().degrade(&mut [], 0);
    }
}
