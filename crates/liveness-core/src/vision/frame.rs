// SPDX-License-Identifier: MIT OR Apache-2.0

//! A read-only view of a mapped video frame.

use super::geometry::Point;

/// Maximum side of an analysed frame in pixels. Larger `f32` coordinates lose the fractions of pixels.
pub const MAX_SIDE: usize = 1 << 16;

/// The supported raw formats, with GStreamer's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    Nv12,
    Nv21,
    I420,
    Yv12,
    Yuy2,
    Uyvy,
    Rgb,
    Bgr,
    Rgbx,
    Bgrx,
    Xrgb,
    Xbgr,
    Rgba,
    Bgra,
    Argb,
    Abgr,
    Gray8,
}

/// The layout of one colour channel's samples.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    /// Index of the channel's plane.
    pub plane: usize,
    /// Bytes from the start of a row to its first sample.
    pub offset: usize,
    /// Bytes from one sample to the next.
    pub step: usize,
    /// Binary logarithm of the horizontal subsampling.
    pub shift_x: u32,
    /// Binary logarithm of the vertical subsampling.
    pub shift_y: u32,
}

const fn channel(plane: usize, offset: usize, step: usize, shift_x: u32, shift_y: u32) -> Channel {
    Channel { plane, offset, step, shift_x, shift_y }
}

const fn packed(r: usize, g: usize, b: usize, step: usize) -> [Channel; 3] {
    [channel(0, r, step, 0, 0), channel(0, g, step, 0, 0), channel(0, b, step, 0, 0)]
}

impl PixelFormat {
    /// All formats.
    pub const ALL: [Self; 17] = [
        Self::Nv12,
        Self::I420,
        Self::Yv12,
        Self::Yuy2,
        Self::Uyvy,
        Self::Nv21,
        Self::Rgb,
        Self::Bgr,
        Self::Rgbx,
        Self::Bgrx,
        Self::Xrgb,
        Self::Xbgr,
        Self::Rgba,
        Self::Bgra,
        Self::Argb,
        Self::Abgr,
        Self::Gray8,
    ];

    /// Returns the channels Y, U, V or R, G, B. Greyscale repeats its channel three times.
    #[must_use]
    pub fn channels(self) -> [Channel; 3] {
        let y = channel(0, 0, 1, 0, 0);
        match self {
            Self::Nv12 => [y, channel(1, 0, 2, 1, 1), channel(1, 1, 2, 1, 1)],
            Self::Nv21 => [y, channel(1, 1, 2, 1, 1), channel(1, 0, 2, 1, 1)],
            // GStreamer numbers the planes of both formats by their order in memory.
            Self::I420 => [y, channel(1, 0, 1, 1, 1), channel(2, 0, 1, 1, 1)],
            Self::Yv12 => [y, channel(2, 0, 1, 1, 1), channel(1, 0, 1, 1, 1)],
            Self::Yuy2 => [channel(0, 0, 2, 0, 0), channel(0, 1, 4, 1, 0), channel(0, 3, 4, 1, 0)],
            Self::Uyvy => [channel(0, 1, 2, 0, 0), channel(0, 0, 4, 1, 0), channel(0, 2, 4, 1, 0)],
            Self::Rgb => packed(0, 1, 2, 3),
            Self::Bgr => packed(2, 1, 0, 3),
            Self::Rgbx | Self::Rgba => packed(0, 1, 2, 4),
            Self::Bgrx | Self::Bgra => packed(2, 1, 0, 4),
            Self::Xrgb | Self::Argb => packed(1, 2, 3, 4),
            Self::Xbgr | Self::Abgr => packed(3, 2, 1, 4),
            Self::Gray8 => [y; 3],
        }
    }

    /// Returns whether the format is Y'CbCr with chroma.
    pub fn is_yuv(self) -> bool {
        use PixelFormat::*;
        matches!(self, Nv12 | Nv21 | I420 | Yv12 | Yuy2 | Uyvy)
    }

    /// Returns the number of planes.
    pub fn planes(self) -> usize {
        self.channels().iter().map(|c| c.plane).max().unwrap_or(0) + 1
    }
}

/// The matrix between R'G'B' and Y'CbCr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matrix {
    #[default]
    Bt601,
    Bt709,
    Bt2020,
}

impl Matrix {
    /// Returns the weights of red and blue in luma.
    pub fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }
}

