// SPDX-License-Identifier: MIT OR Apache-2.0

//! The edits that anybody can make to a picture of a face in a minute, each with its settings.

use std::f32::consts::FRAC_PI_2;
use std::fmt;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageFormat, Rgb, RgbImage};
use liveness_core::random::Random;
use liveness_core::vision::{Affine, Border, Frame, Point, Rect, RotatedRect, Sampler, TensorSpec};

pub type Error = Box<dyn std::error::Error>;

/// One edit. Lengths are in sides of the square around the landmarks, unless stated otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    /// The face in an ellipse of `reach` times the box, with a soft edge, on its own picture blurred by σ `blur`; then noise of σ
    /// `grain` grey levels over all.
    Feather { reach: f32, blur: f32, grain: f32 },
    /// The same in a box instead of an ellipse.
    Frame { reach: f32, blur: f32 },
    /// The same ellipse on one colour; `None` is the picture's mean.
    Flat { reach: f32, edge: f32, color: Option<[u8; 3]> },
    /// The same ellipse on another scene.
    Ground { reach: f32, edge: f32, scene: Scene },
    /// Gaussian blur of this σ.
    Blur(f32),
    /// Scaled down by this factor and back up.
    Rescale(u32),
    /// JPEG of this quality.
    Jpeg(u8),
    /// Gaussian noise of this σ in grey levels.
    Noise(f32),
    /// Values, from 0 to 1, to the power of this.
    Gamma(f32),
    /// Cut to a square of this side around the face.
    Crop(f32),
    /// Turned about the face by this many degrees, clockwise; corners continue the picture's edge.
    Turn(f32),
}

/// The ground that a face is pasted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scene {
    /// A rendered room without a person.
    Room,
    /// A portrait of somebody else, over that person's face.
    Portrait,
    /// The lower left corner of that portrait, without its face.
    Cloth,
    /// A smooth gradient.
    Gradient,
}

const SOFT: f32 = 0.15;
const HARD: f32 = 0.01;
const GREY: [u8; 3] = [128; 3];

impl Edit {
    pub const ALL: [Self; 46] = [
        Self::Feather { reach: 1.2, blur: 0.1, grain: 0.0 },
        Self::Feather { reach: 1.2, blur: 0.3, grain: 0.0 },
        Self::Feather { reach: 1.6, blur: 0.1, grain: 0.0 },
        Self::Feather { reach: 1.6, blur: 0.3, grain: 0.0 },
        Self::Feather { reach: 2.2, blur: 0.1, grain: 0.0 },
        Self::Feather { reach: 2.2, blur: 0.3, grain: 0.0 },
        Self::Feather { reach: 1.6, blur: 0.3, grain: 4.0 },
        Self::Frame { reach: 1.8, blur: 0.3 },
        Self::Frame { reach: 2.4, blur: 0.3 },
        Self::Flat { reach: 1.2, edge: SOFT, color: Some(GREY) },
        Self::Flat { reach: 1.2, edge: SOFT, color: None },
        Self::Flat { reach: 1.4, edge: HARD, color: Some(GREY) },
        Self::Flat { reach: 1.6, edge: SOFT, color: Some(GREY) },
        Self::Flat { reach: 1.6, edge: SOFT, color: None },
        Self::Flat { reach: 1.6, edge: HARD, color: Some([255; 3]) },
        Self::Ground { reach: 1.2, edge: SOFT, scene: Scene::Room },
        Self::Ground { reach: 1.6, edge: SOFT, scene: Scene::Room },
        Self::Ground { reach: 1.2, edge: SOFT, scene: Scene::Cloth },
        Self::Ground { reach: 1.6, edge: HARD, scene: Scene::Cloth },
        Self::Ground { reach: 1.4, edge: SOFT, scene: Scene::Gradient },
        Self::Ground { reach: 1.1, edge: SOFT, scene: Scene::Portrait },
        Self::Ground { reach: 1.4, edge: SOFT, scene: Scene::Portrait },
        Self::Blur(0.006),
        Self::Blur(0.012),
        Self::Blur(0.025),
        Self::Rescale(2),
        Self::Rescale(3),
        Self::Rescale(4),
        Self::Jpeg(30),
        Self::Jpeg(50),
        Self::Jpeg(70),
        Self::Jpeg(95),
        Self::Noise(3.0),
        Self::Noise(8.0),
        Self::Noise(16.0),
        Self::Gamma(0.6),
        Self::Gamma(0.8),
        Self::Gamma(1.25),
        Self::Gamma(1.7),
        Self::Crop(1.7),
        Self::Crop(2.2),
        Self::Crop(3.0),
        Self::Turn(-12.0),
        Self::Turn(-6.0),
        Self::Turn(6.0),
        Self::Turn(12.0),
    ];

