//! The camera: its geometry, and what its sensor makes of the light.

use super::random::Random;
use super::raster::Canvas;

/// What stays the same for a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub width: usize,
    pub height: usize,
    /// Who it is.
    pub identity: u64,
    /// Noise and room.
    pub seed: u64,
    /// The room's light; 1 is an office.
    pub ambient: f32,
    /// From the camera to the head, in metres.
    pub distance: f32,
    /// Of the sensor; 1 is a usual webcam's.
    pub noise: f32,
}

impl Default for Setting {
    fn default() -> Self {
        Self { width: 640, height: 480, identity: 0, seed: 0, ambient: 1.0, distance: 0.55, noise: 1.0 }
    }
}

/// Of the picture's shorter side, in degrees.
const FIELD_OF_VIEW: f32 = 46.0;

/// A pinhole.
#[derive(Clone, Copy, Debug)]
pub struct Lens {
    /// Pixels.
    pub focal: f32,
    center: [f32; 2],
}

impl Lens {
    pub fn new(width: usize, height: usize) -> Self {
        let shorter = width.min(height) as f32;
        let focal = 0.5 * shorter / (0.5 * FIELD_OF_VIEW).to_radians().tan();
        Self { focal, center: [0.5 * width as f32, 0.5 * height as f32] }
    }

    /// Pixels and nearness (1 / distance) of a place.
    pub fn project(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let nearness = 1.0 / -z;
        [self.center[0] + self.focal * x * nearness, self.center[1] - self.focal * y * nearness, nearness]
    }
}

/// Read noise (deviation) and shot noise (variance per light) of a usual webcam, of full scale in linear light.
const READ: f32 = 0.0022;
const SHOT: f32 = 0.000_12;
/// Where the exposure brings the picture's middle, and how quickly (seconds).
const AIM: f32 = 0.2;
const ADAPTS: f32 = 0.7;
/// Defocus: the share of the light that goes to each neighbour.
const DEFOCUS: f32 = 0.16;
const TABLE: usize = 1 << 14;
const STEPS: usize = 4096;

/// Exposes canvases into sRGB bytes.
pub struct Sensor {
    exposure: Option<f32>,
    noise: f32,
    random: Random,
    /// Normal deviates, to be begun anywhere.
    table: Vec<f32>,
    gamma: Vec<u8>,
    rows: [Vec<[f32; 3]>; 3],
    rgb: Vec<u8>,
}

impl Sensor {
    pub fn new(noise: f32, seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            exposure: None,
            noise: if noise.is_finite() { noise.clamp(0.0, 20.0) } else { 1.0 },
            table: (0..2 * TABLE).map(|_| random.normal()).collect(),
            random,
            gamma: (0..=STEPS).map(|i| encode(i as f32 / STEPS as f32)).collect(),
            rows: Default::default(),
            rgb: Vec::new(),
        }
    }

    /// The frame, `dt` seconds after the one before.
    pub fn expose(&mut self, canvas: &Canvas, dt: f32) -> &[u8] {
        let exposure = self.adapt(canvas, dt);
        let (width, height) = (canvas.width, canvas.height);
        self.rgb.resize(3 * width * height, 0);
        for row in 0..height {
            self.blur(canvas, row);
            let read = (self.random.bits() as usize) % TABLE;
            let Self { rows: [.., line], table, gamma, noise, rgb, .. } = self;
            let out = &mut rgb[3 * width * row..3 * width * (row + 1)];
            for (x, (light, out)) in line.iter().zip(out.chunks_exact_mut(3)).enumerate() {
                for channel in 0..3 {
                    let signal = light[channel] * exposure;
                    let deviation = *noise * (READ * READ + SHOT * signal).sqrt();
                    let value = signal + deviation * table[(read + 3 * x + channel) & (2 * TABLE - 1)];
                    out[channel] = gamma[(value.clamp(0.0, 1.0) * STEPS as f32) as usize];
                }
            }
        }
        &self.rgb
    }

    /// Light comes from the neighbours above, below, left and right.
    fn blur(&mut self, canvas: &Canvas, row: usize) {
        let width = canvas.width;
        let line = |y: usize| &canvas.color[y * width..(y + 1) * width];
        let (above, here) = (line(row.saturating_sub(1)), line(row));
        let below = line((row + 1).min(canvas.height - 1));
        let [column, _, out] = &mut self.rows;
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

    /// Follows the mean of the picture's middle, slowly.
    fn adapt(&mut self, canvas: &Canvas, dt: f32) -> f32 {
        let (width, height) = (canvas.width, canvas.height);
        let (mut sum, mut count) = (0.0, 0u32);
        for y in (height / 4..(height * 3 / 4).max(1)).step_by(4) {
            for x in (width / 4..(width * 3 / 4).max(1)).step_by(4) {
                sum += canvas.color[y * width + x][1];
                count += 1;
            }
        }
        let wanted = (AIM / (sum / count.max(1) as f32).max(1e-4)).clamp(0.05, 60.0);
        let dt = if dt.is_finite() { dt.max(0.0) } else { 0.0 };
        let last = self.exposure.unwrap_or(wanted);
        let exposure = last * (wanted / last).powf(1.0 - (-dt / ADAPTS).exp());
        self.exposure = Some(exposure);
        exposure
    }
}

/// sRGB (IEC 61966-2-1).
fn encode(linear: f32) -> u8 {
    let value = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (255.0 * value + 0.5) as u8
}

/// The inverse, of a byte.
pub fn decode(srgb: u8) -> f32 {
    let value = f32::from(srgb) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_and_its_inverse_agree() {
        assert!((0..=255u8).all(|v| encode(decode(v)) == v));
    }

    #[test]
    fn the_exposure_adapts_slowly() {
        let mut canvas = Canvas::new(16, 16);
        let mut sensor = Sensor::new(0.0, 1);
        canvas.color.fill([0.2; 3]);
        let first = sensor.expose(&canvas, 0.03)[0];
        canvas.color.fill([0.8; 3]);
        let bright = sensor.expose(&canvas, 0.03)[0];
        let later = (0..300).map(|_| sensor.expose(&canvas, 0.03)[0]).next_back().unwrap();
        assert!(bright > first + 60 && later.abs_diff(first) < 6, "{first} {bright} {later}");
    }

    #[test]
    fn noise_is_as_strong_as_asked() {
        let mut canvas = Canvas::new(64, 64);
        canvas.color.fill([0.2; 3]);
        let spread = |noise: f32| {
            let mut sensor = Sensor::new(noise, 1);
            let rgb = sensor.expose(&canvas, 0.0).to_vec();
            let mean = rgb.iter().map(|v| f32::from(*v)).sum::<f32>() / rgb.len() as f32;
            (rgb.iter().map(|v| (f32::from(*v) - mean).powi(2)).sum::<f32>() / rgb.len() as f32).sqrt()
        };
        assert!(spread(0.0) < 0.1 && (0.5..3.0).contains(&spread(1.0)), "{}", spread(1.0));
        assert!(spread(4.0) > 3.0 * spread(1.0));
    }
}
