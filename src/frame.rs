//! Buffers as frames: maps only the memories that hold the planes, read-only, and trusts no offset or stride.

use glib::translate::IntoGlib;
use gst_video::{
    VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoFormat, VideoInfo, VideoTransferFunction,
};

use liveness_core::vision::{
    Colorimetry, Frame, FrameError, Matrix, PixelFormat, Plane, Primaries, Range, Transfer,
};

/// Why a buffer cannot be analysed.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFrame {
    #[error("the format {0:?} is not supported")]
    Format(VideoFormat),
    #[error("the buffer's video meta has a negative stride")]
    NegativeStride,
    #[error("the buffer ends before plane {0}")]
    MissingPlane(usize),
    #[error("the buffer's memory cannot be mapped")]
    Unmappable,
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Transfer functions that the bindings' enumeration has with version features only.
const SMPTE2084: i32 = gst_video::ffi::GST_VIDEO_TRANSFER_SMPTE2084;
const ARIB_STD_B67: i32 = gst_video::ffi::GST_VIDEO_TRANSFER_ARIB_STD_B67;

/// The formats of the caps contract.
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

pub(super) fn pixel_format(format: VideoFormat) -> Option<PixelFormat> {
    FORMATS.iter().position(|f| *f == format).map(|i| PixelFormat::ALL[i])
}

pub(super) fn colorimetry(info: &VideoInfo) -> Colorimetry {
    let (colorimetry, format) = (info.colorimetry(), info.format_info());
    let matrix = match colorimetry.matrix() {
        VideoColorMatrix::Bt709 | VideoColorMatrix::Smpte240m => Matrix::Bt709,
        VideoColorMatrix::Bt2020 => Matrix::Bt2020,
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => Matrix::Bt601,
        // Unknown: what GStreamer itself assumes by size.
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

/// The shape of the pixels, width and height; 0 for what caps cannot mean.
pub(super) fn pixel_aspect(info: &VideoInfo) -> (u32, u32) {
    let side = |side: i32| u32::try_from(side).unwrap_or(0);
    (side(info.par().numer()), side(info.par().denom()))
}

/// Where the planes lie in the buffer, by its video meta or else by the caps.
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

/// Hands `buffer` as a frame to `read`.
///
/// # Errors
/// When the buffer's layout does not hold what its caps promise.
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
    // Planes in memories of their own (DMABuf, shared memory); a plane that spans two would need a copy and is
    // refused as too short.
    let maps = (0..buffer.n_memory()).map(|i| buffer.peek_memory(i).map_readable());
    let maps = maps.collect::<Result<Vec<_>, _>>().map_err(|_| UnreadableFrame::Unmappable)?;
    let planes = planes_of(&layout, |offset| {
        let (memories, skip) = buffer.find_memory(offset..=offset)?;
        maps.get(memories.start)?.get(skip..)
    })?;
    Ok(build(&planes)?)
}

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
