// SPDX-License-Identifier: MIT OR Apache-2.0

//! The reference image: a portrait cut from the best frame so far. Only the portrait's pixels are copied, so
//! that no frame buffer is held.

use super::landmarks::Mesh;
use crate::vision::{Affine, Border, Frame, Point, Rect, Sampler, TensorSpec};

/// Maximum side of the portrait in pixels.
const MAX_SIDE: f32 = 512.0;
/// Side of the portrait's square, in sides of the face's box.
const SCALE: f32 = 2.0;
/// Minimum improvement for a new shot to replace the current one, in the unit of `worth`.
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
    /// Discards the portrait.
    pub fn clear(&mut self) {
        self.worth = None;
        self.mesh = None;
    }

    /// Replaces the portrait if this one is better than the current one by at least 2 in `worth`.
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
        // JPEG with halved chroma needs even sides to avoid padding.
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

    /// Returns the interleaved RGB pixels, the width and the height, or `None` before the first shot.
    pub fn picture(&self) -> Option<(&[u8], usize, usize)> {
        self.worth.map(|_| (self.rgb.as_slice(), self.width, self.height))
    }

    /// Returns the portrait as a frame, and the landmarks in its pixels.
    pub fn view(&self) -> Option<(Frame<'_>, &Mesh)> {
        let (rgb, width, height) = self.picture()?;
        Some((Frame::rgb(rgb, width, height).ok()?, self.mesh.as_ref()?))
    }
}

/// Returns the mesh in the pixels of a portrait that is cut at `rect`.
fn moved(mesh: &Mesh, rect: &Rect, width: usize, height: usize) -> Option<Mesh> {
    let scale = Point::new(width as f32 / rect.width, height as f32 / rect.height);
    let landmarks = mesh.landmarks().iter().map(|l| super::Landmark {
        x: (l.x - rect.x) * scale.x,
        y: (l.y - rect.y) * scale.y,
        z: l.z * scale.x,
    });
    Mesh::new(landmarks.collect())
}
