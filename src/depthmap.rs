// SPDX-License-Identifier: MIT OR Apache-2.0

//! The depth map as a GStreamer sample.

use gst_video::{VideoFormat, VideoFrameExt, VideoInfo};

use liveness_core::check::DepthMap;

/// Returns the depth map as `video/x-raw,format=GRAY16_LE`. Nearer is brighter, and 0 means unknown. The sample's info
/// has the square of the frame that the map covers (`x`, `y`, `size`, in pixels) and the depth between the values 1 and
/// 65535 (`range`, in cm, scaled to a face of average size).
///
/// # Errors
/// The map has no pixels, or its buffer cannot be allocated.
pub fn sample(map: &DepthMap) -> Result<gst::Sample, glib::BoolError> {
    let side = u32::try_from(map.side).unwrap_or(0);
    let info = VideoInfo::builder(VideoFormat::Gray16Le, side, side).fps(gst::Fraction::new(1, 1)).build()?;
    let buffer = gst::Buffer::with_size(info.size())?;
    let mut frame = gst_video::VideoFrame::from_buffer_writable(buffer, &info)
        .map_err(|_| glib::bool_error!("the depth map cannot be mapped"))?;
    let stride = frame.plane_stride()[0] as usize;
    let plane = frame.plane_data_mut(0)?;
    for (to, from) in plane.chunks_mut(stride.max(1)).zip(map.depth.chunks_exact(map.side.max(1))) {
        to.chunks_exact_mut(2).zip(from).for_each(|(to, from)| to.copy_from_slice(&from.to_le_bytes()));
    }
    let area = gst::Structure::builder("liveness/depth-map")
        .field("x", f64::from(map.area.x))
        .field("y", f64::from(map.area.y))
        .field("size", f64::from(map.area.width))
        .field("range", f64::from(map.range))
        .build();
    Ok(gst::Sample::builder().buffer(&frame.into_buffer()).caps(&info.to_caps()?).info(area).build())
}
