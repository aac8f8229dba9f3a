// SPDX-License-Identifier: MIT OR Apache-2.0

//! Coverage of a patch of the frame, laid on its planes with one ink.

use super::grid::{Atoms, Grid, PlaneMut, cover};
use super::ink::Ink;
use liveness_core::vision::{Channel, PixelFormat};

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
    /// Of `opacity` 0–255 where the sheet is covered. Its rows are `width` wide and `stride` bytes apart; its top left is
    /// at `x`, `y` of the frame. All but the stride are even.
    pub fn new(
        format: PixelFormat,
        (x, y): (usize, usize),
        width: usize,
        stride: usize,
        rows: &[u8],
        opacity: u8,
    ) -> Self {
        let coverage =
            rows.chunks(stride).flat_map(|row| &row[..width]).map(|v| cover(0, opacity, *v)).collect();
        let full = Patch { x, y, width, coverage }.cropped();
        let [_, Channel { shift_x, shift_y, .. }, _] = format.channels();
        let chroma = if shift_x + shift_y > 0 { full.reduced(shift_x, shift_y) } else { Patch::default() };
        Self { full, chroma }
    }

    pub fn lay(&self, grid: &Grid, plane: &mut PlaneMut<'_>, ink: Ink) {
        for atoms in &grid.atoms {
            let patch = if atoms.shifts.0 > 0 { &self.chroma } else { &self.full };
            patch.lay(grid, atoms, plane, ink);
        }
    }
}

impl Patch {
    /// Without the empty margins, up to even pixels.
    fn cropped(&self) -> Self {
        let covered = |row: &[u8]| row.iter().any(|v| *v > 0);
        let rows = || self.coverage.chunks(self.width.max(1));
        let top = rows().position(covered).unwrap_or(0) & !1;
        let bottom = (rows().rposition(covered).map_or(top, |last| last + 1) + 1) & !1;
        let column = |x: &usize| rows().any(|row| row[*x] > 0);
        let left = (0..self.width).find(column).unwrap_or(0) & !1;
        let right = ((0..self.width).rfind(column).map_or(left, |last| last + 1) + 1) & !1;
        let coverage = rows().take(bottom).skip(top).flat_map(|row| &row[left..right]).copied().collect();
        Self { x: self.x + left, y: self.y + top, width: right - left, coverage }
    }

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

    fn lay(&self, grid: &Grid, atoms: &Atoms, plane: &mut PlaneMut<'_>, ink: Ink) {
        let rows = plane.data.chunks_mut(plane.stride.max(1)).take(grid.rows).skip(self.y);
        for (row, coverage) in rows.zip(self.coverage.chunks(self.width.max(1))) {
            let end = (self.x + self.width).min(atoms.count) * atoms.step;
            if let Some(row) = row.get_mut(self.x * atoms.step..end) {
                atoms.cover(row, coverage, ink);
            }
        }
    }
}
