//! Real faces under single lights: what one lamp changes, patch by patch, against the relief of a face.
//!
//!     cargo run --release --example lamps -- ../shared/media/flash
//!
//! The folder holds pairs `NAME_noflash.jpg`, `NAME_flash.jpg` (of a camera's own flash) and series `NAME_L1.jpg`, `NAME_L2.jpg`, … (a lamp
//! each). What two pictures of a face differ by, as the logarithm of their ratio, is free of the skin's colour. For a flash beside
//! the lens it should follow how far each patch faces the camera, for two lamps at unknown places some mixture of the slopes
//! across and up: printed is the multiple correlation with a face's as the head was turned, less a quadric, beside that with a face's
//! upside down (what chance makes), and the deviation of the ratio over the face.

#[allow(dead_code)]
#[path = "common/clip.rs"]
mod clip;

use std::path::Path;

use clip::{Error, Which, decode, with_sample};
use gstliveness::check::{FaceMap, FaceMapper, patches};
use gstliveness::face::{FaceAnalyzer, HeadPose};
use gstliveness::inference::ModelSource;
use gstliveness::vision::Point;
use nalgebra::{DMatrix, DVector, Rotation3, Vector3};

/// Patches that are turned further away (cosine), or darker, tell nothing.
const LEAST_FACING: f32 = 0.6;
const LEAST_LIGHT: f32 = 1e-3;

/// A face under a lamp.
struct Lit {
    map: FaceMap,
    place: Place,
}

/// Where a face lies.
#[derive(Clone)]
struct Place {
    landmarks: Vec<Point>,
    pose: HeadPose,
}

fn main() -> Result<(), Error> {
    gst::init()?;
    let folder = std::env::args().nth(1).ok_or("say which folder")?;
    let mut names: Vec<String> = std::fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()?;
    names.sort();
    let mut eye = Eye {
        analyzer: FaceAnalyzer::new(&ModelSource::Embedded)?,
        mapper: FaceMapper::default(),
        last: None,
    };
    for name in &names {
        let path = |name: &str| Path::new(&folder).join(name);
        if let Some(stem) = name.strip_suffix("_flash.jpg") {
            let dark = eye.look(&path(&format!("{stem}_noflash.jpg")))?;
            report(stem, &eye.look(&path(name))?, &dark, |[_, _, facing]| vec![f64::from(facing).ln()]);
        } else if let Some((stem, lamp)) = name.strip_suffix(".jpg").and_then(|name| name.rsplit_once("_L")) {
            let next = format!("{stem}_L{}.jpg", lamp.parse::<u32>()? + 1);
            if names.contains(&next) {
                let (one, other) = (eye.look(&path(name))?, eye.look(&path(&next))?);
                report(&format!("{stem}, lamp {lamp} against the next"), &one, &other, |[x, y, facing]| {
                    vec![f64::from(x / facing), f64::from(y / facing)]
                });
            }
        }
    }
    Ok(())
}

struct Eye {
    analyzer: FaceAnalyzer,
    mapper: FaceMapper,
    /// In a lamp's light a face may not be found: it then lies where it did in the picture before.
    last: Option<Place>,
}

impl Eye {
    fn look(&mut self, picture: &Path) -> Result<Lit, Error> {
        let mut lit = None;
        let file = picture.to_str().ok_or("a path that is no text")?;
        self.analyzer.reset();
        decode(file, Which { limit: 1, ..Which::default() }, |(_, sample)| {
            lit = with_sample(&sample, |frame| -> Result<_, Error> {
                let observation = self.analyzer.analyze(frame)?;
                if let Some((_, face)) = observation.primary() {
                    let landmarks = face.mesh.landmarks().iter().map(|landmark| landmark.point()).collect();
                    self.last = Some(Place { landmarks, pose: face.pose });
                }
                let (place, mut map) =
                    (self.last.clone().ok_or("a picture without a face")?, FaceMap::default());
                self.mapper.read(frame, &place.landmarks, &mut map);
                Ok(Some(Lit { map, place }))
            })??;
            Ok(())
        })
        .map_err(|e| format!("{file}: {e}"))?;
        lit.ok_or_else(|| format!("{file} cannot be decoded").into())
    }
}

/// Compares the ratio of two pictures with what `slopes` makes of the normals of a face.
fn report(name: &str, one: &Lit, other: &Lit, slopes: impl Fn([f32; 3]) -> Vec<f64>) {
    let light = |lit: &Lit, i: usize| lit.map.light[i].iter().sum::<f32>();
    let clipped = |lit: &Lit, i: usize| lit.map.clipped[i].iter().any(|clipped| *clipped);
    let known: Vec<usize> = (0..patches().len())
        .filter(|i| patches()[*i].normal[2] >= LEAST_FACING)
        .filter(|i| [one, other].iter().all(|lit| light(lit, *i) > LEAST_LIGHT && !clipped(lit, *i)))
        .collect();
    let ratio = DVector::from_iterator(
        known.len(),
        known.iter().map(|i| f64::from((light(one, *i) / light(other, *i)).ln())),
    );
    let turn = {
        let HeadPose { yaw, pitch, roll, .. } = one.place.pose;
        Rotation3::from_euler_angles(pitch.to_radians(), yaw.to_radians(), roll.to_radians())
    };
    let face = |upside_down: bool| -> Vec<Vec<f64>> {
        let normal = |i: &usize| {
            let [x, y, z] = patches()[mirror(*i, upside_down)].normal;
            let turned = turn * Vector3::new(x, if upside_down { -y } else { y }, z);
            slopes([turned.x, turned.y, turned.z.max(0.2)])
        };
        known.iter().map(normal).collect()
    };
    let correlation = |upside_down| multiple_correlation(&known, &ratio, &face(upside_down));
    let spread = ratio.variance().sqrt();
    println!(
        "{name}: correlation {:.2} (upside down {:.2}), deviation {spread:.2}, {} patches",
        correlation(false),
        correlation(true),
        known.len()
    );
}

/// The patch in the same column, as far from the middle on the other side, if there is one.
fn mirror(i: usize, upside_down: bool) -> usize {
    let [x, y, _] = patches()[i].place;
    let distance = |j: &usize| {
        let [u, v, _] = patches()[*j].place;
        (u - x).abs() + (v + y).abs()
    };
    if upside_down {
        (0..patches().len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(i)
    } else {
        i
    }
}

/// How much of the values, less a quadric over the face, a mixture of the regressors explains (its square root).
fn multiple_correlation(known: &[usize], values: &DVector<f64>, regressors: &[Vec<f64>]) -> f64 {
    let quadric = DMatrix::from_fn(known.len(), 6, |row, column| {
        let [x, y, _] = patches()[known[row]].place.map(|v| f64::from(v) / 8.0);
        [1.0, x, y, x * x, x * y, y * y][column]
    })
    .qr()
    .q();
    let count = regressors.first().map_or(0, Vec::len);
    let columns = DMatrix::from_fn(known.len(), count, |row, column| regressors[row][column]);
    let columns = &columns - &quadric * (quadric.transpose() * &columns);
    let values = values - &quadric * (quadric.transpose() * values);
    let basis = columns.qr().q();
    (basis.transpose() * &values).norm() / values.norm().max(1e-12)
}
