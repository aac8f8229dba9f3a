// SPDX-License-Identifier: MIT OR Apache-2.0

//! Depth by integration of the slopes over the face map.
//!
//! The result is the surface z whose gradient is nearest to the slopes in least squares (Poisson's equation
//! with free borders), on the known patches only. Conjugate gradients solve it, because the map has holes and
//! a cosine transform would need a rectangle.

use super::facemap::{CELL, neighbours, patches};
use super::shape::{Map, Slopes};

/// Number of iterations, enough for a map of this size to converge to a hundredth of its range.
const ROUNDS: usize = 400;

/// Returns the depth in cm towards the camera, with a mean of 0 and up to scale. `per_slope` converts p and q
/// into nₓ/n_z and n_y/n_z.
pub fn integrate(slopes: &Slopes, per_slope: f32) -> Map {
    let equations = equations(slopes, per_slope);
    let known: Vec<bool> = slopes.p.iter().map(Option::is_some).collect();
    // The operator applies the normal equations of the least squares problem.
    let apply = |z: &[f32]| {
        let mut out = vec![0.0; z.len()];
        for Step { from, to, .. } in &equations {
            let difference = z[*to] - z[*from];
            out[*to] += difference;
            out[*from] -= difference;
        }
        out
    };
    let mut rest = vec![0.0f32; known.len()];
    for Step { from, to, rise } in &equations {
        rest[*to] += rise;
        rest[*from] -= rise;
    }
    let (mut z, mut direction) = (vec![0.0f32; known.len()], rest.clone());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let mut size = dot(&rest, &rest);
    let goal = 1e-8 * size;
    for _ in 0..ROUNDS {
        if size <= goal || size <= f32::MIN_POSITIVE {
            break;
        }
        let applied = apply(&direction);
        let step = size / dot(&direction, &applied).max(f32::MIN_POSITIVE);
        z.iter_mut().zip(&direction).for_each(|(z, d)| *z += step * d);
        rest.iter_mut().zip(&applied).for_each(|(r, a)| *r -= step * a);
        let next = dot(&rest, &rest);
        direction.iter_mut().zip(&rest).for_each(|(d, r)| *d = r + next / size * *d);
        size = next;
    }
    let count = known.iter().filter(|known| **known).count().max(1) as f32;
    let mean = z.iter().zip(&known).filter(|(_, known)| **known).map(|(z, _)| z).sum::<f32>() / count;
    z.iter().zip(&known).map(|(z, known)| known.then_some(z - mean)).collect()
}

/// A pair of neighbouring patches, and the rise between them towards the camera in cm.
struct Step {
    from: usize,
    to: usize,
    rise: f32,
}

fn equations(slopes: &Slopes, per_slope: f32) -> Vec<Step> {
    let mut steps = Vec::with_capacity(2 * patches().len());
    for from in 0..patches().len() {
        for (to, offset) in neighbours(from, 1) {
            // z falls to the right if the surface faces right, and it rises downwards if the surface faces
            // up.
            let slope = match offset {
                [1, 0] => slopes.p[from].zip(slopes.p[to]).map(|(a, b)| -0.5 * per_slope * (a + b)),
                [0, 1] => slopes.q[from].zip(slopes.q[to]).map(|(a, b)| 0.5 * per_slope * (a + b)),
                _ => None,
            };
            if let Some(slope) = slope {
                steps.push(Step { from, to, rise: slope * CELL });
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::HeadPose;

    #[test]
    fn a_dome_has_its_height() {
        let dome = |v: f32| Some(0.2 * v);
        let slopes = Slopes {
            p: patches().iter().map(|p| dome(p.place[0])).collect(),
            q: patches().iter().map(|p| dome(p.place[1])).collect(),
        };
        let depth = integrate(&slopes, 1.0);
        let height = |[x, y, _]: [f32; 3]| -0.1 * (x * x + y * y);
        let mean = patches().iter().map(|p| height(p.place)).sum::<f32>() / patches().len() as f32;
        for (patch, depth) in patches().iter().zip(&depth) {
            // The place of a patch is its centre, up to the rounding of the mesh.
            assert!((depth.unwrap() - (height(patch.place) - mean)).abs() < 0.05, "{:?}", patch.place);
        }
    }

    #[test]
    fn the_canonical_face_has_its_nose() {
        let depth = integrate(&Slopes::expected(HeadPose::default()), 1.0);
        let best = (0..depth.len()).filter(|i| depth[*i].is_some());
        let top = best.max_by(|a, b| depth[*a].unwrap_or(0.0).total_cmp(&depth[*b].unwrap_or(0.0))).unwrap();
        let [x, y, _] = patches()[top].place;
        assert!(x.abs() < 1.0 && (-2.5..1.0).contains(&y), "{x} {y}");
    }

    #[test]
    fn nothing_known_is_no_depth() {
        let slopes = Slopes { p: vec![None; patches().len()], q: vec![None; patches().len()] };
        assert!(integrate(&slopes, 1.0).iter().all(Option::is_none));
    }
}
