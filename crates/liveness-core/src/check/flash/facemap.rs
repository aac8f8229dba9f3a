// SPDX-License-Identifier: MIT OR Apache-2.0

//! The face on a fixed grid: a cell is the same patch of skin in every frame, wherever the head is.
//!
//! The grid covers the canonical face in a frontal view; the landmarks map each cell into the frame.

use std::sync::LazyLock;

use crate::face::canonical_face;
use crate::vision::{Affine, Border, Frame, Point, Rect, Sampler, TensorSpec, srgb_decoded};

/// Number of cells along each side of the map.
pub const SIDE: usize = 40;
/// Left edge of the map on the canonical face, in cm.
const LEFT: f32 = -8.0;
/// Upper edge of the map on the canonical face, in cm.
const TOP: f32 = 8.0;
/// Side of the map on the canonical face, in cm.
const EXTENT: f32 = 16.0;
/// Side of a patch, in cm.
pub const CELL: f32 = EXTENT / SIDE as f32;
/// Least cosine of the angle between a patch's normal and the view. Skin at a flatter angle shows little of
/// its brightness.
const LEAST_FACING: f32 = 0.35;
/// Side of the raster of the face, in pixels.
const CROP: usize = 112;
/// Side of the raster, in sides of the face's box.
const AROUND: f32 = 1.1;
/// Least byte value of a channel that counts as clipped.
const CLIPPED: f32 = 250.0;
/// Outline of the person's right eye, which is not skin and moves on its own.
const RIGHT_EYE: [usize; 16] = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7];
/// Outline of the person's left eye.
const LEFT_EYE: [usize; 16] =
    [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249];
/// Outline of the mouth.
const MOUTH: [usize; 20] =
    [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146];

/// A patch of skin of the map.
#[derive(Clone, Debug)]
pub struct Patch {
    /// Column and row in the map.
    pub at: [usize; 2],
    /// Place on the canonical face in cm: x to the frame's right, y up, z towards the camera.
    pub place: [f32; 3],
    /// Unit normal of the canonical face, in the same axes.
    pub normal: [f32; 3],
    /// Centres of the four quarters of the patch.
    quarters: [Spot; 4],
}

impl Patch {
    /// Returns the centre of the patch in the frame, in pixels, from the landmarks in pixels.
    pub fn in_frame(&self, landmarks: &[Point]) -> [f32; 2] {
        let mut sum = [0.0; 2];
        for spot in &self.quarters {
            let [x, y] = spot.in_frame(landmarks);
            sum = [sum[0] + 0.25 * x, sum[1] + 0.25 * y];
        }
        sum
    }
}

/// A point of the face: three landmarks and their weights.
#[derive(Clone, Copy, Debug, Default)]
struct Spot {
    landmarks: [usize; 3],
    weights: [f32; 3],
}

static PATCHES: LazyLock<Vec<Patch>> = LazyLock::new(|| Template::new().patches());

/// Returns all patches, row by row.
pub fn patches() -> &'static [Patch] {
    &PATCHES
}

/// Index of the patch at each column and row.
static LOOKUP: LazyLock<Vec<Option<usize>>> = LazyLock::new(|| {
    let mut lookup = vec![None; SIDE * SIDE];
    patches().iter().enumerate().for_each(|(i, patch)| lookup[patch.at[1] * SIDE + patch.at[0]] = Some(i));
    lookup
});

/// Returns the patches within `reach` columns and rows of the i-th, including itself, with their offsets.
pub fn neighbours(i: usize, reach: isize) -> impl Iterator<Item = (usize, [isize; 2])> {
    let [column, row] = patches()[i].at.map(usize::cast_signed);
    let inside = |v: isize| (0..SIDE.cast_signed()).contains(&v);
    (-reach..=reach).flat_map(move |dy| (-reach..=reach).map(move |dx| [dx, dy])).filter_map(
        move |[dx, dy]| {
            let (x, y) = (column + dx, row + dy);
            let at = (inside(x) && inside(y)).then(|| (y * SIDE.cast_signed() + x).cast_unsigned())?;
            LOOKUP[at].map(|neighbour| (neighbour, [dx, dy]))
        },
    )
}

/// The canonical face, from which the patches are cut.
struct Template {
    vertices: &'static [[f32; 3]],
    triangles: &'static [[usize; 3]],
    normals: Vec<[f32; 3]>,
}

