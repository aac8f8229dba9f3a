//! How the samples of one plane lie in its rows, and what can be done to a row.

use std::ops::Range;

use super::paint::Spec;
use crate::vision::{Channel, PixelFormat};

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
    /// The colour codes that the plane holds, by their number, with their places.
    pub parts: Vec<(usize, Channel)>,
    /// YUY2 and UYVY: brightness and colour take turns within a row.
    alternates: bool,
}

impl Grid {
    pub fn all(spec: &Spec) -> Vec<Self> {
        (0..spec.format.planes()).map(|plane| Self::new(spec, plane)).collect()
    }

    fn new(spec: &Spec, plane: usize) -> Self {
        let codes = if spec.format == PixelFormat::Gray8 { 1 } else { 3 };
        let parts = spec.format.channels().into_iter().enumerate().take(codes);
        let parts: Vec<_> = parts.filter(|(_, channel)| channel.plane == plane).collect();
        let Channel { step, shift_x, shift_y, .. } = parts[0].1;
        let alternates = matches!(spec.format, PixelFormat::Yuy2 | PixelFormat::Uyvy);
        let row_bytes =
            if alternates { 4 * spec.width.div_ceil(2) } else { columns(spec.width, shift_x) * step };
        let rows = columns(spec.height, shift_y);
        Self { width: spec.width, rows, row_bytes, shift_y, parts, alternates }
    }

    /// Whether the plane's bytes hold all rows.
    pub fn fits(&self, plane: &PlaneMut<'_>) -> bool {
        let need = plane.stride.saturating_mul(self.rows - 1).saturating_add(self.row_bytes);
        plane.data.len() >= need && (self.rows == 1 || plane.stride >= self.row_bytes)
    }

    pub fn samples(&self, channel: &Channel) -> usize {
        columns(self.width, channel.shift_x)
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
        if self.alternates {
            return [0..2 * inset, 2 * (self.width - inset)..self.row_bytes];
        }
        let (_, Channel { step, shift_x, .. }) = self.parts[0];
        let side = columns(inset, shift_x) * step;
        if 2 * side >= self.row_bytes {
            [0..self.row_bytes, 0..0]
        } else {
            [0..side, self.row_bytes - side..self.row_bytes]
        }
    }

    /// Turns the columns between the `inset` outer ones round.
    pub fn mirror(&self, row: &mut [u8], inset: usize) {
        if 2 * inset >= self.width {
            return;
        }
        if self.alternates {
            return self.mirror_alternating(row, inset);
        }
        let (_, Channel { step, shift_x, .. }) = self.parts[0];
        let side = columns(inset, shift_x) * step;
        let Some(inner) = row.get_mut(side..self.row_bytes.saturating_sub(side)) else {
            return;
        };
        match step {
            1 => inner.reverse(),
            2 => inner.as_chunks_mut::<2>().0.reverse(),
            3 => inner.as_chunks_mut::<3>().0.reverse(),
            _ => inner.as_chunks_mut::<4>().0.reverse(),
        }
    }

    fn mirror_alternating(&self, row: &mut [u8], inset: usize) {
        for (_, channel) in &self.parts {
            let (mut left, mut right) = (columns(inset, channel.shift_x), self.samples(channel));
            right -= left;
            while left + 1 < right {
                right -= 1;
                row.swap(channel.offset + left * channel.step, channel.offset + right * channel.step);
                left += 1;
            }
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
    use crate::vision::Colorimetry;

    #[test]
    fn covering_is_exact_at_both_ends() {
        for value in 0..=255 {
            assert_eq!(cover(value, 77, 0), value);
            assert_eq!(cover(value, 77, 255), 77);
        }
    }

    #[test]
    fn mirroring_twice_gives_the_row_back_in_every_format_and_size() {
        for (format, width) in PixelFormat::ALL.into_iter().flat_map(|f| (1..20).map(move |w| (f, w))) {
            let spec = Spec { format, width, height: 2, colorimetry: Colorimetry::default() };
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
        let spec =
            Spec { format: PixelFormat::Yuy2, width: 3, height: 1, colorimetry: Colorimetry::default() };
        let mut row = [1, 100, 2, 200, 3, 101, 0, 201];
        Grid::all(&spec)[0].mirror(&mut row, 0);
        assert_eq!(row, [3, 101, 2, 201, 1, 100, 0, 200]);
    }
}
