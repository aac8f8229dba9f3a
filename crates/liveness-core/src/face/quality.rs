// SPDX-License-Identifier: MIT OR Apache-2.0

//! Face image quality, 0–100 per component. The formulas are those of ISO/IEC 29794-5 and its reference
//! implementation OFIQ, unless they need another net; components marked "own" are not from OFIQ.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::landmarks::Mesh;
use super::pose::HeadPose;
use crate::vision::{Affine, Border, Frame, LumaPatch, Point, Sampler, TensorSpec};

const SIDE: usize = 128;
const INPUT: TensorSpec = TensorSpec::rgb(SIDE, SIDE);
/// Positions of the right eye, the left eye and the mouth in the measured patch, in pixels.
const TEMPLATE: [Point; 3] = [Point::new(42.0, 46.0), Point::new(86.0, 46.0), Point::new(64.0, 91.0)];
const EYE_DISTANCE: f32 = 44.0;
/// Mean luma (0–1) below which a face is too dark and above which it is too bright, and the share of
/// burnt-out pixels above which it is overexposed. The components are 50 at these limits.
const LUMINANCE: [f32; 2] = [0.14, 0.85];
const BURNT_OUT: f32 = 0.26;

/// Quality components, 0 (worst) to 100 (best), and the face's luminance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaceQuality {
    /// Fine detail relative to coarse detail (own: share of the 3 × 3 Laplacian in the patch's contrast).
    pub sharpness: f32,
    /// The worse of under- and overexposure prevention. OFIQ's curves; the one for overexposure is moved from
    /// 1 % to 26 % of burnt-out pixels, because webcams burn out foreheads.
    pub exposure: f32,
    /// Mean luminance. OFIQ's curve, moved from 20–80 to 14–85, because dark skin in an office measures below 20.
    pub brightness: f32,
    /// Uniformity of the illumination of the two cheeks (OFIQ).
    pub uniformity: f32,
    /// Distance between the eyes divided by the cosine of yaw. OFIQ's sigmoid, moved from 70 ± 20 pixels
    /// (passports) to 28 ± 6 pixels (required by nets with inputs of 112–192 pixels).
    pub eye_distance: f32,
    /// Share of the frame that the head occupies (own).
    pub size: f32,
    /// Squared cosine of the largest of yaw, pitch and roll (OFIQ).
    pub pose: f32,
    /// The smallest margin around the face (OFIQ: leftward and rightward crop, margin above and below).
    pub framing: f32,
    /// Share of the face that has the colour of its skin (own).
    pub occlusion: f32,
    /// Absence of burnt-out spots around the eyes (own).
    pub glare: f32,
    /// Mean luma of the face, 0–100.
    pub luminance: f32,
}

impl FaceQuality {
    /// Returns the components with their names, in a fixed order.
    pub fn components(&self) -> [(&'static str, f32); 10] {
        [
            ("sharpness", self.sharpness),
            ("exposure", self.exposure),
            ("brightness", self.brightness),
            ("uniformity", self.uniformity),
            ("eye_distance", self.eye_distance),
            ("size", self.size),
            ("pose", self.pose),
            ("framing", self.framing),
            ("occlusion", self.occlusion),
            ("glare", self.glare),
        ]
    }

    /// Returns the mean of each component, or `None` if there are no values.
    pub fn mean<'a>(all: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let (mut sum, mut count) = (Self::default(), 0.0);
        for quality in all {
            sum.fields().into_iter().zip(quality.clone().fields()).for_each(|(sum, value)| *sum += *value);
            count += 1.0;
        }
        sum.fields().into_iter().for_each(|value| *value /= count);
        (count > 0.0).then_some(sum)
    }

    /// Returns the weakest component that a comparison of faces depends on, with its name.
    pub fn weakest_for_comparison(&self) -> (&'static str, f32) {
        let all = self.components().into_iter().filter(|(name, _)| FOR_COMPARISON.contains(name));
        all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("pose", 100.0))
    }

    fn fields(&mut self) -> [&mut f32; 11] {
        [
            &mut self.sharpness,
            &mut self.exposure,
            &mut self.brightness,
            &mut self.uniformity,
            &mut self.eye_distance,
            &mut self.size,
            &mut self.pose,
            &mut self.framing,
            &mut self.occlusion,
            &mut self.glare,
            &mut self.luminance,
        ]
    }

    /// Returns the face quality, 0–100: the value of the weakest component, since one fault can spoil a
    /// picture and a person can correct one thing at a time. One-sided light alone lowers it to 50 at most.
    pub fn score(&self) -> f32 {
        self.score_without(&[])
    }

    /// Returns the face quality without the components in `left_out`, on which a check does not depend.
    pub fn score_without(&self, left_out: &[&str]) -> f32 {
        let forgiving = Self { uniformity: 0.5 * (100.0 + self.uniformity), ..*self };
        let counting = forgiving.components().into_iter().filter(|(name, _)| !left_out.contains(name));
        counting.map(|(_, value)| value).fold(100.0, f32::min)
    }
}

