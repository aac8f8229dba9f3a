// SPDX-License-Identifier: MIT OR Apache-2.0

//! The layout of the annotated picture: the frame above a panel, and a magnified view of a small face.

use liveness_core::vision::{Point, Rect};

/// Limits of the longer side of the scaled frame, in pixels.
const LONGER: std::ops::RangeInclusive<f64> = 1080.0..=1920.0;
/// Width and height of the panel, in its own units; it is scaled to the width of the picture.
pub const PANEL: (f64, f64) = (1080.0, 250.0);
/// Height of the lines of the origin at the bottom, in units of the panel.
pub const IMPRINT: f64 = 60.0;
/// Minimum width of the picture in pixels; the text of a narrower panel is unreadable.
const NARROWEST: f64 = 640.0;
/// Faces below this height are magnified, as a share of the frame's shorter side.
const SMALL: f64 = 0.33;
/// Side of the magnified view as a share of the frame's shorter side, and side of the part of the frame that
/// it shows as a multiple of the face's box.
const INSET: (f64, f32) = (0.42, 1.3);

/// Sizes and positions in the annotated picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// Position of the frame.
    pub frame: View,
    /// Pixels per unit of the panel.
    pub panel_scale: f64,
}

/// A part of the frame and its position in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The part, in pixels of the frame.
    pub part: Rect,
    /// Left edge in the picture, in pixels.
    pub x: u32,
    /// Top edge in the picture, in pixels.
    pub y: u32,
    /// Width in the picture, in pixels.
    pub width: u32,
    /// Height in the picture, in pixels.
    pub height: u32,
}

impl View {
    /// Maps a point in frame pixels to the picture.
    pub fn place(&self, point: Point) -> (f64, f64) {
        let (across, down) = self.scale();
        let (x, y) = (f64::from(point.x - self.part.x), f64::from(point.y - self.part.y));
        (f64::from(self.x) + x * across, f64::from(self.y) + y * down)
    }

    /// Returns the picture pixels per frame pixel, horizontally and vertically.
    pub fn scale(&self) -> (f64, f64) {
        (
            f64::from(self.width) / f64::from(self.part.width),
            f64::from(self.height) / f64::from(self.part.height),
        )
    }
}

impl Layout {
    /// Lays out a frame of `width` × `height` pixels. `more` is the height of the content between the panel
    /// and the lines of the origin, in units of the panel.
    pub fn of(width: usize, height: usize, more: f64) -> Self {
        let part = Rect::new(0.0, 0.0, width.max(1) as f32, height.max(1) as f32);
        let longer = f64::from(part.width.max(part.height));
        let scale = longer.clamp(*LONGER.start(), *LONGER.end()) / longer;
        let side = |length: f32| (f64::from(length) * scale).round().max(1.0) as u32;
        let (frame_width, frame_height) = (side(part.width), side(part.height));
        let full = frame_width.max(NARROWEST as u32);
        let panel_scale = f64::from(full) / PANEL.0;
        let x = (full - frame_width) / 2;
        Self {
            width: full,
            height: frame_height + ((PANEL.1 + more + IMPRINT) * panel_scale).round() as u32,
            frame: View { part, x, y: 0, width: frame_width, height: frame_height },
            panel_scale,
        }
    }

    /// Returns the magnified view of a face, in the corner farthest from it. Returns `None` if the face is
    /// large enough, or if the part to show does not fit in the frame.
    pub fn inset(&self, face: &Rect) -> Option<View> {
        let View { part, width, height, .. } = self.frame;
        let shorter = f64::from(width.min(height));
        let square = face.square(INSET.1);
        let fits = face.width >= 1.0 && square.width <= part.width.min(part.height);
        if !fits || f64::from(face.height) * self.frame.scale().1 > SMALL * shorter {
            return None;
        }
        let (side, margin) = ((INSET.0 * shorter) as u32, (0.03 * shorter) as u32);
        let center = face.center();
        let x = if center.x < 0.5 * part.width { width - side - margin } else { margin };
        let y = if center.y < 0.5 * part.height { height - side - margin } else { margin };
        let part = square.slid_inside(part.width, part.height);
        Some(View { part, x: x + self.frame.x, y, width: side, height: side })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_any_size_have_room() {
        for (width, height) in
            [(0, 0), (1, 1), (512, 512), (640, 480), (480, 640), (1920, 1080), (7680, 4320), (3, 9000)]
        {
            let layout = Layout::of(width, height, 200.0);
            assert!(layout.frame.width + 2 * layout.frame.x <= layout.width, "{layout:?}");
            assert!(layout.width >= 640 && layout.width.max(layout.frame.height) <= 1920, "{layout:?}");
        }
    }

    #[test]
    fn a_small_face_is_magnified_away_from_itself() {
        let layout = Layout::of(512, 512, 0.0);
        let inset = layout.inset(&Rect::new(180.0, 70.0, 90.0, 110.0)).unwrap();
        assert!(inset.x > 540 && inset.y > 540 && inset.scale().0 > layout.frame.scale().0, "{inset:?}");
        assert_eq!(layout.inset(&Rect::new(100.0, 100.0, 300.0, 300.0)), None);
        assert_eq!(layout.inset(&Rect::new(0.0, 0.0, 0.0, 0.0)), None);
    }
}
