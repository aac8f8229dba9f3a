// SPDX-License-Identifier: MIT OR Apache-2.0

//! Luma, and the statistics of a small upright patch that the quality measures use.

/// Returns the Rec. 601 luma of an RGB pixel, on the pixel's scale.
pub fn luma(pixel: &[f32]) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

/// A greyscale picture with values of 0–255, row by row.
#[derive(Clone, Debug, Default)]
pub struct LumaPatch {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

/// Statistics of a region of a patch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LumaStats {
    /// Mean luma, 0–1.
    pub mean: f32,
    /// Share of pixels with luma ≤ 25 of 255 (OFIQ's under-exposure range).
    pub dark: f32,
    /// Share of pixels with luma ≥ 247 of 255 (OFIQ's over-exposure range).
    pub bright: f32,
    /// Entropy of the 256-bin histogram in bits, 0–8 (OFIQ's dynamic range is 12.5 times this).
    pub entropy: f32,
    /// Number of pixels.
    pub count: usize,
}

impl LumaPatch {
    /// Fills the patch with the Rec. 601 luma of an interleaved RGB tensor of 0–255. Reuses the patch's memory.
    pub fn fill_from_rgb(&mut self, rgb: &[f32], width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.data.clear();
        self.data.extend(rgb.chunks_exact(3).map(luma));
        self.data.resize(width * height, 0.0);
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns a pixel's luma, 0–255.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// Returns the 256-bin histogram of the pixels for which `inside(x, y)` returns true.
    pub fn histogram(&self, inside: impl Fn(usize, usize) -> bool) -> [u32; 256] {
        let mut bins = [0u32; 256];
        for (i, value) in self.data.iter().enumerate() {
            if inside(i % self.width, i / self.width) {
                bins[value.clamp(0.0, 255.0) as usize] += 1;
            }
        }
        bins
    }

    /// Returns the statistics of the pixels for which `inside(x, y)` returns true; all zero if there are none.
    pub fn stats(&self, inside: impl Fn(usize, usize) -> bool) -> LumaStats {
        let bins = self.histogram(inside);
        let count: u32 = bins.iter().sum();
        if count == 0 {
            return LumaStats::default();
        }
        let share = |bins: &[u32]| bins.iter().sum::<u32>() as f32 / count as f32;
        let mean =
            bins.iter().enumerate().map(|(i, n)| i as f32 * *n as f32).sum::<f32>() / (255.0 * count as f32);
        let entropy =
            bins.iter().filter(|n| **n > 0).map(|n| *n as f32 / count as f32).map(|p| -p * p.log2()).sum();
        LumaStats {
            mean,
            dark: share(&bins[..=25]),
            bright: share(&bins[247..]),
            entropy,
            count: count as usize,
        }
    }

    /// Returns the root mean square of the 3 × 3 Laplacian, divided by the standard deviation of the luma,
    /// over the pixels for which `inside` returns true. Blur lowers it, as it removes fine structure but not
    /// coarse. It is 0 for a flat patch.
    pub fn fine_detail(&self, inside: impl Fn(usize, usize) -> bool) -> f32 {
        let (mut laplacian, mut sum, mut squares, mut count) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        for y in 1..self.height.saturating_sub(1) {
            for x in 1..self.width.saturating_sub(1) {
                if !inside(x, y) {
                    continue;
                }
                let value = self.at(x, y);
                let around = self.at(x - 1, y) + self.at(x + 1, y) + self.at(x, y - 1) + self.at(x, y + 1);
                let edge = f64::from(around - 4.0 * value);
                laplacian += edge * edge;
                sum += f64::from(value);
                squares += f64::from(value * value);
                count += 1.0;
            }
        }
        let variance = squares / count - (sum / count).powi(2);
        if count < 1.0 || variance < 1.0 { 0.0 } else { (laplacian / count / variance).sqrt() as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(f: impl Fn(usize, usize) -> f32) -> LumaPatch {
        let rgb: Vec<f32> = (0..32 * 32).flat_map(|i| [f(i % 32, i / 32); 3]).collect();
        let mut patch = LumaPatch::default();
        patch.fill_from_rgb(&rgb, 32, 32);
        patch
    }

    #[test]
    fn statistics_of_a_half_black_half_white_patch() {
        let stats = patch(|x, _| if x < 16 { 0.0 } else { 255.0 }).stats(|_, _| true);
        assert!((stats.mean - 0.5).abs() < 0.01);
        assert_eq!((stats.dark, stats.bright, stats.entropy), (0.5, 0.5, 1.0));
        assert_eq!(patch(|_, _| 9.0).stats(|_, _| false), LumaStats::default());
    }

    #[test]
    fn blur_lowers_the_fine_detail_and_contrast_does_not() {
        let wave = |period: f32, depth: f32| {
            patch(move |x, y| 128.0 + depth * ((x + y) as f32 * std::f32::consts::TAU / period).sin())
        };
        let (fine, coarse) = (wave(4.0, 60.0), wave(16.0, 60.0));
        assert!(fine.fine_detail(|_, _| true) > 3.0 * coarse.fine_detail(|_, _| true));
        let faint = wave(4.0, 20.0).fine_detail(|_, _| true);
        assert!((faint - fine.fine_detail(|_, _| true)).abs() < 0.1);
        assert_eq!(patch(|_, _| 77.0).fine_detail(|_, _| true), 0.0);
    }
}
