//! Pictures of the person that prints and tablets show.

use super::camera::{Setting, decode};
use super::{Presentation, Renderer, Scene, Stance};

const PICTURE: (usize, usize) = (480, 600);

/// A picture of the person, to be printed or shown.
pub struct Picture {
    renderer: Renderer,
    /// Linear.
    texels: Vec<[f32; 3]>,
    /// Where the person is, not the room.
    person: Vec<bool>,
    pub last: Option<Stance>,
    linear: Vec<f32>,
}

impl Picture {
    pub fn new(setting: &Setting, distance: f32) -> Self {
        let (width, height) = PICTURE;
        let own = Setting {
            width,
            height,
            seed: setting.seed ^ 0x9137,
            ambient: 1.0,
            distance,
            noise: 0.5,
            compression: 0,
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

    pub fn take(&mut self, scene: &Scene<'_>, dt: f32) {
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
    pub fn print(&mut self) {
        for texel in &mut self.texels {
            let grey = 0.3 * texel[0] + 0.59 * texel[1] + 0.11 * texel[2];
            *texel = texel.map(|v| 0.045 + 0.80 * (grey + 0.82 * (v - grey)).clamp(0.0, 1.0));
        }
    }

    pub fn texel(&self, u: f32, v: f32) -> Option<([f32; 3], bool)> {
        let (width, height) = PICTURE;
        let (x, y) = ((u * width as f32) as usize, (v * height as f32) as usize);
        let at = y.min(height - 1) * width + x.min(width - 1);
        self.texels.get(at).copied().zip(self.person.get(at).copied())
    }
}