/// The components that a comparison of faces depends on. A portrait that is poor in the others may still be compared.
const FOR_COMPARISON: [&str; 6] =
    ["pose", "sharpness", "eye_distance", "occlusion", "brightness", "exposure"];

/// Returns OFIQ's sigmoid, 0–1.
fn sigmoid(x: f32, x0: f32, w: f32) -> f32 {
    1.0 / (1.0 + ((x0 - x) / w).exp())
}

fn percent(share: f32) -> f32 {
    100.0 * share.clamp(0.0, 1.0)
}

/// Measures face quality. Keeps its buffers between frames.
#[derive(Debug, Default)]
pub struct QualityMeter {
    rgb: Vec<f32>,
    luma: LumaPatch,
}

impl QualityMeter {
    /// Returns a meter with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the quality of the face with the landmarks `mesh`.
    pub fn measure(
        &mut self,
        frame: &Frame<'_>,
        mesh: &Mesh,
        pose: &HeadPose,
        sampler: &mut Sampler,
    ) -> FaceQuality {
        let [right, left] = mesh.eyes();
        let Some(map) = Affine::similarity(&TEMPLATE, &[right, left, mesh.mouth()]) else {
            return FaceQuality::default();
        };
        self.rgb.resize(INPUT.len(), 0.0);
        sampler.sample(frame, &map, &INPUT, Border::Replicate, &mut self.rgb);
        self.luma.fill_from_rgb(&self.rgb, SIDE, SIDE);
        let stats = self.luma.stats(in_face);
        let eyes = self.luma.stats(in_eyes);
        let dim = frame.width().min(frame.height()) as f32;
        let head = mesh.point(super::index::FOREHEAD).distance(mesh.point(super::index::CHIN)) / dim;
        let distance = mesh.eye_distance() / pose.yaw.to_radians().cos().max(0.2);
        let angle = pose.turn().max(pose.roll.abs()).min(90.0).to_radians();
        FaceQuality {
            sharpness: self.sharpness(map.scale()),
            exposure: percent(1.2 * (0.832 - sigmoid(stats.dark, 0.92, 0.05)))
                .min(percent(BURNT_OUT / (stats.bright + BURNT_OUT))),
            brightness: percent(
                sigmoid(stats.mean, LUMINANCE[0], 0.05) * (1.0 - sigmoid(stats.mean, LUMINANCE[1], 0.05)),
            ),
            uniformity: percent(self.cheek_overlap().powf(0.3)),
            eye_distance: percent(sigmoid(distance, 28.0, 6.0)),
            size: percent(sigmoid(head, 0.12, 0.02) * (1.0 - sigmoid(head, 1.0, 0.05))),
            pose: percent(angle.cos().powi(2)),
            framing: framing(frame, mesh),
            occlusion: percent(1.0 - 2.0 * (self.foreign_share() - 0.1).max(0.0))
                .min(percent(1.0 - 0.5 * self.veil() / VEIL))
                .min(if self.has_flat_cheek() { HALF_COVERED } else { 100.0 }),
            glare: percent(1.0 - eyes.bright / 0.2),
            luminance: 100.0 * stats.mean,
        }
    }

    /// Returns the fine detail of the face, 0–100. A face smaller than the patch has no detail at the patch's
    /// scale, so its value falls with its size. A blur of σ = 5 % of the eye distance lowers a sharp face to 50.
    fn sharpness(&self, scale: f32) -> f32 {
        let detail = self.luma.fine_detail(in_face) * scale.clamp(0.5, 1.0);
        percent(sigmoid(detail, 0.09, 0.02))
    }

