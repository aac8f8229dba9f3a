//! The reference image: a portrait cut from the best frame so far. Only the portrait's own pixels are copied, so
//! that no frame is held back.

use super::landmarks::Mesh;
use crate::vision::{Affine, Border, Frame, Point, Rect, Sampler, TensorSpec};

/// The portrait's longest side in pixels.
const MAX_SIDE: f32 = 512.0;
/// How much of the face's box the portrait shows.
const SCALE: f32 = 2.0;
/// A new shot must be better by this much, in points of the caller's measure.
const MARGIN: f32 = 2.0;

/// The best picture of the face so far.
#[derive(Clone, Default)]
pub struct ReferenceShot {
    rgb: Vec<u8>,
    values: Vec<f32>,
    width: usize,
    height: usize,
    worth: Option<f32>,
    mesh: Option<Mesh>,
}

impl ReferenceShot {
    pub fn clear(&mut self) {
        self.worth = None;
        self.mesh = None;
    }

    /// Takes the portrait when it is worth more than the one at hand.
    pub fn consider(&mut self, frame: &Frame<'_>, mesh: &Mesh, worth: f32, sampler: &mut Sampler) {
        if self.worth.is_some_and(|best| worth < best + MARGIN) {
            return;
        }
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        let rect = mesh.bbox().square(SCALE).slid_inside(width, height);
        if !(rect.width >= 1.0 && rect.height >= 1.0) {
            return;
        }
        let shrink = (MAX_SIDE / rect.width.max(rect.height)).min(1.0);
        // Even sides: what a JPEG with halved chroma likes best.
        let even = |side: f32| (((side * shrink) as usize) & !1).max(2);
        (self.width, self.height) = (even(rect.width), even(rect.height));
        let spec = TensorSpec::rgb(self.width, self.height);
        self.values.resize(spec.len(), 0.0);
        let map = Affine::from_rect(&rect, self.width, self.height);
        sampler.sample(frame, &map, &spec, Border::Replicate, &mut self.values);
        self.rgb.clear();
        self.rgb.extend(self.values.iter().map(|v| v.round() as u8));
        self.worth = Some(worth);
        self.mesh = moved(mesh, &rect, self.width, self.height);
    }

    /// Interleaved RGB, its width and its height; `None` before the first shot.
    pub fn picture(&self) -> Option<(&[u8], usize, usize)> {
        self.worth.map(|_| (self.rgb.as_slice(), self.width, self.height))
    }

    /// The portrait as a frame, and the landmarks in its pixels.
    pub fn view(&self) -> Option<(Frame<'_>, &Mesh)> {
        let (rgb, width, height) = self.picture()?;
        Some((Frame::rgb(rgb, width, height).ok()?, self.mesh.as_ref()?))
    }
}

/// The mesh in the pixels of a portrait cut at `rect`.
fn moved(mesh: &Mesh, rect: &Rect, width: usize, height: usize) -> Option<Mesh> {
    let scale = Point::new(width as f32 / rect.width, height as f32 / rect.height);
    let landmarks = mesh.landmarks().iter().map(|l| super::Landmark {
        x: (l.x - rect.x) * scale.x,
        y: (l.y - rect.y) * scale.y,
        z: l.z * scale.x,
    });
    Mesh::new(landmarks.collect())
}
