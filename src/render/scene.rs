//! Puts the scene together.

use super::camera::{Lens, Sensor, Setting, decode};
use super::light::Lighting;
use super::person::{Person, Turn};
use super::prop::{Blob, Sheet};
use super::raster::Canvas;
use super::{HeadPose, Presentation, Scene, Stance, room};

/// What is so in the frame last rendered, whatever the sensor made of it.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// MediaPipe's 478 landmarks in pixels, of the person before the camera; empty when there is none.
    pub landmarks: Vec<[f32; 2]>,
    pub head: HeadPose,
}

/// Larger frames than any camera's are rendered as nothing.
const MAX_SIDE: usize = 1 << 14;
/// A print's or tablet's own picture.
const PICTURE: (usize, usize) = (480, 600);
/// Of a sheet held before the camera, in metres; it is held so much nearer than a person stands.
const SHEET: (f32, f32) = (0.24, 0.30);
const HELD_AT: f32 = 0.62;
const TABLET: (f32, f32) = (0.17, 0.2125);
const BENT: f32 = 5.0;

/// Renders frames of one setting.
pub struct Renderer {
    setting: Setting,
    lens: Lens,
    backdrop: Vec<[f32; 3]>,
    canvas: Canvas,
    sensor: Sensor,
    light: Lighting,
    person: Person,
    mask: Option<Person>,
    second: Option<Person>,
    /// Renders what prints and tablets show.
    inner: Option<Box<Picture>>,
    truth: Truth,
}

impl Renderer {
    pub fn new(setting: Setting) -> Self {
        let sides = [setting.width, setting.height];
        let valid = sides.iter().all(|side| (1..=MAX_SIDE).contains(side));
        let (width, height) = if valid { (setting.width, setting.height) } else { (0, 0) };
        Self {
            lens: Lens::new(width.max(1), height.max(1)),
            backdrop: room::paint(width, height, setting.seed ^ setting.identity),
            canvas: Canvas::new(width, height),
            sensor: Sensor::new(setting.noise, setting.seed),
            light: Lighting::default(),
            person: Person::new(setting.identity),
            mask: None,
            second: None,
            inner: None,
            truth: Truth::default(),
            setting,
        }
    }

    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// The next frame, `dt` seconds after the one before: R′G′B′ (sRGB), 3 · width · height bytes.
    pub fn render(&mut self, scene: &Scene<'_>, dt: f32) -> &[u8] {
        if self.canvas.color.is_empty() {
            return &[];
        }
        self.light.set(self.setting.ambient, scene.light);
        self.canvas.clear(&self.backdrop, self.light.room());
        self.truth.landmarks.clear();
        self.truth.head = scene.stance.head;
        match scene.presentation {
            Presentation::Nobody => {}
            Presentation::Live => self.draw_person(&scene.stance),
            Presentation::TwoPeople => {
                self.draw_second(&scene.shown);
                self.draw_person(&scene.stance);
            }
            Presentation::Mask => self.draw_mask(&scene.stance),
            Presentation::Print | Presentation::BentPrint | Presentation::CutoutPrint => {
                self.draw_print(scene)
            }
            Presentation::Screen => self.draw_tablet(scene, dt),
        }
        self.sensor.expose(&self.canvas, dt)
    }