    /// Returns the intersection of the cheeks' histograms, 0–1 (OFIQ). Each cheek is a square of 0.3 eye
    /// distances below the eye.
    fn cheek_overlap(&self) -> f32 {
        let half = 0.15 * EYE_DISTANCE;
        let level = 0.5 * (TEMPLATE[0].y + TEMPLATE[2].y);
        let cheek = |eye: Point| {
            self.luma.histogram(|x, y| (x as f32 - eye.x).abs() <= half && (y as f32 - level).abs() <= half)
        };
        let (right, left) = (cheek(TEMPLATE[0]), cheek(TEMPLATE[1]));
        let total: u32 = right.iter().sum::<u32>().max(1);
        // Bins of 8 levels, as the squares hold too few pixels for OFIQ's 256.
        let coarse = |bins: &[u32; 256]| -> Vec<u32> { bins.chunks(8).map(|c| c.iter().sum()).collect() };
        let shared: u32 = coarse(&right).iter().zip(coarse(&left)).map(|(a, b)| (*a).min(b)).sum();
        shared as f32 / total as f32
    }

    /// Returns the share of the face's cells, without eyes and mouth, that differ from the skin. Their chroma
    /// is far from the median, or their texture is much flatter: covers differ from skin in colour, texture
    /// or both.
    fn foreign_share(&self) -> f32 {
        let mut cells: Vec<Cell> = Vec::with_capacity((SIDE / CELL).pow(2));
        for (x, y) in (0..SIDE / CELL).flat_map(|y| (0..SIDE / CELL).map(move |x| (x * CELL, y * CELL))) {
            let middle = (x + CELL / 2, y + CELL / 2);
            if part(middle.0, middle.1) == FACE {
                cells.push(self.cell(x, y));
            }
        }
        let median = |of: &dyn Fn(&Cell) -> f32| {
            let mut values: Vec<f32> = cells.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let skin =
            Cell { red: median(&|c| c.red), blue: median(&|c| c.blue), texture: median(&|c| c.texture) };
        let foreign = |c: &&Cell| {
            (c.red - skin.red).hypot(c.blue - skin.blue) > OTHER_CHROMA || c.texture < FLAT * skin.texture
        };
        cells.iter().filter(foreign).count() as f32 / cells.len().max(1) as f32
    }

    /// Returns whether one cheek is flat and the other is not. Something smooth then covers half of the face,
    /// and the landmarks are squeezed into the other half. A burnt-out or black cheek does not count, as it
    /// is always flat.
    fn has_flat_cheek(&self) -> bool {
        let level = (0.5 * (TEMPLATE[0].y + TEMPLATE[2].y)) as usize - CELL / 2;
        let cheek = |eye: Point| {
            let x = eye.x as usize - CELL / 2;
            let [r, g, b] = self.mean_color([x, x + CELL, level, level + CELL]);
            (self.cell(x, level).texture, (r + g + b) / 3.0)
        };
        let (right, left) = (cheek(TEMPLATE[0]), cheek(TEMPLATE[1]));
        let (flat, other) = if right.0 < left.0 { (right, left) } else { (left, right) };
        flat.0 < SMOOTHEST.min(FLAT * other.0) && (20.0..=240.0).contains(&flat.1)
    }

    /// Returns how much less red and more blue the face is from the tip of the nose to the chin than the skin
    /// above, as shares of the light. A mask over mouth and nose differs in this way unless it has the colour
    /// of skin. A beard leaves the nose and the lips uncovered; shade on one side also falls on the forehead.
    fn veil(&self) -> f32 {
        let brightness = |[r, g, b]: [f32; 3]| r + g + b;
        let share = |rgb: [f32; 3]| {
            let total = brightness(rgb).max(1.0);
            [rgb[0] / total, rgb[2] / total]
        };
        let (bridge, forehead) = (self.mean_color(BRIDGE), self.mean_color(FOREHEAD));
        let skin = [bridge, forehead].map(share);
        // Hair and hats are darker than skin.
        let bare = brightness(forehead) >= BARE * brightness(bridge) && skin[1][0] < skin[0][0];
        let [red, blue] = skin[usize::from(bare)];
        let beyond = |part: Part| {
            let [r, b] = share(self.mean_color(part));
            (red - r) + (b - blue)
        };
        LOWER_FACE.map(beyond).into_iter().fold(f32::MAX, f32::min).max(0.0)
    }

    fn mean_color(&self, [x0, x1, y0, y1]: Part) -> [f32; 3] {
        let mut sum = [0.0; 3];
        for y in y0..y1 {
            for pixel in self.rgb[3 * (y * SIDE + x0)..3 * (y * SIDE + x1)].chunks_exact(3) {
                sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
            }
        }
        sum.map(|v| v / ((x1 - x0) * (y1 - y0)) as f32)
    }

    fn cell(&self, x0: usize, y0: usize) -> Cell {
        let (mut sums, mut luma, mut squares) = ([1.0f32; 3], 0.0f32, 0.0f32);
        for y in y0..y0 + CELL {
            for pixel in self.rgb[3 * (y * SIDE + x0)..3 * (y * SIDE + x0 + CELL)].chunks_exact(3) {
                sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
            }
            for x in x0..x0 + CELL {
                let value = self.luma.at(x, y);
                luma += value;
                squares += value * value;
            }
        }
        let (total, count) = (sums.iter().sum::<f32>(), (CELL * CELL) as f32);
        let mean = luma / count;
        // Relative to the brightness: a dark cell has less contrast but not less texture.
        let texture = (squares / count - mean * mean).max(0.0).sqrt() / mean.max(1.0);
        Cell { red: sums[0] / total, blue: sums[2] / total, texture }
    }
}

/// Texture below that of any skin; cheeks have at least 0.02.
const SMOOTHEST: f32 = 0.012;
/// Occlusion component (0–100) of a face that is half covered.
const HALF_COVERED: f32 = 40.0;

/// A rectangle of the patch: first and last column, first and last row. The last ones are exclusive.
type Part = [usize; 4];

/// The skin above a mask, on the bridge of the nose.
const BRIDGE: Part = [58, 70, 44, 58];
const FOREHEAD: Part = [44, 84, 12, 30];
/// Minimum brightness of a bare forehead relative to the bridge of the nose.
const BARE: f32 = 0.8;
/// The tip of the nose, the upper lip, the mouth and the chin.
const LOWER_FACE: [Part; 4] = [[58, 70, 66, 78], [56, 72, 80, 86], [54, 74, 87, 96], [52, 76, 104, 117]];
/// Minimum colour difference of a mask. People without a mask reach 0.02, a person stooping over a mask on
/// the chin 0.05; masked faces have at least 0.066.
const VEIL: f32 = 0.06;

/// Side of the cells for the occlusion measure, in pixels of the patch.
const CELL: usize = 8;
/// Minimum distance from the skin's shares of red and blue at which a cell has another colour.
const OTHER_CHROMA: f32 = 0.06;
/// Share of the skin's texture below which a cell is flat.
const FLAT: f32 = 0.15;

/// A small square of the face: the shares of red and blue in its light, and its relative contrast.
struct Cell {
    red: f32,
    blue: f32,
    texture: f32,
}

/// Returns the framing component, 0–100, from the margins around the face in eye distances. OFIQ's four
/// sigmoids; the worst counts.
fn framing(frame: &Frame<'_>, mesh: &Mesh) -> f32 {
    let [right, left] = mesh.eyes();
    let (middle, unit) = (right.midpoint(left), mesh.eye_distance().max(1.0));
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let margins = [(middle.x, 0.9), (width - middle.x, 0.9), (middle.y, 1.4), (height - middle.y, 1.8)];
    let worst = margins.map(|(margin, x0)| sigmoid(margin / unit, x0, 0.1));
    percent(worst.into_iter().fold(1.0, f32::min))
}

/// The parts of the patch, as bits of [`PARTS`].
const FACE: u8 = 1;
const EYES: u8 = 2;
const MOUTH: u8 = 4;

static PARTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let inside = |x: f32, y: f32, center: Point, radius: (f32, f32)| {
        ((x - center.x) / radius.0).powi(2) + ((y - center.y) / radius.1).powi(2) <= 1.0
    };
    let part = |i: usize| {
        let (x, y) = ((i % SIDE) as f32, (i / SIDE) as f32);
        let [right, left, mouth] = TEMPLATE;
        let eye = |eye: Point| inside(x, y, Point::new(eye.x, eye.y - 3.0), (18.0, 13.0));
        FACE * u8::from(inside(x, y, Point::new(64.0, 68.0), (40.0, 52.0)))
            + EYES * u8::from(eye(right) || eye(left))
            + MOUTH * u8::from(inside(x, y, mouth, (20.0, 11.0)))
    };
    (0..SIDE * SIDE).map(part).collect()
});

