//! What lights the scene: a room, and the screen before the person.

/// The screen as an area light: a grid of cells below the camera, which stands at its upper edge.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreenLight {
    pub rows: usize,
    pub columns: usize,
    /// Linear R, G, B of each cell, 0–1, row by row from the top left as the person sees it.
    pub cells: Vec<[f32; 3]>,
    /// Metres.
    pub width: f32,
    pub height: f32,
    /// What a white screen of 1 m² at 1 m gives against the room's light in an office.
    pub luminance: f32,
}

impl Default for ScreenLight {
    /// A 24″ screen without cells.
    fn default() -> Self {
        Self { rows: 0, columns: 0, cells: Vec::new(), width: 0.53, height: 0.3, luminance: 1.2 }
    }
}

/// One patch of the screen.
#[derive(Clone, Copy, Debug)]
struct Cell {
    place: [f32; 3],
    /// Power over its area.
    power: [f32; 3],
}

/// The light of one moment.
#[derive(Clone, Debug, Default)]
pub struct Lighting {
    room: f32,
    cells: Vec<Cell>,
}

/// From where the room's key light comes, and its share; the rest comes from all around, more from above.
const KEY: [f32; 3] = [-0.38, 0.62, 0.69];
const KEY_SHARE: f32 = 0.5;
/// Of skin's gloss.
const SHININESS: i32 = 14;
/// How far light runs on under the skin, by colour.
const WRAP: [f32; 3] = [0.38, 0.25, 0.18];

impl Lighting {
    /// Takes in the light of a moment; `room` is 1 in an office.
    pub fn set(&mut self, room: f32, screen: Option<&ScreenLight>) {
        self.room = if room.is_finite() { room.clamp(0.0, 100.0) } else { 1.0 };
        self.cells.clear();
        let Some(screen) = screen.filter(|screen| screen.rows > 0 && screen.columns > 0) else {
            return;
        };
        let (width, height) = (screen.width / screen.columns as f32, screen.height / screen.rows as f32);
        for (i, colour) in screen.cells.iter().take(screen.rows * screen.columns).enumerate() {
            let (row, column) = (i / screen.columns, i % screen.columns);
            // The person's left, where the first column is, is the picture's right.
            let x = 0.5 * screen.width - (column as f32 + 0.5) * width;
            let y = -(row as f32 + 0.5) * height - 0.01;
            let power = colour.map(|c| c * width * height * screen.luminance * 4.0);
            self.cells.push(Cell { place: [x, y, 0.0], power });
        }
    }

    pub fn room(&self) -> f32 {
        self.room
    }

    /// What falls on a surface at `place` with the given normal.
    pub fn at(&self, place: [f32; 3], normal: [f32; 3]) -> [f32; 3] {
        let key = dot(normal, KEY);
        let around = (1.0 - KEY_SHARE) * (0.8 + 0.2 * normal[1]);
        let mut light = WRAP.map(|wrap| self.room * (KEY_SHARE * wrapped(key, wrap) + around));
        for cell in &self.cells {
            let way = [0, 1, 2].map(|i| cell.place[i] - place[i]);
            let square = dot(way, way).max(0.01);
            let length = square.sqrt();
            let (leaving, falling) = ((-place[2]).max(0.0) / length, dot(normal, way) / length);
            for (channel, light) in light.iter_mut().enumerate() {
                *light += cell.power[channel] * leaving * wrapped(falling, 0.4 * WRAP[channel]) / square;
            }
        }
        light
    }

    /// What a slightly oily surface mirrors of the key light towards the camera (Blinn–Phong, with Schlick's Fresnel term).
    pub fn shine(&self, place: [f32; 3], normal: [f32; 3]) -> [f32; 3] {
        let eye = unit(place.map(|v| -v));
        let half = unit([0, 1, 2].map(|i| KEY[i] + eye[i]));
        let fresnel = 0.03 + 0.97 * (1.0 - dot(eye, half).clamp(0.0, 1.0)).powi(5);
        let lobe = dot(normal, half).max(0.0).powi(SHININESS) * (SHININESS + 8) as f32 / 25.0;
        [self.room * KEY_SHARE * fresnel * lobe * dot(normal, KEY).max(0.0); 3]
    }

    /// The normal at which a ball at `place` mirrors the key light into the camera, and how bright that is.
    pub fn mirrored(&self, place: [f32; 3]) -> ([f32; 3], [f32; 3]) {
        let eye = unit(place.map(|v| -v));
        (unit([0, 1, 2].map(|i| KEY[i] + eye[i])), [self.room.min(1.0); 3])
    }
}

fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt().max(1e-9);
    v.map(|v| v / length)
}

fn wrapped(cosine: f32, wrap: f32) -> f32 {
    ((cosine + wrap) / (1.0 + wrap)).max(0.0)
}

pub fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cell_lights_the_persons_left() {
        let mut lighting = Lighting::default();
        let cells = vec![[1.0; 3], [0.0; 3]];
        lighting.set(0.0, Some(&ScreenLight { rows: 1, columns: 2, cells, ..ScreenLight::default() }));
        let cheek = |x: f32| lighting.at([0.06 * x, 0.0, -0.5], [0.8 * x, 0.0, 0.6])[1];
        // The person's left is the picture's right.
        assert!(cheek(1.0) > 1.5 * cheek(-1.0), "{} {}", cheek(1.0), cheek(-1.0));
    }

    #[test]
    fn nearer_is_brighter_and_nonsense_is_harmless() {
        let mut lighting = Lighting::default();
        let screen = ScreenLight { rows: 1, columns: 1, cells: vec![[1.0; 3]], ..ScreenLight::default() };
        lighting.set(f32::NAN, Some(&screen));
        let at = |z: f32| lighting.at([0.0, 0.0, z], [0.0, 0.0, 1.0])[0];
        assert!(at(-0.3) > at(-0.6) && at(0.0).is_finite());
        lighting.set(1.0, Some(&ScreenLight { rows: 9, columns: 9, ..ScreenLight::default() }));
    }
}
