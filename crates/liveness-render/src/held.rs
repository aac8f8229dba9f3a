//! What a hand holds before the camera: prints and tablets.

use super::light::{Free, Lighting, Matter, Shading};
use super::picture::Picture;
use super::prop::{Blob, Sheet};
use super::raster::{Canvas, Fragment};
use super::turn::Turn;
use super::{Presentation, Renderer, Scene};

/// Of a sheet held before the camera, in metres; it is held so much nearer than a person stands.
const SHEET: (f32, f32) = (0.24, 0.30);
pub const HELD_AT: f32 = 0.62;
const TABLET: (f32, f32) = (0.17, 0.2125);
const BENT: f32 = 5.0;
/// From where their pictures were taken, in metres: the smaller the thing, the closer, so that the face fills it.
const PRINTED_FROM: f32 = 0.45;
const SHOWN_FROM: f32 = 0.38;
/// The tablet's pixels.
const PIXELS: (f32, f32) = (768.0, 960.0);
/// The tablet's white in the dark (some 150 cd/m²), and what it adds in the room's light.
const WHITE: [f32; 3] = [3.2, 3.5, 4.1];
const FOLLOWS: f32 = 0.3;
/// What its glass mirrors (Fresnel's term for glass), and what it scatters of all the light there is.
const GLASS: f32 = 0.04;
const HAZE: f32 = 0.015;
/// Where the fingers are, in widths from the middle.
const FINGERS: [f32; 2] = [-0.4, 0.42];

/// The sheet of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    sheet: Sheet,
    /// Only the person of the picture is left of it.
    cut: bool,
}

impl Renderer {
    fn sheet(&self, scene: &Scene<'_>, (width, height): (f32, f32), curvature: f32) -> Sheet {
        let (head, distance) = (&scene.stance.head, HELD_AT * self.distance());
        let center = [head.shift[0], head.shift[1] - 0.01, head.shift[2] - distance];
        Sheet { center, width, height, curvature, turn: Turn::new(head) }
    }

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

    pub(super) fn draw_tablet(&mut self, scene: &Scene<'_>, dt: f32) {
        let sheet = self.sheet(scene, TABLET, 0.0);
        let setting = &self.setting;
        let inner = self.inner.get_or_insert_with(|| Box::new(Picture::new(setting, SHOWN_FROM)));
        if inner.last != Some(scene.shown) || scene.shown_light.is_some() {
            inner.take(scene, dt);
        }
        let (picture, lighting) = (&*inner, &self.light);
        let bright = 1.0 + FOLLOWS * lighting.room();
        // What the camera's own pixels, which are larger, leave of them: a moiré.
        let larger = PIXELS.0 * -sheet.center[2] / (TABLET.0 * self.lens.focal);
        let grid = (larger * larger).recip().min(1.0);
        let shade = |at: &Fragment| {
            let (color, _) = picture.texel(at.u, at.v)?;
            // Its own pixels: three upright stripes and a dark line between rows.
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

    /// Fingers at the lower edge.
    fn draw_hand(&mut self, sheet: &Sheet) {
        for blob in fingers(sheet) {
            blob.draw(&mut self.canvas, &self.lens, &self.light);
        }
    }

    /// Draws the sheet's normals in place of its colours, and 0 where the hand is.
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

/// What the glass before the tablet's picture adds to it.
fn glass(lighting: &Lighting, sheet: &Sheet, at: &Fragment) -> [f32; 3] {
    let mirrored = if lighting.lit_by_screen() {
        let (place, normal) = sheet.at(at.u, at.v);
        lighting.mirrored(place, normal)
    } else {
        [0.0; 3]
    };
    [0, 1, 2].map(|i| HAZE * at.light[i] + GLASS * mirrored[i])
}

fn fingers(sheet: &Sheet) -> [Blob; 2] {
    FINGERS.map(|x| {
        let edge = sheet.turn.apply([x * sheet.width, -0.47 * sheet.height, 0.004]);
        let center = [0, 1, 2].map(|i| sheet.center[i] + edge[i]);
        Blob { center, radii: [0.011, 0.028, 0.009], color: [0.42, 0.24, 0.17] }
    })
}
