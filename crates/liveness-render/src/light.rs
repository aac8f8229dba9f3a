// SPDX-License-Identifier: MIT OR Apache-2.0

//! The light of the scene: the room, and the screen in front of the person.

use super::screen::{BELOW, ScreenLight};

/// The optical properties of a surface.
#[derive(Clone, Copy, Debug)]
pub struct Matter {
    /// Depth of the light under the surface, relative to skin.
    pub depth: f32,
    /// Strength of the gloss; 1 is a clean dielectric.
    pub gloss: f32,
    /// Roughness of the gloss: GGX's α². Smaller is sharper.
    pub roughness: f32,
}

impl Matter {
    /// Cloth: matt and opaque.
    pub const CLOTH: Self = Self { depth: 0.0, gloss: 0.0, roughness: 1.0 };
    /// Glossy paper.
    pub const PAPER: Self = Self { depth: 0.0, gloss: 0.5, roughness: 0.09 };
}

/// One patch of the screen.
#[derive(Clone, Copy, Debug)]
struct Patch {
    place: [f32; 3],
    /// Radiance times area, over π.
    power: [f32; 3],
}

/// The light at a point of a surface, as linear R, G and B. 1 is the light on a face in a room of ambient 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shading {
    /// Light that falls on the point.
    pub light: [f32; 3],
    /// Light that the gloss reflects to the camera.
    pub shine: [f32; 3],
}

/// The light of one moment.
#[derive(Clone, Debug, Default)]
pub struct Lighting {
    room: f32,
    patches: Vec<Patch>,
    screen: Option<ScreenLight>,
}

/// Direction of the room's key light.
pub const KEY: [f32; 3] = [-0.38, 0.62, 0.69];
/// Irradiance of the key light on a surface that faces it. Together with [`AROUND`], a face that looks into the camera
/// gets 1.
const KEY_SHARE: f32 = 0.655;
/// Irradiance from all directions, more from above.
const AROUND: f32 = 0.53;
/// Blinn–Phong exponent of the gloss in the room's light.
const SHININESS: i32 = 14;
/// Wrap of the light under the skin, for R, G and B.
const WRAP: [f32; 3] = [0.38, 0.25, 0.18];
/// Softness of shadows of the key light, which is as wide as a window.
const WINDOW: f32 = 0.3;
/// Softness of shadows of a screen patch.
const SHARP: f32 = 0.08;
/// Radiance of a white screen of luminance 1, in multiples of what white paper reflects in a room of ambient 1.
const RADIANCE: f32 = 7.13;
/// Largest width of a patch, as a share of the distance to the nearest surface.
const FINE: f32 = 0.3;

/// The occlusion of a point.
pub trait Shadow {
    /// Returns the share of a light that reaches the point, 0 to 1. `way` is the unit vector to the light, and `soft`
    /// the softness of the shadow's edge (radians).
    fn visible(&self, way: [f32; 3], soft: f32) -> f32;
    /// Returns the share of the surroundings that the point sees, 0 to 1.
    fn open(&self) -> f32;
}

/// A point without any occlusion.
pub struct Free;

impl Shadow for Free {
    fn visible(&self, _: [f32; 3], _: f32) -> f32 {
        1.0
    }

    fn open(&self) -> f32 {
        1.0
    }
}

