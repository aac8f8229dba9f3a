// SPDX-License-Identifier: MIT OR Apache-2.0

//! Colours as the codes of a format.

use super::paint::Spec;
use liveness_core::vision::{PixelFormat, Range};

/// The three codes of one colour, in the order of the format's channels; grey uses the first.
pub(super) type Ink = [u8; 3];

/// sRGB → codes of one format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inks {
    format: PixelFormat,
    /// Weights of red and blue in brightness.
    weights: (f32, f32),
    black: f32,
    luma_span: f32,
    chroma_span: f32,
}

impl Inks {
    pub fn new(spec: &Spec) -> Self {
        let (black, luma_span, chroma_span) = match spec.colorimetry.range {
            Range::Limited => (16.0, 219.0, 224.0),
            Range::Full => (0.0, 255.0, 255.0),
        };
        Self {
            format: spec.format,
            weights: spec.colorimetry.matrix.weights(),
            black,
            luma_span,
            chroma_span,
        }
    }

    /// Of sRGB values 0–1.
    pub fn of(&self, [r, g, b]: [f32; 3]) -> Ink {
        let (kr, kb) = self.weights;
        let luma = kr * r + (1.0 - kr - kb) * g + kb * b;
        let code = |value: f32| (self.black + self.luma_span * value).round() as u8;
        let chroma = |difference: f32, weight: f32| {
            (128.0 + self.chroma_span * difference / (2.0 * (1.0 - weight))).round() as u8
        };
        if self.format == PixelFormat::Gray8 {
            [code(luma); 3]
        } else if self.format.is_yuv() {
            [code(luma), chroma(b - luma, kb), chroma(r - luma, kr)]
        } else {
            [code(r), code(g), code(b)]
        }
    }

    /// Of 0xRRGGBB.
    pub fn of_rgb(&self, rgb: u32) -> Ink {
        self.of(unpacked(rgb))
    }
}

/// 0xRRGGBB as sRGB values 0–1.
pub(super) fn unpacked(rgb: u32) -> [f32; 3] {
    let [_, r, g, b] = rgb.to_be_bytes();
    [r, g, b].map(|v| f32::from(v) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::vision::{Colorimetry, Matrix};

    #[test]
    fn codes_give_their_colour_back_within_their_rounding() {
        let colorimetries = [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020].into_iter().flat_map(|matrix| {
            [Range::Limited, Range::Full].map(|range| Colorimetry { matrix, range, ..Colorimetry::default() })
        });
        for colorimetry in colorimetries {
            let inks = Inks::new(&Spec {
                format: PixelFormat::I420,
                width: 1,
                height: 1,
                pixel_aspect: (1, 1),
                colorimetry,
            });
            let ((kr, kb), (black, y_span, c_span)) = (
                colorimetry.matrix.weights(),
                if colorimetry.range == Range::Limited { (16.0, 219.0, 224.0) } else { (0.0, 255.0, 255.0) },
            );
            for rgb in (0..0x100_0000).step_by(4099) {
                let [y, u, v] = inks.of_rgb(rgb).map(f32::from);
                let (y, u, v) = ((y - black) / y_span, (u - 128.0) / c_span, (v - 128.0) / c_span);
                let (b, r) = (y + 2.0 * (1.0 - kb) * u, y + 2.0 * (1.0 - kr) * v);
                let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
                for (got, wanted) in [r, g, b].into_iter().zip(unpacked(rgb)) {
                    assert!((got - wanted).abs() < 1.75 / 255.0, "{colorimetry:?} {rgb:06x}");
                }
            }
        }
    }
}
