//! One person: who they are, how they hold their head, what they look like from the camera.

use super::camera::{Lens, decode};
use super::head::{HEAD, Head, Region, Shape};
use super::light::Lighting;
use super::prop::Blob;
use super::random::Random;
use super::raster::{Canvas, Corner};
use super::{HeadPose, Stance};

/// A person's mesh, with room for a frame's work.
pub struct Person {
    rest: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    /// Linear reflectance of every texel.
    skin: Vec<[f32; 3]>,
    hair: [f32; 3],
    cloth: [f32; 3],
    tone: f32,
    lid: [f32; 3],
    places: Vec<[f32; 3]>,
    corners: Vec<Corner>,
}

/// The scan's lids hang low: so much of a blink is taken back when the eyes are open.
const ALERT: f32 = -0.8;
/// Lids that meet.
const CLOSED: f32 = 1.05;
/// Where the head turns about, from the middle between the ears.
const NECK: [f32; 3] = [0.0, -0.07, -0.03];
/// Beside a mask, only these move.
const INSIDE_MOUTH: [f32; 3] = [0.035, 0.008, 0.007];

impl Person {
    pub fn new(identity: u64) -> Self {
        let head = &*HEAD;
        let mut random = Random::nth(identity, 3);
        let mut rest = head.vertices.clone();
        for shape in [Shape::Long, Shape::Wide, Shape::LowerFace, Shape::Nose, Shape::Lips, Shape::Eyes] {
            let amount = if identity == 0 { 0.0 } else { 0.8 * random.normal() };
            add(&mut rest, &head.shapes[shape as usize], amount);
        }
        let normals = normals(&rest);
        // Tone: darker skin keeps more of its red.
        let dark = if identity == 0 { 0.0 } else { random.between(-0.25, 1.1) };
        let tone = [0.45, 0.62, 0.72].map(|fall: f32| 1.35 * (-fall * dark).exp());
        let linear: Vec<f32> = (0..=255).map(decode).collect();
        let texel = |t: &[u8]| [0, 1, 2].map(|i| linear[usize::from(t[i])] * tone[i]);
        let skin: Vec<[f32; 3]> = head.texture.rgb.chunks_exact(3).map(texel).collect();
        Self {
            normals,
            lid: lid(head, &skin),
            skin,
            tone: tone[1] / 1.35,
            hair: [0.020, 0.015, 0.011],
            cloth: [(); 3].map(|()| random.between(0.03, 0.5)),
            places: Vec::with_capacity(rest.len()),
            corners: Vec::with_capacity(rest.len()),
            rest,
        }
    }

    /// As a mask of the same person: what hides the skin is smooth, pale and shines.
    pub fn masked(mut self) -> Self {
        let mean = self.skin.iter().fold([0.0; 3], |sum, t| [0, 1, 2].map(|i| sum[i] + t[i]));
        let mean = mean.map(|v| 1.6 * v / self.skin.len().max(1) as f32);
        for texel in &mut self.skin {
            *texel = [0, 1, 2].map(|i| 0.55 * texel[i].min(2.0 * mean[i]) + 0.45 * mean[i]);
        }
        self
    }

    /// Draws the person with the head at `rest` (metres).
    pub fn draw(
        &mut self,
        canvas: &mut Canvas,
        lens: &Lens,
        light: &Lighting,
        stance: &Stance,
        rest: [f32; 3],
        rigid: bool,
    ) {
        self.pose(stance, rest, rigid);
        self.light(lens, light, &stance.head);
        let head = &*HEAD;
        let (skin, width, height) = (&self.skin, head.texture.width, head.texture.height);
        let e = &stance.expression;
        let jaw = if rigid { 0.0 } else { e.jaw };
        // Between lips that part, the mouth's inside takes the place of the stretched skin; lids that meet hide the eye.
        let covers = |region| match region {
            Region::Skin => (0.0, [0.0; 3]),
            Region::Mouth => ((5.0 * jaw).clamp(0.0, 1.0), INSIDE_MOUTH),
            Region::RightEye => ((2.0 * e.blink[0] - 0.9).clamp(0.0, 1.0), self.lid),
            Region::LeftEye => ((2.0 * e.blink[1] - 0.9).clamp(0.0, 1.0), self.lid),
        };
        for (triangle, region) in head.triangles.iter().zip(&head.regions) {
            let corners = triangle.map(|i| &self.corners[usize::from(i)]);
            let texel = |u: f32, v: f32| {
                let (x, y) = ((u as usize).min(width - 1), (v as usize).min(height - 1));
                skin[y * width + x]
            };
            match covers(*region) {
                (0.0, _) => canvas.triangle(corners, |u, v| Some(texel(u, v))),
                (share, cover) => canvas.triangle(corners, |u, v| {
                    let skin = texel(u, v);
                    Some([0, 1, 2].map(|i| skin[i] + share * (cover[i] - skin[i])))
                }),
            }
        }
        self.draw_rest(canvas, lens, light, stance, rest);
    }

