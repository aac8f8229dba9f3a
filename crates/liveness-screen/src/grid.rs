// SPDX-License-Identifier: MIT OR Apache-2.0

//! The layout of the samples of one plane in its rows, and the operations on a row.

use std::ops::Range;

use super::ink::Ink;
use super::paint::Spec;
use liveness_core::vision::{Channel, PixelFormat};

/// One plane that can be written to.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A plane of a [`Spec`].
#[derive(Clone, Debug)]
pub(super) struct Grid {
    width: usize,
    pub rows: usize,
    pub row_bytes: usize,
    /// log2 of the frame's rows per row.
    pub shift_y: u32,
    /// One, or two where brightness and colour take turns within a row (YUY2, UYVY).
    pub atoms: Vec<Atoms>,
}

/// Equal groups of bytes, one after the other along a row.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    /// Bytes of one.
    pub step: usize,
    /// Number of samples in a row.
    pub count: usize,
    /// log2 of the frame's columns and rows per atom.
    pub shifts: (u32, u32),
    /// The bytes of one that hold colour codes, and the codes' numbers; the others are padding or of other atoms.
    pub bytes: Vec<(usize, usize)>,
}

impl Grid {
    pub fn all(spec: &Spec) -> Vec<Self> {
        (0..spec.format.planes()).map(|plane| Self::new(spec, plane)).collect()
    }

    fn new(spec: &Spec, plane: usize) -> Self {
        let mut atoms: Vec<Atoms> = Vec::new();
        let codes = if spec.format == PixelFormat::Gray8 { 1 } else { 3 };
        let channels = spec.format.channels().into_iter().enumerate().take(codes);
        for (code, Channel { offset, step, shift_x, shift_y, .. }) in
            channels.filter(|(_, c)| c.plane == plane)
        {
            match atoms.iter_mut().find(|atoms| atoms.step == step) {
                Some(atoms) => atoms.bytes.push((offset, code)),
                None => atoms.push(Atoms {
                    step,
                    count: columns(spec.width, shift_x),
                    shifts: (shift_x, shift_y),
                    bytes: vec![(offset, code)],
                }),
            }
        }
        let shift_y = atoms.iter().map(|atoms| atoms.shifts.1).max().unwrap_or(0);
        let row_bytes = atoms.iter().map(|atoms| atoms.count * atoms.step).max().unwrap_or(0);
        Self { width: spec.width, rows: columns(spec.height, shift_y), row_bytes, shift_y, atoms }
    }

    /// Returns true if the plane's bytes hold all rows.
    pub fn fits(&self, plane: &PlaneMut<'_>) -> bool {
        let need = plane.stride.saturating_mul(self.rows - 1).saturating_add(self.row_bytes);
        plane.data.len() >= need && (self.rows == 1 || plane.stride >= self.row_bytes)
    }

    /// The frame's row that lies in the middle of this one.
    pub fn frame_row(&self, row: usize) -> f32 {
        ((row as f32 + 0.5) * (1 << self.shift_y) as f32) - 0.5
    }

    /// The bytes of the `inset` columns at the left and those at the right.
    pub fn sides(&self, inset: usize) -> [Range<usize>; 2] {
        if 2 * inset >= self.width {
            return [0..self.row_bytes, 0..0];
        }
        let [Atoms { step, shifts, .. }] = self.atoms[..] else {
            return [0..2 * inset, 2 * (self.width - inset)..self.row_bytes];
        };
        let side = columns(inset, shifts.0) * step;
        let right = self.row_bytes.saturating_sub(side).max(side);
        [0..side, right..self.row_bytes]
    }

    /// Turns the columns between the `inset` outer ones round.
    pub fn mirror(&self, row: &mut [u8], inset: usize) {
        if 2 * inset >= self.width {
            return;
        }
        if self.atoms.len() > 1 {
            return self.atoms.iter().for_each(|atoms| atoms.mirror(row, inset));
        }
        let side = self.sides(inset)[0].end;
        let Some(inner) = row.get_mut(side..self.row_bytes.saturating_sub(side)) else {
            return;
        };
        match self.atoms[0].step {
            1 => inner.reverse(),
            2 => inner.as_chunks_mut::<2>().0.reverse(),
            3 => inner.as_chunks_mut::<3>().0.reverse(),
            _ => inner.as_chunks_mut::<4>().0.reverse(),
        }
    }
}

