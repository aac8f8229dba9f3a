// SPDX-License-Identifier: MIT OR Apache-2.0

//! A person: the head with an identity, posed, lit and drawn.

mod eye;
mod glasses;
mod hygiene_mask;
mod paint;
mod paper;

use super::camera::Lens;
use super::head::{HEAD, Unit};
use super::horizon::Horizon;
use super::light::{Lighting, Matter, dot};
use super::looks::Looks;
use super::occlusion;
use super::raster::{Canvas, Corner};
use super::turn::Turn;
use super::{Expression, HeadPose, Stance};
use eye::{Ball, gaze, make_round};
use paper::Printed;

/// Bridge of the nose in the head's frame, in metres. This point is at the camera's distance.
const FACE: [f32; 3] = [0.0, 0.02, 0.095];
/// Joint of skull and neck in the head's frame, in metres. The head rotates about it.
const JOINT: [f32; 3] = [0.0, -0.045, -0.02];
/// Heights between which the rotation fades into the shoulders, in metres along the tilted neck.
const NECK: [f32; 2] = [-0.165, -0.075];
/// Radius of an iris relative to the eyeball.
const IRIS: f32 = 0.43;
/// Roughness of oily skin (GGX's α²).
const SKIN_ROUGHNESS: f32 = 0.12;
/// Roughness of moulded plastic (GGX's α²).
const PLASTIC_ROUGHNESS: f32 = 0.05;

/// The moving parts of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moves {
    /// The whole face.
    All,
    /// Only the eyes, as behind a mask.
    Eyes,
    /// No part, as on a print.
    Nothing,
}

/// A person, with the pose of the last frame.
pub struct Person {
    moves: Moves,
    looks: Looks,
    /// Vertices of the head at rest in this person's shape, in metres.
    rest: Vec<[f32; 3]>,
    /// Share of the surroundings that each vertex sees, 0 to 1.
    open: Vec<f32>,
    horizons: Vec<Horizon>,
    matter: Matter,
    /// Eyeballs at the person's right and left.
    balls: [Ball; 2],
    /// Share of the head's rotation that each vertex follows, 0 to 1.
    turning: Vec<f32>,
    /// Print worn in front of the face, by vertex. Empty without one.
    printed: Vec<Printed>,
    // The fields below belong to the pose.
    /// Rotation of the head about its joint, and the shift after it.
    placed: (Turn, [f32; 3]),
    places: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    corners: Vec<Corner>,
    marks: Vec<[f32; 3]>,
    seen: Vec<[f32; 2]>,
}