fn part(x: usize, y: usize) -> u8 {
    PARTS[y * SIDE + x]
}

fn in_face(x: usize, y: usize) -> bool {
    part(x, y) & FACE != 0
}

fn in_eyes(x: usize, y: usize) -> bool {
    part(x, y) & EYES != 0
}

#[cfg(test)]
mod tests {
    use super::super::pose::tests::turned_mesh;
    use super::*;

    const SIZE: (usize, usize) = (640, 480);

    /// Returns the quality of a skin-coloured face at 50 cm in a picture painted by `paint(x, y)`.
    fn quality_of(yaw: f32, paint: impl Fn(f32, f32) -> [f32; 3]) -> FaceQuality {
        let rgb: Vec<u8> = (0..SIZE.0 * SIZE.1)
            .flat_map(|i| paint((i % SIZE.0) as f32, (i / SIZE.0) as f32).map(|v| v.clamp(0.0, 255.0) as u8))
            .collect();
        let frame = Frame::rgb(&rgb, SIZE.0, SIZE.1).unwrap();
        let pose = HeadPose { yaw, ..HeadPose::default() };
        let mesh = turned_mesh(yaw, 0.0, 0.0, SIZE.0, SIZE.1);
        QualityMeter::new().measure(&frame, &mesh, &pose, &mut Sampler::new())
    }

