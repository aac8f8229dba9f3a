//! A read-only view of a mapped video frame.

use super::geometry::Point;

/// The longest side that is analysed, in pixels: beyond it `f32` coordinates lose whole pixels' fractions.
pub const MAX_SIDE: usize = 1 << 16;

/// The raw formats of the caps contract, by GStreamer's names.
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
    /// The index of its plane.
    pub plane: usize,
    /// Bytes from the row's start to its first sample.
    pub offset: usize,
    /// Bytes from one sample to the next.
    pub step: usize,
    /// log2 of the horizontal subsampling.
    pub shift_x: u32,
    /// log2 of the vertical subsampling.
    pub shift_y: u32,
}

const fn channel(plane: usize, offset: usize, step: usize, shift_x: u32, shift_y: u32) -> Channel {
    Channel { plane, offset, step, shift_x, shift_y }
}

const fn packed(r: usize, g: usize, b: usize, step: usize) -> [Channel; 3] {
    [channel(0, r, step, 0, 0), channel(0, g, step, 0, 0), channel(0, b, step, 0, 0)]
}

impl PixelFormat {
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

    /// Y, U, V or R, G, B; grey has the one channel three times.
    #[must_use]
    pub fn channels(self) -> [Channel; 3] {
        let y = channel(0, 0, 1, 0, 0);
        match self {
            Self::Nv12 => [y, channel(1, 0, 2, 1, 1), channel(1, 1, 2, 1, 1)],
            Self::Nv21 => [y, channel(1, 1, 2, 1, 1), channel(1, 0, 2, 1, 1)],
            // GStreamer numbers the planes of both by their order in memory.
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

    pub fn is_yuv(self) -> bool {
        use PixelFormat::*;
        matches!(self, Nv12 | Nv21 | I420 | Yv12 | Yuy2 | Uyvy)
    }

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
    /// The weights of red and blue in luma.
    pub fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }
}

/// Whether codes span 16–235 (limited) or 0–255 (full).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    #[default]
    Limited,
    Full,
}

/// The transfer function from R'G'B' to light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transfer {
    /// sRGB, and BT.601, BT.709 and the like: made for the same displays, and read alike.
    #[default]
    Sdr,
    Linear,
    /// SMPTE ST 2084 (HDR10).
    Pq,
    /// ARIB STD-B67.
    Hlg,
}

/// The colours of pure red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Primaries {
    /// The curve of sRGB, which also stands for the similar ones of BT.709 and BT.601.
    #[default]
    Bt709,
    Bt2020,
}

/// The way from the codes of a frame to R'G'B' (matrix and range, for Y'CbCr and grey), and from these to light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colorimetry {
    pub matrix: Matrix,
    pub range: Range,
    pub transfer: Transfer,
    pub primaries: Primaries,
}

/// Columns and rows of samples per square pixel in a frame of `samples` that is displayed at `size`; see [`display_size`].
pub fn density(samples: (usize, usize), size: (usize, usize)) -> Point {
    let along = |samples: usize, pixels: usize| samples as f32 / pixels as f32;
    Point::new(along(samples.0, size.0), along(samples.1, size.1))
}

/// The size in square pixels of a picture of `width` × `height` samples whose pixels are `aspect` (width, height) in shape: the
/// axis with the sparser samples grows. Where it would exceed [`MAX_SIDE`], the other one shrinks instead, to at least 1. An
/// aspect of 0 stands for square pixels.
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

/// One plane's bytes and the bytes from one row to the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plane<'a> {
    pub data: &'a [u8],
    pub stride: usize,
}

/// Why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the frame is {0}×{1}; sides of 1 to {MAX_SIDE} pixels can be analysed")]
    Size(usize, usize),
    #[error("the frame has {0} planes where its format has {1}")]
    Planes(usize, usize),
    #[error("plane {plane} has {have} bytes with stride {stride}; {need} are needed")]
    Plane { plane: usize, have: usize, stride: usize, need: usize },
}

/// A frame that can be sampled: every pixel that its size promises lies inside its planes.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    format: PixelFormat,
    /// Columns and rows of samples.
    samples: (usize, usize),
    /// Size in square pixels.
    size: (usize, usize),
    planes: [Plane<'a>; 3],
    colorimetry: Colorimetry,
}

impl<'a> Frame<'a> {
    /// Checks that the planes hold the whole frame. `planes` are in the format's own order.
    ///
    /// # Errors
    /// [`FrameError`] when a side is zero or beyond [`MAX_SIDE`], or a plane is missing or too short.
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

    /// The same frame with pixels of this shape (width, height); see [`display_size`].
    pub fn with_pixel_aspect(self, aspect: (u32, u32)) -> Self {
        let (columns, rows) = self.samples;
        Self { size: display_size(columns, rows, aspect), ..self }
    }

    /// A tightly packed RGB picture.
    ///
    /// # Errors
    /// As [`Frame::new`].
    pub fn rgb(data: &'a [u8], width: usize, height: usize) -> Result<Self, FrameError> {
        let plane = Plane { data, stride: 3 * width };
        Self::new(PixelFormat::Rgb, width, height, &[plane], Colorimetry::default())
    }

    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// In square pixels, as the picture is displayed. All coordinates in a frame are in these.
    pub fn width(&self) -> usize {
        self.size.0
    }

    /// In square pixels.
    pub fn height(&self) -> usize {
        self.size.1
    }

    /// Columns and rows of samples, as they lie in memory.
    pub fn samples(&self) -> (usize, usize) {
        self.samples
    }

    /// Columns and rows of samples per square pixel.
    pub fn density(&self) -> Point {
        density(self.samples, self.size)
    }

    pub fn colorimetry(&self) -> Colorimetry {
        self.colorimetry
    }

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