    /// Of the frame last rendered.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    fn distance(&self) -> f32 {
        let distance = self.setting.distance;
        if distance.is_finite() { distance.clamp(0.2, 5.0) } else { 0.55 }
    }

    fn draw_person(&mut self, stance: &Stance) {
        let rest = [0.0, 0.0, -self.distance()];
        self.person.draw(&mut self.canvas, &self.lens, &self.light, stance, rest, false);
        self.person.landmarks(&mut self.truth.landmarks);
    }

    fn draw_second(&mut self, stance: &Stance) {
        let identity = self.setting.identity.wrapping_add(5);
        let second = self.second.get_or_insert_with(|| Person::new(identity));
        let distance =
            if self.setting.distance.is_finite() { self.setting.distance.clamp(0.2, 5.0) } else { 0.55 };
        let rest = [-0.20, -0.02, -distance - 0.08];
        second.draw(&mut self.canvas, &self.lens, &self.light, stance, rest, false);
    }

    fn draw_mask(&mut self, stance: &Stance) {
        let rest = [0.0, 0.0, -self.distance()];
        let identity = self.setting.identity;
        let mask = self.mask.get_or_insert_with(|| Person::new(identity).masked());
        mask.draw(&mut self.canvas, &self.lens, &self.light, stance, rest, true);
        mask.landmarks(&mut self.truth.landmarks);
    }

    fn sheet(&self, scene: &Scene<'_>, (width, height): (f32, f32), curvature: f32, emits: bool) -> Sheet {
        let (head, distance) = (&scene.stance.head, HELD_AT * self.distance());
        let center = [head.shift[0], head.shift[1] - 0.01, head.shift[2] - distance];
        Sheet { center, width, height, curvature, turn: Turn::new(head), emits }
    }

    fn draw_print(&mut self, scene: &Scene<'_>) {
        let (bent, cut) =
            (scene.presentation == Presentation::BentPrint, scene.presentation == Presentation::CutoutPrint);
        let sheet = self.sheet(scene, SHEET, if bent { BENT } else { 0.0 }, false);
        let setting = &self.setting;
        let inner = self.inner.get_or_insert_with(|| Box::new(Picture::new(setting)));
        if inner.last != Some(scene.shown) {
            inner.take(scene, 1.0);
            inner.print();
        }
        let picture = &*inner;
        let shade = |u: f32, v: f32| {
            picture.texel(u, v).filter(|(_, person)| *person || !cut).map(|(color, _)| color)
        };
        sheet.draw(&mut self.canvas, &self.lens, &self.light, shade);
        self.draw_hand(&sheet);
    }

    fn draw_tablet(&mut self, scene: &Scene<'_>, dt: f32) {
        let sheet = self.sheet(scene, TABLET, 0.0, true);
        let setting = &self.setting;
        let inner = self.inner.get_or_insert_with(|| Box::new(Picture::new(setting)));
        if inner.last != Some(scene.shown) || scene.shown_light.is_some() {
            inner.take(scene, dt);
        }
        let (picture, room) = (&*inner, self.light.room());
        // What a screen shows at its brightest, and what its glass mirrors of the room.
        let (white, glare) = ([0.78, 0.86, 1.0], 0.015 * room);
        let (columns, rows) = (PICTURE.0 as f32 * 1.6, PICTURE.1 as f32 * 1.6);
        let shade = |u: f32, v: f32| {
            let (color, _) = picture.texel(u, v)?;
            // Its own pixels: three upright stripes and a dark line between rows.
            let (x, y) = ((u * columns).fract(), (v * rows).fract());
            let line = if y < 0.18 { 0.55 } else { 1.1 };
            let stripe = |i: usize| if (x * 3.0) as usize == i { 1.5 } else { 0.75 };
            Some([0, 1, 2].map(|i| glare + white[i] * color[i] * line * stripe(i)))
        };
        sheet.draw(&mut self.canvas, &self.lens, &self.light, shade);
        let bezel = Sheet {
            width: 1.12 * TABLET.0,
            height: 1.12 * TABLET.1,
            emits: false,
            turn: Turn::new(&scene.stance.head),
            center: [sheet.center[0], sheet.center[1], sheet.center[2] - 0.002],
            curvature: 0.0,
        };
        bezel.draw(&mut self.canvas, &self.lens, &self.light, |_, _| Some([0.012; 3]));
        self.draw_hand(&bezel);
    }

    /// Fingers at the lower edge.
    fn draw_hand(&mut self, sheet: &Sheet) {
        for x in [-0.4, 0.42] {
            let edge = sheet.turn.apply([x * sheet.width, -0.47 * sheet.height, 0.004]);
            let center = [0, 1, 2].map(|i| sheet.center[i] + edge[i]);
            Blob { center, radii: [0.011, 0.028, 0.009], color: [0.42, 0.24, 0.17] }.draw(
                &mut self.canvas,
                &self.lens,
                &self.light,
            );
        }
    }
}

/// A picture of the person, to be printed or shown.
struct Picture {
    renderer: Renderer,
    /// Linear.
    texels: Vec<[f32; 3]>,
    /// Where the person is, not the room.
    person: Vec<bool>,
    last: Option<Stance>,
    linear: Vec<f32>,
}

impl Picture {
    fn new(setting: &Setting) -> Self {
        let (width, height) = PICTURE;
        let own = Setting {
            width,
            height,
            seed: setting.seed ^ 0x9137,
            ambient: 1.0,
            distance: 0.62,
            noise: 0.5,
            ..setting.clone()
        };
        Self {
            renderer: Renderer::new(own),
            texels: Vec::new(),
            person: Vec::new(),
            last: None,
            linear: (0..=255).map(decode).collect(),
        }
    }

    fn take(&mut self, scene: &Scene<'_>, dt: f32) {
        let own = Scene {
            presentation: Presentation::Live,
            stance: scene.shown,
            shown: Stance::default(),
            light: scene.shown_light,
            shown_light: None,
        };
        let Self { renderer, texels, linear, .. } = self;
        let rgb = renderer.render(&own, dt);
        texels.clear();
        texels.extend(rgb.chunks_exact(3).map(|t| [0, 1, 2].map(|i| linear[usize::from(t[i])])));
        self.person.clear();
        self.person.extend(self.renderer.canvas.nearness.iter().map(|n| *n > 0.0));
        self.last = Some(scene.shown);
    }

    /// What ink on paper makes of it: no deep black, no full colour, and less light than the scene had.
    fn print(&mut self) {
        for texel in &mut self.texels {
            let grey = 0.3 * texel[0] + 0.59 * texel[1] + 0.11 * texel[2];
            *texel = texel.map(|v| 0.045 + 0.80 * (grey + 0.82 * (v - grey)).clamp(0.0, 1.0));
        }
    }

    fn texel(&self, u: f32, v: f32) -> Option<([f32; 3], bool)> {
        let (width, height) = PICTURE;
        let (x, y) = ((u * width as f32) as usize, (v * height as f32) as usize);
        let at = y.min(height - 1) * width + x.min(width - 1);
        self.texels.get(at).copied().zip(self.person.get(at).copied())
    }
}