impl Person {
    /// Creates the person with this number.
    pub fn new(identity: u64) -> Self {
        let looks = Looks::new(identity);
        let mut rest = HEAD.vertices.clone();
        for (delta, weight) in HEAD.identities.iter().zip(&looks.shape) {
            add(&mut rest, delta, *weight);
        }
        let balls = [-1.0, 1.0].map(|side| make_round(&mut rest, side));
        let mut normals = Vec::new();
        find_normals(&rest, &mut normals);
        let open = occlusion::openness(&rest, &normals, &HEAD.triangles);
        let turning = rest.iter().map(|p| turning(*p)).collect();
        let corners = vec![Corner::default(); rest.len()];
        Self {
            moves: Moves::All,
            matter: Matter { depth: 1.0, gloss: looks.gloss, roughness: SKIN_ROUGHNESS },
            looks,
            open,
            horizons: Horizon::of(&rest, &HEAD.triangles),
            balls,
            turning,
            printed: Vec::new(),
            placed: (Turn::new(&HeadPose::default()), [0.0; 3]),
            places: rest.clone(),
            rest,
            normals,
            corners,
            marks: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Returns the person as a rigid mask. Its surface is smooth, pale and shiny.
    pub fn masked(mut self) -> Self {
        self.looks.mask();
        self.moves = Moves::Eyes;
        self.matter = Matter { depth: 0.3, gloss: 1.4, roughness: PLASTIC_ROUGHNESS };
        self
    }

    /// Draws the person with the bridge of the nose at `rest`, in metres.
    pub fn draw(
        &mut self,
        canvas: &mut Canvas,
        lens: &Lens,
        lighting: &Lighting,
        stance: &Stance,
        rest: [f32; 3],
    ) {
        let Expression { blink, gaze, .. } = stance.expression;
        let eyes = Expression { blink, gaze, ..Expression::default() };
        let expression = match self.moves {
            Moves::All => stance.expression,
            Moves::Eyes => eyes,
            Moves::Nothing => Expression::default(),
        };
        let head = HeadPose { pitch: stance.head.pitch - HEAD.trim, ..stance.head };
        let stance = Stance { head, expression };
        self.pose(&stance, rest);
        self.light(lens, lighting, &stance);
        self.seen.clear();
        self.seen.extend(self.marks.iter().map(|mark| {
            let [x, y, _] = lens.project(*mark);
            [x, y]
        }));
        self.paint(canvas, lens, lighting, &stance);
    }

    /// Copies MediaPipe's landmarks in the last drawn picture to `out`, in pixels.
    pub fn landmarks(&self, out: &mut Vec<[f32; 2]>) {
        out.clone_from(&self.seen);
    }

    /// Moves the vertices and landmarks to the stance, and updates the normals.
    fn pose(&mut self, stance: &Stance, rest: [f32; 3]) {
        let expression = &stance.expression;
        self.places.clone_from(&self.rest);
        for (unit, weight) in weights(expression) {
            add(&mut self.places, &HEAD.units[unit as usize], weight);
        }
        let turn = Turn::new(&stance.head);
        let shift = [0, 1, 2].map(|i| rest[i] + stance.head.shift[i] - FACE[i]);
        self.placed = (turn, shift);
        self.find_marks(expression);
        for (place, share) in self.places.iter_mut().zip(&self.turning) {
            let turned = about_joint(&turn, *place);
            *place = [0, 1, 2].map(|i| place[i] + share * (turned[i] - place[i]) + shift[i]);
        }
        for mark in &mut self.marks {
            let turned = about_joint(&turn, *mark);
            *mark = [0, 1, 2].map(|i| turned[i] + shift[i]);
        }
        find_normals(&self.places, &mut self.normals);
        self.smooth(&turn);
    }

    /// Updates the landmarks of the unrotated head from the vertices.
    fn find_marks(&mut self, expression: &Expression) {
        let Self { marks, places, balls, .. } = self;
        marks.clear();
        marks.extend(HEAD.marks.iter().map(|mark| {
            [0, 1, 2].map(|i| (0..3).map(|k| mark.weights[k] * places[mark.corners[k]][i]).sum())
        }));
        if marks.is_empty() {
            return;
        }
        let turn = gaze(expression);
        for ball in balls {
            // The centre of the iris, then its rim at the picture's right, top, left and bottom.
            for [x, y] in [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]] {
                let (x, y) = (IRIS * x, IRIS * y);
                let way = turn.apply([x, y, (1.0 - x * x - y * y).sqrt()]);
                marks.push([0, 1, 2].map(|i| ball.centre[i] + ball.radius * way[i]));
            }
        }
    }
}

/// Returns the weights of the expressions' displacements.
fn weights(expression: &Expression) -> [(Unit, f32); 5] {
    [
        (Unit::BlinkRight, expression.blink[0]),
        (Unit::BlinkLeft, expression.blink[1]),
        (Unit::Brows, expression.brows),
        (Unit::Smile, expression.smile),
        (Unit::Jaw, expression.jaw),
    ]
}

/// Adds a weighted displacement. The weight is limited to ±1.2.
fn add(to: &mut [[f32; 3]], delta: &[[f32; 3]], weight: f32) {
    let weight = weight.clamp(-1.2, 1.2);
    if weight == 0.0 || weight.is_nan() {
        return;
    }
    for (to, delta) in to.iter_mut().zip(delta) {
        (0..3).for_each(|i| to[i] += weight * delta[i]);
    }
}

/// Returns the share of the head's rotation that a vertex follows, 0 (shoulders) to 1 (head).
fn turning([_, y, z]: [f32; 3]) -> f32 {
    let height = y + 0.25 * z;
    let share = ((height - NECK[0]) / (NECK[1] - NECK[0])).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// Computes the unit normals of the surface, joined across the texture's seams.
fn find_normals(places: &[[f32; 3]], normals: &mut Vec<[f32; 3]>) {
    normals.clear();
    normals.resize(places.len(), [0.0; 3]);
    for triangle in &HEAD.triangles {
        let index = triangle.map(usize::from);
        let [a, b, c] = index.map(|i| places[i]);
        let (p, q) = ([b[0] - a[0], b[1] - a[1], b[2] - a[2]], [c[0] - a[0], c[1] - a[1], c[2] - a[2]]);
        let face = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
        for i in index {
            let normal = &mut normals[usize::from(HEAD.welded[i])];
            (0..3).for_each(|k| normal[k] += face[k]);
        }
    }
    for i in 0..normals.len() {
        let first = usize::from(HEAD.welded[i]);
        if first == i {
            let length = dot(normals[i], normals[i]).sqrt().max(1e-20);
            normals[i] = normals[i].map(|v| v / length);
        } else {
            normals[i] = normals[first];
        }
    }
}

/// Rotates a point about the joint of skull and neck.
fn about_joint(turn: &Turn, v: [f32; 3]) -> [f32; 3] {
    let turned = turn.apply([0, 1, 2].map(|i| v[i] - JOINT[i]));
    [0, 1, 2].map(|i| turned[i] + JOINT[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Surface;
    use crate::horizon::Hidden;
    use crate::light::{Shadow, unit};

    /// Returns the share of the skin that is lit, among the skin whose normal is within 60 degrees of the light.
    fn lit(person: &Person, way: [f32; 3]) -> f32 {
        let way = unit(way);
        let undo = Turn::new(&HeadPose::default());
        let (mut all, mut seen) = (0.0, 0.0);
        for (i, normal) in person.normals.iter().enumerate() {
            if HEAD.surfaces[i] == Surface::Skin && person.rest[i][2] > 0.03 && dot(*normal, way) > 0.5 {
                let horizon = &person.horizons[i];
                seen += Hidden { horizon, undo: &undo, open: 1.0 }.visible(way, 0.08);
                all += 1.0;
            }
        }
        seen / all
    }

    #[test]
    fn skin_does_not_stand_in_its_own_light() {
        let person = Person::new(0);
        let shares = [[0.0, 0.0, 1.0], [0.5, 0.0, 1.0], [-0.5, 0.0, 1.0], [0.0, 0.5, 1.0], [0.0, -0.5, 1.0]];
        let shares = shares.map(|way| lit(&person, way));
        assert!(shares[0] > 0.95 && shares.iter().all(|share| *share > 0.85), "{shares:?}");
    }
}
