// SPDX-License-Identifier: MIT OR Apache-2.0

//! Flash sessions of real faces: light adds up, so the photographs of a face under single lights, each as bright as the code
//! says, are what a camera sees of it before a screen.
//!
//!     cargo run --release --example reallight -- FOLDER [SESSIONS]
//!
//! FOLDER holds a folder of pictures per person, as in Extended Yale B (Georghiades et al. 2001): `…A+020E-10.pgm` is lit from
//! 20° of azimuth and −10° of elevation, in linear light. Each of SESSIONS (20) per person, spread of lights (that of a screen of 2 × 2
//! cells seen from the face) and room (a quarter of the resting screen's light to four times as much) has its own code, display latency,
//! place and sway. Beside the live face: its print, flat and bent, under the same lights (computed); the face under another
//! code, as injected; its picture multiplied by the screen's mean colour.

use std::path::{Path, PathBuf};

use liveness_core::check::{Check, FlashCheck, FlashConfig, LightCode, PERIOD};
use liveness_core::face::FaceAnalyzer;
use liveness_core::inference::ModelSource;
use liveness_core::random::Random;
use liveness_core::session::{Status, Thresholds, decide};
use liveness_core::vision::Frame;
use liveness_eval::metrics::Rate;

type Error = Box<dyn std::error::Error + Send + Sync>;

const SIZE: (usize, usize) = (640, 480);
const RATE: f64 = 30.0;
const MOST: usize = 300;
/// Lights for the cells from the top left, as the face sees the screen: positive azimuth is to the person's right.
const SPREADS: [(&str, [&str; 4]); 4] = [
    ("phone", ["A-005E+10", "A+005E+10", "A-005E-10", "A+005E-10"]),
    ("laptop", ["A-020E+10", "A+020E+10", "A-020E-10", "A+020E-10"]),
    ("portrait", ["A-015E+20", "A+015E+20", "A-010E-20", "A+010E-20"]),
    ("kiosk", ["A-035E+15", "A+035E+15", "A-035E-20", "A+035E-20"]),
];
const ROOMS: [f32; 4] = [0.25, 1.0, 2.0, 4.0];
const SUBJECTS: [&str; 5] = ["live", "print", "bent-print", "injected", "relight"];
/// Linear drive of the resting screen's cells.
const REST: f32 = 0.6;
/// Mean linear light of the face in the picture.
const EXPOSURE: f32 = 0.2;
/// Linear light of skin in the channels, relative to its mean.
const SKIN: [f32; 3] = [1.35, 0.95, 0.7];
/// So many values of noise are drawn for a frame.
const NOISES: usize = 1 << 14;
/// Pixels of the frame per pixel of the photographs.
const ZOOM: f32 = 1.6;

/// A photograph in linear light.
struct Photo {
    width: usize,
    height: usize,
    light: Vec<f32>,
}

/// A face under single lights: those of the cells, and the room's.
struct Face {
    cells: [Photo; 4],
    room: Photo,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("say which folder")?);
    let count: u64 = arguments.next().map_or(Ok(20), |n| n.parse())?;
    let mut people: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    people.retain(|path| path.is_dir());
    people.sort();
    let nets = FaceAnalyzer::new(&ModelSource::Embedded)?;
    for subject in SUBJECTS {
        for (spread, lights) in SPREADS {
            for room in ROOMS {
                let mut all = Vec::new();
                for person in &people {
                    let face = Face::open(person, lights)?.before(room);
                    for n in 0..count {
                        all.push(play(&face, subject, n)?);
                    }
                }
                println!("{subject:<11} {spread:<9} room {room:.2}: {}", summary(&all));
            }
        }
    }
    drop(nets);
    Ok(())
}

impl Face {
    fn open(person: &Path, lights: [&str; 4]) -> Result<Self, Error> {
        let name = person.file_name().and_then(|n| n.to_str()).ok_or("no name")?;
        let photo = |light: &str| Photo::open(&person.join(format!("{name}_P00{light}.pgm")));
        let [a, b, c, d] = lights;
        // A ceiling light and its echo from the walls.
        let parts = [photo("A+000E+90")?, photo("A+000E+45")?, photo("A+000E+00")?];
        Ok(Self {
            cells: [photo(a)?, photo(b)?, photo(c)?, photo(d)?],
            room: Photo::sum(&parts, &[0.4, 0.4, 0.2]),
        })
    }

    /// Brought to common light: that of the screen at full drive is 1, that of the room is `room` times the resting screen's.
    fn before(mut self, room: f32) -> Self {
        let screen: f32 = self.cells.iter().map(Photo::mean).sum();
        self.cells.iter_mut().for_each(|cell| cell.scale(1.0 / screen));
        let scale = REST * room / self.room.mean();
        self.room.scale(scale);
        self
    }
}

