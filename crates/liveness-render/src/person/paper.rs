// SPDX-License-Identifier: MIT OR Apache-2.0

//! A printed photo of the face, bent smoothly around the head: as deep as a face, but without a nose.

use super::{HEAD, Moves, Person};
use crate::horizon::{Hidden, Horizon};
use crate::light::{Lighting, Matter, unit};
use crate::turn::Turn;
use crate::{HeadPose, occlusion};

/// Depth behind the print, in metres, beyond which parts of the head are not on it.
const DEEP: f32 = 0.06;
/// Squared distance from the face's middle, relative to its edge, between which the print fades out.
const EDGE: (f32, f32) = (0.8, 1.0);
/// Share of the face's relief that remains, so that surfaces behind the lids and lips do not show through.
const RELIEF: f32 = 0.03;

/// The print at one vertex.
#[derive(Clone, Copy, Debug)]
pub struct Printed {
    /// Coverage: 1 on the print, 0 beside it.
    pub share: f32,
    /// Unit normal of the print.
    pub normal: [f32; 3],
    /// Light that the photo was taken in, as R, G and B; 1 beside the print.
    pub light: [f32; 3],
}

impl Printed {
    /// Returns the material and the photo's light on the print, and `None` beside it.
    pub fn seen(&self) -> Option<(Matter, [f32; 3])> {
        (self.share > 0.5).then_some((Matter::PAPER, self.light))
    }
}

/// The depth of the print: a paraboloid `a + b·x² + c·y + d·y²`, which is close to the cap of an ellipsoid at the size
/// of a face.
struct Cap {
    factors: [f32; 4],
    middle: [f32; 2],
    half: [f32; 2],
}

impl Cap {
    /// Returns the cap that fits the face best, by least squares.
    fn around(marks: &[[f32; 3]]) -> Self {
        let range = |axis: usize| {
            let ends = marks.iter().fold((f32::MAX, f32::MIN), |(l, h), m| (l.min(m[axis]), h.max(m[axis])));
            (0.5 * (ends.0 + ends.1), 0.5 * (ends.1 - ends.0).max(1e-3))
        };
        let (x, y) = (range(0), range(1));
        let terms = |m: &[f32; 3]| nalgebra::Vector4::new(1.0, m[0] * m[0], m[1], m[1] * m[1]);
        let (mut square, mut right) = (nalgebra::Matrix4::zeros(), nalgebra::Vector4::zeros());
        for mark in marks {
            let terms = terms(mark);
            square += terms * terms.transpose();
            right += terms * mark[2];
        }
        let solved = square.lu().solve(&right).unwrap_or_default();
        Self { factors: solved.into(), middle: [x.0, y.0], half: [x.1, y.1] }
    }

    /// Returns the depth at a place.
    fn depth(&self, x: f32, y: f32) -> f32 {
        let [a, b, c, d] = self.factors;
        a + b * x * x + c * y + d * y * y
    }

    /// Returns the unit normal at a place.
    fn normal(&self, x: f32, y: f32) -> [f32; 3] {
        let [_, b, c, d] = self.factors;
        unit([-2.0 * b * x, -c - 2.0 * d * y, 1.0])
    }

    /// Returns the coverage of a point of the head, 0 to 1.
    fn share(&self, [x, y, z]: [f32; 3]) -> f32 {
        if z < self.depth(x, y) - DEEP {
            return 0.0;
        }
        let (u, v) = ((x - self.middle[0]) / self.half[0], (y - self.middle[1]) / self.half[1]);
        let t = ((EDGE.1 - u * u - v * v) / (EDGE.1 - EDGE.0)).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    }
}

impl Person {
    /// Returns the person as the wearer of a photo of the same person's face, bent around the head.
    pub fn papered(mut self) -> Self {
        self.places.clone_from(&self.rest);
        self.find_marks(&Default::default());
        let cap = Cap::around(&self.marks);
        let undo = Turn::new(&HeadPose::default());
        let mut room = Lighting::default();
        room.set(1.0, None, 1.0);
        for i in 0..self.rest.len() {
            let (place, normal) = (self.rest[i], self.normals[i]);
            let shadow = Hidden { horizon: &self.horizons[i], undo: &undo, open: self.open[i] };
            let share = cap.share(place);
            let light = room.at([place[0], place[1], place[2] - 1.0], normal, self.matter, &shadow).light;
            self.rest[i][2] += (1.0 - RELIEF) * share * (cap.depth(place[0], place[1]) - place[2]);
            self.printed.push(Printed {
                share,
                normal: cap.normal(place[0], place[1]),
                light: light.map(|v| 1.0 + share * (v - 1.0)),
            });
        }
        for ball in &mut self.balls {
            ball.centre[2] = cap.depth(ball.centre[0], ball.centre[1]) - ball.radius;
        }
        super::find_normals(&self.rest, &mut self.normals);
        self.open = occlusion::openness(&self.rest, &self.normals, &HEAD.triangles);
        self.horizons = Horizon::of(&self.rest, &HEAD.triangles);
        self.moves = Moves::Nothing;
        self
    }

    /// Replaces the normals by the print's, because the folds of the face below do not bend it.
    pub(super) fn smooth(&mut self, turn: &Turn) {
        for (normal, printed) in self.normals.iter_mut().zip(&self.printed) {
            let smooth = turn.apply(printed.normal);
            *normal = unit([0, 1, 2].map(|k| normal[k] + printed.share * (smooth[k] - normal[k])));
        }
    }
}
