// SPDX-License-Identifier: MIT OR Apache-2.0

//! The conversion of the rendered picture to the negotiated format and pixel aspect ratio, by GStreamer's converter.

use gst_video::{VideoConverter, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};

use super::super::frame::pixel_aspect;
use liveness_core::vision::display_size;

/// Limit of the growth in pixels when the picture is rendered with square pixels. Above it, pixels count as square.
const MAX_ASPECT: usize = 16;

/// Converts RGB pictures with square pixels to buffers of one format.
pub struct Output {
    info: VideoInfo,
    converter: VideoConverter,
    rgb_info: VideoInfo,
    /// A buffer for the picture, because the converter only reads buffers.
    rgb: gst::Buffer,
}

impl Output {
    /// Creates the converter.
    ///
    /// # Errors
    /// GStreamer cannot convert RGB to the format.
    pub fn new(info: VideoInfo) -> Result<Self, glib::BoolError> {
        let (width, height) = rendered_size(&info);
        let (columns, rows) = (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
        let rgb_info = VideoInfo::builder(VideoFormat::Rgb, columns, rows).fps(info.fps()).build()?;
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_dither_method(gst_video::VideoDitherMethod::None);
        let converter = VideoConverter::new(&rgb_info, &info, Some(config))?;
        let rgb = gst::Buffer::with_size(rgb_info.size())?;
        Ok(Self { info, converter, rgb_info, rgb })
    }

    /// Returns the width and the height of the pictures to write, in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.rgb_info.width() as usize, self.rgb_info.height() as usize)
    }

    /// Converts a picture into a buffer. `rgb` is tightly packed.
    ///
    /// # Errors
    /// The buffer cannot be mapped for writing.
    pub fn write(&mut self, rgb: &[u8], buffer: &mut gst::BufferRef) -> Result<(), glib::BoolError> {
        let mut picture = VideoFrameRef::from_buffer_ref_writable(self.rgb.make_mut(), &self.rgb_info)?;
        let stride = picture.plane_stride()[0] as usize;
        let rows = picture.plane_data_mut(0)?.chunks_mut(stride);
        for (to, from) in rows.zip(rgb.chunks_exact(3 * self.rgb_info.width() as usize)) {
            to[..from.len()].copy_from_slice(from);
        }
        let mut out = VideoFrameRef::from_buffer_ref_writable(buffer, &self.info)?;
        self.converter.frame_ref(&picture, &mut out);
        Ok(())
    }
}

/// Returns the size of the picture in square pixels for these caps.
fn rendered_size(info: &VideoInfo) -> (usize, usize) {
    let samples = (info.width() as usize, info.height() as usize);
    let (width, height) = display_size(samples.0, samples.1, pixel_aspect(info));
    if width * height > MAX_ASPECT * samples.0 * samples.1 { samples } else { (width, height) }
}
