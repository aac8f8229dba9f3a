//! The scanned head: `models/person/head.bin`, little-endian, as `bake.py` writes it.

use std::sync::LazyLock;

/// Landmarks and shapes in the asset's order.
pub const LANDMARKS: usize = 478;
pub const SHAPES: usize = 11;

/// Displacements: expressions first, then what makes people differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Shape {
    BlinkRight,
    BlinkLeft,
    Brows,
    Smile,
    Jaw,
    Long,
    Wide,
    LowerFace,
    Nose,
    Lips,
    Eyes,
}

/// What changes its look with the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    Skin,
    /// Spans the gap between the lips.
    Mouth,
    RightEye,
    LeftEye,
}

/// Where a landmark lies: a triangle and the weights of its corners.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub triangle: usize,
    pub weights: [f32; 3],
}

/// The mesh at rest, facing the camera.
pub struct Head {
    /// Metres from the middle between the ears.
    pub vertices: Vec<[f32; 3]>,
    /// Texels.
    pub coordinates: Vec<[f32; 2]>,
    /// What of the face each triangle belongs to.
    pub regions: Vec<Region>,
    pub triangles: Vec<[u16; 3]>,
    /// Displacements in metres at full expression.
    pub shapes: Vec<Vec<[f32; 3]>>,
    pub marks: Vec<Mark>,
    pub texture: Texture,
}

/// sRGB, 3 bytes a texel.
pub struct Texture {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

/// The asset's own unit is a hundredth of a millimetre.
const UNIT: f32 = 1e-5;
/// The scan looks this far to its left and down; found with the plugin's own head pose.
const TURNED: (f32, f32) = (6.9, 9.0);

/// The one head there is.
pub static HEAD: LazyLock<Head> =
    LazyLock::new(|| parse(include_bytes!("../../models/person/head.bin")).unwrap_or_else(Head::empty));

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

    fn vectors(&mut self, count: usize) -> Option<Vec<[f32; 3]>> {
        let data = self.take(count.checked_mul(6)?)?;
        let value = |pair: &[u8]| UNIT * f32::from(i16::from_le_bytes([pair[0], pair[1]]));
        Some(
            data.chunks_exact(6).map(|v| upright([value(&v[0..]), value(&v[2..]), value(&v[4..])])).collect(),
        )
    }

    fn shorts(&mut self, count: usize) -> Option<impl Iterator<Item = u16> + use<'a>> {
        Some(self.take(count.checked_mul(2)?)?.chunks_exact(2).map(|v| u16::from_le_bytes([v[0], v[1]])))
    }
}

/// Turns what the scan's axes say so that it looks straight ahead.
fn upright([x, y, z]: [f32; 3]) -> [f32; 3] {
    let ((sy, cy), (sp, cp)) = ((-TURNED.0).to_radians().sin_cos(), (-TURNED.1).to_radians().sin_cos());
    let (x, z) = (x * cy + z * sy, z * cy - x * sy);
    [x, y * cp - z * sp, y * sp + z * cp]
}

fn parse(data: &[u8]) -> Option<Head> {
    let mut reader = Reader(data);
    (reader.take(8)? == b"PERSON01").then_some(())?;
    let [vertices, triangles, shapes, marks, width, height] = [(); 6].map(|()| reader.number());
    let (count, width, height) = (vertices?, width?, height?);
    let vertices = reader.vectors(count)?;
    let coordinates: Vec<f32> = reader.shorts(2 * count)?.map(|v| f32::from(v) / 65_535.0).collect();
    let side = reader.take(count)?;
    let corners: Vec<u16> = reader.shorts(3 * triangles?)?.collect();
    let shapes = (0..shapes?).map(|_| reader.vectors(count)).collect::<Option<Vec<_>>>()?;
    let numbers: Vec<u16> = reader.shorts(marks?)?.collect();
    let weights = reader.take(2 * marks?)?;
    let triangles: Vec<[u16; 3]> = corners.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect();
    let valid = triangles.iter().flatten().all(|i| usize::from(*i) < count)
        && numbers.iter().all(|i| usize::from(*i) < triangles.len());
    let complete = valid && shapes.len() == SHAPES && numbers.len() == LANDMARKS;
    complete.then_some(())?;
    let region = |t: &[u16; 3]| {
        let has = |value: u8| t.iter().any(|i| side[usize::from(*i)] == value);
        match (has(1) && has(2), has(3), has(4)) {
            (true, ..) => Region::Mouth,
            (_, true, _) => Region::RightEye,
            (_, _, true) => Region::LeftEye,
            _ => Region::Skin,
        }
    };
    let mark = |(number, weights): (&u16, &[u8])| {
        let [a, b] = [weights[0], weights[1]].map(|w| f32::from(w) / 255.0);
        Mark { triangle: usize::from(*number), weights: [a, b, 1.0 - a - b] }
    };
    let place = |c: &[f32]| [c[0] * width as f32, c[1] * height as f32];
    Some(Head {
        coordinates: coordinates.chunks_exact(2).map(place).collect(),
        regions: triangles.iter().map(region).collect(),
        marks: numbers.iter().zip(weights.chunks_exact(2)).map(mark).collect(),
        vertices,
        triangles,
        shapes,
        texture: texture(&mut reader, width, height)?,
    })
}

/// Y′CbCr with halved chroma, full range, to R′G′B′.
fn texture(reader: &mut Reader<'_>, width: usize, height: usize) -> Option<Texture> {
    let luma = reader.take(width * height)?;
    let half = (width / 2) * (height / 2);
    let (blue, red) = (reader.take(half)?, reader.take(half)?);
    let mut rgb = Vec::with_capacity(3 * luma.len());
    for (i, y) in luma.iter().enumerate() {
        let at = (i / width / 2) * (width / 2) + i % width / 2;
        let [y, cb, cr] = [f32::from(*y), f32::from(blue[at]) - 128.0, f32::from(red[at]) - 128.0];
        rgb.extend([y + 1.402 * cr, y - 0.344 * cb - 0.714 * cr, y + 1.772 * cb].map(|v| v as u8));
    }
    Some(Texture { width, height, rgb })
}

impl Head {
    fn empty() -> Self {
        Self {
            vertices: Vec::new(),
            coordinates: Vec::new(),
            regions: Vec::new(),
            triangles: Vec::new(),
            shapes: vec![Vec::new(); SHAPES],
            marks: Vec::new(),
            texture: Texture { width: 1, height: 1, rgb: vec![0; 3] },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asset_is_whole_and_a_part_of_it_is_refused() {
        let whole = include_bytes!("../../models/person/head.bin");
        let head = parse(whole).unwrap();
        assert_eq!(head.marks.len(), LANDMARKS);
        assert!(head.vertices.iter().flatten().all(|v| v.abs() < 0.4));
        for length in [0, 8, 31, 5_000, whole.len() - 1] {
            assert!(parse(&whole[..length]).is_none(), "{length}");
        }
    }
}
