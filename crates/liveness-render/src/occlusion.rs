// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ambient occlusion: the share of the surroundings that each point of a surface sees. Nostrils, the neck under the
//! chin and the corners of the eyes are darker.

use super::light::dot;
use super::raster::{Canvas, Corner};

/// Number of sampled directions.
const DIRECTIONS: usize = 40;
/// Side of the depth maps, in pixels.
const SIDE: usize = 160;
/// Side of the depth maps, in metres.
const SPAN: f32 = 0.9;
/// Offset in metres that keeps a surface from hiding itself.
const BIAS: f32 = 0.004;

/// Returns the cosine-weighted share of directions from which each vertex is visible, 0 to 1.
pub fn openness(places: &[[f32; 3]], normals: &[[f32; 3]], triangles: &[[u16; 3]]) -> Vec<f32> {
    let mut seen = vec![0.0; places.len()];
    let mut all = vec![1e-3; places.len()];
    let mut canvas = Canvas::new(SIDE, SIDE);
    let mut corners = Vec::new();
    for n in 0..DIRECTIONS {
        let way = direction(n);
        view(places, way, &mut corners);
        canvas.nearness.fill(0.0);
        for triangle in triangles {
            canvas.triangle(triangle.map(|i| &corners[usize::from(i)]), |_, _| Some([0.0; 3]));
        }
        for (i, corner) in corners.iter().enumerate() {
            let cosine = dot(normals[i], way).max(0.0);
            all[i] += cosine;
            seen[i] += cosine * shown(&canvas, corner);
        }
    }
    seen.iter().zip(all).map(|(seen, all)| (seen + 1e-3) / all).collect()
}

/// Returns direction `n`. The directions are spread evenly over the front of the sphere (Fibonacci's spiral about the
/// camera's axis).
fn direction(n: usize) -> [f32; 3] {
    let z = 1.0 - 1.3 * (n as f32 + 0.5) / DIRECTIONS as f32;
    let (sine, cosine) = (2.399_963 * n as f32).sin_cos();
    let flat = (1.0 - z * z).max(0.0).sqrt();
    [flat * cosine, flat * sine, z]
}

/// Projects the surface along `way`, in pixels. The nearness grows linearly with the height towards the viewer.
fn view(places: &[[f32; 3]], way: [f32; 3], corners: &mut Vec<Corner>) {
    let length = way[0].hypot(way[2]).max(1e-6);
    let right = [way[2] / length, 0.0, -way[0] / length];
    let up = [way[1] * right[2], way[2] * right[0] - way[0] * right[2], -way[1] * right[0]];
    let pixels = SIDE as f32 / SPAN;
    corners.clear();
    corners.extend(places.iter().map(|place| Corner {
        x: pixels * (dot(*place, right) + 0.5 * SPAN),
        y: pixels * (0.5 * SPAN - dot(*place, up)),
        nearness: 2.0 + dot(*place, way),
        ..Corner::default()
    }));
}

/// Returns 1 if the corner is visible, and 0 if it is hidden.
fn shown(canvas: &Canvas, corner: &Corner) -> f32 {
    let (x, y) = (corner.x.max(0.0) as usize, corner.y.max(0.0) as usize);
    let hidden = x < SIDE && y < SIDE && canvas.nearness[y * SIDE + x] > corner.nearness + BIAS;
    f32::from(u8::from(!hidden))
}
