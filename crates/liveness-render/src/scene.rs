// SPDX-License-Identifier: MIT OR Apache-2.0

//! The renderer of a scene.

use super::camera::{Lens, Setting};
use super::held::{HELD_AT, Held};
use super::light::{Free, Lighting, Matter};
use super::person::Person;
use super::picture::Picture;
use super::raster::Canvas;
use super::room::Room;
use super::sensor::Sensor;
use super::truth::{Surface, Truth};
use super::{Presentation, Scene, ScreenLight, Stance};

/// Longest side in pixels. Larger pictures are rendered as empty frames.
const MAX_SIDE: usize = 1 << 14;

/// Renders the frames of one setting.
pub struct Renderer {
    pub(super) setting: Setting,
    pub(super) lens: Lens,
    room: Room,
    pub(super) canvas: Canvas,
    sensor: Sensor,
    pub(super) light: Lighting,
    person: Person,
    mask: Option<Person>,
    paper: Option<Person>,
    second: Option<Person>,
    /// Renders the pictures on prints and tablets.
    pub(super) inner: Option<Box<Picture>>,
    /// Print or tablet of the last frame.
    pub(super) held: Option<Held>,
    /// Presentation of the last frame.
    last: Presentation,
    truth: Truth,
}

impl Renderer {
    /// Creates a renderer. A setting with a side of 0 or above 16,384 pixels renders empty frames.
    pub fn new(setting: Setting) -> Self {
        let sides = [setting.width, setting.height];
        let valid = sides.iter().all(|side| (1..=MAX_SIDE).contains(side));
        let (width, height) = if valid { (setting.width, setting.height) } else { (0, 0) };
        Self {
            lens: Lens::new(width.max(1), height.max(1)),
            room: Room::new(width, height, setting.seed ^ setting.identity),
            canvas: Canvas::new(width, height),
            sensor: Sensor::new(&setting),
            light: Lighting::default(),
            person: Person::new(setting.identity),
            mask: None,
            paper: None,
            second: None,
            inner: None,
            held: None,
            last: Presentation::Nobody,
            truth: Truth::default(),
            setting,
        }
    }

    /// Returns the setting.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Renders a frame, `dt` seconds after the previous one. Returns R′G′B′, 3 × width × height bytes.
    pub fn render(&mut self, scene: &Scene<'_>, dt: f32) -> &[u8] {
        if self.canvas.color.is_empty() {
            return &[];
        }
        let relit = scene.presentation == Presentation::Relit;
        let distance = self.distance();
        // A video that will be tinted is taken in neutral light.
        let (room, screen) = if relit { (1.0, None) } else { (self.setting.ambient, scene.light) };
        let nearest = if scene.presentation.held() { HELD_AT * distance } else { distance };
        self.light.set(room, screen, nearest);
        self.room.show(&mut self.canvas, &self.lens, &self.light, distance);
        self.truth.landmarks.clear();
        self.truth.head = scene.stance.head;
        (self.last, self.held) = (scene.presentation, None);
        match scene.presentation {
            Presentation::Nobody => {}
            Presentation::Live | Presentation::Relit => self.draw_person(&scene.stance),
            Presentation::TwoPeople => {
                self.draw_second(&scene.shown);
                self.draw_person(&scene.stance);
            }
            Presentation::Mask => self.draw_mask(&scene.stance),
            Presentation::PaperMask => self.draw_paper_mask(&scene.stance),
            Presentation::Print | Presentation::BentPrint | Presentation::CutoutPrint => {
                self.draw_print(scene);
            }
            Presentation::Screen => self.draw_tablet(scene, dt),
        }
        let filter = scene.shown_light.filter(|_| relit).map_or([1.0; 3], |light| self.relighting(light));
        self.sensor.expose(&self.canvas, dt, filter)
    }

