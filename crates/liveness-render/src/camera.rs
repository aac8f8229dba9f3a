// SPDX-License-Identifier: MIT OR Apache-2.0

//! The camera: its settings, its geometry, and the sRGB transfer function.

/// The settings of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Selects the person.
    pub identity: u64,
    /// The person wears spectacles.
    pub glasses: bool,
    /// The person wears a hygiene mask; the identity determines whether it is blue, white or black.
    pub hygiene_mask: bool,
    /// The seed of the noise, the room, and the camera's tone curve.
    pub seed: u64,
    /// Light of the room on the face, in multiples of the light from the default screen, all white, at 0.5 m (about 130
    /// lx). 0 is a dark room, 1 an office, 4 a seat by the window.
    pub ambient: f32,
    /// Distance from the camera to the head, in metres.
    pub distance: f32,
    /// Noise of the sensor; 1 is that of a usual webcam.
    pub noise: f32,
    /// Loss of motion JPEG: 0 for none, else as with JPEG quality 100 − `compression`.
    pub compression: u32,
    /// The camera slowly adapts to the colour of the light.
    pub white_balance: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            width: 640,
            height: 480,
            identity: 0,
            glasses: false,
            hygiene_mask: false,
            seed: 0,
            ambient: 1.0,
            distance: 0.55,
            noise: 1.0,
            compression: 0,
            white_balance: true,
        }
    }
}

/// Field of view along the shorter side of the picture, in degrees.
const FIELD_OF_VIEW: f32 = 46.0;

/// A pinhole camera.
#[derive(Clone, Copy, Debug)]
pub struct Lens {
    /// Focal length in pixels.
    pub focal: f32,
    center: [f32; 2],
}

impl Lens {
    /// Creates a lens for a picture of this size in pixels.
    pub fn new(width: usize, height: usize) -> Self {
        let shorter = width.min(height) as f32;
        let focal = 0.5 * shorter / (0.5 * FIELD_OF_VIEW).to_radians().tan();
        Self { focal, center: [0.5 * width as f32, 0.5 * height as f32] }
    }

    /// Returns the place, in metres, that a pixel shows at `distance` metres along the optical axis.
    pub fn place(&self, [x, y]: [f32; 2], distance: f32) -> [f32; 3] {
        let scale = distance / self.focal;
        [scale * (x - self.center[0]), scale * (self.center[1] - y), -distance]
    }

    /// Returns the pixel coordinates and the nearness (1 / distance) of a place in metres.
    pub fn project(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let nearness = 1.0 / -z;
        [self.center[0] + self.focal * x * nearness, self.center[1] - self.focal * y * nearness, nearness]
    }
}

/// Returns the sRGB value of linear light (IEC 61966-2-1), both 0 to 1.
pub fn encode(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// Returns the linear light of an sRGB byte, 0 to 1.
pub fn decode(srgb: u8) -> f32 {
    let value = f32::from(srgb) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_and_its_inverse_agree() {
        assert!((0..=255u8).all(|v| (255.0 * encode(decode(v)) - f32::from(v)).abs() < 0.01));
    }
}
