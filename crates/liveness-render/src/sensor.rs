// SPDX-License-Identifier: MIT OR Apache-2.0

//! The camera's sensor and its image processing.

use super::camera::{Setting, encode};
use super::compression::Compression;
use super::raster::Canvas;
use liveness_core::random::Random;

/// Read noise of a usual webcam: standard deviation in shares of full scale, in linear light.
const READ: f32 = 0.0022;
/// Shot noise of a usual webcam: variance per unit of linear light.
const SHOT: f32 = 0.000_12;
/// Target of the automatic exposure: the mean green of the picture's middle.
const AIM: f32 = 0.2;
/// Time constant of the automatic exposure, in seconds.
const ADAPTS: f32 = 0.7;
/// Time constant of the white balance, in seconds; it is slower than the exposure.
const BALANCES: f32 = 1.8;
/// Share of a colour shift that the white balance corrects.
const BALANCE: f32 = 0.6;
/// Defocus: share of the light that goes to each neighbour along an axis.
const DEFOCUS: f32 = 0.16;
/// Response of the red, green and blue pixels to red, green and blue light.
const CROSSTALK: [[f32; 3]; 3] = [[0.89, 0.09, 0.02], [0.05, 0.90, 0.05], [0.02, 0.09, 0.89]];
/// Range of the tone curve's gamma; sRGB is 2.2.
const GAMMA: (f32, f32) = (2.0, 2.4);
/// Range of the tone curve's S-shaped bend.
const BEND: (f32, f32) = (-0.05, 0.3);
/// Length of half the noise table. A row starts at a random place of the first half.
const TABLE: usize = 1 << 14;
/// Number of steps of the tone curve.
const STEPS: usize = 4096;

/// Exposes canvases to bytes.
pub struct Sensor {
    exposure: Option<f32>,
    white: Option<White>,
    noise: f32,
    random: Random,
    /// Normal deviates. A row may start anywhere in the first half.
    table: Vec<f32>,
    /// Byte of each step of linear light.
    curve: Vec<u8>,
    rows: [Vec<[f32; 3]>; 2],
    rgb: Vec<u8>,
    compression: Option<Compression>,
}

/// The white balance.
#[derive(Clone, Copy, Debug)]
struct White {
    /// Red and blue relative to green in the first frame.
    first: [f32; 2],
    /// Gains of red and blue.
    gains: [f32; 2],
}

impl Sensor {
    /// Creates a sensor. A noise that is not finite becomes 1; others are limited to 0–20.
    pub fn new(setting: &Setting) -> Self {
        let mut random = Random::new(setting.seed);
        let noise = setting.noise;
        Self {
            exposure: None,
            white: setting.white_balance.then_some(White { first: [0.0; 2], gains: [1.0; 2] }),
            noise: if noise.is_finite() { noise.clamp(0.0, 20.0) } else { 1.0 },
            table: (0..2 * TABLE).map(|_| random.normal()).collect(),
            random,
            curve: curve(setting.seed),
            rows: Default::default(),
            rgb: Vec::new(),
            compression: Compression::new(setting.compression),
        }
    }

    /// Exposes a frame, `dt` seconds after the previous one. The exposure and the white balance ignore the `filter`.
    pub fn expose(&mut self, canvas: &Canvas, dt: f32, filter: [f32; 3]) -> &[u8] {
        let dt = if dt.is_finite() { dt.max(0.0) } else { 0.0 };
        let mean = middle(canvas);
        let exposure = self.adapt(mean[1], dt);
        let [red, blue] = self.balance(mean, dt);
        let gains = [red, 1.0, blue];
        let (width, height) = (canvas.width, canvas.height);
        self.rgb.resize(3 * width * height, 0);
        for row in 0..height {
            self.blur(canvas, row);
            let read = (self.random.bits() as usize) % TABLE;
            let Self { rows: [_, line], table, curve, noise, rgb, .. } = self;
            let out = &mut rgb[3 * width * row..3 * width * (row + 1)];
            for (x, (light, out)) in line.iter().zip(out.chunks_exact_mut(3)).enumerate() {
                let light = crossed([0, 1, 2].map(|i| light[i] * filter[i]));
                for channel in 0..3 {
                    let signal = light[channel] * exposure;
                    let deviation = *noise * (READ * READ + SHOT * signal).sqrt();
                    let value = signal + deviation * table[(read + 3 * x + channel) & (2 * TABLE - 1)];
                    let value = (gains[channel] * value).clamp(0.0, 1.0);
                    out[channel] = curve[(value * STEPS as f32) as usize];
                }
            }
        }
        if let Some(compression) = &self.compression {
            compression.degrade(&mut self.rgb, width);
        }
        &self.rgb
    }