impl Lighting {
    /// Sets the light of a moment. `nearest` is the distance of the nearest surface to the screen, in metres.
    pub fn set(&mut self, room: f32, screen: Option<&ScreenLight>, nearest: f32) {
        self.room = if room.is_finite() { room.clamp(0.0, 100.0) } else { 1.0 };
        self.patches.clear();
        self.screen =
            screen.filter(|s| s.rows > 0 && s.columns > 0 && s.width > 0.0 && s.height > 0.0).cloned();
        let Some(screen) = &self.screen else { return };
        let (width, height) = (screen.width / screen.columns as f32, screen.height / screen.rows as f32);
        let count = |side: f32| (side / (FINE * nearest.max(0.1))).ceil().clamp(1.0, 32.0) as usize;
        let (across, down) = (count(width), count(height));
        let area = width * height / (across * down) as f32;
        for (i, colour) in screen.cells.iter().take(screen.rows * screen.columns).enumerate() {
            let (row, column) = (i / screen.columns, i % screen.columns);
            let power = colour.map(|c| c * screen.luminance * RADIANCE * area / std::f32::consts::PI);
            if power == [0.0; 3] {
                continue;
            }
            for n in 0..across * down {
                let (u, v) = ((n % across) as f32 + 0.5, (n / across) as f32 + 0.5);
                // The first column is at the person's left, which is the picture's right.
                let x = 0.5 * screen.width - (column as f32 + u / across as f32) * width;
                let y = -(row as f32 + v / down as f32) * height - BELOW;
                self.patches.push(Patch { place: [x, y, 0.0], power });
            }
        }
    }

    /// Returns the ambient light of the room.
    pub fn room(&self) -> f32 {
        self.room
    }

    /// Returns whether the screen gives light.
    pub fn lit_by_screen(&self) -> bool {
        self.screen.is_some()
    }

    /// Returns the light at `place` on a surface with the given unit normal.
    pub fn at(&self, place: [f32; 3], normal: [f32; 3], matter: Matter, shadow: &impl Shadow) -> Shading {
        let key = dot(normal, KEY);
        let around = shadow.open() * AROUND * (1.0 + 0.25 * normal[1]);
        let visible = KEY_SHARE * shadow.visible(KEY, WINDOW);
        let light = WRAP.map(|wrap| self.room * (visible * wrapped(key, matter.depth * wrap) + around));
        let mut shading = Shading { light, shine: [0.0; 3] };
        let eye = unit(place.map(|v| -v));
        if matter.gloss > 0.0 {
            shading.shine = [self.key_gloss(eye, normal) * visible * matter.gloss; 3];
        }
        self.add_screen(&mut shading, (place, normal, eye), matter, shadow);
        shading
    }

    /// Returns the light of the screen alone that falls on a surface, without occlusion.
    pub fn screen_at(&self, place: [f32; 3], normal: [f32; 3]) -> [f32; 3] {
        let mut shading = Shading::default();
        self.add_screen(&mut shading, (place, normal, normal), Matter::CLOTH, &Free);
        shading.light
    }

    /// Adds the light of the screen.
    fn add_screen(
        &self,
        shading: &mut Shading,
        (place, normal, eye): ([f32; 3], [f32; 3], [f32; 3]),
        matter: Matter,
        shadow: &impl Shadow,
    ) {
        // A patch is too small a light source to show the full depth of the skin.
        let wraps = WRAP.map(|wrap| 0.4 * matter.depth * wrap);
        let spread = wraps.map(|wrap| (1.0 + wrap).recip());
        let facing = dot(normal, eye).max(0.0);
        for patch in &self.patches {
            let way = [0, 1, 2].map(|i| patch.place[i] - place[i]);
            let near = dot(way, way).max(1e-4).recip();
            let length = near.sqrt();
            let way = way.map(|v| v * length);
            let falling = dot(normal, way);
            if falling <= -wraps[0] || way[2] <= 0.0 {
                continue;
            }
            let arrives = way[2] * near * shadow.visible(way, SHARP);
            for (channel, light) in shading.light.iter_mut().enumerate() {
                let cosine = (falling + wraps[channel]).max(0.0) * spread[channel];
                *light += patch.power[channel] * arrives * cosine;
            }
            if falling > 0.0 && matter.gloss > 0.0 {
                let lobe = lobe(falling, facing, dot(way, eye), matter.roughness);
                let gloss = arrives * falling * matter.gloss * lobe;
                (0..3).for_each(|i| shading.shine[i] += patch.power[i] * gloss);
            }
        }
    }

