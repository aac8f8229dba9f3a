//! The rendered picture in the format that was negotiated, by GStreamer's own converter.

use gst_video::{VideoConverter, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};

/// Turns RGB pictures into buffers of one format.
pub struct Output {
    info: VideoInfo,
    converter: VideoConverter,
    rgb_info: VideoInfo,
    /// The converter reads buffers only.
    rgb: gst::Buffer,
}

impl Output {
    pub fn new(info: VideoInfo) -> Result<Self, glib::BoolError> {
        let rgb_info = VideoInfo::builder(VideoFormat::Rgb, info.width(), info.height())
            .fps(info.fps())
            .par(info.par())
            .build()?;
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_dither_method(gst_video::VideoDitherMethod::None);
        let converter = VideoConverter::new(&rgb_info, &info, Some(config))?;
        let rgb = gst::Buffer::with_size(rgb_info.size())?;
        Ok(Self { info, converter, rgb_info, rgb })
    }

    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// `rgb` is tightly packed.
    pub fn write(&mut self, rgb: &[u8], buffer: &mut gst::BufferRef) -> Result<(), glib::BoolError> {
        let mut picture = VideoFrameRef::from_buffer_ref_writable(self.rgb.make_mut(), &self.rgb_info)?;
        let stride = picture.plane_stride()[0] as usize;
        let rows = picture.plane_data_mut(0)?.chunks_mut(stride);
        for (to, from) in rows.zip(rgb.chunks_exact(3 * self.info.width() as usize)) {
            to[..from.len()].copy_from_slice(from);
        }
        let mut out = VideoFrameRef::from_buffer_ref_writable(buffer, &self.info)?;
        self.converter.frame_ref(&picture, &mut out);
        Ok(())
    }
}
