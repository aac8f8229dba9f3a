// SPDX-License-Identifier: MIT OR Apache-2.0

//! Conversion of stored R′G′B′ to sRGB, the space of all measurements and of the nets' inputs.

use std::sync::LazyLock;

use super::frame::{Colorimetry, Primaries, Transfer};

/// Luminance in cd/m² of diffuse white in HDR pictures (ITU-R BT.2408), and of PQ's highest code value (SMPTE
/// ST 2084).
const DIFFUSE_WHITE: f32 = 203.0;
const PQ_PEAK: f32 = 10_000.0;
/// Linear scene light of diffuse white in HLG, where its signal is 0.75 (ITU-R BT.2408).
const HLG_WHITE: f32 = 0.265;
/// Matrix from linear BT.2020 to linear BT.709 (ITU-R BT.2087), row by row.
const BT2020_TO_BT709: [[f32; 3]; 3] =
    [[1.660_49, -0.587_64, -0.072_85], [-0.124_55, 1.132_90, -0.008_35], [-0.018_15, -0.100_58, 1.118_73]];
/// Number of steps in the table that encodes light.
const STEPS: usize = 1024;

/// Returns the linear light of an sRGB value, both 0–1 (IEC 61966-2-1).
pub fn srgb_decoded(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Returns the sRGB value of linear light, both 0–1. Light outside 0–1 is clipped. A table over the square
/// root of light, where the curve is nearly straight, replaces the power function.
pub fn srgb_encoded(light: f32) -> f32 {
    static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| {
        let encode = |light: f32| {
            if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
        };
        (0..=STEPS).map(|i| encode((i as f32 / STEPS as f32).powi(2))).collect()
    });
    TABLE[((light.sqrt() * STEPS as f32).round() as usize).min(STEPS)]
}

/// The linear light of stored values 0–255, on a scale on which diffuse white is 1.
struct Curve([f32; 257]);

impl Curve {
    fn new(decode: impl Fn(f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| decode((i as f32 / 255.0).min(1.0))))
    }

    fn of(transfer: Transfer) -> &'static Self {
        static SDR: LazyLock<Curve> = LazyLock::new(|| Curve::new(srgb_decoded));
        static LINEAR: LazyLock<Curve> = LazyLock::new(|| Curve::new(|value| value));
        static PQ: LazyLock<Curve> = LazyLock::new(|| Curve::new(|v| pq(v) * PQ_PEAK / DIFFUSE_WHITE));
        static HLG: LazyLock<Curve> = LazyLock::new(|| Curve::new(|v| hlg(v) / HLG_WHITE));
        match transfer {
            Transfer::Sdr => &SDR,
            Transfer::Linear => &LINEAR,
            Transfer::Pq => &PQ,
            Transfer::Hlg => &HLG,
        }
    }

    /// Returns the light of a value 0–255, interpolated.
    fn at(&self, value: f32) -> f32 {
        let (low, rest) = (value as usize, value.fract());
        let low = low.min(255);
        self.0[low] + rest * (self.0[low + 1] - self.0[low])
    }
}

/// Returns the light of a PQ value as a share of the peak luminance (SMPTE ST 2084).
fn pq(value: f32) -> f32 {
    const M1: f32 = 0.159_301_76;
    const M2: f32 = 78.843_75;
    const C: [f32; 3] = [0.835_937_5, 18.851_563, 18.687_5];
    let power = value.powf(1.0 / M2);
    ((power - C[0]).max(0.0) / (C[1] - C[2] * power)).powf(1.0 / M1)
}

/// Returns the scene light of an HLG value, both 0–1: the inverse of ARIB STD-B67's curve.
fn hlg(value: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 0.284_668_92;
    const C: f32 = 0.559_910_7;
    if value <= 0.5 { value * value / 3.0 } else { (((value - C) / A).exp() + B) / 12.0 }
}

/// Conversion of stored R′G′B′ to sRGB, for frames in which the two differ.
#[derive(Clone, Copy)]
pub(super) struct ToSrgb {
    curve: &'static Curve,
    wide: bool,
}

impl ToSrgb {
    /// Returns the conversion, or `None` if the stored values are sRGB already.
    pub fn new(colorimetry: Colorimetry) -> Option<Self> {
        let wide = colorimetry.primaries == Primaries::Bt2020;
        let same = colorimetry.transfer == Transfer::Sdr && !wide;
        (!same).then(|| Self { curve: Curve::of(colorimetry.transfer), wide })
    }

    /// Converts a row of values 0–255 in place.
    pub fn apply(&self, [r, g, b]: &mut [Vec<f32>; 3]) {
        for ((r, g), b) in r.iter_mut().zip(g.iter_mut()).zip(b.iter_mut()) {
            let stored = [*r, *g, *b].map(|value| self.curve.at(value));
            let light = if self.wide {
                BT2020_TO_BT709.map(|m| m[0] * stored[0] + m[1] * stored[1] + m[2] * stored[2])
            } else {
                stored
            };
            [*r, *g, *b] = light.map(|light| 255.0 * srgb_encoded(light.max(0.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(transfer: Transfer, primaries: Primaries, stored: [f32; 3]) -> [f32; 3] {
        let colorimetry = Colorimetry { transfer, primaries, ..Colorimetry::default() };
        let mut rows = stored.map(|value| vec![255.0 * value]);
        if let Some(to_srgb) = ToSrgb::new(colorimetry) {
            to_srgb.apply(&mut rows);
        }
        rows.map(|row| row[0])
    }

    #[test]
    fn the_table_is_the_inverse_to_half_a_code() {
        for code in 0..=255u8 {
            let value = f32::from(code) / 255.0;
            assert_eq!((srgb_encoded(srgb_decoded(value)) * 255.0).round() as u8, code);
        }
        assert!((srgb_encoded(7.0) - 1.0).abs() < 1e-6 && srgb_encoded(0.0) == 0.0);
    }

    #[test]
    fn plain_video_is_read_as_it_is() {
        assert_eq!(shown(Transfer::Sdr, Primaries::Bt709, [0.2, 0.5, 0.9]), [51.0, 127.5, 229.5]);
    }

    #[test]
    fn diffuse_white_of_hdr_is_white_and_grey_is_grey() {
        // Signals of BT.2408, table 1: 203 cd/m² at PQ 58 % and HLG 75 %; 18 % grey, 26 cd/m², at 38 %.
        for (transfer, signal, wanted) in [
            (Transfer::Pq, 0.5807, 255.0),
            (Transfer::Hlg, 0.75, 255.0),
            (Transfer::Pq, 0.9, 255.0),
            (Transfer::Pq, 0.38, 102.0),
            (Transfer::Hlg, 0.38, 118.0),
            (Transfer::Linear, 0.214, 127.5),
            (Transfer::Pq, 0.0, 0.0),
            (Transfer::Hlg, 0.0, 0.0),
        ] {
            for primaries in [Primaries::Bt709, Primaries::Bt2020] {
                let found = shown(transfer, primaries, [signal; 3]);
                assert!(
                    found.iter().all(|v| (v - wanted).abs() < 2.5),
                    "{transfer:?} {signal}: {found:?} for {wanted}"
                );
            }
        }
    }

    #[test]
    fn wide_primaries_keep_the_colour() {
        // BT.709's pure red in linear BT.2020: 0.6274, 0.0691, 0.0164.
        let [r, g, b] = shown(Transfer::Linear, Primaries::Bt2020, [0.6274, 0.0691, 0.0164]);
        assert!(r > 254.0 && g < 3.0 && b < 3.0, "{r} {g} {b}");
    }
}