    /// Returns the key light that a slightly oily surface reflects to the camera (Blinn–Phong, with Schlick's Fresnel
    /// term).
    fn key_gloss(&self, eye: [f32; 3], normal: [f32; 3]) -> f32 {
        let half = unit([0, 1, 2].map(|i| KEY[i] + eye[i]));
        let fresnel = 0.03 + 0.97 * (1.0 - dot(eye, half).clamp(0.0, 1.0)).powi(5);
        let lobe = dot(normal, half).max(0.0).powi(SHININESS) * (SHININESS + 8) as f32 / 25.0;
        self.room * fresnel * lobe * dot(normal, KEY).max(0.0)
    }

    /// Returns the normal at which a ball at `place` reflects the key light into the camera, and the brightness there.
    pub fn key_mirrored(&self, place: [f32; 3]) -> ([f32; 3], f32) {
        let eye = unit(place.map(|v| -v));
        (unit([0, 1, 2].map(|i| KEY[i] + eye[i])), 0.8 * self.room)
    }

    /// Returns the part of the screen that the camera sees in a mirror at `place`, as linear R, G and B.
    pub fn mirrored(&self, place: [f32; 3], normal: [f32; 3]) -> [f32; 3] {
        let twice = -2.0 * dot(normal, place);
        let way = [0, 1, 2].map(|i| twice * normal[i] + place[i]);
        let Some(screen) = self.screen.as_ref().filter(|_| way[2] > 1e-4) else {
            return [0.0; 3];
        };
        let far = -place[2] / way[2];
        let color = screen.at(place[0] + far * way[0], place[1] + far * way[1]);
        color.map_or([0.0; 3], |color| color.map(|c| c * screen.luminance * RADIANCE))
    }
}

/// Returns π times the microfacet reflectance (GGX, Schlick's Fresnel term, visibility of Kelemen and Szirmay-Kalos).
/// `light` and `eye` are the cosines with the normal, and `between` is the cosine of the angle between them.
fn lobe(light: f32, eye: f32, between: f32, roughness: f32) -> f32 {
    // Four times the squared cosine between the half vector and the direction to the eye.
    let way = (2.0 + 2.0 * between).max(1e-3);
    // The same times the squared cosine between the half vector and the normal.
    let normal = ((light + eye) * (light + eye)).min(way);
    let spread = normal * (roughness - 1.0) + way;
    let grazing = (1.0 - 0.5 * way.sqrt()).max(0.0);
    let fresnel = 0.03 + 0.97 * grazing * grazing * grazing * grazing * grazing;
    fresnel * roughness * way / (spread * spread)
}

/// Returns the unit vector in the direction of `v`.
pub fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt().max(1e-9);
    v.map(|v| v / length)
}

/// Returns the cosine of light that wraps around the surface, at least 0.
fn wrapped(cosine: f32, wrap: f32) -> f32 {
    ((cosine + wrap) / (1.0 + wrap)).max(0.0)
}

