// SPDX-License-Identifier: MIT OR Apache-2.0

//! The affine sampler that fills tensors with pixels. It reads any raw format in place.
//!
//! Up to a reduction of 1.5, each output value is a bilinear sample. Beyond that, it is the mean of 2 × 2 or
//! 3 × 3 samples spread over the pixel's footprint, so that a large picture does not alias. Subsampled chroma
//! is sampled for its own, smaller reduction. Each row is read in passes (places, samples, mixing, colour);
//! all of them vectorise, except for the gathering of samples.

use super::frame::{Channel, Frame, Matrix, PixelFormat, Plane, Range};
use super::geometry::Affine;
use super::transfer::ToSrgb;

/// The order of a tensor's axes. A batch of one is implied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Nhwc,
    Nchw,
}

/// The order of a tensor's colour channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    Rgb,
    Bgr,
}

/// The pixels outside the frame: those of the nearest edge, or black.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    Replicate,
    Black,
}

/// The shape and values of a picture tensor. A value is `scale` · (0–255) + `bias`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorSpec {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Order of the axes.
    pub layout: Layout,
    /// Order of the colour channels.
    pub order: ChannelOrder,
    /// Factor on the values 0–255.
    pub scale: f32,
    /// Value of black.
    pub bias: f32,
}

impl TensorSpec {
    /// Returns the specification of an interleaved RGB picture with values of 0–255.
    pub const fn rgb(width: usize, height: usize) -> Self {
        Self { width, height, layout: Layout::Nhwc, order: ChannelOrder::Rgb, scale: 1.0, bias: 0.0 }
    }

    /// Returns the number of values in the tensor.
    pub const fn len(&self) -> usize {
        3 * self.width * self.height
    }

    /// Returns whether the tensor has no values.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Samples frames. Keeps its row buffers between calls.
#[derive(Debug, Default)]
pub struct Sampler {
    rows: [Vec<f32>; 3],
    inside: Vec<f32>,
    places: Places,
}

/// Maximum reduction that is sampled bilinearly.
const BILINEAR_UP_TO: f32 = 1.5;

/// A straight scan through the frame, one step per output pixel. Positions are relative to pixel centres.
#[derive(Clone, Copy)]
struct Scan {
    x: f32,
    y: f32,
    dx: f32,
    dy: f32,
}

impl Scan {
    /// Returns the scan of output row `v`, shifted by (`su`, `sv`) output pixels.
    fn row(map: &Affine, v: usize, su: f32, sv: f32) -> Self {
        let (u, v) = (0.5 + su, v as f32 + 0.5 + sv);
        Self {
            x: map.a * u + map.b * v + map.c - 0.5,
            y: map.d * u + map.e * v + map.f - 0.5,
            dx: map.a,
            dy: map.d,
        }
    }

    /// Returns the scan in the grid of a subsampled channel, whose samples lie between those of full size.
    fn in_grid(&self, shift_x: u32, shift_y: u32) -> Self {
        let along = |at: f32, shift: u32| (at + 0.5) / (1 << shift) as f32 - 0.5;
        Self {
            x: along(self.x, shift_x),
            y: along(self.y, shift_y),
            dx: self.dx / (1 << shift_x) as f32,
            dy: self.dy / (1 << shift_y) as f32,
        }
    }

    fn at(&self, u: usize) -> (f32, f32) {
        (self.x + u as f32 * self.dx, self.y + u as f32 * self.dy)
    }
}

/// One channel of a frame, prepared for reading.
struct Source<'a> {
    plane: Plane<'a>,
    channel: Channel,
    last_x: usize,
    last_y: usize,
}

impl<'a> Source<'a> {
    fn new(frame: &Frame<'a>, channel: Channel) -> Self {
        Self {
            plane: frame.plane(channel.plane),
            channel,
            last_x: (frame.samples().0 - 1) >> channel.shift_x,
            last_y: (frame.samples().1 - 1) >> channel.shift_y,
        }
    }

