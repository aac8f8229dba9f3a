//! A person: the head made into somebody, posed, lit and drawn.

use super::camera::Lens;
use super::head::{HEAD, Surface, Unit};
use super::light::{Lighting, dot};
use super::looks::Looks;
use super::occlusion;
use super::raster::{Canvas, Corner};
use super::{Expression, HeadPose, Stance};

/// From the head's middle to the point that stands at the camera's distance: the bridge of the nose.
const FACE: [f32; 3] = [0.0, 0.02, 0.095];
/// About which the head turns: the joint of skull and neck.
const JOINT: [f32; 3] = [0.0, -0.045, -0.02];
/// Heights (metres, of the tilted neck) between which the turn fades into the shoulders.
const NECK: [f32; 2] = [-0.165, -0.075];
/// Radius of an iris against its ball's.
const IRIS: f32 = 0.43;
/// What of the light gets into hollows.
const HOLLOW: f32 = 0.25;

/// One of the eyes, at rest.
#[derive(Clone, Copy, Debug, Default)]
struct Ball {
    centre: [f32; 3],
    radius: f32,
}

/// Where the shirt begins, in texture coordinates; `bake.py` knows it too.
fn neckline(u: f32) -> f32 {
    (9.4 - 6.3 - 0.45 * (2.0 * u - 1.0).abs()) / 3.0
}

pub struct Person {
    looks: Looks,
    /// The head at rest with this person's shape.
    rest: Vec<[f32; 3]>,
    /// How open the surface lies, 0–1.
    open: Vec<f32>,
    /// The person's right and left.
    balls: [Ball; 2],
    /// How far each vertex turns with the head.
    turning: Vec<f32>,
    // Of the pose.
    places: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    corners: Vec<Corner>,
    marks: Vec<[f32; 3]>,
    seen: Vec<[f32; 2]>,
}

impl Person {
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
            looks,
            open,
            balls,
            turning,
            places: rest.clone(),
            rest,
            normals,
            corners,
            marks: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// As a mask of the same person: what hides the skin is smooth, pale and shines.
    pub fn masked(mut self) -> Self {
        self.looks.mask();
        self
    }

    /// Draws the person with the face at `rest` (metres); a rigid one moves only the eyes.
    pub fn draw(
        &mut self,
        canvas: &mut Canvas,
        lens: &Lens,
        lighting: &Lighting,
        stance: &Stance,
        rest: [f32; 3],
        rigid: bool,
    ) {
        let Expression { blink, gaze, .. } = stance.expression;
        let eyes = Expression { blink, gaze, ..Expression::default() };
        let expression = if rigid { eyes } else { stance.expression };
        let head = HeadPose { pitch: stance.head.pitch - HEAD.trim, ..stance.head };
        let stance = Stance { head, expression };
        self.pose(&stance, rest);
        self.light(lens, lighting, &stance);
        self.seen.clear();
        self.seen.extend(self.marks.iter().map(|mark| {
            let [x, y, _] = lens.project(*mark);
            [x, y]
        }));
        self.paint(canvas, lens);
    }

    /// Where MediaPipe's landmarks are in the picture last drawn.
    pub fn landmarks(&self, out: &mut Vec<[f32; 2]>) {
        out.clone_from(&self.seen);
    }

