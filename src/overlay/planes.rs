//! Buffers as planes to draw on: each is mapped where it lies, and no offset or stride is trusted.

use gst_video::VideoInfo;

use super::super::frame::{UnreadableFrame, colorimetry, layout, pixel_aspect, pixel_format};
use liveness_screen::{PlaneMut, Spec};

/// What frames with these caps are.
pub fn spec(info: &VideoInfo) -> Option<Spec> {
    let (width, height) = (info.width() as usize, info.height() as usize);
    let format = pixel_format(info.format())?;
    let (pixel_aspect, colorimetry) = (pixel_aspect(info), colorimetry(info));
    (width > 0 && height > 0).then_some(Spec { format, width, height, pixel_aspect, colorimetry })
}

/// Hands the planes of a buffer to `draw`, which tells whether a plane is as long as its frame. Memory that is shared is
/// copied by the map.
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
        // Only the memory in which the plane begins; one that spans two would need a copy and is refused as too short.
        let memory = memories.start..memories.start + 1;
        let mut map = buffer.map_range_writable(memory).map_err(|_| UnreadableFrame::Unmappable)?;
        let data = map.get_mut(skip..);
        if !data.is_some_and(|data| draw(plane, &mut PlaneMut { data, stride })) {
            return Err(missing);
        }
    }
    Ok(())
}