    fn shifts(&self) -> (u32, u32) {
        (self.channel.shift_x, self.channel.shift_y)
    }
}

/// The samples that one output row reads in one grid, computed once for all channels of the grid. Each pixel
/// has its upper left sample, which always has a right and a lower neighbour (unless the plane is one sample
/// wide or high), and the fractional distances towards these.
#[derive(Debug, Default)]
struct Places {
    columns: Vec<u32>,
    lines: Vec<u32>,
    right: Vec<f32>,
    down: Vec<f32>,
    taps: [Vec<u8>; 4],
    /// The lines and the columns of four nearest samples of each pixel.
    quads: [[Vec<u32>; 2]; 4],
}

impl Places {
    fn resize(&mut self, width: usize) {
        self.columns.resize(width, 0);
        self.lines.resize(width, 0);
        self.right.resize(width, 0.0);
        self.down.resize(width, 0.0);
        self.taps.iter_mut().for_each(|taps| taps.resize(width, 0));
        self.quads.iter_mut().flatten().for_each(|places| places.resize(width, 0));
    }

    /// Prepares for bilinear reading.
    fn between(&mut self, scan: &Scan, source: &Source<'_>) {
        axis(scan.x, scan.dx, source.last_x, &mut self.columns, &mut self.right);
        axis(scan.y, scan.dy, source.last_y, &mut self.lines, &mut self.down);
    }

    /// Prepares for reading the nearest samples of whole lines.
    fn nearest(&mut self, scan: &Scan, source: &Source<'_>) {
        nearest_on_axis(scan.x, scan.dx, source.last_x, &mut self.columns);
    }

    fn nearest_line(&self, scan: &Scan, source: &Source<'_>) -> usize {
        let mut line = [0];
        nearest_on_axis(scan.y, 0.0, source.last_y, &mut line);
        line[0] as usize
    }

    fn offsets(&self, source: &Source<'_>) -> impl Iterator<Item = usize> {
        let (stride, step, offset) = (source.plane.stride, source.channel.step, source.channel.offset);
        let places = self.lines.iter().zip(&self.columns);
        places.map(move |(line, column)| *line as usize * stride + *column as usize * step + offset)
    }

    fn read_bilinear(&mut self, source: &Source<'_>, out: &mut [f32]) {
        let data = source.plane.data;
        let right = if source.last_x > 0 { source.channel.step } else { 0 };
        let down = if source.last_y > 0 { source.plane.stride } else { 0 };
        let mut taps = std::mem::take(&mut self.taps);
        let [a, b, c, d] = &mut taps;
        let quads = a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut()).zip(d.iter_mut());
        for ((((a, b), c), d), at) in quads.zip(self.offsets(source)) {
            (*a, *b) = (data[at], data[at + right]);
            (*c, *d) = (data[at + down], data[at + down + right]);
        }
        let quads = a.iter().zip(b.iter()).zip(c.iter()).zip(d.iter());
        let towards = self.right.iter().zip(&self.down);
        for ((value, (((a, b), c), d)), (right, down)) in out.iter_mut().zip(quads).zip(towards) {
            let [a, b, c, d] = [*a, *b, *c, *d].map(f32::from);
            let (top, bottom) = (a + right * (b - a), c + right * (d - c));
            *value = top + down * (bottom - top);
        }
        self.taps = taps;
    }

    /// Prepares for reading the sums of the four nearest samples.
    fn around(&mut self, scans: [Scan; 4], source: &Source<'_>) {
        for (scan, [lines, columns]) in scans.iter().zip(&mut self.quads) {
            nearest_on_axis(scan.y, scan.dy, source.last_y, lines);
            nearest_on_axis(scan.x, scan.dx, source.last_x, columns);
        }
    }

    fn sum_around(&self, source: &Source<'_>, out: &mut [f32]) {
        let (data, stride) = (source.plane.data, source.plane.stride);
        let Channel { step, offset, .. } = source.channel;
        let data = &data[offset..];
        let at = |[lines, columns]: &[Vec<u32>; 2], u: usize| {
            u16::from(data[lines[u] as usize * stride + columns[u] as usize * step])
        };
        let [a, b, c, d] = &self.quads;
        for (u, value) in out.iter_mut().enumerate() {
            *value = f32::from(at(a, u) + at(b, u) + at(c, u) + at(d, u));
        }
    }

    /// Adds the samples of two or three lines of the plane to `out`.
    fn add_from_lines(&self, lines: &[usize], source: &Source<'_>, out: &mut [f32]) {
        let Channel { step, offset, .. } = source.channel;
        // Slices of equal length: one bounds check serves all of them.
        let length = source.last_x * step + 1;
        let data = |line: usize| &source.plane.data[line * source.plane.stride + offset..][..length];
        let places = out.iter_mut().zip(self.columns.iter().map(|column| *column as usize * step));
        match *lines {
            [a, b] => {
                let (a, b) = (data(a), data(b));
                places.for_each(|(value, at)| *value += f32::from(u16::from(a[at]) + u16::from(b[at])));
            }
            [a, b, c] => {
                let (a, b, c) = (data(a), data(b), data(c));
                let sum = |at: usize| u16::from(a[at]) + u16::from(b[at]) + u16::from(c[at]);
                places.for_each(|(value, at)| *value += f32::from(sum(at)));
            }
            _ => {}
        }
    }
}