    /// Returns the ground truth of the last frame.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Returns the true surface in the last frame. Takes as long as rendering a frame.
    pub fn surface(&mut self) -> Surface {
        let mut canvas = Canvas::new(self.canvas.width, self.canvas.height);
        match self.last {
            Presentation::Nobody => {}
            Presentation::Live | Presentation::Relit | Presentation::TwoPeople => {
                self.person.trace(&mut canvas)
            }
            Presentation::Mask => self.mask.iter_mut().for_each(|mask| mask.trace(&mut canvas)),
            Presentation::PaperMask => self.paper.iter_mut().for_each(|mask| mask.trace(&mut canvas)),
            Presentation::Print
            | Presentation::BentPrint
            | Presentation::CutoutPrint
            | Presentation::Screen => self.trace_held(&mut canvas),
        }
        Surface::of(&canvas)
    }

    /// Returns the distance of the face, limited to 0.2–5 m.
    pub(super) fn distance(&self) -> f32 {
        let distance = self.setting.distance;
        if distance.is_finite() { distance.clamp(0.2, 5.0) } else { 0.55 }
    }

    /// Returns the gain of each channel by which an attacker makes the face in a neutral video appear lit by the mean
    /// colour of a screen. A half-lit screen gives gains of 1.
    fn relighting(&self, screen: &ScreenLight) -> [f32; 3] {
        let count = screen.cells.len().max(1) as f32;
        let mean = screen.cells.iter().fold([0.0; 3], |sum, c| [0, 1, 2].map(|i| sum[i] + c[i] / count));
        let face = [0.0, 0.0, -self.distance()];
        let lit = |color: [f32; 3]| {
            let mut light = Lighting::default();
            let screen = ScreenLight { rows: 1, columns: 1, cells: vec![color], ..screen.clone() };
            light.set(self.setting.ambient, Some(&screen), self.distance());
            light.at(face, [0.0, 0.0, 1.0], Matter::CLOTH, &Free).light
        };
        let (today, usual) = (lit(mean), lit([0.5; 3]));
        [0, 1, 2].map(|i| today[i] / usual[i].max(1e-6))
    }

    /// Draws the person with glasses and hygiene mask.
    fn draw_person(&mut self, stance: &Stance) {
        let rest = [0.0, 0.0, -self.distance()];
        self.person.draw(&mut self.canvas, &self.lens, &self.light, stance, rest);
        if self.setting.glasses {
            self.person.draw_glasses(&mut self.canvas, &self.lens, &self.light);
        }
        if self.setting.hygiene_mask {
            let color = self.setting.identity;
            self.person.draw_hygiene_mask(&mut self.canvas, &self.lens, &self.light, color);
        }
        self.person.landmarks(&mut self.truth.landmarks);
    }

    /// Draws the second person, who stands to the left in the picture and slightly behind.
    fn draw_second(&mut self, stance: &Stance) {
        let rest = [-0.20, -0.02, -self.distance() - 0.08];
        let identity = self.setting.identity.wrapping_add(5);
        let second = self.second.get_or_insert_with(|| Person::new(identity));
        second.draw(&mut self.canvas, &self.lens, &self.light, stance, rest);
    }

    /// Draws the rigid mask.
    fn draw_mask(&mut self, stance: &Stance) {
        let rest = [0.0, 0.0, -self.distance()];
        let identity = self.setting.identity;
        let mask = self.mask.get_or_insert_with(|| Person::new(identity).masked());
        mask.draw(&mut self.canvas, &self.lens, &self.light, stance, rest);
        mask.landmarks(&mut self.truth.landmarks);
    }

    /// Draws the paper mask.
    fn draw_paper_mask(&mut self, stance: &Stance) {
        let rest = [0.0, 0.0, -self.distance()];
        let identity = self.setting.identity;
        let mask = self.paper.get_or_insert_with(|| Person::new(identity).papered());
        mask.draw(&mut self.canvas, &self.lens, &self.light, stance, rest);
        mask.landmarks(&mut self.truth.landmarks);
    }
}
