// SPDX-License-Identifier: MIT OR Apache-2.0

//! The prints and tablets that a hand holds in front of the camera.

use super::light::{Free, Lighting, Matter, Shading};
use super::picture::Picture;
use super::prop::{Blob, Sheet};
use super::raster::{Canvas, Fragment};
use super::turn::Turn;
use super::{Presentation, Renderer, Scene};

/// Width and height of a print, in metres.
const SHEET: (f32, f32) = (0.24, 0.30);
/// Distance of a held picture, as a share of a person's distance.
pub const HELD_AT: f32 = 0.62;
/// Width and height of the tablet's picture, in metres.
const TABLET: (f32, f32) = (0.17, 0.2125);
/// Curvature of a bent print, in 1/m.
const BENT: f32 = 5.0;
/// Distance from which the picture of a print was taken, in metres. Smaller objects show closer pictures, so that the
/// face fills them.
const PRINTED_FROM: f32 = 0.45;
/// Distance from which the picture of a tablet was taken, in metres.
const SHOWN_FROM: f32 = 0.38;
/// Width and height of the tablet's picture, in the tablet's pixels.
const PIXELS: (f32, f32) = (768.0, 960.0);
/// The tablet's white in the dark (about 150 cd/m²), as linear R, G and B.
const WHITE: [f32; 3] = [3.2, 3.5, 4.1];
/// Relative increase of the tablet's brightness per unit of room light.
const FOLLOWS: f32 = 0.3;
/// Reflectance of the tablet's glass (Fresnel's term for glass).
const GLASS: f32 = 0.04;
/// Share of the incident light that the tablet's glass scatters.
const HAZE: f32 = 0.015;
/// Positions of the fingers, in widths from the middle.
const FINGERS: [f32; 2] = [-0.4, 0.42];

/// The sheet that the current frame shows.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    sheet: Sheet,
    /// True if only the person is left of the print.
    cut: bool,
}

impl Renderer {
    /// Returns the sheet in the hand.
    fn sheet(&self, scene: &Scene<'_>, (width, height): (f32, f32), curvature: f32) -> Sheet {
        let (head, distance) = (&scene.stance.head, HELD_AT * self.distance());
        let center = [head.shift[0], head.shift[1] - 0.01, head.shift[2] - distance];
        Sheet { center, width, height, curvature, turn: Turn::new(head) }
    }

    /// Draws a print and the hand.
    pub(super) fn draw_print(&mut self, scene: &Scene<'_>) {
        let (bent, cut) =
            (scene.presentation == Presentation::BentPrint, scene.presentation == Presentation::CutoutPrint);
        let sheet = self.sheet(scene, SHEET, if bent { BENT } else { 0.0 });
        let setting = &self.setting;
        let inner = self.inner.get_or_insert_with(|| Box::new(Picture::new(setting, PRINTED_FROM)));
        if inner.last != Some(scene.shown) {
            inner.take(scene, 1.0);
            inner.print();
        }
        let picture = &*inner;
        let shade = |at: &Fragment| {
            let texel = picture.texel(at.u, at.v).filter(|(_, person)| *person || !cut);
            texel.map(|(color, _)| at.lit(color))
        };
        let light = |place, normal| self.light.at(place, normal, Matter::PAPER, &Free);
        sheet.draw(&mut self.canvas, &self.lens, light, shade);
        self.draw_hand(&sheet);
        self.held = Some(Held { sheet, cut });
    }

    /// Draws a tablet and the hand. `dt` is the time since the last frame, in seconds.
    pub(super) fn draw_tablet(&mut self, scene: &Scene<'_>, dt: f32) {
        let sheet = self.sheet(scene, TABLET, 0.0);
        let setting = &self.setting;
        let inner = self.inner.get_or_insert_with(|| Box::new(Picture::new(setting, SHOWN_FROM)));
        if inner.last != Some(scene.shown) || scene.shown_light.is_some() {
            inner.take(scene, dt);
        }
        let (picture, lighting) = (&*inner, &self.light);
        let bright = 1.0 + FOLLOWS * lighting.room();
        // The camera's pixels are larger than the tablet's and average them, which leaves a moiré.
        let larger = PIXELS.0 * -sheet.center[2] / (TABLET.0 * self.lens.focal);
        let grid = (larger * larger).recip().min(1.0);
        let shade = |at: &Fragment| {
            let (color, _) = picture.texel(at.u, at.v)?;
            // The tablet's pixels have three vertical stripes, with a dark line between rows.
            let (x, y) = ((at.u * PIXELS.0).fract(), (at.v * PIXELS.1).fract());
            let line = 1.0 + grid * if y < 0.18 { -0.45 } else { 0.1 };
            let stripe = |i: usize| 1.0 + grid * if (x * 3.0) as usize == i { 0.5 } else { -0.25 };
            let glass = glass(lighting, &sheet, at);
            Some([0, 1, 2].map(|i| glass[i] + bright * WHITE[i] * color[i] * line * stripe(i)))
        };
        let light = |place, normal| lighting.at(place, normal, Matter::CLOTH, &Free);
        sheet.draw(&mut self.canvas, &self.lens, light, shade);
        let bezel = Sheet {
            width: 1.12 * TABLET.0,
            height: 1.12 * TABLET.1,
            center: [sheet.center[0], sheet.center[1], sheet.center[2] - 0.002],
            ..sheet
        };
        bezel.draw(&mut self.canvas, &self.lens, light, |at| Some(at.lit([0.012; 3])));
        self.draw_hand(&bezel);
        self.held = Some(Held { sheet, cut: false });
    }

    /// Draws the fingers at the lower edge.
    fn draw_hand(&mut self, sheet: &Sheet) {
        for blob in fingers(sheet) {
            blob.draw(&mut self.canvas, &self.lens, &self.light);
        }
    }

    /// Draws the normals of the sheet instead of its colours, and 0 at the hand.
    pub(super) fn trace_held(&self, canvas: &mut Canvas) {
        let (Some(Held { sheet, cut }), Some(picture)) = (self.held, &self.inner) else {
            return;
        };
        let light = |_, normal| Shading { light: normal, ..Shading::default() };
        let shade = |at: &Fragment| {
            let texel = picture.texel(at.u, at.v).filter(|(_, person)| *person || !cut);
            texel.map(|_| at.light)
        };
        sheet.draw(canvas, &self.lens, light, shade);
        for blob in fingers(&sheet) {
            Blob { color: [0.0; 3], ..blob }.draw(canvas, &self.lens, &self.light);
        }
    }
}

/// Returns the light that the tablet's glass adds to its picture.
fn glass(lighting: &Lighting, sheet: &Sheet, at: &Fragment) -> [f32; 3] {
    let mirrored = if lighting.lit_by_screen() {
        let (place, normal) = sheet.at(at.u, at.v);
        lighting.mirrored(place, normal)
    } else {
        [0.0; 3]
    };
    [0, 1, 2].map(|i| HAZE * at.light[i] + GLASS * mirrored[i])
}

/// Returns the fingers at the lower edge.
fn fingers(sheet: &Sheet) -> [Blob; 2] {
    FINGERS.map(|x| {
        let edge = sheet.turn.apply([x * sheet.width, -0.47 * sheet.height, 0.004]);
        let center = [0, 1, 2].map(|i| sheet.center[i] + edge[i]);
        Blob { center, radii: [0.011, 0.028, 0.009], color: [0.42, 0.24, 0.17] }
    })
}
