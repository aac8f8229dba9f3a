//! The camera: what is set, its geometry, and sRGB.

/// What stays the same for a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub width: usize,
    pub height: usize,
    /// Who it is.
    pub identity: u64,
    /// Whether the person wears spectacles.
    pub glasses: bool,
    /// The person wears a hygiene mask: blue, white or black by the identity.
    pub hygiene_mask: bool,
    /// Noise, room, and the camera's own tone curve.
    pub seed: u64,
    /// The room's light on the face, in multiples of what the default screen, all white, gives it at 0.5 m (some 130 lx): 0
    /// is a dark room, 1 an office, 4 a seat by the window.
    pub ambient: f32,
    /// From the camera to the head, in metres.
    pub distance: f32,
    /// Of the sensor; 1 is a usual webcam's.
    pub noise: f32,
    /// What motion JPEG loses: 0 nothing, else that of a JPEG with quality 100 − it.
    pub compression: u32,
    /// Whether the camera follows a change of the light's colour, slowly.
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

    /// What a pixel shows at a distance along the axis.
    pub fn place(&self, [x, y]: [f32; 2], distance: f32) -> [f32; 3] {
        let scale = distance / self.focal;
        [scale * (x - self.center[0]), scale * (self.center[1] - y), -distance]
    }

    /// Pixels and nearness (1 / distance) of a place.
    pub fn project(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let nearness = 1.0 / -z;
        [self.center[0] + self.focal * x * nearness, self.center[1] - self.focal * y * nearness, nearness]
    }
}

/// sRGB (IEC 61966-2-1).
pub fn encode(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
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
        assert!((0..=255u8).all(|v| (255.0 * encode(decode(v)) - f32::from(v)).abs() < 0.01));
    }
}
