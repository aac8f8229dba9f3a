// SPDX-License-Identifier: MIT OR Apache-2.0

//! The conversion of buffers to frames. It maps only the memories that hold the planes, read-only, and validates every
//! offset and stride.

use glib::translate::IntoGlib;
use gst_video::{
    VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoFormat, VideoInfo, VideoTransferFunction,
};

use liveness_core::vision::{
    Colorimetry, Frame, FrameError, Matrix, PixelFormat, Plane, Primaries, Range, Transfer,
};

/// The reason why a buffer cannot be analysed.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFrame {
    /// The pixel format is not one of [`FORMATS`].
    #[error("the format {0:?} is not supported")]
    Format(VideoFormat),
    /// A plane is stored bottom-up.
    #[error("the buffer's video meta has a negative stride")]
    NegativeStride,
    /// The plane with this index begins beyond the end of the buffer.
    #[error("the buffer ends before plane {0}")]
    MissingPlane(usize),
    /// A memory of the buffer cannot be mapped for reading.
    #[error("the buffer's memory cannot be mapped")]
    Unmappable,
    /// The planes do not form a valid frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Transfer functions that the bindings' enum contains only with newer version features.
const SMPTE2084: i32 = gst_video::ffi::GST_VIDEO_TRANSFER_SMPTE2084;
const ARIB_STD_B67: i32 = gst_video::ffi::GST_VIDEO_TRANSFER_ARIB_STD_B67;

/// The pixel formats of the pad templates, in the order of [`PixelFormat::ALL`].
pub const FORMATS: [VideoFormat; 17] = [
    VideoFormat::Nv12,
    VideoFormat::I420,
    VideoFormat::Yv12,
    VideoFormat::Yuy2,
    VideoFormat::Uyvy,
    VideoFormat::Nv21,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Rgbx,
    VideoFormat::Bgrx,
    VideoFormat::Xrgb,
    VideoFormat::Xbgr,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
    VideoFormat::Argb,
    VideoFormat::Abgr,
    VideoFormat::Gray8,
];

/// Returns the pixel format of the core crate, or `None` for a format outside of [`FORMATS`].
pub(super) fn pixel_format(format: VideoFormat) -> Option<PixelFormat> {
    FORMATS.iter().position(|f| *f == format).map(|i| PixelFormat::ALL[i])
}

/// Returns the colorimetry of the caps. Unknown ranges are limited for YUV and full for RGB and grey.
pub(super) fn colorimetry(info: &VideoInfo) -> Colorimetry {
    let (colorimetry, format) = (info.colorimetry(), info.format_info());
    let matrix = match colorimetry.matrix() {
        VideoColorMatrix::Bt709 | VideoColorMatrix::Smpte240m => Matrix::Bt709,
        VideoColorMatrix::Bt2020 => Matrix::Bt2020,
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => Matrix::Bt601,
        // The matrix is unknown: use the one that GStreamer assumes for the size.
        _ if info.height() > 576 => Matrix::Bt709,
        _ => Matrix::Bt601,
    };
    let range = match colorimetry.range() {
        VideoColorRange::Range0_255 => Range::Full,
        VideoColorRange::Range16_235 => Range::Limited,
        _ if format.is_yuv() => Range::Limited,
        _ => Range::Full,
    };
    let transfer = match colorimetry.transfer() {
        VideoTransferFunction::Gamma10 => Transfer::Linear,
        other => match other.into_glib() {
            SMPTE2084 => Transfer::Pq,
            ARIB_STD_B67 => Transfer::Hlg,
            _ => Transfer::Sdr,
        },
    };
    let primaries = match colorimetry.primaries() {
        VideoColorPrimaries::Bt2020 => Primaries::Bt2020,
        _ => Primaries::Bt709,
    };
    Colorimetry { matrix, range, transfer, primaries }
}

/// Returns the pixel aspect ratio as width and height. A negative side is 0, which is invalid.
pub(super) fn pixel_aspect(info: &VideoInfo) -> (u32, u32) {
    let side = |side: i32| u32::try_from(side).unwrap_or(0);
    (side(info.par().numer()), side(info.par().denom()))
}

/// Returns the offset and the stride of each plane in bytes, from the video meta or else from the caps.
pub(super) fn layout(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
) -> Result<Vec<(usize, usize)>, UnreadableFrame> {
    let (offsets, strides) = match buffer.meta::<gst_video::VideoMeta>() {
        Some(meta) => (meta.offset().to_vec(), meta.stride().to_vec()),
        None => (info.offset().to_vec(), info.stride().to_vec()),
    };
    let positive = |stride: i32| usize::try_from(stride).map_err(|_| UnreadableFrame::NegativeStride);
    offsets.into_iter().zip(strides).map(|(offset, stride)| Ok((offset, positive(stride)?))).collect()
}

/// Calls `read` with the buffer as a frame, and returns its result.
///
/// # Errors
/// The format is not supported, the memory cannot be mapped, or the buffer does not hold the picture of its caps.
pub fn with_frame<T>(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
    read: impl FnOnce(&Frame<'_>) -> T,
) -> Result<T, UnreadableFrame> {
    let format = pixel_format(info.format()).ok_or(UnreadableFrame::Format(info.format()))?;
    let layout = layout(buffer, info)?;
    let build = |planes: &[Plane<'_>]| {
        let (width, height) = (info.width() as usize, info.height() as usize);
        let frame = Frame::new(format, width, height, planes, colorimetry(info))?;
        Ok::<_, FrameError>(read(&frame.with_pixel_aspect(pixel_aspect(info))))
    };
    if buffer.n_memory() == 1 {
        let map = buffer.peek_memory(0).map_readable().map_err(|_| UnreadableFrame::Unmappable)?;
        return Ok(build(&planes_of(&layout, |offset| map.get(offset..))?)?);
    }
    // The planes are in separate memories (DMABuf, shared memory). A plane that spans two memories would need a copy,
    // and is rejected as too short.
    let maps = (0..buffer.n_memory()).map(|i| buffer.peek_memory(i).map_readable());
    let maps = maps.collect::<Result<Vec<_>, _>>().map_err(|_| UnreadableFrame::Unmappable)?;
    let planes = planes_of(&layout, |offset| {
        let (memories, skip) = buffer.find_memory(offset..=offset)?;
        maps.get(memories.start)?.get(skip..)
    })?;
    Ok(build(&planes)?)
}

/// Returns the planes of a layout; `bytes_from` returns the bytes from an offset to the end of its memory.
fn planes_of<'a>(
    layout: &[(usize, usize)],
    bytes_from: impl Fn(usize) -> Option<&'a [u8]>,
) -> Result<Vec<Plane<'a>>, UnreadableFrame> {
    let plane = |(i, (offset, stride)): (usize, &(usize, usize))| {
        let data = bytes_from(*offset).ok_or(UnreadableFrame::MissingPlane(i))?;
        Ok(Plane { data, stride: *stride })
    };
    layout.iter().enumerate().map(plane).collect()
}
