// SPDX-License-Identifier: MIT OR Apache-2.0

//! The head at rest: `models/person/person.bin`, little-endian, written by `bake.py`.

use std::sync::LazyLock;

use super::camera::decode;

/// The material of a triangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    Skin,
    Mouth,
    Teeth,
    Cloth,
    Eye,
}

/// The expressions, in the order of the asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Unit {
    BlinkRight,
    BlinkLeft,
    Brows,
    Smile,
    Jaw,
}

/// The place of a landmark: the corners of a triangle and their weights.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Indices of the vertices.
    pub corners: [usize; 3],
    /// Barycentric weights.
    pub weights: [f32; 3],
}

/// The mesh of the head, facing the camera, in metres from the middle of the head.
pub struct Head {
    /// Places of the vertices.
    pub vertices: Vec<[f32; 3]>,
    /// Texture coordinates, as shares of the texture's side. The texture repeats.
    pub coordinates: Vec<[f32; 2]>,
    /// Material of each vertex.
    pub surfaces: Vec<Surface>,
    /// Vertex indices of each triangle.
    pub triangles: Vec<[u16; 3]>,
    /// Index of the first vertex at the same place, for each vertex. It joins the surface across the seams of the
    /// texture.
    pub welded: Vec<u16>,
    /// Displacements of the vertices by identity; the first is the scanned man.
    pub identities: Vec<Vec<[f32; 3]>>,
    /// Displacements of the vertices by expression.
    pub units: Vec<Vec<[f32; 3]>>,
    /// Places of MediaPipe's first 468 landmarks.
    pub marks: Vec<Mark>,
    /// Linear reflectance, `side` × `side` texels.
    pub texture: Vec<[f32; 3]>,
    /// Side of the texture, in texels.
    pub side: usize,
    /// Downward tilt of the mesh at rest, in degrees.
    pub trim: f32,
}

/// The asset's unit of length, in metres.
const UNIT: f32 = 2e-5;
/// The asset's unit of texture coordinates, in sides of the texture.
const COORDINATE: f32 = 1.0 / 16_384.0;
/// Number of expressions.
const UNITS: usize = 5;

/// The head of the asset, or an empty one if the asset is damaged.
pub static HEAD: LazyLock<Head> =
    LazyLock::new(|| parse(include_bytes!("../../../models/person/person.bin")).unwrap_or_else(Head::empty));

/// A reader of the asset's bytes. Its methods return `None` at the end of the data.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn number(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize)
    }

    fn shorts(&mut self, count: usize) -> Option<Vec<u16>> {
        let data = self.take(count.checked_mul(2)?)?;
        Some(data.chunks_exact(2).map(|v| u16::from_le_bytes([v[0], v[1]])).collect())
    }

    fn vectors(&mut self, count: usize) -> Option<Vec<[f32; 3]>> {
        let values = self.shorts(count.checked_mul(3)?)?;
        let metres = |v: u16| UNIT * f32::from(v.cast_signed());
        Some(values.chunks_exact(3).map(|v| [metres(v[0]), metres(v[1]), metres(v[2])]).collect())
    }
}

/// Returns the head in the asset's bytes, or `None` if they are damaged.
fn parse(data: &[u8]) -> Option<Head> {
    let mut reader = Reader(data);
    (reader.take(8)? == b"PERSON02").then_some(())?;
    let counts: Vec<usize> = (0..8).map(|_| reader.number()).collect::<Option<_>>()?;
    let [count, triangles, side, marks, identities, units, trim, _] = counts[..].try_into().ok()?;
    let vertices = reader.vectors(count)?;
    let coordinates = reader.shorts(2 * count)?;
    let surfaces = reader.take(count)?.iter().map(|kind| surface(*kind)).collect::<Option<Vec<_>>>()?;
    let corners = reader.shorts(3 * triangles)?;
    let identities = (0..identities).map(|_| reader.vectors(count)).collect::<Option<Vec<_>>>()?;
    let units = (0..units).map(|_| reader.vectors(count)).collect::<Option<Vec<_>>>()?;
    let places = reader.shorts(3 * marks)?;
    let weights = reader.shorts(3 * marks)?;
    let texture = reader.take(3 * side * side)?;
    let known = corners.iter().chain(&places).all(|i| usize::from(*i) < count);
    (known && units.len() == UNITS && !identities.is_empty()).then_some(())?;
    let mark = |(place, weight): (&[u16], &[u16])| Mark {
        corners: [0, 1, 2].map(|i| usize::from(place[i])),
        weights: [0, 1, 2].map(|i| f32::from(weight[i]) / 65_535.0),
    };
    Some(Head {
        welded: weld(&vertices),
        vertices,
        coordinates: coordinates
            .chunks_exact(2)
            .map(|c| [c[0], c[1]].map(|v| COORDINATE * f32::from(v)))
            .collect(),
        surfaces,
        triangles: corners.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect(),
        identities,
        units,
        marks: places.chunks_exact(3).zip(weights.chunks_exact(3)).map(mark).collect(),
        texture: texture.chunks_exact(3).map(|t| [t[0], t[1], t[2]].map(decode)).collect(),
        side,
        trim: 1e-3 * (trim as u32).cast_signed() as f32,
    })
}

/// Returns the material with this number.
fn surface(kind: u8) -> Option<Surface> {
    [Surface::Skin, Surface::Mouth, Surface::Teeth, Surface::Cloth, Surface::Eye]
        .get(usize::from(kind))
        .copied()
}

/// Returns the index of the first vertex at the same place, for each vertex.
fn weld(vertices: &[[f32; 3]]) -> Vec<u16> {
    let mut seen = std::collections::HashMap::new();
    let key = |v: &[f32; 3]| v.map(f32::to_bits);
    vertices.iter().enumerate().map(|(i, v)| *seen.entry(key(v)).or_insert(i as u16)).collect()
}

impl Head {
    /// Returns a head without triangles.
    fn empty() -> Self {
        Self {
            vertices: Vec::new(),
            coordinates: Vec::new(),
            surfaces: Vec::new(),
            triangles: Vec::new(),
            welded: Vec::new(),
            identities: vec![Vec::new()],
            units: vec![Vec::new(); UNITS],
            marks: Vec::new(),
            texture: vec![[0.0; 3]],
            side: 1,
            trim: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asset_is_whole_and_a_part_of_it_is_refused() {
        let whole = include_bytes!("../../../models/person/person.bin");
        let head = parse(whole).unwrap();
        assert_eq!(head.marks.len(), 468);
        assert!(head.vertices.iter().flatten().all(|v| v.abs() < 0.5));
        assert!(head.marks.iter().all(|m| (m.weights.iter().sum::<f32>() - 1.0).abs() < 1e-3));
        for length in [0, 8, 31, 5_000, whole.len() - 1] {
            assert!(parse(&whole[..length]).is_none(), "{length}");
        }
    }
}