    /// What the scan lacks: the back of the head, the neck's lower end and the shoulders.
    fn draw_rest(&self, canvas: &mut Canvas, lens: &Lens, light: &Lighting, stance: &Stance, rest: [f32; 3]) {
        let turn = Turn::new(&stance.head);
        let place = |local: [f32; 3]| {
            let turned = turn.about_neck(local);
            [0, 1, 2].map(|i| turned[i] + rest[i] + stance.head.shift[i])
        };
        Blob { center: place([0.0, 0.045, -0.035]), radii: [0.071, 0.088, 0.075], color: self.hair }
            .draw(canvas, lens, light);
        let skin = [0.40, 0.26, 0.17].map(|v| v * self.tone);
        Blob { center: place([0.0, -0.14, -0.048]), radii: [0.047, 0.12, 0.042], color: skin }
            .draw(canvas, lens, light);
        let body = |local: [f32; 3]| [0, 1, 2].map(|i| local[i] + rest[i] + 0.6 * stance.head.shift[i]);
        let (chest, shoulders) = (body([0.0, -0.365, -0.055]), body([0.0, -0.325, -0.08]));
        Blob { center: chest, radii: [0.15, 0.25, 0.11], color: self.cloth }.draw(canvas, lens, light);
        Blob { center: shoulders, radii: [0.24, 0.17, 0.10], color: self.cloth }.draw(canvas, lens, light);
    }

    fn pose(&mut self, stance: &Stance, rest: [f32; 3], rigid: bool) {
        let head = &*HEAD;
        self.places.clear();
        self.places.extend_from_slice(&self.rest);
        let e = &stance.expression;
        let free = if rigid { 0.0 } else { 1.0 };
        let amounts = [
            (Shape::BlinkRight, blink(e.blink[0])),
            (Shape::BlinkLeft, blink(e.blink[1])),
            (Shape::Brows, free * e.brows.clamp(0.0, 1.2)),
            (Shape::Smile, free * e.smile.clamp(0.0, 1.2)),
            (Shape::Jaw, free * e.jaw.clamp(0.0, 1.2)),
        ];
        for (shape, amount) in amounts.into_iter().filter(|(_, amount)| amount.is_finite() && *amount != 0.0)
        {
            add(&mut self.places, &head.shapes[shape as usize], amount);
        }
        let turn = Turn::new(&stance.head);
        let shift = [0, 1, 2].map(|i| rest[i] + stance.head.shift[i]);
        for place in &mut self.places {
            let turned = turn.about_neck(*place);
            *place = [0, 1, 2].map(|i| turned[i] + shift[i]);
        }
    }

    fn light(&mut self, lens: &Lens, light: &Lighting, head: &HeadPose) {
        let turn = Turn::new(head);
        let coordinates = &HEAD.coordinates;
        self.corners.clear();
        for ((place, normal), [u, v]) in self.places.iter().zip(&self.normals).zip(coordinates) {
            let [x, y, nearness] = lens.project(*place);
            let light = light.at(*place, turn.apply(*normal));
            self.corners.push(Corner { x, y, nearness, light, u: *u, v: *v });
        }
    }

    /// Where MediaPipe's landmarks are in the picture last drawn.
    pub fn landmarks(&self, out: &mut Vec<[f32; 2]>) {
        out.clear();
        for mark in &HEAD.marks {
            let corners = HEAD.triangles[mark.triangle].map(|i| &self.corners[usize::from(i)]);
            let mix = |of: fn(&Corner) -> f32| (0..3).map(|i| mark.weights[i] * of(corners[i])).sum();
            out.push([mix(|c| c.x), mix(|c| c.y)]);
        }
    }
}

/// The colour of the upper lids' skin.
fn lid(head: &Head, skin: &[[f32; 3]]) -> [f32; 3] {
    const LIDS: [usize; 6] = [27, 28, 29, 257, 258, 259];
    let texels = LIDS.iter().filter_map(|i| {
        let corner = usize::from(head.triangles[head.marks.get(*i)?.triangle][0]);
        let [u, v] = head.coordinates[corner];
        skin.get(v as usize * head.texture.width + u as usize).copied()
    });
    let sum = texels.fold([0.0; 3], |sum: [f32; 3], t| [0, 1, 2].map(|i| sum[i] + t[i]));
    sum.map(|v| 0.9 * v / LIDS.len() as f32)
}

/// From 0–1 to the scan's own scale.
fn blink(amount: f32) -> f32 {
    ALERT + (CLOSED - ALERT) * amount.clamp(0.0, 1.0)
}

fn add(places: &mut [[f32; 3]], shifts: &[[f32; 3]], amount: f32) {
    for (place, shift) in places.iter_mut().zip(shifts) {
        *place = [0, 1, 2].map(|i| place[i] + amount * shift[i]);
    }
}

/// Means of the triangles' normals, of length 1.
fn normals(places: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let mut normals = vec![[0.0f32; 3]; places.len()];
    for triangle in &HEAD.triangles {
        let [a, b, c] = triangle.map(|i| places[usize::from(i)]);
        let (p, q) = ([0, 1, 2].map(|i| b[i] - a[i]), [0, 1, 2].map(|i| c[i] - a[i]));
        let n = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
        for i in triangle {
            let normal = &mut normals[usize::from(*i)];
            *normal = [0, 1, 2].map(|k| normal[k] + n[k]);
        }
    }
    for normal in &mut normals {
        let length = super::light::dot(*normal, *normal).sqrt().max(f32::MIN_POSITIVE);
        *normal = normal.map(|v| v / length);
    }
    normals
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
        self.0.map(|row| super::light::dot(row, v))
    }

    fn about_neck(&self, v: [f32; 3]) -> [f32; 3] {
        let turned = self.apply([0, 1, 2].map(|i| v[i] - NECK[i]));
        [0, 1, 2].map(|i| turned[i] + NECK[i])
    }
}
