// SPDX-License-Identifier: MIT OR Apache-2.0

//! Access to the planes of a buffer for drawing. Each plane is mapped in place, and every offset and stride is
//! validated.

use gst_video::VideoInfo;

use super::super::frame::{UnreadableFrame, colorimetry, layout, pixel_aspect, pixel_format};
use liveness_screen::{PlaneMut, Spec};

/// Returns the frame format of the caps, or `None` for an unsupported format or an empty picture.
pub fn spec(info: &VideoInfo) -> Option<Spec> {
    let (width, height) = (info.width() as usize, info.height() as usize);
    let format = pixel_format(info.format())?;
    let (pixel_aspect, colorimetry) = (pixel_aspect(info), colorimetry(info));
    (width > 0 && height > 0).then_some(Spec { format, width, height, pixel_aspect, colorimetry })
}

/// Calls `draw` for each plane with its index. `draw` returns false if the plane is too short for the frame. Mapping
/// copies memory that other buffers share.
///
/// # Errors
/// A plane is missing or too short, or its memory cannot be mapped for writing.
pub fn draw_on(
    buffer: &mut gst::BufferRef,
    info: &VideoInfo,
    mut draw: impl FnMut(usize, &mut PlaneMut<'_>) -> bool,
) -> Result<(), UnreadableFrame> {
    for (plane, (offset, stride)) in layout(buffer, info)?.into_iter().enumerate() {
        let missing = UnreadableFrame::MissingPlane(plane);
        let Some((memories, skip)) = buffer.find_memory(offset..=offset) else {
            return Err(missing);
        };
        // Maps only the memory in which the plane begins. A plane that spans two would need a copy, and is rejected.
        let memory = memories.start..memories.start + 1;
        let mut map = buffer.map_range_writable(memory).map_err(|_| UnreadableFrame::Unmappable)?;
        let data = map.get_mut(skip..);
        if !data.is_some_and(|data| draw(plane, &mut PlaneMut { data, stride })) {
            return Err(missing);
        }
    }
    Ok(())
}