/// Returns the scalar product.
pub fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOWARDS: [f32; 3] = [0.0, 0.0, 1.0];

    fn lit_by(cells: &[[f32; 3]], columns: usize, screen: ScreenLight) -> Lighting {
        let mut lighting = Lighting::default();
        let screen = ScreenLight { rows: cells.len() / columns, columns, cells: cells.to_vec(), ..screen };
        lighting.set(0.0, Some(&screen), 0.25);
        lighting
    }

    fn green(lighting: &Lighting, place: [f32; 3], normal: [f32; 3]) -> f32 {
        lighting.at(place, normal, Matter::CLOTH, &Free).light[1]
    }

    #[test]
    fn the_first_cell_lights_the_persons_left() {
        let lighting = lit_by(&[[1.0; 3], [0.0; 3]], 2, ScreenLight::default());
        let cheek = |x: f32| green(&lighting, [0.06 * x, 0.0, -0.5], [0.8 * x, 0.0, 0.6]);
        // The person's left is the picture's right.
        assert!(cheek(1.0) > 1.5 * cheek(-1.0), "{} {}", cheek(1.0), cheek(-1.0));
    }

    #[test]
    fn nonsense_is_harmless() {
        let mut lighting = Lighting::default();
        let screen = ScreenLight { rows: 1, columns: 1, cells: vec![[1.0; 3]], ..ScreenLight::default() };
        lighting.set(f32::NAN, Some(&screen), f32::NAN);
        assert!(green(&lighting, [0.0; 3], TOWARDS).is_finite());
        lighting.set(1.0, Some(&ScreenLight { rows: 9, columns: 9, ..ScreenLight::default() }), 0.5);
        lighting.set(1.0, Some(&ScreenLight { width: 0.0, ..screen }), 0.5);
        assert!(!lighting.lit_by_screen());
    }

    #[test]
    fn a_white_screen_at_half_a_metre_is_as_bright_as_the_room() {
        let white = lit_by(&[[1.0; 3]], 1, ScreenLight::default());
        let screen = green(&white, [0.0, 0.0, -0.5], TOWARDS);
        let mut lighting = Lighting::default();
        lighting.set(1.0, None, 0.5);
        let room = green(&lighting, [0.0, 0.0, -0.5], TOWARDS);
        assert!((screen - 1.0).abs() < 0.02 && (room - 1.0).abs() < 0.05, "{screen} {room}");
    }

    #[test]
    fn far_away_light_falls_with_the_square_of_distance() {
        let white =
            lit_by(&[[1.0; 3]], 1, ScreenLight { height: 0.02, width: 0.02, ..ScreenLight::default() });
        let at = |z: f32| green(&white, [0.0, -0.02, -z], TOWARDS);
        assert!((at(0.5) / at(1.0) - 4.0).abs() < 0.05, "{}", at(0.5) / at(1.0));
        // Close to a wide screen, the light falls by less.
        let white = lit_by(&[[1.0; 3]], 1, ScreenLight::default());
        let at = |z: f32| green(&white, [0.0, -0.16, -z], TOWARDS);
        assert!((1.5..3.0).contains(&(at(0.25) / at(0.5))), "{}", at(0.25) / at(0.5));
    }

    /// Returns Lambert's formula for the light of a polygon, at a point below that faces it.
    fn exact(corners: [[f32; 3]; 4]) -> f32 {
        let edge = |i: usize| {
            let (a, b) = (unit(corners[i]), unit(corners[(i + 1) % 4]));
            let cross = a[0] * b[1] - a[1] * b[0];
            let full = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], cross];
            dot(a, b).clamp(-1.0, 1.0).acos() * cross / dot(full, full).sqrt()
        };
        ((0..4).map(edge).sum::<f32>() / std::f32::consts::TAU).abs()
    }

    #[test]
    fn patches_are_fine_enough_at_a_quarter_of_a_metre() {
        let white = lit_by(&[[1.0; 3]; 4], 2, ScreenLight::default());
        for [x, y] in [[0.0, 0.0], [0.07, -0.05], [-0.07, 0.06]] {
            let got = green(&white, [x, y, -0.25], TOWARDS) / RADIANCE;
            let edge = |u: f32, v: f32| [0.265 * u - x, -BELOW - 0.3 * v - y, 0.25];
            let wanted = exact([edge(-1.0, 0.0), edge(1.0, 0.0), edge(1.0, 1.0), edge(-1.0, 1.0)]);
            assert!((got / wanted - 1.0).abs() < 0.02, "{got} for {wanted}");
        }
    }

    #[test]
    fn a_mirror_shows_the_cell_that_it_reflects() {
        let lighting = lit_by(&[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], 2, ScreenLight::default());
        let seen = |x: f32| lighting.mirrored([0.0, 0.0, -0.5], unit([x, -0.15, 1.0]));
        // The picture's right is the first column.
        assert!(seen(0.2)[0] > 1.0 && seen(0.2)[2] == 0.0);
        assert!(seen(-0.2)[2] > 1.0 && seen(-0.2)[0] == 0.0);
        assert_eq!(lighting.mirrored([0.0, 0.0, -0.5], unit([0.0, 0.9, 1.0])), [0.0; 3]);
    }
}
