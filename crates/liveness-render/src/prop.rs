// SPDX-License-Identifier: MIT OR Apache-2.0

//! Simple objects: ellipsoids, and sheets that show a picture.

use super::camera::Lens;
use super::light::{Free, Lighting, Matter, Shading};
use super::raster::{Canvas, Corner, Fragment};
use super::turn::Turn;

/// An upright ellipsoid of one colour.
pub struct Blob {
    /// Place of the middle, in metres.
    pub center: [f32; 3],
    /// Radii in metres.
    pub radii: [f32; 3],
    /// Linear reflectance.
    pub color: [f32; 3],
}

/// Number of rings of the mesh.
const RINGS: usize = 14;
/// Number of sectors of the mesh.
const SECTORS: usize = 20;

impl Blob {
    /// Draws the ellipsoid.
    pub fn draw(&self, canvas: &mut Canvas, lens: &Lens, light: &Lighting) {
        let corner = |ring: usize, sector: usize| {
            let (st, ct) = (std::f32::consts::PI * ring as f32 / RINGS as f32).sin_cos();
            let (sp, cp) = (std::f32::consts::TAU * sector as f32 / SECTORS as f32).sin_cos();
            let unit = [st * sp, ct, st * cp];
            let place = [0, 1, 2].map(|i| self.center[i] + self.radii[i] * unit[i]);
            let slope = [0, 1, 2].map(|i| unit[i] / self.radii[i]);
            let length = super::light::dot(slope, slope).sqrt().max(f32::MIN_POSITIVE);
            let [x, y, nearness] = lens.project(place);
            Corner {
                x,
                y,
                nearness,
                light: light.at(place, slope.map(|v| v / length), Matter::CLOTH, &Free).light,
                u: place[0],
                v: place[1],
                ..Corner::default()
            }
        };
        // Slight folds keep cloth from being a flat colour.
        let shade = |u: f32, v: f32| {
            let fold = 1.0 + 0.10 * (61.0 * u + 9.0 * v).sin() * (23.0 * v - 7.0 * u).cos();
            Some(self.color.map(|c| c * fold))
        };
        for ring in 0..RINGS {
            for sector in 0..SECTORS {
                let (a, b) = (corner(ring, sector), corner(ring + 1, sector));
                let (c, d) = (corner(ring + 1, sector + 1), corner(ring, sector + 1));
                canvas.triangle([&a, &b, &c], shade);
                canvas.triangle([&a, &c, &d], shade);
            }
        }
    }
}

/// A sheet or tablet in a hand: flat, or bent about its vertical axis.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// Place of the middle, in metres.
    pub center: [f32; 3],
    /// Width in metres.
    pub width: f32,
    /// Height in metres.
    pub height: f32,
    /// Curvature in 1/m; 0 is flat.
    pub curvature: f32,
    /// Rotation of the sheet.
    pub turn: Turn,
}

/// Number of strips of the mesh along each side.
const STRIPS: usize = 16;

impl Sheet {
    /// Draws the sheet. `light` takes a place and a normal. `shade` takes a point whose texels run from 0 to 1, from
    /// the left and from the top.
    pub fn draw(
        &self,
        canvas: &mut Canvas,
        lens: &Lens,
        light: impl Fn([f32; 3], [f32; 3]) -> Shading,
        shade: impl Fn(&Fragment) -> Option<[f32; 3]> + Copy,
    ) {
        let corner = |u: usize, v: usize| {
            let (u, v) = (u as f32 / STRIPS as f32, v as f32 / STRIPS as f32);
            let (place, normal) = self.at(u, v);
            let [x, y, nearness] = lens.project(place);
            let Shading { light, shine } = light(place, normal);
            Corner { x, y, nearness, light, shine, u, v }
        };
        for v in 0..STRIPS {
            for u in 0..STRIPS {
                let (a, b) = (corner(u, v), corner(u, v + 1));
                let (c, d) = (corner(u + 1, v + 1), corner(u + 1, v));
                canvas.fill([&a, &b, &c], shade);
                canvas.fill([&a, &c, &d], shade);
            }
        }
    }

    /// Returns the place and the normal at shares of the sides, from the left and from the top.
    pub fn at(&self, u: f32, v: f32) -> ([f32; 3], [f32; 3]) {
        let along = (u - 0.5) * self.width;
        let (across, out, slope) = if self.curvature.abs() < 1e-3 {
            (along, 0.0, 0.0)
        } else {
            let angle = along * self.curvature;
            (angle.sin() / self.curvature, (angle.cos() - 1.0) / self.curvature, angle)
        };
        let turned = self.turn.apply([across, (0.5 - v) * self.height, out]);
        let normal = self.turn.apply([slope.sin(), 0.0, slope.cos()]);
        ([0, 1, 2].map(|i| turned[i] + self.center[i]), normal)
    }
}
