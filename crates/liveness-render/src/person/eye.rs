// SPDX-License-Identifier: MIT OR Apache-2.0

//! The eyes: balls that rotate with the gaze.

use crate::head::{HEAD, Surface};
use crate::light::dot;
use crate::turn::Turn;
use crate::{Expression, HeadPose};

/// One eyeball at rest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ball {
    /// Centre, in metres.
    pub centre: [f32; 3],
    /// Radius, in metres.
    pub radius: f32,
}

/// Makes the eyeball of one side round, because identities may have deformed it, and returns it. `side` is −1 or 1, the
/// sign of x.
pub fn make_round(vertices: &mut [[f32; 3]], side: f32) -> Ball {
    let of_it = |i: usize| HEAD.surfaces[i] == Surface::Eye && HEAD.vertices[i][0] * side > 0.0;
    let range = |axis: usize| {
        let values = vertices.iter().enumerate().filter(|(i, _)| of_it(*i)).map(|(_, v)| v[axis]);
        values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)))
    };
    let ranges = [range(0), range(1), range(2)];
    if ranges[0].0 > ranges[0].1 {
        return Ball::default();
    }
    let radius = 0.25 * (ranges[0].1 - ranges[0].0 + ranges[1].1 - ranges[1].0);
    let centre =
        [0.5 * (ranges[0].0 + ranges[0].1), 0.5 * (ranges[1].0 + ranges[1].1), ranges[2].1 - 1.06 * radius];
    for (_, vertex) in vertices.iter_mut().enumerate().filter(|(i, _)| of_it(*i)) {
        let way = [0, 1, 2].map(|k| vertex[k] - centre[k]);
        let length = dot(way, way).sqrt().max(1e-6);
        *vertex = [0, 1, 2].map(|k| centre[k] + way[k] * radius / length);
    }
    Ball { centre, radius }
}

/// Returns the rotation of the eyes in the head.
pub fn gaze(expression: &Expression) -> Turn {
    Turn::new(&HeadPose { yaw: expression.gaze[0], pitch: expression.gaze[1], ..HeadPose::default() })
}
