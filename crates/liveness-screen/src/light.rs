// SPDX-License-Identifier: MIT OR Apache-2.0

//! The light pattern: rows of codes in which cells have their exact colours and meet in narrow soft borders.

use super::grid::Grid;
use super::ink::{Ink, Inks, unpacked};
use super::layout::Layout;
use liveness_core::check::LightCue;
use liveness_core::vision::{Point, srgb_decoded as decoded, srgb_encoded as encoded};

/// A border is as wide as this part of the frame's shorter side, but never more than a part of its cells.
const BORDER: f32 = 1.0 / 24.0;
const BORDER_OF_CELL: f32 = 0.15;

/// A cue made ready for a frame's size. Positions are in samples.
#[derive(Debug)]
pub(super) struct Pattern {
    across: Axis,
    down: Axis,
    /// sRGB 0–1, row by row.
    colors: Vec<[f32; 3]>,
    /// Linear light.
    linear: Vec<[f32; 3]>,
}

/// Which cells a place lies between, and how much of the second it has.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    cells: (usize, usize),
    second: f32,
}

#[derive(Clone, Copy, Debug)]
struct Axis {
    cells: usize,
    cell: f32,
    border: f32,
}

impl Axis {
    fn new(length: usize, cells: u32, border: f32) -> Self {
        let cell = length as f32 / cells as f32;
        Self { cells: cells as usize, cell, border: border.min(BORDER_OF_CELL * cell) }
    }

    /// Returns the place of a position in samples.
    fn place(&self, at: f32) -> Place {
        let cell = ((at / self.cell) as usize).min(self.cells - 1);
        let (before, after) = (at - cell as f32 * self.cell, (cell + 1) as f32 * self.cell - at);
        let blend = |distance: f32| 0.5 - distance / self.border;
        if cell > 0 && before < self.border / 2.0 {
            Place { cells: (cell, cell - 1), second: blend(before) }
        } else if cell + 1 < self.cells && after < self.border / 2.0 {
            Place { cells: (cell, cell + 1), second: blend(after) }
        } else {
            Place { cells: (cell, cell), second: 0.0 }
        }
    }

    /// The position at which a cell's flat part ends.
    fn flat_until(&self, cell: usize) -> f32 {
        let border = if cell + 1 < self.cells { self.border / 2.0 } else { 0.0 };
        (cell + 1) as f32 * self.cell - border
    }
}

impl Pattern {
    /// `None` for a cue that shows nothing or whose colours are not as many as its cells.
    pub fn new(cue: &LightCue, layout: &Layout) -> Option<Self> {
        let cells = (cue.rows as usize).checked_mul(cue.columns as usize)?;
        if !cue.active || cells == 0 || cue.colors.len() != cells {
            return None;
        }
        let border = BORDER * layout.width.min(layout.height) as f32;
        let (Point { x, y }, (columns, rows)) = (layout.density(), layout.samples);
        let colors: Vec<_> = cue.colors.iter().map(|rgb| unpacked(*rgb)).collect();
        let linear = colors.iter().map(|color| color.map(decoded)).collect();
        Some(Self {
            across: Axis::new(columns, cue.columns, border * x),
            down: Axis::new(rows, cue.rows, border * y),
            colors,
            linear,
        })
    }

    /// The colours of one row's cells: exact inside cells, mixed as light in a border.
    fn mixed(&self, place: Place, all: &[[f32; 3]]) -> Vec<[f32; 3]> {
        let row = |cell: usize| all[cell * self.across.cells..].iter().take(self.across.cells);
        row(place.cells.0).zip(row(place.cells.1)).map(|(a, b)| mix(*a, *b, place.second)).collect()
    }
}

/// A row of codes, made anew only where the pattern changes from row to row.
pub(super) struct LightRow<'a> {
    pattern: &'a Pattern,
    grid: &'a Grid,
    inks: &'a Inks,
    place: Option<Place>,
    row: Vec<u8>,
}

impl<'a> LightRow<'a> {
    pub fn new(pattern: &'a Pattern, grid: &'a Grid, inks: &'a Inks) -> Self {
        // Alpha and padding stay opaque.
        Self { pattern, grid, inks, place: None, row: vec![255; grid.row_bytes] }
    }

    /// The codes of the frame's row `y`.
    pub fn at(&mut self, y: f32) -> &[u8] {
        let place = self.pattern.down.place(y + 0.5);
        if self.place != Some(place) {
            self.place = Some(place);
            self.fill(place);
        }
        &self.row
    }

    fn fill(&mut self, place: Place) {
        let Self { pattern, grid, inks, row, .. } = self;
        let linear = pattern.mixed(place, &pattern.linear);
        let flat: Vec<Ink> = if place.second == 0.0 {
            pattern.mixed(place, &pattern.colors).into_iter().map(|color| inks.of(color)).collect()
        } else {
            linear.iter().map(|light| inks.of(light.map(encoded))).collect()
        };
        for atoms in &grid.atoms {
            let pixels = (1 << atoms.shifts.0) as f32;
            let mut x = 0;
            while x < atoms.count {
                let Place { cells: (a, b), second } = pattern.across.place((x as f32 + 0.5) * pixels);
                let (ink, end) = if second == 0.0 {
                    (flat[a], (pattern.across.flat_until(a) / pixels - 0.5).ceil() as usize)
                } else {
                    (inks.of(mix(linear[a], linear[b], second).map(encoded)), 0)
                };
                let end = end.clamp(x + 1, atoms.count);
                let run = &mut row[x * atoms.step..end * atoms.step];
                for atom in run.chunks_exact_mut(atoms.step) {
                    atoms.bytes.iter().for_each(|(byte, code)| atom[*byte] = ink[*code]);
                }
                x = end;
            }
        }
    }
}

fn mix(a: [f32; 3], b: [f32; 3], second: f32) -> [f32; 3] {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(rows: u32, columns: u32, colors: &[u32]) -> LightCue {
        LightCue { active: true, index: 0, rows, columns, colors: colors.to_vec(), duration: 1 }
    }

    #[test]
    fn a_cue_without_its_colours_shows_nothing() {
        assert!(Pattern::new(&cue(2, 2, &[0; 3]), &Layout::new(9, 9)).is_none());
        assert!(Pattern::new(&cue(0, 2, &[]), &Layout::new(9, 9)).is_none());
        assert!(Pattern::new(&cue(u32::MAX, u32::MAX, &[0]), &Layout::new(9, 9)).is_none());
        assert!(Pattern::new(&LightCue::off(3), &Layout::new(9, 9)).is_none());
        assert!(Pattern::new(&cue(1, 1, &[0]), &Layout::new(1, 1)).is_some());
    }

    #[test]
    fn a_soft_border_keeps_the_mean_light() {
        let pattern = Pattern::new(&cue(1, 2, &[0xff_ffff, 0]), &Layout::new(960, 960)).unwrap();
        let light = |x: usize| {
            let Place { cells: (a, b), second } = pattern.across.place(x as f32 + 0.5);
            decoded(encoded(mix(pattern.linear[a], pattern.linear[b], second)[0]))
        };
        let mean = (0..960).map(light).sum::<f32>() / 960.0;
        assert!((mean - 0.5).abs() < 1e-4, "{mean}");
    }
}