impl Template {
    fn new() -> Self {
        let face = canonical_face();
        let mut normals = vec![[0.0f32; 3]; face.vertices.len()];
        for triangle in &face.triangles {
            let [a, b, c] = triangle.map(|i| face.vertices[i]);
            let (u, v) = (minus(b, a), minus(c, a));
            let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            for i in *triangle {
                normals[i] = [0, 1, 2].map(|k| normals[i][k] + cross[k]);
            }
        }
        Self { vertices: &face.vertices, triangles: &face.triangles, normals }
    }

    fn patches(&self) -> Vec<Patch> {
        let cells = (0..SIDE * SIDE).map(|i| [i % SIDE, i / SIDE]);
        cells.filter_map(|at| self.patch(at)).collect()
    }

    fn patch(&self, at: [usize; 2]) -> Option<Patch> {
        let on_face =
            |dx: f32, dy: f32| [LEFT + (at[0] as f32 + dx) * CELL, TOP - (at[1] as f32 + dy) * CELL];
        let middle = on_face(0.5, 0.5);
        if [&RIGHT_EYE[..], &LEFT_EYE[..], &MOUTH[..]].iter().any(|outline| self.is_inside(outline, middle)) {
            return None;
        }
        let spot = self.spot(middle)?;
        let normal = unit(spot.of(|i| self.normals[i]));
        let mut quarters = [Spot::default(); 4];
        for (quarter, (dx, dy)) in
            quarters.iter_mut().zip([(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)])
        {
            *quarter = self.spot(on_face(dx, dy))?;
        }
        (normal[2] >= LEAST_FACING).then(|| Patch {
            at,
            place: spot.of(|i| self.vertices[i]),
            normal,
            quarters,
        })
    }

    /// Returns the foremost point of the mesh at (x, y).
    fn spot(&self, [x, y]: [f32; 2]) -> Option<Spot> {
        let spots = self.triangles.iter().filter_map(|triangle| {
            let [a, b, c] = triangle.map(|i| self.vertices[i]);
            let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
            let share = |p: [f32; 3], q: [f32; 3]| ((p[0] - x) * (q[1] - y) - (q[0] - x) * (p[1] - y)) / area;
            let weights = [share(b, c), share(c, a), share(a, b)];
            weights.iter().all(|w| *w >= -1e-5).then_some(Spot { landmarks: *triangle, weights })
        });
        spots.max_by(|a, b| {
            let depth = |spot: &Spot| spot.of(|i| self.vertices[i])[2];
            depth(a).total_cmp(&depth(b))
        })
    }

    /// Returns true if the point is inside the outline: the number of edges to its right is odd.
    fn is_inside(&self, outline: &[usize], [x, y]: [f32; 2]) -> bool {
        let corner = |i: usize| self.vertices[outline[i % outline.len()]];
        let crossings = (0..outline.len()).filter(|i| {
            let (a, b) = (corner(*i), corner(i + 1));
            (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        });
        crossings.count() % 2 == 1
    }
}

impl Spot {
    fn in_frame(&self, landmarks: &[Point]) -> [f32; 2] {
        let [x, y, _] = self.of(|i| [landmarks[i].x, landmarks[i].y, 0.0]);
        [x, y]
    }

    fn of(&self, value: impl Fn(usize) -> [f32; 3]) -> [f32; 3] {
        let mut sum = [0.0; 3];
        for (landmark, weight) in self.landmarks.iter().zip(self.weights) {
            let value = value(*landmark);
            sum = [0, 1, 2].map(|k| sum[k] + weight * value[k]);
        }
        sum
    }
}

/// Reader of face maps; keeps its buffers between frames.
pub struct FaceMapper {
    sampler: Sampler,
    crop: Vec<f32>,
    /// Linear light of each sRGB byte.
    linear: [f32; 256],
}

/// The patches in one frame, in the order of [`patches`].
#[derive(Clone, Debug, Default)]
pub struct FaceMap {
    /// Linear red, green and blue of each patch, 0–1.
    pub light: Vec<[f32; 3]>,
    /// True for each clipped channel of each patch.
    pub clipped: Vec<[bool; 3]>,
}

impl Default for FaceMapper {
    fn default() -> Self {
        let linear = std::array::from_fn(|i| srgb_decoded(i as f32 / 255.0));
        Self { sampler: Sampler::new(), crop: vec![0.0; 3 * CROP * CROP], linear }
    }
}

impl FaceMapper {
    /// Fills `map` with the face in `frame`. The landmarks are in pixels.
    pub fn read(&mut self, frame: &Frame<'_>, landmarks: &[Point], map: &mut FaceMap) {
        let bounds = Rect::around(landmarks.iter().copied()).unwrap_or_default().square(AROUND);
        let to_frame = Affine::from_rect(&bounds, CROP, CROP);
        self.sampler.sample(
            frame,
            &to_frame,
            &TensorSpec::rgb(CROP, CROP),
            Border::Replicate,
            &mut self.crop,
        );
        let scale = CROP as f32 / bounds.width.max(1.0);
        map.light.clear();
        map.clipped.clear();
        for patch in patches() {
            let (mut sum, mut clipped) = ([0.0f32; 3], [false; 3]);
            for spot in &patch.quarters {
                let [x, y] = spot.in_frame(landmarks);
                let (light, clips) = self.at((x - bounds.x) * scale - 0.5, (y - bounds.y) * scale - 0.5);
                sum = [0, 1, 2].map(|k| sum[k] + 0.25 * light[k]);
                clipped = [0, 1, 2].map(|k| clipped[k] || clips[k]);
            }
            map.light.push(sum);
            map.clipped.push(clipped);
        }
    }