impl Atoms {
    fn mirror(&self, row: &mut [u8], inset: usize) {
        let left = columns(inset, self.shifts.0);
        for (byte, _) in &self.bytes {
            let outer = left..self.count.div_ceil(2).max(left);
            outer.for_each(|i| row.swap(byte + i * self.step, byte + (self.count - 1 - i) * self.step));
        }
    }

    /// One atom's codes of an ink; padding is opaque.
    pub fn codes(&self, ink: Ink) -> [u8; 4] {
        let mut codes = [255; 4];
        self.bytes.iter().for_each(|(byte, code)| codes[*byte] = ink[*code]);
        codes
    }

    /// Covers as many atoms as there are in `coverage`, 0–255 each, from the start of `row`.
    pub fn cover(&self, row: &mut [u8], coverage: &[u8], ink: Ink) {
        let codes = self.codes(ink);
        let mut used = [0; 4];
        self.bytes.iter().for_each(|(byte, _)| used[*byte] = 255);
        match self.step {
            1 => cover_atoms::<1>(row, coverage, codes, used),
            2 => cover_atoms::<2>(row, coverage, codes, used),
            3 => cover_atoms::<3>(row, coverage, codes, used),
            _ => cover_atoms::<4>(row, coverage, codes, used),
        }
    }
}

fn cover_atoms<const STEP: usize>(row: &mut [u8], coverage: &[u8], codes: [u8; 4], used: [u8; 4]) {
    for (atom, opacity) in row.as_chunks_mut::<STEP>().0.iter_mut().zip(coverage) {
        for (i, value) in atom.iter_mut().enumerate() {
            *value = cover(*value, codes[i], *opacity & used[i]);
        }
    }
}

fn columns(pixels: usize, shift: u32) -> usize {
    pixels.div_ceil(1 << shift)
}

/// `value` covered by `code` with an opacity of 0–255.
pub(super) fn cover(value: u8, code: u8, opacity: u8) -> u8 {
    let opacity = u16::from(opacity);
    let sum = u16::from(value) * (255 - opacity) + u16::from(code) * opacity + 128;
    ((sum + (sum >> 8)) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveness_core::vision::Colorimetry;

    #[test]
    fn covering_is_exact_at_both_ends() {
        for value in 0..=255 {
            assert_eq!(cover(value, 77, 0), value);
            assert_eq!(cover(value, 77, 255), 77);
        }
    }

    fn test_spec(format: PixelFormat, width: usize, height: usize) -> Spec {
        Spec { format, width, height, pixel_aspect: (1, 1), colorimetry: Colorimetry::default() }
    }

    #[test]
    fn mirroring_twice_gives_the_row_back_in_every_format_and_size() {
        for (format, width) in PixelFormat::ALL.into_iter().flat_map(|f| (1..20).map(move |w| (f, w))) {
            let spec = test_spec(format, width, 2);
            for (grid, inset) in Grid::all(&spec).iter().flat_map(|g| (0..=width).map(move |i| (g, i))) {
                let row: Vec<u8> = (0..grid.row_bytes as u8).collect();
                let mut twice = row.clone();
                grid.mirror(&mut twice, inset);
                grid.mirror(&mut twice, inset);
                assert_eq!(twice, row, "{spec:?} {inset}");
            }
        }
    }

    #[test]
    fn a_yuy2_row_mirrors_sample_by_sample() {
        let spec = test_spec(PixelFormat::Yuy2, 3, 1);
        let mut row = [1, 100, 2, 200, 3, 101, 0, 201];
        Grid::all(&spec)[0].mirror(&mut row, 0);
        assert_eq!(row, [3, 101, 2, 201, 1, 100, 0, 200]);
    }
}
