// SPDX-License-Identifier: MIT OR Apache-2.0

//! A hygiene mask: pleated cloth from the bridge of the nose to below the chin.

use super::Person;
use crate::camera::Lens;
use crate::light::{Free, Lighting, Matter, dot, unit};
use crate::raster::{Canvas, Corner};

/// Landmarks below the cloth, from the person's right to the left, row by row from the top.
const OVER: [[usize; 5]; 4] =
    [[234, 117, 197, 346, 454], [93, 205, 4, 425, 323], [58, 214, 0, 434, 288], [136, 149, 152, 378, 365]];
/// Distance of the cloth from the skin at these landmarks, in metres.
const BEFORE: [[f32; 5]; 4] = [
    [0.003, 0.006, 0.005, 0.006, 0.003],
    [0.004, 0.011, 0.007, 0.011, 0.004],
    [0.004, 0.013, 0.018, 0.013, 0.004],
    [0.003, 0.008, 0.010, 0.008, 0.003],
];
/// Linear reflectance: blue, white and black.
const COLORS: [[f32; 3]; 3] = [[0.33, 0.52, 0.68], [0.72, 0.74, 0.76], [0.03, 0.03, 0.032]];
/// Number of steps between two landmarks.
const STEPS: usize = 4;

impl Person {
    /// Draws a hygiene mask on the face of the last [`Person::draw`]. `color` selects one of three colours.
    pub fn draw_hygiene_mask(&self, canvas: &mut Canvas, lens: &Lens, lighting: &Lighting, color: u64) {
        let color = COLORS[(color % COLORS.len() as u64) as usize];
        let pleated = |_: f32, v: f32| Some(color.map(|c| c * (1.0 + 0.07 * (19.0 * v).sin())));
        let (rows, columns) = ((OVER.len() - 1) * STEPS, (OVER[0].len() - 1) * STEPS);
        let corner = |row: usize, column: usize| {
            let (v, u) = (row as f32 / STEPS as f32, column as f32 / STEPS as f32);
            let (place, normal) = (self.cloth(u, v), self.cloth_normal(u, v));
            let [x, y, nearness] = lens.project(place);
            let light = lighting.at(place, normal, Matter::CLOTH, &Free).light;
            Corner { x, y, nearness, light, u, v, ..Corner::default() }
        };
        for row in 0..rows {
            for column in 0..columns {
                let (a, b) = (corner(row, column), corner(row + 1, column));
                let (c, d) = (corner(row + 1, column + 1), corner(row, column + 1));
                canvas.triangle([&a, &b, &c], pleated);
                canvas.triangle([&a, &c, &d], pleated);
            }
        }
    }

    /// Returns the place of the cloth. `u` counts landmarks from the person's right, and `v` from the top.
    fn cloth(&self, u: f32, v: f32) -> [f32; 3] {
        let (column, row) = ((u as usize).min(OVER[0].len() - 2), (v as usize).min(OVER.len() - 2));
        let (fu, fv) = (u - column as f32, v - row as f32);
        let at = |row: usize, column: usize| {
            let [x, y, z] = self.marks.get(OVER[row][column]).copied().unwrap_or([0.0, 0.0, -1.0]);
            [x, y, z + BEFORE[row][column]]
        };
        let (a, b, c, d) =
            (at(row, column), at(row, column + 1), at(row + 1, column), at(row + 1, column + 1));
        [0, 1, 2].map(|i| {
            let (upper, lower) = (a[i] + fu * (b[i] - a[i]), c[i] + fu * (d[i] - c[i]));
            upper + fv * (lower - upper)
        })
    }

    /// Returns the unit normal of the cloth.
    fn cloth_normal(&self, u: f32, v: f32) -> [f32; 3] {
        const REACH: f32 = 0.5;
        let most = [(OVER[0].len() - 1) as f32, (OVER.len() - 1) as f32];
        let between = |a: [f32; 3], b: [f32; 3]| [0, 1, 2].map(|i| b[i] - a[i]);
        let across = between(self.cloth((u - REACH).max(0.0), v), self.cloth((u + REACH).min(most[0]), v));
        let down = between(self.cloth(u, (v - REACH).max(0.0)), self.cloth(u, (v + REACH).min(most[1])));
        let [a, b, c] = down;
        let [d, e, f] = across;
        let normal = [b * f - c * e, c * d - a * f, a * e - b * d];
        if dot(normal, normal) > 0.0 { unit(normal) } else { [0.0, 0.0, 1.0] }
    }
}