    fn pose(&mut self, stance: &Stance, rest: [f32; 3]) {
        let expression = &stance.expression;
        self.places.clone_from(&self.rest);
        for (unit, weight) in weights(expression) {
            add(&mut self.places, &HEAD.units[unit as usize], weight);
        }
        let turn = Turn::new(&stance.head);
        let shift = [0, 1, 2].map(|i| rest[i] + stance.head.shift[i] - FACE[i]);
        self.find_marks(expression);
        for (place, share) in self.places.iter_mut().zip(&self.turning) {
            let turned = turn.about_joint(*place);
            *place = [0, 1, 2].map(|i| place[i] + share * (turned[i] - place[i]) + shift[i]);
        }
        for mark in &mut self.marks {
            let turned = turn.about_joint(*mark);
            *mark = [0, 1, 2].map(|i| turned[i] + shift[i]);
        }
        find_normals(&self.places, &mut self.normals);
    }

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
            // The centre, then the rim: the picture's right, top, left, bottom.
            for [x, y] in [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]] {
                let (x, y) = (IRIS * x, IRIS * y);
                let way = turn.apply([x, y, (1.0 - x * x - y * y).sqrt()]);
                marks.push([0, 1, 2].map(|i| ball.centre[i] + ball.radius * way[i]));
            }
        }
    }

    fn paint(&self, canvas: &mut Canvas, lens: &Lens) {
        let distance = self.marks.first().map_or(1.0, |mark| -mark[2]).max(0.05);
        let skin = self.looks.texture(lens.focal / distance);
        for triangle in &HEAD.triangles {
            let index = triangle.map(usize::from);
            let corners = index.map(|i| &self.corners[i]);
            match HEAD.surfaces[index[0]] {
                Surface::Skin => canvas.triangle(corners, |u, v| Some(skin.sample(u, v))),
                Surface::Mouth => canvas.triangle(corners, |_, _| Some([0.11, 0.03, 0.026])),
                Surface::Teeth => canvas.triangle(corners, |_, _| Some([0.5, 0.46, 0.38])),
                Surface::Cloth => canvas.triangle(corners, |u, v| {
                    Some(if v > neckline(u) { self.looks.cloth(u, v) } else { skin.sample(u, v) })
                }),
                Surface::Eye => canvas.triangle(corners, |u, v| Some(self.looks.eye(u, v))),
            }
        }
    }

    fn light(&mut self, lens: &Lens, lighting: &Lighting, stance: &Stance) {
        let head = Turn::new(&stance.head).undone();
        let gaze = gaze(&stance.expression).undone();
        for (i, corner) in self.corners.iter_mut().enumerate() {
            let (place, normal) = (self.places[i], self.normals[i]);
            let [x, y, nearness] = lens.project(place);
            *corner = Corner { x, y, nearness, ..Corner::default() };
            // Turned away: never seen.
            if dot(normal, place) > 0.2 * -place[2] {
                continue;
            }
            let open = HOLLOW + (1.0 - HOLLOW) * self.open[i];
            corner.light = lighting.at(place, normal).map(|v| v * open);
            [corner.u, corner.v] = HEAD.coordinates[i];
            match HEAD.surfaces[i] {
                Surface::Skin => {
                    corner.shine = lighting.shine(place, normal).map(|v| v * open * self.looks.gloss);
                }
                Surface::Eye => {
                    let ball = &self.balls[usize::from(self.rest[i][0] > 0.0)];
                    let way = [0, 1, 2].map(|k| (self.rest[i][k] - ball.centre[k]) / ball.radius.max(1e-4));
                    let way = gaze.apply(way);
                    [corner.u, corner.v] = [way[0], way[1]];
                    // Lids and lashes shade it; what it mirrors is found in the head's frame.
                    corner.light = corner.light.map(|v| v * 0.85);
                }
                Surface::Mouth | Surface::Teeth => {
                    // Hardly any light gets between the lips.
                    corner.light = corner.light.map(|v| v * 0.6);
                }
                Surface::Cloth => {}
            }
        }
        let mirrored = lighting.mirrored(self.marks.first().copied().unwrap_or([0.0, 0.0, -1.0]));
        let place = gaze.apply(head.apply(mirrored.0));
        self.looks.set_highlight([place[0], place[1]], mirrored.1);
    }
}

fn weights(expression: &Expression) -> [(Unit, f32); 5] {
    [
        (Unit::BlinkRight, expression.blink[0]),
        (Unit::BlinkLeft, expression.blink[1]),
        (Unit::Brows, expression.brows),
        (Unit::Smile, expression.smile),
        (Unit::Jaw, expression.jaw),
    ]
}

fn add(to: &mut [[f32; 3]], delta: &[[f32; 3]], weight: f32) {
    let weight = weight.clamp(-1.2, 1.2);
    if weight == 0.0 || weight.is_nan() {
        return;
    }
    for (to, delta) in to.iter_mut().zip(delta) {
        (0..3).for_each(|i| to[i] += weight * delta[i]);
    }
}

/// The ball of one side; shapes may have bent it, so it is made round again.
fn make_round(vertices: &mut [[f32; 3]], side: f32) -> Ball {
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

fn turning([_, y, z]: [f32; 3]) -> f32 {
    let height = y + 0.25 * z;
    let share = ((height - NECK[0]) / (NECK[1] - NECK[0])).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// Unit normals of the welded surface.
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

/// R = Rz·Ry·Rx with ISO's signs.
pub struct Turn([[f32; 3]; 3]);

impl Turn {
    pub fn new(head: &HeadPose) -> Self {
        let angle = |degrees: f32| if degrees.is_finite() { degrees.to_radians() } else { 0.0 }.sin_cos();
        let ((sy, cy), (sp, cp), (sr, cr)) = (angle(head.yaw), angle(head.pitch), angle(head.roll));
        Self([
            [cr * cy, -sr * cp + cr * sy * sp, sr * sp + cr * sy * cp],
            [sr * cy, cr * cp + sr * sy * sp, -cr * sp + sr * sy * cp],
            [-sy, cy * sp, cy * cp],
        ])
    }

    pub fn apply(&self, v: [f32; 3]) -> [f32; 3] {
        self.0.map(|row| dot(row, v))
    }

    fn undone(&self) -> Self {
        Self([0, 1, 2].map(|i| [self.0[0][i], self.0[1][i], self.0[2][i]]))
    }

    fn about_joint(&self, v: [f32; 3]) -> [f32; 3] {
        let turned = self.apply([0, 1, 2].map(|i| v[i] - JOINT[i]));
        [0, 1, 2].map(|i| turned[i] + JOINT[i])
    }
}

/// Of the eyes in the head.
fn gaze(expression: &Expression) -> Turn {
    Turn::new(&HeadPose { yaw: expression.gaze[0], pitch: expression.gaze[1], ..HeadPose::default() })
}