/// Fills in the lower sample and the distance to the next for each position on an axis of samples 0 to `last`.
fn axis(start: f32, step: f32, last: usize, samples: &mut [u32], towards: &mut [f32]) {
    let (end, lower) = (last as f32, last.saturating_sub(1) as u32);
    for (u, (sample, towards)) in samples.iter_mut().zip(towards).enumerate() {
        let at = (start + u as u32 as i32 as f32 * step).max(0.0).min(end);
        *sample = rounded((at - 0.5).max(0.0)).min(lower);
        *towards = at - *sample as i32 as f32;
    }
}

fn nearest_on_axis(start: f32, step: f32, last: usize, samples: &mut [u32]) {
    let end = last as f32;
    for (u, sample) in samples.iter_mut().enumerate() {
        *sample = rounded((start + u as u32 as i32 as f32 * step).max(0.0).min(end));
    }
}

/// Returns `x` rounded to the nearest integer, for 0 ≤ `x` < 2²³. The addition of 2²³ leaves the integer in
/// the low bits. This vectorises, unlike a cast, which must saturate.
#[inline(always)]
fn rounded(x: f32) -> u32 {
    (x + 8_388_608.0).to_bits() & 0x7f_ffff
}

/// R'G'B' (0–255) as a linear map of the stored channels.
struct ToRgb {
    rows: [[f32; 3]; 3],
    bias: [f32; 3],
}

impl ToRgb {
    fn new(frame: &Frame<'_>) -> Self {
        let colorimetry = frame.colorimetry();
        let (black, luma, chroma) = match colorimetry.range {
            Range::Limited => (16.0, 255.0 / 219.0, 255.0 / 224.0),
            Range::Full => (0.0, 1.0, 1.0),
        };
        let rows = match frame.format() {
            PixelFormat::Gray8 => [[luma, 0.0, 0.0]; 3],
            format if format.is_yuv() => Self::yuv(colorimetry.matrix, luma, chroma),
            _ => return Self { rows: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], bias: [0.0; 3] },
        };
        let bias = rows.map(|[y, u, v]| -y * black - 128.0 * (u + v));
        Self { rows, bias }
    }

    fn yuv(matrix: Matrix, luma: f32, chroma: f32) -> [[f32; 3]; 3] {
        let (kr, kb) = matrix.weights();
        let kg = 1.0 - kr - kb;
        let (rv, bu) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
        [[luma, 0.0, rv], [luma, -bu * kb / kg, -rv * kr / kg], [luma, bu, 0.0]]
    }

    /// Converts a row of stored channels to R, G and B in place.
    fn apply(&self, [a, b, c]: &mut [Vec<f32>; 3], inside: &[f32]) {
        let [m0, m1, m2] = self.rows;
        for (((a, b), c), inside) in a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut()).zip(inside) {
            let (x, y, z) = (*a, *b, *c);
            let dot =
                |m: [f32; 3], bias: f32| (m[0] * x + m[1] * y + m[2] * z + bias).clamp(0.0, 255.0) * inside;
            *a = dot(m0, self.bias[0]);
            *b = dot(m1, self.bias[1]);
            *c = dot(m2, self.bias[2]);
        }
    }
}