/// The range of codes: 16–235 (limited) or 0–255 (full).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    #[default]
    Limited,
    Full,
}

/// The transfer function from R'G'B' to light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transfer {
    /// sRGB, BT.601, BT.709 and similar: made for the same displays and read with the same curve.
    #[default]
    Sdr,
    Linear,
    /// Perceptual quantizer, SMPTE ST 2084 (HDR10).
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67.
    Hlg,
}

/// The chromaticities of red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Primaries {
    /// The primaries of sRGB, which also stand for the similar ones of BT.601.
    #[default]
    Bt709,
    Bt2020,
}

/// The conversion of a frame's codes to R'G'B' (matrix and range, for Y'CbCr and greyscale) and from R'G'B'
/// to light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colorimetry {
    /// Matrix between R'G'B' and Y'CbCr.
    pub matrix: Matrix,
    /// Range of the codes.
    pub range: Range,
    /// Transfer function to light.
    pub transfer: Transfer,
    /// Chromaticities of the primaries.
    pub primaries: Primaries,
}

/// Returns the columns and rows of samples per square pixel, for a frame of `samples` that is displayed at
/// `size`; see [`display_size`].
pub fn density(samples: (usize, usize), size: (usize, usize)) -> Point {
    let along = |samples: usize, pixels: usize| samples as f32 / pixels as f32;
    Point::new(along(samples.0, size.0), along(samples.1, size.1))
}

/// Returns the size in square pixels of a picture of `width` × `height` samples with a pixel aspect ratio of
/// `aspect` (width, height). The axis with the sparser samples grows; if it would exceed [`MAX_SIDE`], the
/// other axis shrinks instead, to at least 1. An aspect with a 0 stands for square pixels.
///
/// ```
/// use liveness_core::vision::display_size;
///
/// assert_eq!(display_size(720, 576, (64, 45)), (1024, 576));
/// assert_eq!(display_size(720, 480, (1, 2)), (720, 960));
/// ```
pub fn display_size(width: usize, height: usize, aspect: (u32, u32)) -> (usize, usize) {
    let times = |side: usize, by: u32, of: u32| {
        (side as f64 * f64::from(by) / f64::from(of)).round().max(1.0) as usize
    };
    match aspect {
        (0, _) | (_, 0) => (width, height),
        (across, down) if across > down => match times(width, across, down) {
            grown @ ..=MAX_SIDE => (grown, height),
            _ => (width, times(height, down, across)),
        },
        (across, down) => match times(height, down, across) {
            grown @ ..=MAX_SIDE => (width, grown),
            _ => (times(width, across, down), height),
        },
    }
}

/// The bytes of one plane.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plane<'a> {
    /// The bytes of all rows.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// Reason why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the frame is {0}×{1}; sides of 1 to {MAX_SIDE} pixels can be analysed")]
    Size(usize, usize),
    #[error("the frame has {0} planes where its format has {1}")]
    Planes(usize, usize),
    #[error("plane {plane} has {have} bytes with stride {stride}; {need} are needed")]
    Plane { plane: usize, have: usize, stride: usize, need: usize },
}

/// A frame whose planes contain every pixel of its size.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    format: PixelFormat,
    /// Columns and rows of samples.
    samples: (usize, usize),
    /// Width and height in square pixels.
    size: (usize, usize),
    planes: [Plane<'a>; 3],
    colorimetry: Colorimetry,
}

impl<'a> Frame<'a> {
    /// Returns a frame after checking that the planes contain all of it. `planes` are in the format's order.
    ///
    /// # Errors
    /// [`FrameError`] if a side is zero or exceeds [`MAX_SIDE`], or a plane is missing or too short.
    pub fn new(
        format: PixelFormat,
        width: usize,
        height: usize,
        planes: &[Plane<'a>],
        colorimetry: Colorimetry,
    ) -> Result<Self, FrameError> {
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(FrameError::Size(width, height));
        }
        if planes.len() < format.planes() {
            return Err(FrameError::Planes(planes.len(), format.planes()));
        }
        for c in format.channels() {
            let Plane { data, stride } = planes[c.plane];
            let (columns, rows) = (((width - 1) >> c.shift_x) + 1, ((height - 1) >> c.shift_y) + 1);
            let row = c.offset + (columns - 1) * c.step + 1;
            let need = stride.saturating_mul(rows - 1).saturating_add(row);
            if data.len() < need || (rows > 1 && stride < row) {
                return Err(FrameError::Plane { plane: c.plane, have: data.len(), stride, need });
            }
        }
        let mut all = [Plane::default(); 3];
        all.iter_mut().zip(planes).for_each(|(to, from)| *to = *from);
        let samples = (width, height);
        Ok(Self { format, samples, size: samples, planes: all, colorimetry })
    }

