// SPDX-License-Identifier: MIT OR Apache-2.0

//! The lighting and drawing of a posed person.

use super::eye::gaze;
use super::{IRIS, Person, Printed};
use crate::Stance;
use crate::camera::Lens;
use crate::head::{HEAD, Surface};
use crate::horizon::Hidden;
use crate::light::{Lighting, Matter, dot, unit};
use crate::raster::{Canvas, Corner, Fragment};
use crate::turn::Turn;

/// Share of the room's light that reaches hollows.
const HOLLOW: f32 = 0.25;
/// Curvature of the cornea relative to the eyeball.
const CORNEA: f32 = 1.5;
/// Reflectance of the cornea.
const MIRRORS: f32 = 0.025;
/// Light between the lips, relative to the skin.
const LIPS: f32 = 0.6;
/// Light on the eyes, which lids and lashes shade.
const LASHES: f32 = 0.85;
/// Squared radius of the highlight in an eye, relative to the eyeball.
const HIGHLIGHT: f32 = 0.006;

/// Returns the height of the neckline in texture coordinates; `bake.py` uses the same.
fn neckline(u: f32) -> f32 {
    (9.4 - 6.3 - 0.45 * (2.0 * u - 1.0).abs()) / 3.0
}

/// The reflections in one eye.
struct Glint<'a> {
    lighting: &'a Lighting,
    place: [f32; 3],
    /// Rotations of the head and of the eye in it. Together they map the eye's frame to the camera's.
    turn: [Turn; 2],
    /// Normal at which the eye reflects the key light, in the eye's frame, and the brightness there.
    key: ([f32; 3], f32),
}

impl Glint<'_> {
    /// Returns the reflected light where the eye's normal has the first components `u` and `v`.
    fn at(&self, u: f32, v: f32) -> [f32; 3] {
        let (dx, dy) = (u - self.key.0[0], v - self.key.0[1]);
        let spot = self.key.1 * (1.0 - (dx * dx + dy * dy) / HIGHLIGHT).clamp(0.0, 1.0);
        if u * u + v * v > IRIS * IRIS || !self.lighting.lit_by_screen() {
            return [spot; 3];
        }
        let (x, y) = (CORNEA * u, CORNEA * v);
        let normal = self.turn[0].apply(self.turn[1].apply([x, y, (1.0 - x * x - y * y).sqrt()]));
        self.lighting.mirrored(self.place, normal).map(|v| MIRRORS * v + spot)
    }
}

impl Person {
    /// Draws the posed and lit head.
    pub(super) fn paint(&self, canvas: &mut Canvas, lens: &Lens, lighting: &Lighting, stance: &Stance) {
        let distance = self.marks.first().map_or(1.0, |mark| -mark[2]).max(0.05);
        let skin = self.looks.texture(lens.focal / distance);
        let printed = !self.printed.is_empty();
        let glints = [468, 473].map(|mark| self.glint(lighting, stance, mark));
        for triangle in &HEAD.triangles {
            let index = triangle.map(usize::from);
            let corners = index.map(|i| &self.corners[i]);
            match HEAD.surfaces[index[0]] {
                Surface::Skin => canvas.triangle(corners, |u, v| Some(skin.sample(u, v))),
                Surface::Mouth => canvas.triangle(corners, |_, _| Some([0.11, 0.03, 0.026])),
                Surface::Teeth => canvas.triangle(corners, |_, _| Some([0.5, 0.46, 0.38])),
                Surface::Cloth => canvas.triangle(corners, |u, v| {
                    Some(if v > neckline(u) { self.looks.cloth(u, v) } else { skin.sample(u, v) })
                }),
                Surface::Eye => {
                    let glint = &glints[usize::from(self.rest[index[0]][0] > 0.0)];
                    canvas.fill(corners, |at| {
                        let color = at.lit(self.looks.eye(at.u, at.v));
                        let glint = if printed { [0.0; 3] } else { glint.at(at.u, at.v) };
                        Some([0, 1, 2].map(|i| color[i] + glint[i]))
                    });
                }
            }
        }
    }

    /// Draws the normals of the last drawn head instead of its colours, and black for the clothes.
    pub fn trace(&mut self, canvas: &mut Canvas) {
        for (corner, normal) in self.corners.iter_mut().zip(&self.normals) {
            corner.light = *normal;
            corner.shine = [0.0; 3];
        }
        let bare = |at: &Fragment| Some(at.light);
        for triangle in &HEAD.triangles {
            let index = triangle.map(usize::from);
            let corners = index.map(|i| &self.corners[i]);
            match HEAD.surfaces[index[0]] {
                Surface::Cloth => canvas.triangle(corners, |_, _| Some([0.0; 3])),
                _ => canvas.fill(corners, bare),
            }
        }
    }

    /// Lights the vertices of the posed head.
    pub(super) fn light(&mut self, lens: &Lens, lighting: &Lighting, stance: &Stance) {
        let undo = Turn::new(&stance.head).undone();
        let unturned = gaze(&stance.expression).undone();
        for (i, corner) in self.corners.iter_mut().enumerate() {
            let (place, normal) = (self.places[i], self.normals[i]);
            let [x, y, nearness] = lens.project(place);
            *corner = Corner { x, y, nearness, ..Corner::default() };
            // The vertex faces away and is never visible.
            if dot(normal, place) > 0.2 * -place[2] {
                continue;
            }
            let surface = HEAD.surfaces[i];
            let open = HOLLOW + (1.0 - HOLLOW) * self.open[i];
            let shadow = Hidden { horizon: &self.horizons[i], undo: &undo, open };
            let matter = match surface {
                Surface::Skin => self.matter,
                Surface::Cloth => Matter::CLOTH,
                _ => Matter { gloss: 0.0, ..self.matter },
            };
            let print = self.printed.get(i).and_then(Printed::seen);
            let shading = lighting.at(place, normal, print.map_or(matter, |print| print.0), &shadow);
            let printed = print.map_or([1.0; 3], |print| print.1);
            corner.light = [0, 1, 2].map(|k| shading.light[k] * printed[k]);
            corner.shine = shading.shine;
            [corner.u, corner.v] = HEAD.coordinates[i];
            match surface {
                Surface::Eye => {
                    let ball = &self.balls[usize::from(self.rest[i][0] > 0.0)];
                    let way = [0, 1, 2].map(|k| (self.rest[i][k] - ball.centre[k]) / ball.radius.max(1e-4));
                    let way = unturned.apply(way);
                    [corner.u, corner.v] = [way[0], way[1]];
                    if self.printed.is_empty() {
                        corner.light = corner.light.map(|v| v * LASHES);
                    }
                }
                Surface::Mouth | Surface::Teeth => corner.light = corner.light.map(|v| v * LIPS),
                Surface::Skin | Surface::Cloth => {}
            }
        }
    }

    /// Returns the reflections of the eye whose iris is landmark `mark`.
    fn glint<'a>(&self, lighting: &'a Lighting, stance: &Stance, mark: usize) -> Glint<'a> {
        let turn = [Turn::new(&stance.head), gaze(&stance.expression)];
        let place = self.marks.get(mark).copied().unwrap_or([0.0, 0.0, -1.0]);
        let (normal, bright) = lighting.key_mirrored(place);
        let normal = turn[1].undone().apply(turn[0].undone().apply(unit(normal)));
        Glint { lighting, place, turn, key: (normal, bright) }
    }
}