impl Sampler {
    /// Returns a sampler with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills `out` (`spec.len()` values) with sRGB values of `frame`. `map` leads from output pixels to
    /// square pixels of the frame. If it is not finite, the output is black.
    pub fn sample(
        &mut self,
        frame: &Frame<'_>,
        map: &Affine,
        spec: &TensorSpec,
        border: Border,
        out: &mut [f32],
    ) {
        if !map.is_finite() {
            out.fill(spec.bias);
            return;
        }
        let map = &map.stretched(frame.density());
        let sources = frame.format().channels().map(|channel| Source::new(frame, channel));
        let used = if frame.format() == PixelFormat::Gray8 { 1 } else { 3 };
        let (to_rgb, to_srgb) = (ToRgb::new(frame), ToSrgb::new(frame.colorimetry()));
        self.rows.iter_mut().for_each(|row| row.resize(spec.width, 0.0));
        self.places.resize(spec.width);
        self.inside.clear();
        self.inside.resize(spec.width, 1.0);
        for v in 0..spec.height {
            self.read_row(&sources[..used], map, v);
            if border == Border::Black {
                self.mark_inside(frame, map, v);
            }
            to_rgb.apply(&mut self.rows, &self.inside);
            if let Some(to_srgb) = to_srgb {
                to_srgb.apply(&mut self.rows);
            }
            write_row(&self.rows, spec, v, out);
        }
    }