    /// The kind, without its settings.
    pub fn family(self) -> &'static str {
        match self {
            Self::Feather { .. } => "feather",
            Self::Frame { .. } => "frame",
            Self::Flat { .. } => "flat",
            Self::Ground { .. } => "ground",
            Self::Blur(_) => "blur",
            Self::Rescale(_) => "rescale",
            Self::Jpeg(_) => "jpeg",
            Self::Noise(_) => "noise",
            Self::Gamma(_) => "gamma",
            Self::Crop(_) => "crop",
            Self::Turn(_) => "turn",
        }
    }

    /// Returns the edited picture. `face` is the box around its landmarks, in pixels.
    ///
    /// # Errors
    /// When a picture cannot be coded.
    pub fn apply(self, picture: &RgbImage, face: &Rect, scenes: &Scenes) -> Result<RgbImage, Error> {
        let side = face.width.max(face.height);
        Ok(match self {
            Self::Feather { reach, blur, grain } => {
                let ground = imageops::fast_blur(picture, blur * side);
                let all = laid_over(&ground, picture, ellipse(face, reach, SOFT));
                if grain > 0.0 { with_noise(&all, grain) } else { all }
            }
            Self::Frame { reach, blur } => {
                let ground = imageops::fast_blur(picture, blur * side);
                laid_over(&ground, picture, square(face, reach, 0.05))
            }
            Self::Flat { reach, edge, color } => {
                let color = color.unwrap_or_else(|| mean_color(picture));
                let ground = RgbImage::from_pixel(picture.width(), picture.height(), Rgb(color));
                laid_over(&ground, picture, ellipse(face, reach, edge))
            }
            Self::Ground { reach, edge, scene } => {
                let ground = scenes.behind(scene, picture, face);
                laid_over(&ground, picture, ellipse(face, reach, edge))
            }
            Self::Blur(sigma) => imageops::blur(picture, sigma * side),
            Self::Rescale(factor) => {
                let (width, height) = picture.dimensions();
                let (w, h) = ((width / factor).max(1), (height / factor).max(1));
                let small = imageops::resize(picture, w, h, FilterType::Triangle);
                imageops::resize(&small, width, height, FilterType::Triangle)
            }
            Self::Jpeg(quality) => {
                let mut bytes = Vec::new();
                picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
                image::load(Cursor::new(bytes), ImageFormat::Jpeg)?.into_rgb8()
            }
            Self::Noise(sigma) => with_noise(picture, sigma),
            Self::Gamma(power) => {
                let curve: [u8; 256] =
                    std::array::from_fn(|v| (255.0 * (v as f32 / 255.0).powf(power)).round() as u8);
                let mut all = picture.clone();
                all.iter_mut().for_each(|value| *value = curve[usize::from(*value)]);
                all
            }
            Self::Crop(scale) => {
                let area = face.square(scale).square_inside(picture.width() as f32, picture.height() as f32);
                let side = (area.width as u32).max(1);
                imageops::crop_imm(picture, area.x as u32, area.y as u32, side, side).to_image()
            }
            Self::Turn(degrees) => turned(picture, face.center(), degrees.to_radians())?,
        })
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = self.family();
        let edge_name = |edge: f32| if edge > HARD { "soft" } else { "hard" };
        let text = match self {
            Self::Feather { reach, blur, grain } if *grain > 0.0 => {
                format!("{family} {reach} σ {blur} + noise {grain}")
            }
            Self::Feather { reach, blur, .. } | Self::Frame { reach, blur } => {
                format!("{family} {reach} σ {blur}")
            }
            Self::Flat { reach, edge, color } => {
                let color = color.map_or("mean".to_owned(), |[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}"));
                format!("{family} {reach} {} {color}", edge_name(*edge))
            }
            Self::Ground { reach, edge, scene } => {
                format!("{family} {reach} {} {scene:?}", edge_name(*edge)).to_lowercase()
            }
            Self::Blur(v) | Self::Noise(v) | Self::Gamma(v) | Self::Crop(v) | Self::Turn(v) => {
                format!("{family} {v}")
            }
            Self::Rescale(factor) => format!("{family} 1/{factor}"),
            Self::Jpeg(quality) => format!("{family} {quality}"),
        };
        f.pad(&text)
    }
}

/// The pictures that faces are pasted on.
pub struct Scenes {
    pub room: RgbImage,
    pub portrait: RgbImage,
    /// The box around the portrait's landmarks, in pixels.
    pub portrait_face: Rect,
}

