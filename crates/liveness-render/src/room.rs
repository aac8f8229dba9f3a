// SPDX-License-Identifier: MIT OR Apache-2.0

//! The wall behind the person, out of focus: plaster with random rectangles such as a door, a shelf or a picture.

use super::camera::Lens;
use super::light::Lighting;
use super::raster::Canvas;
use liveness_core::random::Random;

/// The wall, lit by the room and by the screen.
pub struct Room {
    /// Linear reflectance of every pixel.
    pixels: Vec<[f32; 3]>,
    /// Distance from the face to the wall, in metres.
    behind: f32,
}

/// Number of grid points across and down the picture. The screen's light on the wall hardly changes between them.
const NODES: usize = 9;

impl Room {
    /// Creates a random wall for a picture of this size in pixels.
    pub fn new(width: usize, height: usize, seed: u64) -> Self {
        let behind = Random::nth(seed, 23).between(0.7, 2.5);
        Self { pixels: paint(width, height, seed), behind }
    }

    /// Draws the wall into an empty canvas. `distance` is that of the face, in metres.
    pub fn show(&self, canvas: &mut Canvas, lens: &Lens, lighting: &Lighting, distance: f32) {
        canvas.nearness.fill(0.0);
        if !lighting.lit_by_screen() {
            for (pixel, wall) in canvas.color.iter_mut().zip(&self.pixels) {
                *pixel = wall.map(|v| v * lighting.room());
            }
            return;
        }
        let (width, height) = (canvas.width, canvas.height);
        let far = distance + self.behind;
        let light = |x: f32, y: f32| {
            let place = lens.place([x * width as f32, y * height as f32], far);
            let screen = lighting.screen_at(place, [0.0, 0.0, 1.0]);
            screen.map(|v| v + lighting.room())
        };
        let share = |n: usize| n as f32 / (NODES - 1) as f32;
        let grid: Vec<[[f32; 3]; NODES]> =
            (0..NODES).map(|v| std::array::from_fn(|u| light(share(u), share(v)))).collect();
        let rows = canvas.color.chunks_exact_mut(width).zip(self.pixels.chunks_exact(width));
        for (y, (row, walls)) in rows.enumerate() {
            let (n, down) = node(y, height);
            let line: [[f32; 3]; NODES] = std::array::from_fn(|u| mix(grid[n][u], grid[n + 1][u], down));
            for (x, (pixel, wall)) in row.iter_mut().zip(walls).enumerate() {
                let (n, along) = node(x, width);
                let light = mix(line[n], line[n + 1], along);
                *pixel = [0, 1, 2].map(|i| wall[i] * light[i]);
            }
        }
    }
}

/// Returns the grid point before a pixel, and the share of the way to the next.
fn node(at: usize, side: usize) -> (usize, f32) {
    let at = (NODES - 1) as f32 * (at as f32 + 0.5) / side as f32;
    (at as usize, at.fract())
}

/// Returns the linear interpolation of two colours.
fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    [0, 1, 2].map(|i| a[i] + share * (b[i] - a[i]))
}

/// Returns the linear reflectance of every pixel.
fn paint(width: usize, height: usize, seed: u64) -> Vec<[f32; 3]> {
    let mut random = Random::nth(seed, 17);
    let wall = tint(&mut random, 0.28, 0.5);
    let items: Vec<Item> = (0..7).map(|_| Item::draw(&mut random)).collect();
    let grain: Vec<f32> = (0..64 * 64).map(|_| random.normal()).collect();
    let soft = 0.02;
    let mut pixels = Vec::with_capacity(width * height);
    for row in 0..height {
        let y = (row as f32 + 0.5) / height as f32;
        for column in 0..width {
            let x = (column as f32 + 0.5) / width as f32;
            let rough = 1.0 + 0.03 * grain[((y * 97.0) as usize % 64) * 64 + (x * 131.0) as usize % 64];
            // The wall is brighter towards the key light.
            let fall = 1.12 - 0.25 * x - 0.18 * y;
            let mut color = wall.map(|v| v * fall * rough);
            for item in &items {
                let share = item.covers(x, y, soft);
                color = [0, 1, 2].map(|i| color[i] + share * (item.color[i] * fall - color[i]));
            }
            pixels.push(color);
        }
    }
    pixels
}

/// A rectangle on the wall. Lengths are shares of the picture's sides.
struct Item {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    color: [f32; 3],
}

impl Item {
    fn draw(random: &mut Random) -> Self {
        Self {
            left: random.between(-0.1, 0.95),
            top: random.between(-0.1, 0.85),
            width: random.between(0.05, 0.3),
            height: random.between(0.08, 0.45),
            color: tint(random, 0.06, 0.6),
        }
    }

    /// Returns the coverage of a pixel, 0 to 1, with soft edges.
    fn covers(&self, x: f32, y: f32, soft: f32) -> f32 {
        let edge = |at: f32, from: f32, length: f32| {
            ((at - from) / soft + 0.5).clamp(0.0, 1.0) * ((from + length - at) / soft + 0.5).clamp(0.0, 1.0)
        };
        edge(x, self.left, self.width) * edge(y, self.top, self.height)
    }
}

/// Returns a muted colour.
fn tint(random: &mut Random, low: f32, high: f32) -> [f32; 3] {
    let value = random.between(low, high);
    [(); 3].map(|()| value * random.between(0.85, 1.15))
}
