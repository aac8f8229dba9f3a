// SPDX-License-Identifier: MIT OR Apache-2.0

//! The shadows on the head: for each direction around a point, the elevation up to which the surface hides light (Max
//! 1988).

use super::light::{Shadow, dot};
use super::raster::{Canvas, Corner};
use super::turn::Turn;

/// Number of directions, evenly spaced in the diamond angle, which needs no arc tangent.
const AROUND: usize = 16;
/// Side of the height map, in pixels.
const SIDE: usize = 320;
/// Side of the height map, in metres.
const SPAN: f32 = 0.5;
/// Distance of the first sample from a point, in metres.
const FIRST: f32 = 0.004;
/// Distance of the last sample from a point, in metres.
const LAST: f32 = 0.16;
/// Ratio of a sample's distance to the previous one.
const LONGER: f32 = 1.16;
/// Slope of the horizon without any surface around.
const FREE: f32 = -1.0;
/// Offset in metres that keeps a surface from hiding itself.
const BIAS: f32 = 0.0012;

/// The sine and the cosine of the horizon's elevation in each direction, over the plane across the head's own axis.
#[derive(Clone, Copy, Debug)]
pub struct Horizon([[f32; 2]; AROUND]);

impl Horizon {
    /// Returns the horizon of each vertex of a head that faces the camera.
    pub fn of(places: &[[f32; 3]], triangles: &[[u16; 3]]) -> Vec<Self> {
        let map = heights(places, triangles);
        places.iter().map(|place| Self::new(&map, *place)).collect()
    }

    fn new(map: &Canvas, place: [f32; 3]) -> Self {
        Self(std::array::from_fn(|n| {
            let way = direction(n);
            let mut far = FIRST;
            let mut slope = f32::MIN;
            while far < LAST {
                if let Some(z) = height(map, place[0] + far * way[0], place[1] + far * way[1]) {
                    slope = slope.max((z - BIAS - place[2]) / far);
                }
                far *= LONGER;
            }
            let slope = if slope > f32::MIN { slope } else { FREE };
            let cosine = (1.0 + slope * slope).sqrt().recip();
            [slope * cosine, cosine]
        }))
    }

    /// Returns the share of a light that is not hidden, 0 to 1. `way` is the unit vector to it in the head's frame.
    fn visible(&self, way: [f32; 3], soft: f32) -> f32 {
        let [x, y, z] = way;
        let flat = (x * x + y * y).sqrt();
        let turn = diamond(x, y) * (AROUND as f32 / 4.0);
        let (n, share) = (turn as usize % AROUND, turn.fract());
        let (a, b) = (self.0[n], self.0[(n + 1) % AROUND]);
        let [sine, cosine] = [0, 1].map(|i| a[i] + share * (b[i] - a[i]));
        // The sine of the light's elevation over the horizon. The edge of a shadow is soft on skin.
        let above = z * cosine - flat * sine;
        let t = ((above + soft) / (1.5 * soft)).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    }
}

/// The shadow on a point of a rotated head.
pub struct Hidden<'a> {
    /// Horizon of the point.
    pub horizon: &'a Horizon,
    /// Rotation from the camera's frame into the head's.
    pub undo: &'a Turn,
    /// Share of the surroundings that the point sees.
    pub open: f32,
}

impl Shadow for Hidden<'_> {
    fn visible(&self, way: [f32; 3], soft: f32) -> f32 {
        self.horizon.visible(self.undo.apply(way), soft)
    }

    fn open(&self) -> f32 {
        self.open
    }
}

/// Returns the diamond angle of a direction: 0 (right) to below 4, by way of up.
fn diamond(x: f32, y: f32) -> f32 {
    let sum = (x.abs() + y.abs()).max(1e-9);
    let angle = match (x >= 0.0, y >= 0.0) {
        (true, true) => y / sum,
        (false, true) => 1.0 - x / sum,
        (false, false) => 2.0 - y / sum,
        (true, false) => 3.0 + x / sum,
    };
    angle.clamp(0.0, 3.999_99)
}

/// Returns the unit vector of direction `n`.
fn direction(n: usize) -> [f32; 2] {
    let angle = 4.0 * n as f32 / AROUND as f32;
    let (quarter, y) = (angle as usize, angle.fract());
    let (x, y) = (1.0 - y, y);
    let length = x.hypot(y);
    let (x, y) = (x / length, y / length);
    [[x, y], [-y, x], [-x, -y], [y, -x]][quarter.min(3)]
}

/// Returns the height map of a head that faces the camera.
fn heights(places: &[[f32; 3]], triangles: &[[u16; 3]]) -> Canvas {
    let mut map = Canvas::new(SIDE, SIDE);
    let pixels = SIDE as f32 / SPAN;
    let corner = |place: &[f32; 3]| Corner {
        x: pixels * (place[0] + 0.5 * SPAN),
        y: pixels * (0.5 * SPAN - place[1]),
        nearness: 2.0 + dot(*place, [0.0, 0.0, 1.0]),
        ..Corner::default()
    };
    let corners: Vec<Corner> = places.iter().map(corner).collect();
    for triangle in triangles {
        map.triangle(triangle.map(|i| &corners[usize::from(i)]), |_, _| Some([0.0; 3]));
    }
    map
}

/// Returns the height of the surface at a place in metres, or `None` beside the head.
fn height(map: &Canvas, x: f32, y: f32) -> Option<f32> {
    let pixels = SIDE as f32 / SPAN;
    let (x, y) = (pixels * (x + 0.5 * SPAN), pixels * (0.5 * SPAN - y));
    let inside = (0.0..SIDE as f32).contains(&x) && (0.0..SIDE as f32).contains(&y);
    let nearness = if inside { map.nearness[y as usize * SIDE + x as usize] } else { 0.0 };
    (nearness > 0.0).then_some(nearness - 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diamond_angle_and_its_directions_agree() {
        for n in 0..AROUND {
            let [x, y] = direction(n);
            assert!((diamond(x, y) - 4.0 * n as f32 / AROUND as f32).abs() < 1e-4, "{n}");
        }
    }

    #[test]
    fn a_wall_hides_what_is_low_behind_it() {
        // The wall is 2 cm high, 1 cm to the right.
        let places = [[0.01, -0.2, 0.02], [0.05, -0.2, 0.02], [0.05, 0.2, 0.02], [0.01, 0.2, 0.02]];
        let horizon = Horizon::new(&heights(&places, &[[0, 1, 2], [0, 2, 3]]), [0.0; 3]);
        let seen = |x: f32, z: f32| horizon.visible(super::super::light::unit([x, 0.0, z]), 0.05);
        assert!(seen(1.0, 0.8) < 0.01 && seen(1.0, 4.0) > 0.99);
        assert!(seen(-1.0, 0.1) > 0.99);
    }
}
