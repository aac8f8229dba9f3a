// SPDX-License-Identifier: MIT OR Apache-2.0

//! Another person's picture in place of the first one's.

use liveness_core::face::Mesh;
use liveness_core::vision::{Affine, Border, Point, Sampler, TensorSpec};

use crate::clip::Error;
use crate::film::Picture;

/// A way to cut a movement in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The whole picture is replaced.
    Cut,
    /// … with the first one's brightness and contrast in each colour.
    Matched,
    /// … and faded over three frames at both ends.
    Faded,
    /// Only the head is replaced, feathered, matched and faded; the surroundings stay.
    Head,
}

impl Variant {
    pub const ALL: [Self; 4] = [Self::Cut, Self::Matched, Self::Faded, Self::Head];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Matched => "matched",
            Self::Faded => "faded",
            Self::Head => "head",
        }
    }

    /// Frames of the fade at each end.
    pub const fn fade(self) -> usize {
        match self {
            Self::Cut | Self::Matched => 0,
            Self::Faded | Self::Head => 3,
        }
    }
}

/// From the host's picture to the donor's, so that the eyes lie on the host's.
pub fn align(host: &Mesh, donor: &Mesh) -> Option<Affine> {
    Affine::similarity(&host.eyes(), &donor.eyes())
}

/// Lays `donor` on `host` with a share of `strength`.
///
/// # Errors
/// When a picture cannot be read.
pub fn splice(
    variant: Variant,
    host: &Picture,
    host_mesh: &Mesh,
    donor: &Picture,
    map: &Affine,
    strength: f32,
) -> Result<Picture, Error> {
    let spec = TensorSpec::rgb(host.width, host.height);
    let mut warped = vec![0.0; spec.len()];
    Sampler::new().sample(&donor.frame()?, map, &spec, Border::Replicate, &mut warped);
    let mask = Ellipse::of(host_mesh);
    if variant != Variant::Cut {
        matching(&mut warped, host, &mask);
    }
    let mut rgb = host.rgb.clone();
    for (i, (to, from)) in rgb.chunks_exact_mut(3).zip(warped.chunks_exact(3)).enumerate() {
        let share = match variant {
            Variant::Head => strength * mask.share(i % host.width, i / host.width),
            _ => strength,
        };
        for (to, from) in to.iter_mut().zip(from) {
            *to = (f32::from(*to) + share * (from - f32::from(*to)) + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
    Ok(Picture { rgb, ..*host })
}

/// A head's outline with its hair.
struct Ellipse {
    center: Point,
    radii: (f32, f32),
}

impl Ellipse {
    fn of(mesh: &Mesh) -> Self {
        let face = mesh.bbox();
        let center = Point::new(face.center().x, face.center().y - 0.12 * face.height);
        Self { center, radii: (0.72 * face.width, 0.78 * face.height) }
    }

    /// 1 inside, 0 outside, feathered between.
    fn share(&self, x: usize, y: usize) -> f32 {
        let (dx, dy) = ((x as f32 - self.center.x) / self.radii.0, (y as f32 - self.center.y) / self.radii.1);
        ((1.15 - dx.hypot(dy)) / 0.3).clamp(0.0, 1.0)
    }
}

/// Gives `warped` the host's mean and spread in each colour, about the face.
fn matching(warped: &mut [f32], host: &Picture, mask: &Ellipse) {
    for channel in 0..3 {
        let inside =
            (0..host.width * host.height).filter(|i| mask.share(i % host.width, i / host.width) >= 1.0);
        let (mut n, mut sums) = (0.0f64, [0.0f64; 4]);
        for i in inside {
            let (a, b) = (f64::from(warped[3 * i + channel]), f64::from(host.rgb[3 * i + channel]));
            n += 1.0;
            sums = [sums[0] + a, sums[1] + a * a, sums[2] + b, sums[3] + b * b];
        }
        if n < 1.0 {
            return;
        }
        let [a, aa, b, bb] = sums.map(|sum| sum / n);
        let gain = ((bb - b * b).max(1.0) / (aa - a * a).max(1.0)).sqrt().clamp(0.3, 3.0);
        let shift = b - gain * a;
        let pixels = warped.iter_mut().skip(channel).step_by(3);
        pixels.for_each(|v| *v = (gain * f64::from(*v) + shift) as f32);
    }
}
