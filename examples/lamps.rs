// SPDX-License-Identifier: MIT OR Apache-2.0

//! Real faces under single lights: what one lamp changes, patch by patch, against the relief of a face.
//!
//!     cargo run --release --example lamps -- ../shared/media/flash
//!
//! The folder holds pairs `NAME_noflash.jpg`, `NAME_flash.jpg` (of a camera's own flash) and series `NAME_L1.jpg`, `NAME_L2.jpg`, … (a lamp
//! each). What two pictures of a face differ by, as the logarithm of their ratio, is free of the skin's colour. For a flash beside
//! the lens it should follow how far each patch faces the camera, for two lamps at unknown places some mixture of the slopes
//! across and up: printed is the (multiple) correlation with a face's as the head was turned, less a quadric, beside that with a
//! face's upside down, which is what chance makes.

#[allow(dead_code)]
#[path = "common/clip.rs"]
mod clip;

use std::path::Path;

use clip::{Error, Which, decode, with_sample};
use liveness_core::check::{FaceMap, FaceMapper, Map, Slopes, patches};
use liveness_core::face::{FaceAnalyzer, HeadPose};
use liveness_core::inference::ModelSource;
use liveness_core::vision::Point;

/// Darker patches tell nothing.
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
            report(stem, &eye.look(&path(name))?, &dark, facing);
        } else if let Some((stem, lamp)) = name.strip_suffix(".jpg").and_then(|name| name.rsplit_once("_L")) {
            let next = format!("{stem}_L{}.jpg", lamp.parse::<u32>()? + 1);
            if names.contains(&next) {
                let (one, other) = (eye.look(&path(name))?, eye.look(&path(&next))?);
                report(&format!("{stem}, lamp {lamp} against the next"), &one, &other, mixture);
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

/// Compares the ratio of two pictures with a face's relief.
fn report(name: &str, one: &Lit, other: &Lit, relief: impl Fn(&Map, &Slopes) -> Option<f64>) {
    let light = |lit: &Lit, i: usize| {
        let clipped = lit.map.clipped[i].iter().any(|clipped| *clipped);
        Some(lit.map.light[i].iter().sum::<f32>()).filter(|light| *light > LEAST_LIGHT && !clipped)
    };
    let ratio: Map = (0..patches().len()).map(|i| Some((light(one, i)? / light(other, i)?).ln())).collect();
    let face = Slopes::expected(one.place.pose);
    let told = |face: &Slopes| relief(&ratio, face).map_or("unknown".to_owned(), |r| format!("{r:.2}"));
    println!("{name}: correlation {} (upside down {})", told(&face), told(&upside_down(&face)));
}

/// Of a flash beside the lens: with how far patches face it.
fn facing(ratio: &Map, face: &Slopes) -> Option<f64> {
    let facing =
        face.p.iter().zip(&face.q).map(|(p, q)| Some(-0.5 * (1.0 + (*p)?.powi(2) + (*q)?.powi(2)).ln()));
    correlation(ratio, &facing.collect())
}

/// Of two lamps: the multiple correlation with the slopes across and up.
fn mixture(ratio: &Map, face: &Slopes) -> Option<f64> {
    let (p, q) = (correlation(ratio, &face.p)?, correlation(ratio, &face.q)?);
    let both = correlation(&face.p, &face.q)?;
    Some(((p * p + q * q - 2.0 * p * q * both) / (1.0 - both * both)).max(0.0).sqrt())
}

/// Less a quadric over the face.
fn correlation(a: &Map, b: &Map) -> Option<f64> {
    let of = |map: &Map| Slopes { p: map.clone(), q: map.clone() };
    Some(of(a).likeness(&of(b))?.across)
}

fn upside_down(face: &Slopes) -> Slopes {
    let opposite: Vec<usize> =
        patches().iter().map(|patch| nearest(patch.place[0], -patch.place[1])).collect();
    let of = |map: &Map, sign: f32| opposite.iter().map(|i| map[*i].map(|slope| sign * slope)).collect();
    Slopes { p: of(&face.p, 1.0), q: of(&face.q, -1.0) }
}

/// The patch at a place of the face.
fn nearest(x: f32, y: f32) -> usize {
    let distance = |i: &usize| (patches()[*i].place[0] - x).abs() + (patches()[*i].place[1] - y).abs();
    (0..patches().len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
}