    /// Fills the rows of stored channels: bilinearly for one tap, otherwise with the mean of `taps`² nearest samples.
    fn read_row(&mut self, sources: &[Source<'_>], map: &Affine, v: usize) {
        let Self { rows, places, .. } = self;
        // Channels of the same grid are adjacent.
        let mut rows = rows.as_mut_slice();
        for grid in sources.chunk_by(|a, b| a.shifts() == b.shifts()) {
            let (own, rest) = std::mem::take(&mut rows).split_at_mut(grid.len());
            rows = rest;
            read_grid(grid, own, places, map, v);
        }
    }

    fn mark_inside(&mut self, frame: &Frame<'_>, map: &Affine, v: usize) {
        let scan = Scan::row(map, v, 0.0, 0.0);
        let (width, height) = (frame.samples().0 as f32, frame.samples().1 as f32);
        for (u, inside) in self.inside.iter_mut().enumerate() {
            let (x, y) = scan.at(u);
            let hit = (0.0..width).contains(&(x + 0.5)) && (0.0..height).contains(&(y + 0.5));
            *inside = f32::from(u8::from(hit));
        }
    }
}

/// Reads one output row of the channels of one grid.
fn read_grid(grid: &[Source<'_>], rows: &mut [Vec<f32>], places: &mut Places, map: &Affine, v: usize) {
    let (shift_x, shift_y) = grid[0].shifts();
    // All rows of an upright crop have the same columns. In a rotated crop each sample costs more, so fewer
    // are taken.
    let upright = map.b == 0.0 && map.d == 0.0;
    // Chroma has too little detail for more than a quarter of luma's samples.
    let taps =
        taps_for(map.reduction() / (1 << (2 * shift_x.max(shift_y))) as f32).min(if upright { 3 } else { 2 });
    if taps == 1 {
        places.between(&Scan::row(map, v, 0.0, 0.0).in_grid(shift_x, shift_y), &grid[0]);
        grid.iter().zip(rows).for_each(|(source, row)| places.read_bilinear(source, row));
        return;
    }
    rows.iter_mut().for_each(|row| row.fill(0.0));
    let offset = |i: usize| (i as f32 + 0.5) / taps as f32 - 0.5;
    let scan = |i, j| Scan::row(map, v, offset(i), offset(j)).in_grid(shift_x, shift_y);
    if upright {
        let lines = [0, 1, 2].map(|j| places.nearest_line(&scan(0, j.min(taps - 1)), &grid[0]));
        for i in 0..taps {
            places.nearest(&scan(i, 0), &grid[0]);
            let channels = grid.iter().zip(rows.iter_mut());
            channels.for_each(|(source, row)| places.add_from_lines(&lines[..taps], source, row));
        }
    } else {
        places.around([scan(0, 0), scan(0, 1), scan(1, 0), scan(1, 1)], &grid[0]);
        grid.iter().zip(rows.iter_mut()).for_each(|(source, row)| places.sum_around(source, row));
    }
    let mean = 1.0 / (taps * taps) as f32;
    rows.iter_mut().flatten().for_each(|value| *value *= mean);
}

/// Returns the number of samples along each axis for a reduction by `scale`.
fn taps_for(scale: f32) -> usize {
    match scale {
        scale if scale <= BILINEAR_UP_TO => 1,
        scale if scale <= 2.5 => 2,
        _ => 3,
    }
}

fn write_row(rows: &[Vec<f32>; 3], spec: &TensorSpec, v: usize, out: &mut [f32]) {
    let (scale, bias, width) = (spec.scale, spec.bias, spec.width);
    let [r, g, b] = rows;
    let ordered = match spec.order {
        ChannelOrder::Rgb => [r, g, b],
        ChannelOrder::Bgr => [b, g, r],
    };
    match spec.layout {
        Layout::Nchw => {
            for (plane, row) in out.chunks_exact_mut(width * spec.height).zip(ordered) {
                let target = &mut plane[v * width..(v + 1) * width];
                target.iter_mut().zip(row).for_each(|(to, from)| *to = from * scale + bias);
            }
        }
        Layout::Nhwc => {
            let target = &mut out[3 * v * width..3 * (v + 1) * width];
            let [first, second, third] = ordered;
            for (((pixel, a), b), c) in target.chunks_exact_mut(3).zip(first).zip(second).zip(third) {
                pixel[0] = a * scale + bias;
                pixel[1] = b * scale + bias;
                pixel[2] = c * scale + bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Colorimetry;
    use super::super::geometry::{Point, Rect, RotatedRect};
    use super::*;
    use proptest::prelude::*;

    /// Returns a frame of `format` with padded rows. It shows the same smooth picture in every format.
    fn store(
        format: PixelFormat,
        width: usize,
        height: usize,
        colorimetry: Colorimetry,
    ) -> Vec<(Vec<u8>, usize)> {
        let (kr, kb) = colorimetry.matrix.weights();
        let (black, y_span, c_span) = match colorimetry.range {
            Range::Limited => (16.0, 219.0 / 255.0, 224.0 / 255.0),
            Range::Full => (0.0, 1.0, 1.0),
        };
        let mut planes: Vec<(Vec<u8>, usize)> = vec![(Vec::new(), 4 * width + 7); format.planes()];
        for (index, c) in format.channels().iter().enumerate() {
            let (columns, rows) = (((width - 1) >> c.shift_x) + 1, ((height - 1) >> c.shift_y) + 1);
            let (data, stride) = &mut planes[c.plane];
            data.resize(data.len().max(*stride * rows), 0);
            for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                let center = |i: usize, shift: u32| (i as f32 + 0.5) * (1 << shift) as f32;
                let [r, g, b] = picture(center(column, c.shift_x), center(row, c.shift_y), width, height);
                let luma = kr * r + (1.0 - kr - kb) * g + kb * b;
                let value = match (format, index) {
                    (f, 0) if f.is_yuv() => black + luma * y_span,
                    (f, 1) if f.is_yuv() => 128.0 + c_span * (b - luma) / (2.0 * (1.0 - kb)),
                    (f, _) if f.is_yuv() => 128.0 + c_span * (r - luma) / (2.0 * (1.0 - kr)),
                    (PixelFormat::Gray8, _) => black + luma * y_span,
                    (_, channel) => [r, g, b][channel],
                };
                data[row * *stride + column * c.step + c.offset] = value.round() as u8;
            }
        }
        planes
    }

    fn picture(x: f32, y: f32, width: usize, height: usize) -> [f32; 3] {
        let (u, v) = (x / width as f32, y / height as f32);
        [60.0 + 120.0 * u, 80.0 + 100.0 * v, 180.0 - 90.0 * u]
    }

    fn with_frame<T>(
        format: PixelFormat,
        size: (usize, usize),
        colorimetry: Colorimetry,
        f: impl FnOnce(&Frame<'_>) -> T,
    ) -> T {
        let stored = store(format, size.0, size.1, colorimetry);
        let planes: Vec<Plane<'_>> =
            stored.iter().map(|(data, stride)| Plane { data, stride: *stride }).collect();
        f(&Frame::new(format, size.0, size.1, &planes, colorimetry).unwrap())
    }

    #[test]
    fn every_format_matrix_and_range_shows_the_same_picture() {
        let rect = Rect::new(6.0, 5.0, 30.0, 20.0);
        let spec = TensorSpec::rgb(15, 10);
        let map = Affine::from_rect(&rect, spec.width, spec.height);
        for format in PixelFormat::ALL {
            for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
                for range in [Range::Limited, Range::Full] {
                    let colorimetry = Colorimetry { matrix, range, ..Colorimetry::default() };
                    with_frame(format, (49, 37), colorimetry, |frame| {
                        let mut out = vec![0.0; spec.len()];
                        Sampler::new().sample(frame, &map, &spec, Border::Replicate, &mut out);
                        for (i, pixel) in out.chunks_exact(3).enumerate() {
                            let at = map.apply(Point::new((i % 15) as f32 + 0.5, (i / 15) as f32 + 0.5));
                            let mut want = picture(at.x, at.y, 49, 37);
                            if format == PixelFormat::Gray8 {
                                let (kr, kb) = matrix.weights();
                                want = [kr * want[0] + (1.0 - kr - kb) * want[1] + kb * want[2]; 3];
                            }
                            for (have, want) in pixel.iter().zip(want) {
                                assert!(
                                    (have - want).abs() < 4.5,
                                    "{format:?} {colorimetry:?} {have} {want}"
                                );
                            }
                        }
                    });
                }
            }
        }
    }

    #[test]
    fn layouts_orders_and_scales_hold_the_same_values() {
        with_frame(PixelFormat::Rgb, (16, 16), Colorimetry::default(), |frame| {
            let map = Affine::from_rect(&Rect::new(0.0, 0.0, 16.0, 16.0), 8, 8);
            let sample = |spec: TensorSpec| {
                let mut out = vec![0.0; spec.len()];
                Sampler::new().sample(frame, &map, &spec, Border::Replicate, &mut out);
                out
            };
            let rgb = sample(TensorSpec::rgb(8, 8));
            let planar = sample(TensorSpec {
                layout: Layout::Nchw,
                order: ChannelOrder::Bgr,
                scale: 2.0,
                bias: -1.0,
                ..TensorSpec::rgb(8, 8)
            });
            for i in 0..64 {
                for c in 0..3 {
                    assert_eq!(planar[(2 - c) * 64 + i], 2.0 * rgb[3 * i + c] - 1.0);
                }
            }
        });
    }

    #[test]
    fn outside_is_black_or_the_edge() {
        let data = [200u8; 4 * 4 * 3];
        let frame = Frame::rgb(&data, 4, 4).unwrap();
        let map = Affine::from_rect(&Rect::new(-4.0, 0.0, 8.0, 4.0), 8, 4);
        let spec = TensorSpec::rgb(8, 4);
        let mut out = vec![0.0; spec.len()];
        Sampler::new().sample(&frame, &map, &spec, Border::Black, &mut out);
        assert_eq!((out[0], out[3 * 3], out[3 * 4]), (0.0, 0.0, 200.0));
        Sampler::new().sample(&frame, &map, &spec, Border::Replicate, &mut out);
        assert!(out.iter().all(|v| *v == 200.0));
    }

    #[test]
    fn a_large_reduction_averages_the_noise_away() {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let data: Vec<u8> = (0..256 * 256).map(|_| noise()).collect();
        let plane = Plane { data: &data, stride: 256 };
        let full = Colorimetry { range: Range::Full, ..Default::default() };
        let frame = Frame::new(PixelFormat::Gray8, 256, 256, &[plane], full).unwrap();
        let spec = TensorSpec::rgb(64, 64);
        let map = Affine::from_rect(&Rect::new(0.0, 0.0, 256.0, 256.0), 64, 64);
        let mut out = vec![0.0; spec.len()];
        Sampler::new().sample(&frame, &map, &spec, Border::Replicate, &mut out);
        let deviation = |values: &[f32]| {
            (values.iter().map(|v| (v - 127.5).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
        };
        let before = deviation(&data.iter().map(|v| f32::from(*v)).collect::<Vec<_>>());
        assert!(deviation(&out) < 0.4 * before, "{} of {before}", deviation(&out));
    }

    proptest! {
        #[test]
        fn no_map_reads_out_of_bounds(
            values in prop::array::uniform6(prop_oneof![-1e12f32..1e12, -300f32..300.0, Just(f32::NAN), Just(f32::INFINITY)]),
            format in prop::sample::select(PixelFormat::ALL.to_vec()),
            size in (1usize..40, 1usize..40),
            black in any::<bool>(),
        ) {
            let [a, b, c, d, e, f] = values;
            let border = if black { Border::Black } else { Border::Replicate };
            with_frame(format, size, Colorimetry::default(), |frame| {
                let spec = TensorSpec::rgb(5, 4);
                let mut out = vec![f32::NAN; spec.len()];
                Sampler::new().sample(frame, &Affine { a, b, c, d, e, f }, &spec, border, &mut out);
                assert!(out.iter().all(|v| (0.0..=255.0).contains(v)));
            });
        }

        #[test]
        fn a_turned_box_reads_what_its_map_says(angle in -3.0f32..3.0, x in 20.0f32..30.0, y in 15.0f32..22.0) {
            let rect = RotatedRect { center: Point::new(x, y), width: 10.0, height: 10.0, angle };
            let spec = TensorSpec::rgb(10, 10);
            let map = Affine::from_rotated(&rect, 10, 10);
            with_frame(PixelFormat::Rgba, (50, 40), Colorimetry::default(), |frame| {
                let mut out = vec![0.0; spec.len()];
                Sampler::new().sample(frame, &map, &spec, Border::Replicate, &mut out);
                for (i, pixel) in out.chunks_exact(3).enumerate() {
                    let at = map.apply(Point::new((i % 10) as f32 + 0.5, (i / 10) as f32 + 0.5));
                    let want = picture(at.x, at.y, 50, 40);
                    assert!(pixel.iter().zip(want).all(|(have, want)| (have - want).abs() < 1.5));
                }
            });
        }
    }
}
