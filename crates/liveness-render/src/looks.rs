// SPDX-License-Identifier: MIT OR Apache-2.0

//! The appearance of a person: shape, colours and clothes, drawn from a number.

use super::head::HEAD;
use liveness_core::random::Random;

/// Number of mipmap levels of the skin.
const LEVELS: usize = 4;
/// Approximate texels per metre of face in the finest level.
const DENSITY: f32 = 1900.0;
/// Linear reflectance of irises: brown, dark brown, hazel, blue, green, grey.
const IRISES: [[f32; 3]; 6] = [
    [0.09, 0.045, 0.02],
    [0.035, 0.018, 0.01],
    [0.13, 0.09, 0.035],
    [0.10, 0.16, 0.24],
    [0.10, 0.13, 0.07],
    [0.15, 0.17, 0.18],
];
/// Skin reflectance lost per unit of melanin, as natural logarithm for R, G and B.
const MELANIN: [f32; 3] = [0.95, 1.35, 1.65];

/// A square picture that repeats horizontally.
pub struct Texture {
    side: usize,
    texels: Vec<[f32; 3]>,
}

impl Texture {
    /// Returns the next coarser mipmap level.
    fn halved(&self) -> Self {
        let side = (self.side / 2).max(1);
        let at = |x: usize, y: usize, c: usize| {
            self.texels[y.min(self.side - 1) * self.side + x.min(self.side - 1)][c]
        };
        let texel = |i: usize| {
            let (x, y) = (2 * (i % side), 2 * (i / side));
            [0, 1, 2].map(|c| 0.25 * (at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c)))
        };
        Self { side, texels: (0..side * side).map(texel).collect() }
    }

    /// Returns the bilinear sample at shares of the side.
    #[inline]
    pub fn sample(&self, u: f32, v: f32) -> [f32; 3] {
        let side = self.side as f32;
        let (x, y) = ((u.max(0.0) * side - 0.5).max(0.0), (v.max(0.0) * side - 0.5).clamp(0.0, side - 1.0));
        let (i, j) = (x as usize, y as usize);
        let (fx, fy) = (x - i as f32, y - j as f32);
        let wrap = |i: usize| if i >= self.side { i % self.side } else { i };
        let (i, k) = (wrap(i), wrap(i + 1));
        let (row, below) = (j * self.side, (j + 1).min(self.side - 1) * self.side);
        let (a, b) = (self.texels[row + i], self.texels[row + k]);
        let (c, d) = (self.texels[below + i], self.texels[below + k]);
        [0, 1, 2].map(|n| {
            let (top, bottom) = (a[n] + fx * (b[n] - a[n]), c[n] + fx * (d[n] - c[n]));
            top + fy * (bottom - top)
        })
    }
}

/// The appearance of one person.
pub struct Looks {
    /// Weights of the head's identities.
    pub shape: Vec<f32>,
    /// Gloss of the skin; 1 is usual.
    pub gloss: f32,
    iris: [f32; 3],
    cloth: [f32; 3],
    stripes: f32,
    skin: Vec<Texture>,
}

impl Looks {
    /// Creates the person with this number.
    pub fn new(identity: u64) -> Self {
        let mut random = Random::nth(identity, 3);
        let mut shape: Vec<f32> =
            HEAD.identities.iter().map(|_| (0.2 * random.normal()).clamp(-0.45, 0.45)).collect();
        // The weight of the scanned man's face, then sex and two lines of descent, each from none to most.
        shape[0] = random.between(0.45, 1.0);
        shape.iter_mut().skip(1).take(3).for_each(|w| *w = (w.abs() * 1.2).min(0.7));
        let melanin = random.unit().powi(2) * 1.1;
        let blond = random.unit().powi(3);
        let value = random.between(0.02, 0.45);
        let cloth = [(); 3].map(|()| value * random.between(0.6, 1.4));
        Self {
            shape,
            gloss: random.between(0.6, 1.3),
            iris: IRISES[if melanin > 0.5 { random.below(2) } else { random.below(IRISES.len()) }],
            cloth,
            stripes: if random.unit() < 0.3 { random.between(0.1, 0.4) } else { 0.0 },
            skin: skin(melanin, if melanin > 0.4 { 0.0 } else { blond }, random.between(0.93, 1.07)),
        }
    }

    /// Makes the skin smooth, pale and shiny, like a cast of the face.
    pub fn mask(&mut self) {
        let count = HEAD.texture.len().max(1) as f32;
        for texture in &mut self.skin {
            let sum = HEAD.texture.iter().fold([0.0; 3], |sum, t| [0, 1, 2].map(|i| sum[i] + t[i]));
            let mean = sum.map(|v| 1.6 * v / count);
            for texel in &mut texture.texels {
                *texel = [0, 1, 2].map(|i| 0.55 * texel[i].min(2.0 * mean[i]) + 0.45 * mean[i]);
            }
        }
    }

    /// Returns the skin at a scale of `pixels` per metre.
    pub fn texture(&self, pixels: f32) -> &Texture {
        let level = (DENSITY / pixels.max(1.0)).log2().round().clamp(0.0, (LEVELS - 1) as f32);
        &self.skin[level as usize]
    }

    /// Returns the reflectance of the clothes.
    pub fn cloth(&self, u: f32, v: f32) -> [f32; 3] {
        let weave = 1.0 + 0.06 * ((u * 1500.0).sin() * (v * 900.0).sin());
        let stripe = 1.0 - self.stripes * f32::from(u8::from((v * 22.0).fract() < 0.4));
        self.cloth.map(|c| c * weave * stripe)
    }

    /// Returns the reflectance of the eye. `u` and `v` are the first components of the surface's direction; the pupil
    /// is at 0.
    pub fn eye(&self, u: f32, v: f32) -> [f32; 3] {
        let r = u.hypot(v);
        let step = |from: f32, to: f32| ((r - from) / (to - from)).clamp(0.0, 1.0);
        let (rim, pupil) = (step(0.40, 0.46), step(0.15, 0.18));
        let ray = 1.0 + 0.25 * (37.0 * v.atan2(u)).sin() * (23.0 * r).cos();
        let limbus = 1.0 - 0.65 * step(0.30, 0.43);
        let vein = 1.0 - 0.25 * step(0.45, 1.0);
        let white = [0.50, 0.43 * vein, 0.40 * vein];
        [0, 1, 2].map(|i| {
            let iris = 0.008 + pupil * (self.iris[i] * ray * limbus - 0.008);
            iris + rim * (white[i] - iris)
        })
    }
}

fn skin(melanin: f32, blond: f32, red: f32) -> Vec<Texture> {
    let tone = [0, 1, 2].map(|i| (-melanin * MELANIN[i]).exp());
    let texel = |t: &[f32; 3]| {
        let light = (t[0] + t[1] + t[2]) / 3.0;
        // Dark texels are hair, or a hollow.
        let hair = ((0.11 - light) / 0.06).clamp(0.0, 1.0);
        let hue = [red, 1.0, 1.0];
        let straw = [1.0 + 3.2 * blond, 1.0 + 2.2 * blond, 1.0 + 1.1 * blond];
        [0, 1, 2].map(|i| t[i] * (hair * straw[i] + (1.0 - hair) * tone[i] * hue[i]))
    };
    let mut levels = vec![Texture { side: HEAD.side, texels: HEAD.texture.iter().map(texel).collect() }];
    for level in 1..LEVELS {
        levels.push(levels[level - 1].halved());
    }
    levels
}