impl Photo {
    /// From a binary PGM of 8 bits.
    fn open(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut at = 0;
        let mut word = || {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            let from = at;
            while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
                at += 1;
            }
            std::str::from_utf8(&bytes[from..at]).unwrap_or_default().to_owned()
        };
        let header = [word(), word(), word(), word()];
        let (width, height) = (header[1].parse()?, header[2].parse()?);
        let pixels = bytes.get(at + 1..).filter(|p| header[0] == "P5" && p.len() >= width * height);
        let pixels = pixels.ok_or_else(|| format!("{} is no picture", path.display()))?;
        Ok(Self { width, height, light: pixels[..width * height].iter().map(|v| f32::from(*v)).collect() })
    }

    fn sum(parts: &[Self], weights: &[f32]) -> Self {
        let light =
            (0..parts[0].light.len()).map(|i| parts.iter().zip(weights).map(|(p, w)| w * p.light[i]).sum());
        Self { width: parts[0].width, height: parts[0].height, light: light.collect() }
    }

    /// Of the middle of the face.
    fn mean(&self) -> f32 {
        let middle = |i: usize, size: usize| (size / 4..3 * size / 4).contains(&i);
        let inner = |i: &usize| middle(i % self.width, self.width) && middle(i / self.width, self.height);
        let inner: Vec<f32> = (0..self.light.len()).filter(inner).map(|i| self.light[i]).collect();
        inner.iter().sum::<f32>() / inner.len() as f32
    }

    fn scale(&mut self, by: f32) {
        self.light.iter_mut().for_each(|v| *v *= by);
    }
}

/// What the camera sees of a subject under the colours of the cells, in linear light by channel.
struct Scene<'a> {
    face: &'a Face,
    subject: &'a str,
    /// The cells' light on a print, per pixel, and its picture.
    sheets: Vec<Vec<f32>>,
    picture: Vec<f32>,
    /// The room's light on it.
    room: f32,
}

impl<'a> Scene<'a> {
    fn new(face: &'a Face, subject: &'a str) -> Self {
        let Photo { width, height, .. } = face.room;
        let all = Photo::sum(&face.cells, &[1.0; 4]);
        // Cells at ±12 cm across and ±8 cm up, at 45 cm; the print is 15 cm wide.
        let bend = if subject == "bent-print" { 0.5 } else { 0.0 };
        let sheet = |cell: usize| {
            let (x, y) = ([-12.0, 12.0][cell % 2], [8.0, -8.0][cell / 2]);
            (0..width * height)
                .map(|i| {
                    let (u, v) = (i % width, i / width);
                    let at =
                        |i: usize, size: usize| 15.0 * (i as f32 + 0.5 - 0.5 * size as f32) / width as f32;
                    let (px, py) = (at(u, width), -at(v, height));
                    let (dx, dy, dz) = (x - px, y - py, 45.0f32);
                    let slope = bend * px / 7.5;
                    let cosine =
                        (slope * dx + dz) / ((1.0 + slope * slope) * (dx * dx + dy * dy + dz * dz)).sqrt();
                    cosine.max(0.0) * 45.0 * 45.0 / (4.0 * (dx * dx + dy * dy + dz * dz))
                })
                .collect()
        };
        Self {
            face,
            subject,
            sheets: (0..4).map(sheet).collect(),
            picture: all.light,
            room: face.room.mean(),
        }
    }

    fn light(&self, pixel: usize, drive: &[[f32; 3]]) -> [f32; 3] {
        let cells = |of: &dyn Fn(usize) -> f32| {
            [0, 1, 2].map(|channel| drive.iter().enumerate().map(|(k, d)| d[channel] * of(k)).sum::<f32>())
        };
        let (room, picture) = (self.face.room.light[pixel], self.picture[pixel]);
        match self.subject {
            "live" | "injected" => cells(&|k| self.face.cells[k].light[pixel]).map(|v| v + room),
            "relight" => cells(&|_| 0.25).map(|mean| picture * (mean + self.room)),
            _ => cells(&|k| self.sheets[k][pixel]).map(|v| picture * (v + self.room)),
        }
    }
}

struct Ended {
    status: Status,
    cues: Vec<(String, Option<f64>)>,
    reason: String,
}