    fn skin(light: f32) -> [f32; 3] {
        [200.0 * light, 150.0 * light, 125.0 * light]
    }

    fn texture(x: f32, y: f32) -> f32 {
        1.0 + 0.15 * (x * 1.9).sin() * (y * 2.3).sin() + 0.1 * (x * 0.2).sin()
    }

    #[test]
    fn a_well_lit_sharp_frontal_face_is_good() {
        let quality = quality_of(0.0, |x, y| skin(0.75 * texture(x, y)));
        assert!(quality.score() > 60.0, "{quality:?}");
    }

    #[test]
    fn each_fault_lowers_its_own_component() {
        let good = quality_of(0.0, |x, y| skin(0.75 * texture(x, y)));
        let blurred = quality_of(0.0, |x, _| skin(0.75 * (1.0 + 0.1 * (x * 0.2).sin())));
        assert!(blurred.sharpness < 0.5 * good.sharpness, "{blurred:?}");
        let dark = quality_of(0.0, |x, y| skin(0.1 * texture(x, y)));
        assert!(dark.brightness < 50.0 && dark.luminance < 14.0, "{dark:?}");
        let burnt = quality_of(0.0, |_, _| [255.0; 3]);
        assert!(burnt.exposure < 25.0 && burnt.glare < 20.0, "{burnt:?}");
        let sidelit = quality_of(0.0, |x, y| skin(if x < 320.0 { 0.3 } else { 0.9 } * texture(x, y)));
        assert!(sidelit.uniformity < 0.7 * good.uniformity, "{sidelit:?}");
        let masked =
            quality_of(0.0, |x, y| if y > 250.0 { [90.0, 130.0, 220.0] } else { skin(0.75 * texture(x, y)) });
        assert!(masked.occlusion < 50.0 && good.occlusion > 90.0, "{masked:?}");
        let turned = quality_of(40.0, |x, y| skin(0.75 * texture(x, y)));
        assert!(turned.pose < 65.0, "{turned:?}");
    }

    #[test]
    fn a_mask_of_any_colour_covers_and_a_beard_does_not() {
        // The tip of the nose is in row 245 of 480, the lips are in row 270.
        let worn = |top: f32, color: [f32; 3]| {
            quality_of(0.0, |x, y| {
                let base = if y > top { color } else { skin(0.75) };
                base.map(|c| c * texture(x, y))
            })
            .occlusion
        };
        for mask in [[120.0, 160.0, 190.0], [225.0, 228.0, 230.0], [22.0, 22.0, 24.0], [40.0, 90.0, 60.0]] {
            assert!(worn(236.0, mask) < 50.0, "{mask:?}: {}", worn(236.0, mask));
        }
        // The edge is below the lips.
        assert!(worn(285.0, [30.0, 26.0, 25.0]) >= 50.0, "{}", worn(285.0, [30.0, 26.0, 25.0]));
        // A shadow, and red light from below, are not masks.
        assert!(worn(236.0, skin(0.3)) >= 50.0 && worn(236.0, [230.0, 120.0, 90.0]) >= 50.0);
    }

    #[test]
    fn the_mean_is_taken_component_by_component() {
        let (a, b) = (
            FaceQuality { pose: 10.0, ..Default::default() },
            FaceQuality { pose: 30.0, ..Default::default() },
        );
        assert_eq!(FaceQuality::mean([&a, &b].into_iter()).unwrap().pose, 20.0);
        assert_eq!(FaceQuality::mean(std::iter::empty()), None);
    }
}