impl Scenes {
    /// A picture of `picture`'s size that shows `scene`.
    fn behind(&self, scene: Scene, picture: &RgbImage, face: &Rect) -> RgbImage {
        let (width, height) = picture.dimensions();
        match scene {
            Scene::Room => imageops::resize(&self.room, width, height, FilterType::Triangle),
            Scene::Cloth => {
                let (w, h) = self.portrait.dimensions();
                let corner = imageops::crop_imm(&self.portrait, 0, h / 2, w / 2, h / 2).to_image();
                imageops::resize(&corner, width, height, FilterType::CatmullRom)
            }
            Scene::Gradient => RgbImage::from_fn(width, height, |x, y| {
                let across = x as f32 / width as f32 + 0.5 * y as f32 / height as f32;
                Rgb([210.0, 205.0, 195.0].map(|v| (v - 90.0 * across) as u8))
            }),
            Scene::Portrait => {
                // The portrait's face where the pasted one is, a little smaller.
                let zoom = 0.95 * face.height / self.portrait_face.height;
                let (w, h) = self.portrait.dimensions();
                let (w, h) = ((zoom * w as f32) as u32 + 1, (zoom * h as f32) as u32 + 1);
                let scaled = imageops::resize(&self.portrait, w, h, FilterType::Triangle);
                let (from, to) = (self.portrait_face.center(), face.center());
                let (left, top) = (to.x - zoom * from.x, to.y - zoom * from.y);
                RgbImage::from_fn(width, height, |x, y| {
                    let inside = |at: f32, last: u32| at.clamp(0.0, last as f32 - 1.0) as u32;
                    *scaled.get_pixel(inside(x as f32 - left, w), inside(y as f32 - top, h))
                })
            }
        }
    }
}

/// `top` on `ground` of the same size; `share(x, y)` is how much of `top` is seen, from 0 to 1.
fn laid_over(ground: &RgbImage, top: &RgbImage, share: impl Fn(f32, f32) -> f32) -> RgbImage {
    let mut all = ground.clone();
    for ((x, y, under), over) in all.enumerate_pixels_mut().zip(top.pixels()) {
        let part = share(x as f32 + 0.5, y as f32 + 0.5);
        for (under, over) in under.0.iter_mut().zip(over.0) {
            *under = (f32::from(*under) + part * (f32::from(over) - f32::from(*under))).round() as u8;
        }
    }
    all
}

/// From 1 to 0 as `at` passes 1, over ± `edge`.
fn fade(at: f32, edge: f32) -> f32 {
    0.5 - 0.5 * (FRAC_PI_2 * ((at - 1.0) / edge).clamp(-1.0, 1.0)).sin()
}

fn ellipse(face: &Rect, reach: f32, edge: f32) -> impl Fn(f32, f32) -> f32 {
    let (center, rx, ry) = (face.center(), 0.5 * reach * face.width, 0.5 * reach * face.height);
    move |x, y| fade(((x - center.x) / rx).hypot((y - center.y) / ry), edge)
}

fn square(face: &Rect, reach: f32, edge: f32) -> impl Fn(f32, f32) -> f32 {
    let (center, half) = (face.center(), 0.5 * reach * face.width.max(face.height));
    move |x, y| fade((x - center.x).abs().max((y - center.y).abs()) / half, edge)
}

fn mean_color(picture: &RgbImage) -> [u8; 3] {
    let mut sum = [0u64; 3];
    for pixel in picture.pixels() {
        sum.iter_mut().zip(pixel.0).for_each(|(sum, value)| *sum += u64::from(value));
    }
    let count = u64::from(picture.width()) * u64::from(picture.height());
    sum.map(|sum| (sum / count.max(1)) as u8)
}

/// The same noise each time.
fn with_noise(picture: &RgbImage, sigma: f32) -> RgbImage {
    let mut random = Random::new(1);
    let mut all = picture.clone();
    all.iter_mut().for_each(|value| *value = (f32::from(*value) + sigma * random.normal()).round() as u8);
    all
}

fn turned(picture: &RgbImage, center: Point, angle: f32) -> Result<RgbImage, Error> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let about = RotatedRect { center, width: width as f32, height: height as f32, angle: -angle };
    let mut map = Affine::from_rotated(&about, width, height);
    // The face stays where it is.
    let moved = map.apply(center);
    (map.c, map.f) = (map.c + center.x - moved.x, map.f + center.y - moved.y);
    let spec = TensorSpec::rgb(width, height);
    let mut values = vec![0.0; spec.len()];
    let frame = Frame::rgb(picture.as_raw(), width, height)?;
    Sampler::new().sample(&frame, &map, &spec, Border::Replicate, &mut values);
    let bytes = values.into_iter().map(|value| value.round() as u8).collect();
    RgbImage::from_raw(picture.width(), picture.height(), bytes).ok_or_else(|| "a picture's size".into())
}
