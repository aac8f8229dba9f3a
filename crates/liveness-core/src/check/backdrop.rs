// SPDX-License-Identifier: MIT OR Apache-2.0

//! Detail in the surroundings of the face.
//!
//! A room, hair, neck and shoulders show sharp edges in many directions and at many distances from the face.
//! They do so even in front of a plain wall, and in a portrait mode that blurs the background but leaves the
//! person sharp. A face pasted onto its own blur, onto one colour or onto a gradient has no sharp edges
//! beyond the seam.

use std::f32::consts::TAU;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::vision::{Affine, Border, Frame, GAUSSIAN_0_8, Rect, Sampler, TensorSpec, luma, smooth};

/// Side of the raster around the face, in pixels.
const SIDE: usize = 144;
/// Length of the longer side of the face's box in the raster, in pixels.
const FACE: f32 = 48.0;
/// Share of the local luma range that the gradient of a sharp edge exceeds. The ratio is 0.4 for a step, 0.13
/// for a ramp and 0.18 for an edge blurred by a σ of 5 % of the face.
const SHARP: f32 = 0.22;
/// Reach of the local luma range to every side, in pixels.
const WINDOW: usize = 4;
/// Grey levels added to the local luma range, so that noise does not count.
const FLOOR: f32 = 8.0;
/// Inner radius of the first ring around the face, in elliptic radii of its box.
const NEAREST: f32 = 1.25;
/// Width of a ring, in elliptic radii of the face's box.
const STEP: f32 = 0.25;
/// Number of rings.
const RINGS: usize = 7;
/// Number of sectors of a ring. A cell is one sector of one ring.
const SECTORS: usize = 24;
/// Number of innermost rings at which the seam may lie. Farther out, a plain wall may leave too little to
/// see.
const SEAMS: usize = 4;
/// Minimum number of visible cells beyond a seam.
const LEAST_CELLS: usize = 8;
/// Minimum number of visible cells below the chin. There, a plain wall behind a face that fills the frame is
/// not the only surrounding.
const LEAST_BELOW: usize = 4;
/// Sectors below the chin: 30° to 150° clockwise from the right.
const BELOW: RangeInclusive<usize> = 2..=9;
/// Minimum share of a visible cell's pixels inside the frame.
const LEAST_INSIDE: f32 = 0.6;
/// Minimum share of sharp pixels in a cell with detail.
const DETAIL: f32 = 0.025;

/// Meter for the detail around faces; keeps its buffers between frames.
#[derive(Debug, Default)]
pub struct BackdropMeter {
    rgb: Vec<f32>,
    luma: Vec<f32>,
    scratch: Vec<f32>,
    highest: Vec<f32>,
    lowest: Vec<f32>,
}

/// Pixels of one cell.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    all: u32,
    inside: u32,
    sharp: u32,
}

impl BackdropMeter {
    /// Returns the share of the cells around the face that have detail, 0–1: beyond the distance that has least. `None` where too
    /// little of the surroundings is in the picture. `face` is the box around its landmarks, in pixels.
    pub fn detail(&mut self, frame: &Frame<'_>, face: &Rect, sampler: &mut Sampler) -> Option<f32> {
        let side = face.width.max(face.height);
        if !(side >= 1.0 && face.width > 0.0 && face.height > 0.0) {
            return None;
        }
        // Small faces are not enlarged: that would blur them.
        let pitch = (side / FACE).max(1.0);
        let (center, length) = (face.center(), pitch * SIDE as f32);
        let area = Rect::new(center.x - 0.5 * length, center.y - 0.5 * length, length, length);
        let spec = TensorSpec::rgb(SIDE, SIDE);
        self.rgb.resize(spec.len(), 0.0);
        sampler.sample(frame, &Affine::from_rect(&area, SIDE, SIDE), &spec, Border::Replicate, &mut self.rgb);
        self.luma.clear();
        self.luma.extend(self.rgb.chunks_exact(3).map(luma));
        smooth(&mut self.luma, SIDE, SIDE, &GAUSSIAN_0_8, &mut self.scratch);
        self.take_range();
        let within = |from: f32, all: usize| {
            let first = (-from / pitch).ceil().max(0.0) as usize;
            let end = ((all as f32 - from) / pitch).floor().max(0.0) as usize;
            first + WINDOW..end.saturating_sub(WINDOW)
        };
        let (columns, lines) = (within(area.x, frame.width()), within(area.y, frame.height()));
        let half = (0.5 * face.width / pitch, 0.5 * face.height / pitch);
        least_share(&self.cells(half, |x, y| columns.contains(&x) && lines.contains(&y)))
    }