    /// Blurs a row: each pixel gets light from the neighbours above, below, left and right.
    fn blur(&mut self, canvas: &Canvas, row: usize) {
        let width = canvas.width;
        let line = |y: usize| &canvas.color[y * width..(y + 1) * width];
        let (above, here) = (line(row.saturating_sub(1)), line(row));
        let below = line((row + 1).min(canvas.height - 1));
        let [column, out] = &mut self.rows;
        column.clear();
        column.extend(
            above
                .iter()
                .zip(here)
                .zip(below)
                .map(|((a, h), b)| [0, 1, 2].map(|i| h[i] * (1.0 - 2.0 * DEFOCUS) + DEFOCUS * (a[i] + b[i]))),
        );
        out.clear();
        out.extend((0..width).map(|x| {
            let (l, h, r) = (column[x.saturating_sub(1)], column[x], column[(x + 1).min(width - 1)]);
            [0, 1, 2].map(|i| h[i] * (1.0 - 2.0 * DEFOCUS) + DEFOCUS * (l[i] + r[i]))
        }));
    }

    /// Returns the exposure, which follows the mean of the picture's middle slowly.
    fn adapt(&mut self, mean: f32, dt: f32) -> f32 {
        let wanted = (AIM / mean.max(1e-4)).clamp(0.05, 60.0);
        let last = self.exposure.unwrap_or(wanted);
        let exposure = last * (wanted / last).powf(1.0 - (-dt / ADAPTS).exp());
        self.exposure = Some(exposure);
        exposure
    }

    /// Returns the gains of red and blue that bring the middle back towards the hue of the first frame.
    fn balance(&mut self, mean: [f32; 3], dt: f32) -> [f32; 2] {
        let Some(white) = &mut self.white else { return [1.0; 2] };
        let mean = crossed(mean);
        let hue = [mean[0], mean[2]].map(|v| (v.max(1e-4) / mean[1].max(1e-4)).clamp(0.1, 10.0));
        if white.first == [0.0; 2] {
            white.first = hue;
        }
        for ((gain, first), hue) in white.gains.iter_mut().zip(white.first).zip(hue) {
            let wanted = (first / hue).powf(BALANCE).clamp(0.4, 2.5);
            *gain *= (wanted / *gain).powf(1.0 - (-dt / BALANCES).exp());
        }
        white.gains
    }
}

/// Returns the mean colour of the picture's middle.
fn middle(canvas: &Canvas) -> [f32; 3] {
    let (width, height) = (canvas.width, canvas.height);
    let (mut sum, mut count) = ([0.0; 3], 0u32);
    for y in (height / 4..(height * 3 / 4).max(1)).step_by(4) {
        for x in (width / 4..(width * 3 / 4).max(1)).step_by(4) {
            let pixel = canvas.color[y * width + x];
            (0..3).for_each(|i| sum[i] += pixel[i]);
            count += 1;
        }
    }
    sum.map(|v| v / count.max(1) as f32)
}

/// Returns the light with the crosstalk between the sensor's colours.
fn crossed(light: [f32; 3]) -> [f32; 3] {
    CROSSTALK.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2])
}

