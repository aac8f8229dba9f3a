// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pictures of the person on prints and tablets.

use super::camera::{Setting, decode};
use super::{Presentation, Renderer, Scene, Stance};

/// Width and height in pixels.
const PICTURE: (usize, usize) = (480, 600);

/// A picture of the person, to be printed or displayed.
pub struct Picture {
    renderer: Renderer,
    /// Linear R, G and B.
    texels: Vec<[f32; 3]>,
    /// True for texels of the person, false for the room.
    person: Vec<bool>,
    /// Stance of the last picture.
    pub last: Option<Stance>,
    linear: Vec<f32>,
}

impl Picture {
    /// Creates a camera for pictures of the person, taken from `distance` metres.
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

    /// Takes a picture of the stance [`Scene::shown`]. `dt` is the time since the last one, in seconds.
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

    /// Applies the limits of ink on paper: no deep black, no saturated colours, and less light than the scene had.
    pub fn print(&mut self) {
        for texel in &mut self.texels {
            let grey = 0.3 * texel[0] + 0.59 * texel[1] + 0.11 * texel[2];
            *texel = texel.map(|v| 0.045 + 0.80 * (grey + 0.82 * (v - grey)).clamp(0.0, 1.0));
        }
    }

    /// Returns the colour at shares of the sides, and true for the person. Returns `None` before the first picture.
    pub fn texel(&self, u: f32, v: f32) -> Option<([f32; 3], bool)> {
        let (width, height) = PICTURE;
        let (x, y) = ((u * width as f32) as usize, (v * height as f32) as usize);
        let at = y.min(height - 1) * width + x.min(width - 1);
        self.texels.get(at).copied().zip(self.person.get(at).copied())
    }
}