    /// The highest and the lowest luma around each pixel.
    fn take_range(&mut self) {
        extremes(&self.luma, f32::max, &mut self.highest, &mut self.scratch);
        extremes(&self.luma, f32::min, &mut self.lowest, &mut self.scratch);
    }

    fn cells(
        &self,
        (half_width, half_height): (f32, f32),
        inside: impl Fn(usize, usize) -> bool,
    ) -> [[Cell; SECTORS]; RINGS] {
        let mut cells = [[Cell::default(); SECTORS]; RINGS];
        let middle = 0.5 * SIDE as f32;
        for y in 0..SIDE {
            let down = (y as f32 + 0.5 - middle) / half_height;
            for x in 0..SIDE {
                let across = (x as f32 + 0.5 - middle) / half_width;
                let radius = (across * across + down * down).sqrt();
                let ring = ((radius - NEAREST) / STEP).floor();
                if !(0.0..RINGS as f32).contains(&ring) {
                    continue;
                }
                let cell = &mut cells[ring as usize][usize::from(SECTOR[y * SIDE + x])];
                cell.all += 1;
                if inside(x, y) {
                    cell.inside += 1;
                    cell.sharp += u32::from(self.is_sharp(x, y));
                }
            }
        }
        cells
    }

    fn is_sharp(&self, x: usize, y: usize) -> bool {
        if !(1..SIDE - 1).contains(&x) || !(1..SIDE - 1).contains(&y) {
            return false;
        }
        let at = y * SIDE + x;
        let luma = |at: usize| self.luma[at];
        let (across, down) = (luma(at + 1) - luma(at - 1), luma(at + SIDE) - luma(at - SIDE));
        let limit = SHARP * (self.highest[at] - self.lowest[at] + FLOOR);
        0.25 * (across * across + down * down) > limit * limit
    }
}

/// Sets each pixel of `out` to the `best` luma within [`WINDOW`] pixels to every side. Pixels beyond the edge
/// do not count.
fn extremes(luma: &[f32], best: impl Fn(f32, f32) -> f32, out: &mut Vec<f32>, scratch: &mut Vec<f32>) {
    scratch.clear();
    scratch.extend_from_slice(luma);
    for (row, from) in scratch.chunks_exact_mut(SIDE).zip(luma.chunks_exact(SIDE)) {
        for shift in 1..=WINDOW {
            row[shift..].iter_mut().zip(from).for_each(|(value, other)| *value = best(*value, *other));
            row.iter_mut().zip(&from[shift..]).for_each(|(value, other)| *value = best(*value, *other));
        }
    }
    out.clear();
    out.extend_from_slice(scratch);
    for shift in (1..=WINDOW).map(|lines| lines * SIDE) {
        out[shift..].iter_mut().zip(&*scratch).for_each(|(value, other)| *value = best(*value, *other));
        out.iter_mut().zip(&scratch[shift..]).for_each(|(value, other)| *value = best(*value, *other));
    }
}

/// Returns the lowest share of cells with detail beyond any of the possible seams.
fn least_share(cells: &[[Cell; SECTORS]; RINGS]) -> Option<f32> {
    let share = |rings: &[[Cell; SECTORS]]| {
        let (mut seen, mut below, mut detailed) = (0, 0, 0);
        for (sector, cell) in rings.iter().flat_map(|ring| ring.iter().enumerate()) {
            if cell.inside as f32 >= LEAST_INSIDE * cell.all.max(1) as f32 {
                seen += 1;
                below += usize::from(BELOW.contains(&sector));
                detailed += usize::from(cell.sharp as f32 >= DETAIL * cell.inside as f32);
            }
        }
        (seen >= LEAST_CELLS && below >= LEAST_BELOW).then(|| detailed as f32 / seen as f32)
    };
    (0..SEAMS).filter_map(|seam| share(&cells[seam..])).reduce(f32::min)
}

