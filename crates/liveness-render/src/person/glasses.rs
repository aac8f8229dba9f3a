// SPDX-License-Identifier: MIT OR Apache-2.0

//! Spectacles: two lenses that reflect the screen, in a dark frame.

use super::Person;
use crate::camera::Lens;
use crate::light::{Free, Lighting, Matter, unit};
use crate::raster::{Canvas, Corner, Fragment};

/// Half the width and half the height of a lens, in metres.
const HALF: [f32; 2] = [0.025, 0.019];
/// Distance of a lens in front of the eyeball, in metres.
const BEFORE: f32 = 0.018;
/// Radius of curvature of a lens, in metres.
const BEND: f32 = 0.13;
/// Forward tilt of a lens at its top, in radians.
const LEANS: f32 = 0.12;
/// Size of the rim relative to the lens.
const RIM: f32 = 1.13;
/// Linear reflectance of the rim.
const RIM_COLOR: [f32; 3] = [0.03, 0.025, 0.022];
/// Optical properties of the rim.
const RIM_MATTER: Matter = Matter { depth: 0.0, gloss: 1.2, roughness: 0.06 };
/// Reflectance of both faces of a lens together.
const MIRRORS: f32 = 0.035;
/// Transmittance of a lens.
const PASSES: f32 = 0.9;
/// Number of steps of a lens's grid.
const STEPS: usize = 8;
/// A bar of the frame: its place in half sides of the lens, with x away from the nose, and the depth to which it runs
/// back, in metres.
#[derive(Clone, Copy)]
struct Bar {
    across: [f32; 2],
    up: [f32; 2],
    back: f32,
}

const BRIDGE: Bar = Bar { across: [-1.6, -1.05], up: [0.15, 0.35], back: 0.0 };
const TEMPLE: Bar = Bar { across: [1.05, 1.22], up: [0.3, 0.55], back: 0.1 };

/// A point of the spectacles in the camera's frame.
struct Point {
    place: [f32; 3],
    normal: [f32; 3],
}

impl Person {
    /// Draws spectacles on the head of the last [`Person::draw`].
    pub fn draw_glasses(&self, canvas: &mut Canvas, lens: &Lens, lighting: &Lighting) {
        for side in [0, 1] {
            for bar in [BRIDGE, TEMPLE] {
                self.draw_bar(canvas, lens, lighting, (side, bar));
            }
            let rim = |at: &Fragment| {
                let hole = at.u.powi(4) + at.v.powi(4) < 1.0;
                let rim = (at.u / RIM).powi(4) + (at.v / RIM).powi(4) < 1.0;
                (rim && !hole).then(|| at.lit(RIM_COLOR))
            };
            self.grid(lens, lighting, side, |corners| canvas.fill(corners, rim));
            self.grid(lens, lighting, side, |corners| {
                canvas.draw(corners, |at, pixel| {
                    if at.u.powi(4) + at.v.powi(4) < 1.0 {
                        let Point { place, normal } = self.point(side, at.u, at.v, 0.0);
                        let mirrored = lighting.mirrored(place, normal);
                        (0..3).for_each(|i| pixel[i] = PASSES * pixel[i] + MIRRORS * mirrored[i]);
                    }
                    false
                });
            });
        }
    }

    /// Returns the point at shares of the lens's half sides from its middle, and `back` metres behind the lens.
    fn point(&self, side: usize, u: f32, v: f32, back: f32) -> Point {
        let ball = &self.balls[side];
        let (x, y) = (u * HALF[0], v * HALF[1]);
        let bent = (x * x + y * y) / (2.0 * BEND);
        let z = ball.radius + BEFORE - bent + LEANS * y - back;
        let at = [ball.centre[0] + x, ball.centre[1] + y, ball.centre[2] + z];
        let (turn, shift) = &self.placed;
        let turned = super::about_joint(turn, at);
        let normal = turn.apply(unit([x / BEND, y / BEND - LEANS, 1.0]));
        Point { place: [0, 1, 2].map(|i| turned[i] + shift[i]), normal }
    }

    /// Returns the projected and lit vertex at shares of the lens's half sides, and metres behind the lens.
    fn corner(&self, lens: &Lens, lighting: &Lighting, side: usize, [u, v, back]: [f32; 3]) -> Corner {
        let Point { place, normal } = self.point(side, u, v, back);
        let [x, y, nearness] = lens.project(place);
        let shading = lighting.at(place, normal, RIM_MATTER, &Free);
        Corner { x, y, nearness, light: shading.light, shine: shading.shine, u, v }
    }

    /// Calls `draw` with each triangle of a lens and its rim.
    fn grid(&self, lens: &Lens, lighting: &Lighting, side: usize, mut draw: impl FnMut([&Corner; 3])) {
        let share = |n: usize| RIM * (2.0 * n as f32 / STEPS as f32 - 1.0);
        let corner = |n: usize, m: usize| self.corner(lens, lighting, side, [share(n), share(m), 0.0]);
        for n in 0..STEPS {
            for m in 0..STEPS {
                let [a, b, c, d] =
                    [(n, m + 1), (n, m), (n + 1, m), (n + 1, m + 1)].map(|(n, m)| corner(n, m));
                draw([&a, &b, &c]);
                draw([&a, &c, &d]);
            }
        }
    }

    /// Draws a bar of the frame.
    fn draw_bar(&self, canvas: &mut Canvas, lens: &Lens, lighting: &Lighting, (side, bar): (usize, Bar)) {
        let outwards = if side == 0 { -1.0 } else { 1.0 };
        let Bar { across, up, back } = bar;
        let corner = |x: f32, y: f32, back: f32| self.corner(lens, lighting, side, [outwards * x, y, back]);
        let corners = [
            corner(across[0], up[1], 0.0),
            corner(across[0], up[0], 0.0),
            corner(across[1], up[0], back),
            corner(across[1], up[1], back),
        ];
        let [a, b, c, d] = &corners;
        // A bar is visible from both sides.
        for triangle in [[a, b, c], [a, c, d], [c, b, a], [d, c, a]] {
            canvas.fill(triangle, |at| Some(at.lit(RIM_COLOR)));
        }
    }
}