fn play(face: &Face, subject: &str, n: u64) -> Result<Ended, Error> {
    let mut random = Random::nth(3, n);
    let mut analyzer = FaceAnalyzer::new(&ModelSource::Embedded)?;
    let mut check =
        FlashCheck::new(FlashConfig { seed: n + 1, ..FlashConfig::default() }, &ModelSource::Embedded)?;
    let other = LightCode::draw(2, 2, 3_000_000_000, &mut liveness_core::check::Randomness::new(n + 100_000));
    let other = other.ok_or("no other code")?;
    let scene = Scene::new(face, subject);
    let latency = random.between(0.0, 0.3);
    let place = [random.between(-30.0, 30.0), random.between(-20.0, 20.0)];
    let phases = [random.unit(), random.unit(), random.unit()].map(|p| std::f32::consts::TAU * p);
    let mut shown: Vec<(f64, Vec<[f32; 3]>)> = Vec::new();
    let mut begun: Option<f64> = None;
    for i in 0..MOST {
        let time = i as f64 / RATE;
        let late = time - f64::from(latency);
        let cue = shown.iter().rev().find(|(from, _)| *from <= late).map(|(_, drive)| drive.clone());
        let drive = match (subject, begun) {
            ("injected", Some(begun)) => other.at_seconds((late - begun).max(0.0)),
            _ => cue.unwrap_or_else(|| vec![[0.0; 3]; 4]),
        };
        let t = time as f32;
        let sway =
            [place[0] + 3.0 * (1.1 * t + phases[0]).sin(), place[1] + 2.0 * (1.7 * t + phases[1]).sin()];
        let zoom = ZOOM * (1.0 + 0.01 * (0.8 * t + phases[2]).sin());
        let rgb = picture(&scene, &drive, sway, zoom, &mut random);
        if let Some(path) = std::env::var_os("DUMP").filter(|_| i == 40) {
            std::fs::write(path, [format!("P6 {} {} 255\n", SIZE.0, SIZE.1).as_bytes(), &rgb].concat())?;
        }
        let frame = Frame::rgb(&rgb, SIZE.0, SIZE.1)?;
        let observation = analyzer.analyze(&frame)?;
        let step = check.observe(&frame, &observation, Some((time * 1e9) as u64))?;
        if let Some(light) = step.light.filter(|light| light.active) {
            begun.get_or_insert(time + 2.0 * PERIOD as f64 * 1e-9);
            shown.push((time, light.colors.iter().map(|c| linear(*c)).collect()));
        }
        if step.done {
            break;
        }
    }
    let evidence = check.evidence();
    let decision = decide(&evidence, Thresholds::default());
    Ok(Ended {
        status: decision.status,
        reason: evidence.failure.map_or(format!("{:?}", evidence.hindrance), |f| format!("{f:?}")),
        cues: evidence.cues.iter().map(|cue| (cue.name.to_string(), cue.value)).collect(),
    })
}

/// The linear light of a colour of sRGB.
fn linear(color: u32) -> [f32; 3] {
    let [_, r, g, b] = color.to_be_bytes();
    [r, g, b].map(|v| {
        let v = f32::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

fn encoded(light: f32) -> f32 {
    let v = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    255.0 * v
}

/// The camera's picture: the photographs in the middle of a grey wall.
fn picture(scene: &Scene<'_>, drive: &[[f32; 3]], sway: [f32; 2], zoom: f32, random: &mut Random) -> Vec<u8> {
    let Photo { width, height, .. } = scene.face.room;
    // The camera's exposure is set on the resting screen.
    let rest = vec![[REST; 3]; 4];
    let few = || (0..width * height).step_by(37);
    let mean = few().map(|i| scene.light(i, &rest)[1]).sum::<f32>() / few().count() as f32;
    let gain = EXPOSURE / mean.max(1e-6);
    let seen = |i: usize| {
        let light = scene.light(i, drive);
        [0, 1, 2].map(|channel| encoded((SKIN[channel] * gain * light[channel]).min(1.0)))
    };
    let seen: Vec<[f32; 3]> = (0..width * height).map(seen).collect();
    let noise: Vec<f32> = (0..NOISES).map(|_| 1.5 * random.normal()).collect();
    let wall = [encoded(0.12); 3];
    let mut rgb = Vec::with_capacity(3 * SIZE.0 * SIZE.1);
    for row in 0..SIZE.1 {
        let start = random.below(NOISES);
        let y = ((row as f32 - 0.5 * SIZE.1 as f32 - sway[1]) / zoom) + 0.5 * height as f32;
        for column in 0..SIZE.0 {
            let x = ((column as f32 - 0.5 * SIZE.0 as f32 - sway[0]) / zoom) + 0.5 * width as f32;
            let inside = x >= 0.0 && y >= 0.0 && x < (width - 1) as f32 && y < (height - 1) as f32;
            let colour = if inside { between(&seen, width, x, y) } else { wall };
            for (channel, value) in colour.into_iter().enumerate() {
                let noise = noise[(start + 3 * column + channel) % NOISES];
                rgb.push((value + noise).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    rgb
}

/// Bilinear.
fn between(pixels: &[[f32; 3]], width: usize, x: f32, y: f32) -> [f32; 3] {
    let (u, v, fx, fy) = (x as usize, y as usize, x.fract(), y.fract());
    let at = |u: usize, v: usize| pixels[v * width + u];
    let (a, b, c, d) = (at(u, v), at(u + 1, v), at(u, v + 1), at(u + 1, v + 1));
    [0, 1, 2].map(|k| (a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy)
}

fn summary(all: &[Ended]) -> String {
    let rate = |status| Rate::new(all.iter().filter(|e| e.status == status).count(), all.len());
    let middle = |name: &str| {
        let mut values: Vec<f64> =
            all.iter().flat_map(|e| &e.cues).filter(|(n, _)| *n == name).filter_map(|(_, v)| *v).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let mut reasons: Vec<&str> = all.iter().map(|e| e.reason.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    format!(
        "approved {}; p {:.2}, q {:.2}, relief {:.2}, pigment {:.2}, mirror {:.1}, modulation {:.2}, freshness {:.1}, {reasons:?}",
        rate(Status::Approved),
        middle("slope_across"),
        middle("slope_up"),
        middle("relief"),
        middle("pigment"),
        middle("mirror"),
        middle("modulation"),
        middle("code_freshness"),
    )
}