/// Sector of each pixel, clockwise from the right as seen from the middle of the raster.
static SECTOR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let middle = 0.5 * SIDE as f32 - 0.5;
    let sector = |i: usize| {
        let (x, y) = ((i % SIDE) as f32 - middle, (i / SIDE) as f32 - middle);
        let turn = y.atan2(x).rem_euclid(TAU) / TAU;
        ((turn * SECTORS as f32) as usize).min(SECTORS - 1) as u8
    };
    (0..SIDE * SIDE).map(sector).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 320;
    const FACE_BOX: Rect = Rect { x: 110.0, y: 100.0, width: 100.0, height: 120.0 };

    /// Returns the detail around a face that is drawn as a pattern of 6-pixel squares up to `reach`
    /// half-boxes. `ground(x, y)` is the luma beyond.
    fn detail_of(reach: f32, ground: impl Fn(usize, usize) -> f32) -> Option<f32> {
        let center = FACE_BOX.center();
        let value = |i: usize| {
            let (x, y) = (i % WIDTH, i / WIDTH);
            let across = 2.0 * (x as f32 + 0.5 - center.x) / FACE_BOX.width;
            let down = 2.0 * (y as f32 + 0.5 - center.y) / FACE_BOX.height;
            let checks = if (x / 6 + y / 6).is_multiple_of(2) { 190.0 } else { 120.0 };
            if across.hypot(down) < reach { checks } else { ground(x, y) }
        };
        let rgb: Vec<u8> = (0..WIDTH * WIDTH).flat_map(|i| [value(i) as u8; 3]).collect();
        let frame = Frame::rgb(&rgb, WIDTH, WIDTH).unwrap();
        BackdropMeter::default().detail(&frame, &FACE_BOX, &mut Sampler::new())
    }

    fn checks(x: usize, y: usize) -> f32 {
        if (x / 20 + y / 20).is_multiple_of(2) { 90.0 } else { 60.0 }
    }

    #[test]
    fn a_room_has_detail_and_one_color_or_a_gradient_none_beyond_any_seam() {
        for reach in [1.0, 1.2, 1.6] {
            assert!(detail_of(reach, checks) > Some(0.5));
            assert_eq!(detail_of(reach, |_, _| 128.0), Some(0.0));
            assert_eq!(detail_of(reach, |x, y| (x + y) as f32 * 0.3), Some(0.0));
        }
    }

    #[test]
    fn a_soft_backdrop_has_none_and_a_wall_behind_shoulders_some() {
        let blurred = |x: usize, _: usize| 128.0 + 60.0 * (x as f32 * 0.12).sin();
        assert_eq!(detail_of(1.2, blurred), Some(0.0));
        let shoulders = |x: usize, y: usize| {
            let slope = 250.0 - 0.35 * (70.0 - (x as f32 - 160.0).abs()).max(0.0);
            if y as f32 > slope { 70.0 } else { 220.0 }
        };
        assert!(detail_of(1.2, shoulders) > Some(0.08), "{:?}", detail_of(1.2, shoulders));
    }

    #[test]
    fn a_plain_wall_above_a_face_that_fills_the_picture_says_nothing() {
        let mut cells = [[Cell { all: 40, inside: 40, sharp: 0 }; SECTORS]; RINGS];
        cells.iter_mut().for_each(|ring| ring[BELOW].fill(Cell { all: 40, inside: 20, sharp: 0 }));
        assert_eq!(least_share(&cells), None);
        cells[RINGS - 1][BELOW].fill(Cell { all: 40, inside: 40, sharp: 4 });
        assert!(least_share(&cells) > Some(0.05));
    }

    #[test]
    fn little_room_around_the_face_says_nothing() {
        let rgb = vec![90; 3 * 120 * 140];
        let frame = Frame::rgb(&rgb, 120, 140).unwrap();
        let detail = |face: Rect| BackdropMeter::default().detail(&frame, &face, &mut Sampler::new());
        assert_eq!(detail(Rect::new(5.0, 5.0, 110.0, 130.0)), None);
        assert_eq!(detail(Rect::new(50.0, 60.0, 20.0, 24.0)), Some(0.0));
        // Faces outside the frame and invalid boxes must not panic.
        for face in [Rect::new(-1e6, 3.0, 20.0, 20.0), Rect::new(f32::NAN, 0.0, 9.0, 9.0), Rect::default()] {
            assert_eq!(detail(face), None);
        }
    }
}