/// Returns a random tone curve, as every camera model has its own.
fn curve(seed: u64) -> Vec<u8> {
    let mut random = Random::nth(seed, 31);
    let (gamma, bend) = (random.between(GAMMA.0, GAMMA.1), random.between(BEND.0, BEND.1));
    let value = |i: usize| {
        let value = encode(i as f32 / STEPS as f32).powf(2.2 / gamma);
        value + bend * value * (1.0 - value) * (2.0 * value - 1.0)
    };
    (0..=STEPS).map(|i| (255.0 * value(i).clamp(0.0, 1.0) + 0.5) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor(noise: f32, seed: u64) -> Sensor {
        Sensor::new(&Setting { noise, seed, ..Setting::default() })
    }

    #[test]
    fn the_exposure_adapts_slowly() {
        let mut canvas = Canvas::new(16, 16);
        let mut sensor = sensor(0.0, 1);
        let mut expose = |light: f32, dt: f32| {
            canvas.color.fill([light; 3]);
            sensor.expose(&canvas, dt, [1.0; 3])[0]
        };
        let (first, bright) = (expose(0.2, 0.03), expose(0.8, 0.03));
        let later = (0..300).fold(0, |_, _| expose(0.8, 0.03));
        assert!(bright > first + 60 && later.abs_diff(first) < 6, "{first} {bright} {later}");
    }

    #[test]
    fn the_white_balance_follows_more_slowly_and_not_when_it_is_off() {
        let redness = |white_balance: bool, seconds: f32| {
            let mut canvas = Canvas::new(16, 16);
            let mut sensor = Sensor::new(&Setting { noise: 0.0, white_balance, ..Setting::default() });
            canvas.color.fill([0.2; 3]);
            sensor.expose(&canvas, 0.03, [1.0; 3]);
            canvas.color.fill([0.3, 0.2, 0.2]);
            let rgb = sensor.expose(&canvas, seconds, [1.0; 3]);
            i16::from(rgb[0]) - i16::from(rgb[1])
        };
        let (now, soon, late) = (redness(true, 0.03), redness(true, 1.0), redness(true, 20.0));
        assert!(now > soon + 3 && soon > late + 3 && late > 0, "{now} {soon} {late}");
        assert_eq!(redness(false, 20.0), redness(false, 0.0));
    }

    #[test]
    fn noise_is_as_strong_as_asked() {
        let mut canvas = Canvas::new(64, 64);
        canvas.color.fill([0.2; 3]);
        let spread = |noise: f32| {
            let rgb = sensor(noise, 1).expose(&canvas, 0.0, [1.0; 3]).to_vec();
            let mean = rgb.iter().map(|v| f32::from(*v)).sum::<f32>() / rgb.len() as f32;
            (rgb.iter().map(|v| (f32::from(*v) - mean).powi(2)).sum::<f32>() / rgb.len() as f32).sqrt()
        };
        assert!(spread(0.0) < 0.1 && (0.5..3.0).contains(&spread(1.0)), "{}", spread(1.0));
        assert!(spread(4.0) > 3.0 * spread(1.0));
    }

    #[test]
    fn what_is_seen_is_compressed_when_asked() {
        let mut canvas = Canvas::new(32, 32);
        canvas.color.iter_mut().enumerate().for_each(|(i, pixel)| *pixel = [0.1 + (i % 7) as f32 / 30.0; 3]);
        let seen = |compression| {
            let setting = Setting { compression, ..Setting::default() };
            Sensor::new(&setting).expose(&canvas, 0.0, [1.0; 3]).to_vec()
        };
        assert_ne!(seen(0), seen(60));
    }

    #[test]
    fn pixels_take_no_more_light_than_there_is_and_curves_rise() {
        assert!(CROSSTALK.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-6));
        for seed in 0..50 {
            let curve = curve(seed);
            assert!(curve.is_sorted() && curve[0] == 0 && curve[STEPS] == 255);
        }
        assert_ne!(curve(1), curve(2));
    }
}