    /// Returns the frame with a pixel aspect ratio of `aspect` (width, height); see [`display_size`].
    pub fn with_pixel_aspect(self, aspect: (u32, u32)) -> Self {
        let (columns, rows) = self.samples;
        Self { size: display_size(columns, rows, aspect), ..self }
    }

    /// Returns a frame of tightly packed RGB pixels.
    ///
    /// # Errors
    /// See [`Frame::new`].
    pub fn rgb(data: &'a [u8], width: usize, height: usize) -> Result<Self, FrameError> {
        let plane = Plane { data, stride: 3 * width };
        Self::new(PixelFormat::Rgb, width, height, &[plane], Colorimetry::default())
    }

    /// Returns the pixel format.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Returns the width in square pixels, as displayed. All coordinates in a frame have this unit.
    pub fn width(&self) -> usize {
        self.size.0
    }

    /// Returns the height in square pixels, as displayed.
    pub fn height(&self) -> usize {
        self.size.1
    }

    /// Returns the columns and rows of samples in memory.
    pub fn samples(&self) -> (usize, usize) {
        self.samples
    }

    /// Returns the columns and rows of samples per square pixel.
    pub fn density(&self) -> Point {
        density(self.samples, self.size)
    }

    /// Returns the colorimetry.
    pub fn colorimetry(&self) -> Colorimetry {
        self.colorimetry
    }

    /// Returns a plane.
    ///
    /// # Panics
    /// If `index` is 3 or more.
    pub fn plane(&self, index: usize) -> Plane<'a> {
        self.planes[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_needs_its_last_pixel_but_not_the_padding_after_it() {
        let data = [0u8; 5 * 8 + 3];
        let plane = |len| Plane { data: &data[..len], stride: 8 };
        let grey =
            |len, width| Frame::new(PixelFormat::Gray8, width, 6, &[plane(len)], Colorimetry::default());
        assert!(grey(43, 3).is_ok());
        assert!(matches!(grey(42, 3), Err(FrameError::Plane { need: 43, .. })));
        assert!(matches!(grey(43, 0), Err(FrameError::Size(0, 6))));
        assert!(matches!(grey(43, MAX_SIDE + 1), Err(FrameError::Size(..))));
    }

    #[test]
    fn odd_sizes_round_the_chroma_up() {
        let (y, uv) = ([0u8; 9], [0u8; 8]);
        let planes = [Plane { data: &y, stride: 3 }, Plane { data: &uv, stride: 4 }];
        assert!(Frame::new(PixelFormat::Nv12, 3, 3, &planes, Colorimetry::default()).is_ok());
        let short = [planes[0], Plane { data: &uv[..7], stride: 4 }];
        assert!(Frame::new(PixelFormat::Nv12, 3, 3, &short, Colorimetry::default()).is_err());
    }

    #[test]
    fn the_display_size_has_the_shape_of_the_pixels_and_sides_that_can_be_analysed() {
        for (aspect, size) in [
            ((1, 1), (720, 576)),
            ((0, 1), (720, 576)),
            ((1, 0), (720, 576)),
            ((16, 16), (720, 576)),
            ((64, 45), (1024, 576)),
            ((12, 11), (785, 576)),
            ((10, 11), (720, 634)),
            ((1, 2), (720, 1152)),
            ((50, 1), (36_000, 576)),
            ((1000, 1), (720, 1)),
            ((1, u32::MAX), (1, 576)),
            ((u32::MAX, 1), (720, 1)),
        ] {
            assert_eq!(display_size(720, 576, aspect), size, "{aspect:?}");
        }
    }

    #[test]
    fn a_stride_shorter_than_its_row_is_refused() {
        let data = [0u8; 1000];
        let plane = [Plane { data: &data, stride: 2 }];
        assert!(Frame::new(PixelFormat::Rgb, 4, 4, &plane, Colorimetry::default()).is_err());
    }
}