    /// Returns the bilinear sample in linear light, and the clipped channels.
    fn at(&self, x: f32, y: f32) -> ([f32; 3], [bool; 3]) {
        let last = (CROP - 2) as f32;
        let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let corner = |dx: usize, dy: usize| {
            let at = 3 * ((row + dy) * CROP + column + dx);
            [self.crop[at], self.crop[at + 1], self.crop[at + 2]]
        };
        let corners = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let mut light = [0.0; 3];
        for (corner, weight) in corners.iter().zip(weights) {
            light = [0, 1, 2].map(|k| light[k] + weight * self.decode(corner[k]));
        }
        (light, [0, 1, 2].map(|k| corners.iter().any(|corner| corner[k] >= CLIPPED)))
    }

    fn decode(&self, value: f32) -> f32 {
        let value = value.clamp(0.0, 254.999);
        let (low, rest) = (value as usize, value.fract());
        self.linear[low] + rest * (self.linear[low + 1] - self.linear[low])
    }
}

fn minus(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [0, 1, 2].map(|k| a[k] - b[k])
}

fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = v.iter().map(|c| c * c).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    v.map(|c| c / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the landmarks of the canonical face at `scale` pixels per cm, with the origin at `(x, y)`.
    fn landmarks(scale: f32, x: f32, y: f32) -> Vec<Point> {
        let vertices = canonical_face().vertices.iter();
        vertices.map(|v| Point::new(x + scale * v[0], y - scale * v[1])).collect()
    }

    #[test]
    fn patches_are_skin_that_faces_the_camera() {
        let patches = patches();
        assert!((1000..1400).contains(&patches.len()), "{}", patches.len());
        assert!(patches.iter().all(|p| p.normal[2] >= LEAST_FACING && p.at.iter().all(|c| *c < SIDE)));
        // The flanks of the nose face apart.
        let flank = |x: f32| {
            let distance = |p: &&Patch| (p.place[0] - x).abs() + (p.place[1] - 0.5).abs();
            patches.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap().normal[0]
        };
        assert!(flank(1.0) > 0.4 && flank(-1.0) < -0.4, "{} {}", flank(1.0), flank(-1.0));
    }

    #[test]
    fn a_patch_is_found_wherever_the_head_is() {
        // Red grows to the right, green grows downwards, and blue is clipped.
        let (width, height) = (320, 240);
        let rgb: Vec<u8> =
            (0..width * height).flat_map(|i| [(i % width / 2) as u8, (i / width) as u8, 255]).collect();
        let frame = Frame::rgb(&rgb, width, height).unwrap();
        let (mut mapper, mut map) = (FaceMapper::default(), FaceMap::default());
        for (scale, x, y) in [(9.0, 160.0, 120.0), (6.0, 100.0, 100.0)] {
            mapper.read(&frame, &landmarks(scale, x, y), &mut map);
            for (patch, light) in patches().iter().zip(&map.light) {
                let place = [x + scale * patch.place[0], y - scale * patch.place[1]];
                let expected = [mapper.decode((place[0] - 0.5) / 2.0), mapper.decode(place[1] - 0.5)];
                assert!((light[0] - expected[0]).abs() < 0.02 && (light[1] - expected[1]).abs() < 0.02);
            }
            assert!(map.clipped.iter().all(|c| *c == [false, false, true]));
        }
    }

    #[test]
    fn a_face_outside_the_picture_is_harmless() {
        let rgb = [7u8; 3];
        let frame = Frame::rgb(&rgb, 1, 1).unwrap();
        let mut map = FaceMap::default();
        FaceMapper::default().read(&frame, &landmarks(1e9, -1e12, 5.0), &mut map);
        assert_eq!(map.light.len(), patches().len());
    }
}
