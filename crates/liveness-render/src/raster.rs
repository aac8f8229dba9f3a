// SPDX-License-Identifier: MIT OR Apache-2.0

//! A z-buffer with lit, textured triangles in linear light.

/// The picture before the sensor: linear R, G, B and depth.
#[derive(Clone, Debug, Default)]
pub struct Canvas {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Linear R, G and B, row by row.
    pub color: Vec<[f32; 3]>,
    /// 1 / distance along the optical axis, in 1/m; 0 for the room.
    pub nearness: Vec<f32>,
}

/// A projected vertex.
#[derive(Clone, Copy, Debug, Default)]
pub struct Corner {
    /// Horizontal place in pixels.
    pub x: f32,
    /// Vertical place in pixels, downwards.
    pub y: f32,
    /// 1 / distance, in 1/m. Not positive behind the camera.
    pub nearness: f32,
    /// Light that falls on the vertex.
    pub light: [f32; 3],
    /// Light that the gloss adds, independent of the colour.
    pub shine: [f32; 3],
    /// Horizontal texel coordinate, or another parameter of the shader.
    pub u: f32,
    /// Vertical texel coordinate, or another parameter of the shader.
    pub v: f32,
}

/// A projected point of a triangle.
#[derive(Clone, Copy, Debug)]
pub struct Fragment {
    /// Light that falls on the point.
    pub light: [f32; 3],
    /// Light that the gloss adds.
    pub shine: [f32; 3],
    /// Horizontal texel coordinate.
    pub u: f32,
    /// Vertical texel coordinate.
    pub v: f32,
}

impl Fragment {
    /// Returns the light from the point for a reflectance.
    pub fn lit(&self, color: [f32; 3]) -> [f32; 3] {
        [0, 1, 2].map(|i| color[i] * self.light[i] + self.shine[i])
    }
}

/// Distance in metres below which triangles are not drawn.
const NEAREST: f32 = 0.05;

impl Canvas {
    /// Creates a black canvas of this size in pixels.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, color: vec![[0.0; 3]; width * height], nearness: vec![0.0; width * height] }
    }

    /// Draws a triangle. `shade` returns the reflectance at a texel, or `None` to cut it out.
    #[inline]
    pub fn triangle(&mut self, corners: [&Corner; 3], shade: impl Fn(f32, f32) -> Option<[f32; 3]>) {
        self.fill(corners, |at| shade(at.u, at.v).map(|color| at.lit(color)));
    }

    /// Draws a triangle. `shade` returns the light from a point, or `None` to cut it out.
    #[inline]
    pub fn fill(&mut self, corners: [&Corner; 3], shade: impl Fn(&Fragment) -> Option<[f32; 3]>) {
        self.draw(corners, |at, pixel| match shade(at) {
            Some(color) => {
                *pixel = color;
                true
            }
            None => false,
        });
    }

    /// Draws a triangle. `paint` changes the pixel behind a point, and returns true if the point now hides what is
    /// behind.
    #[inline]
    pub fn draw(&mut self, [a, b, c]: [&Corner; 3], paint: impl Fn(&Fragment, &mut [f32; 3]) -> bool) {
        let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
        let behind = [a, b, c].iter().any(|p| !(p.nearness > 0.0 && p.nearness <= 1.0 / NEAREST));
        // Triangles that face away have a positive area, because y points down.
        if behind || !area.is_finite() || area >= -1e-6 {
            return;
        }
        let span = |low: f32, high: f32, end: usize| -> (usize, usize) {
            ((low - 0.5).ceil().max(0.0) as usize, ((high + 0.5).max(0.0) as usize).min(end))
        };
        let (left, right) = span(a.x.min(b.x).min(c.x), a.x.max(b.x).max(c.x), self.width);
        let (top, bottom) = span(a.y.min(b.y).min(c.y), a.y.max(b.y).max(c.y), self.height);
        let inverse = 1.0 / area;
        for row in top..bottom {
            let y = row as f32 + 0.5;
            for column in left..right {
                let x = column as f32 + 0.5;
                let s = ((x - a.x) * (c.y - a.y) - (c.x - a.x) * (y - a.y)) * inverse;
                let t = ((b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y)) * inverse;
                let r = 1.0 - s - t;
                if r < 0.0 || s < 0.0 || t < 0.0 {
                    continue;
                }
                let at = row * self.width + column;
                let nearness = r * a.nearness + s * b.nearness + t * c.nearness;
                if nearness <= self.nearness[at] {
                    continue;
                }
                let mix = |of: fn(&Corner) -> f32| r * of(a) + s * of(b) + t * of(c);
                let fragment = Fragment {
                    light: [mix(|p| p.light[0]), mix(|p| p.light[1]), mix(|p| p.light[2])],
                    shine: [mix(|p| p.shine[0]), mix(|p| p.shine[1]), mix(|p| p.shine[2])],
                    u: mix(|p| p.u),
                    v: mix(|p| p.v),
                };
                if paint(&fragment, &mut self.color[at]) {
                    self.nearness[at] = nearness;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corner(x: f32, y: f32, nearness: f32) -> Corner {
        Corner { x, y, nearness, light: [1.0; 3], ..Corner::default() }
    }

    fn draw(canvas: &mut Canvas, nearness: f32, color: f32) {
        let corners = [corner(0.0, 0.0, nearness), corner(0.0, 8.0, nearness), corner(8.0, 0.0, nearness)];
        canvas.triangle([&corners[0], &corners[1], &corners[2]], |_, _| Some([color; 3]));
    }

    #[test]
    fn the_nearer_triangle_is_seen() {
        let mut canvas = Canvas::new(8, 8);
        draw(&mut canvas, 2.0, 0.2);
        draw(&mut canvas, 1.0, 0.9);
        assert_eq!(canvas.color[0], [0.2; 3]);
        assert_eq!(canvas.color[63], [0.0; 3]);
        draw(&mut canvas, 3.0, 0.9);
        assert_eq!(canvas.color[0], [0.9; 3]);
    }

    #[test]
    fn what_is_behind_turned_away_or_nonsense_is_not_drawn() {
        let mut canvas = Canvas::new(8, 8);
        draw(&mut canvas, -1.0, 1.0);
        draw(&mut canvas, f32::NAN, 1.0);
        let away = [corner(0.0, 0.0, 1.0), corner(8.0, 0.0, 1.0), corner(0.0, 8.0, 1.0)];
        canvas.triangle([&away[0], &away[1], &away[2]], |_, _| Some([1.0; 3]));
        let far = [corner(-1e30, f32::INFINITY, 1.0), corner(0.0, 8.0, 1.0), corner(8.0, f32::NAN, 1.0)];
        canvas.triangle([&far[0], &far[1], &far[2]], |_, _| Some([1.0; 3]));
        assert!(canvas.color.iter().all(|pixel| *pixel == [0.0; 3]));
    }
}
