// SPDX-License-Identifier: MIT OR Apache-2.0

//! The reference image as a JPEG sample, encoded by GStreamer.

use gst_video::{VideoFormat, VideoFrameExt, VideoInfo};

/// Timeout of the encoder, which usually takes milliseconds. An overloaded machine takes longer.
const TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// Encodes tightly packed, interleaved RGB as `image/jpeg`. `width` and `height` are in pixels.
///
/// # Errors
/// The picture has no pixels, or no JPEG encoder is installed.
pub fn encode(rgb: &[u8], width: usize, height: usize) -> Result<gst::Sample, glib::Error> {
    let failed = |_| glib::Error::new(gst::StreamError::Encode, "the reference image cannot be wrapped");
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let info = VideoInfo::builder(VideoFormat::Rgb, side(width), side(height))
        .fps(gst::Fraction::new(1, 1))
        .build()
        .map_err(failed)?;
    let caps = info.to_caps().map_err(failed)?;
    let buffer = gst::Buffer::with_size(info.size()).map_err(failed)?;
    let mut frame = gst_video::VideoFrame::from_buffer_writable(buffer, &info)
        .map_err(|_| glib::Error::new(gst::StreamError::Encode, "the reference image cannot be mapped"))?;
    let stride = frame.plane_stride()[0] as usize;
    if let Ok(plane) = frame.plane_data_mut(0) {
        let rows = plane.chunks_mut(stride.max(1)).zip(rgb.chunks_exact((3 * width).max(1)));
        rows.for_each(|(to, from)| to.iter_mut().zip(from).for_each(|(to, from)| *to = *from));
    }
    let sample = gst::Sample::builder().buffer(&frame.into_buffer()).caps(&caps).build();
    let jpeg = gst::Caps::builder("image/jpeg").build();
    gst_video::convert_sample(&sample, &jpeg, Some(TIMEOUT))
}
