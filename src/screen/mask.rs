//! Coverage of a patch of the frame, laid on its planes with one ink.

use super::grid::{Grid, PlaneMut, cover};
use super::ink::Ink;
use crate::vision::{Channel, PixelFormat};

/// Coverage 0–255 of a rectangle of samples.
#[derive(Clone, Debug, Default)]
struct Patch {
    x: usize,
    y: usize,
    width: usize,
    coverage: Vec<u8>,
}

/// A patch at the resolution of brightness and at that of colour.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask {
    full: Patch,
    chroma: Patch,
}

impl Mask {
    /// Coverage of `width`-wide rows with `stride` bytes each, whose top left is at `x`, `y` of the frame; all even.
    pub fn new(
        format: PixelFormat,
        (x, y): (usize, usize),
        width: usize,
        stride: usize,
        rows: &[u8],
    ) -> Self {
        let coverage = rows.chunks(stride).flat_map(|row| &row[..width]).copied().collect();
        let full = Patch { x, y, width, coverage };
        let [_, Channel { shift_x, shift_y, .. }, _] = format.channels();
        let chroma = if shift_x + shift_y > 0 { full.reduced(shift_x, shift_y) } else { Patch::default() };
        Self { full, chroma }
    }

    /// `opacity` is that of full coverage, 0–255.
    pub fn lay(&self, grid: &Grid, plane: &mut PlaneMut<'_>, ink: Ink, opacity: u8) {
        for (code, channel) in &grid.parts {
            let patch = if channel.shift_x > 0 { &self.chroma } else { &self.full };
            if patch.width > 0 {
                patch.lay(grid, plane, channel, ink[*code], opacity);
            }
        }
    }
}

impl Patch {
    fn reduced(&self, shift_x: u32, shift_y: u32) -> Self {
        let (width, block) = (self.width >> shift_x, 1usize << (shift_x + shift_y));
        let height = (self.coverage.len() / self.width.max(1)) >> shift_y;
        let mean = |x: usize, y: usize| {
            let rows = (y << shift_y)..((y + 1) << shift_y);
            let row = |y: usize| &self.coverage[y * self.width + (x << shift_x)..][..1 << shift_x];
            (rows.flat_map(row).map(|v| usize::from(*v)).sum::<usize>() / block) as u8
        };
        let coverage = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| mean(x, y));
        Self { x: self.x >> shift_x, y: self.y >> shift_y, width, coverage: coverage.collect() }
    }

    fn lay(&self, grid: &Grid, plane: &mut PlaneMut<'_>, channel: &Channel, code: u8, opacity: u8) {
        let Channel { offset, step, .. } = *channel;
        let samples = grid.samples(channel).saturating_sub(self.x);
        let rows = plane.data.chunks_mut(plane.stride.max(1)).take(grid.rows).skip(self.y);
        for (row, coverage) in rows.zip(self.coverage.chunks(self.width)) {
            let row = row.get_mut(offset + self.x * step..grid.row_bytes).unwrap_or_default();
            for (sample, coverage) in row.iter_mut().step_by(step).take(samples).zip(coverage) {
                *sample = cover(*sample, code, cover(0, opacity, *coverage));
            }
        }
    }
}
