// SPDX-License-Identifier: MIT OR Apache-2.0

//! The places of everything on the screen, by the size of the frame. All lengths are in square pixels, as the frame is displayed, so that an oval
//! has its shape whatever the shape of the frame's own pixels.

use liveness_core::vision::{Oval, Point, density, display_size};

/// The shorter side below which there is no room for letters, a ring or pictograms, in pixels.
const LEAST: usize = 48;

/// Sizes of screens for tests: two phones upright, an old camera, a laptop, a kiosk, 4K.
#[cfg(test)]
pub const SCREEN_SIZES: [(usize, usize); 6] =
    [(360, 640), (480, 640), (640, 480), (1280, 720), (1920, 1080), (3840, 2160)];

/// Places in a frame, in square pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    pub width: usize,
    pub height: usize,
    /// Columns and rows of samples in the frame.
    pub samples: (usize, usize),
    pub oval: Oval,
    /// Width of the ring along the oval; 0 in frames too small for one.
    pub stroke: f32,
    /// Middle of the caption's height.
    pub caption: f32,
    /// The caption's plate is at most so wide and so high.
    pub caption_size: (f32, f32),
    /// The letters' size where they fit.
    pub letters: f32,
}

impl Layout {
    /// The layout of a frame with square pixels.
    pub fn new(width: usize, height: usize) -> Self {
        Self::of_samples((width, height), (1, 1))
    }

    /// The layout of a frame of `samples` (columns and rows), whose pixels have the shape `aspect` (width, height).
    pub fn of_samples(samples: (usize, usize), aspect: (u32, u32)) -> Self {
        let (width, height) = display_size(samples.0, samples.1, aspect);
        let (w, h) = (width as f32, height as f32);
        let short = w.min(h);
        let oval = Oval::of_frame(w, h);
        let stroke = if width.min(height) < LEAST { 0.0 } else { (short / 75.0).max(3.0) };
        let bottom = oval.y + oval.ry + 1.5 * stroke;
        let room = (h - bottom).min(0.32 * short);
        Self {
            width,
            height,
            samples,
            oval,
            stroke,
            caption: bottom + room / 2.0,
            caption_size: (0.94 * w, 0.92 * room),
            letters: short / 15.5,
        }
    }

    /// Returns true if there is room for more than light and picture.
    pub fn has_room(&self) -> bool {
        self.stroke > 0.0
    }

    /// Columns and rows of samples per square pixel.
    pub fn density(&self) -> Point {
        density(self.samples, (self.width, self.height))
    }

    /// Returns the columns of samples at either side that lie outside the oval in a row.
    pub fn inset(&self, row: f32) -> usize {
        let Point { x, y } = self.density();
        let half = self.half_width((row + 0.5) / y, 0.0) * x;
        (self.samples.0 as f32 / 2.0 - half).ceil().max(0.0) as usize
    }

    /// Half of the oval's width at the height `y`, were it larger by `grown` pixels on all sides.
    pub(super) fn half_width(&self, y: f32, grown: f32) -> f32 {
        let Oval { y: oy, rx, ry, .. } = self.oval;
        let (rx, ry) = ((rx + grown).max(0.0), (ry + grown).max(f32::MIN_POSITIVE));
        let across = 1.0 - ((y - oy) / ry).powi(2);
        if across > 0.0 { rx * across.sqrt() } else { 0.0 }
    }

    /// Returns the distance of a point from the oval in pixels; negative inside.
    pub fn outside(&self, x: f32, y: f32) -> f32 {
        let Oval { x: ox, y: oy, rx, ry } = self.oval;
        let (dx, dy) = (x - ox, y - oy);
        let (u, v) = (dx / rx, dy / ry);
        let radius = u.hypot(v);
        let slope = (u / rx).hypot(v / ry);
        // At the very centre there is no slope.
        if slope > 0.0 { (radius - 1.0) * radius / slope } else { -rx }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_inside_the_frame() {
        for (width, height) in [(1280, 720), (1080, 1920), (640, 480), (64, 64), (8192, 64), (64, 8192)] {
            let Layout { oval, caption, caption_size: (w, h), stroke, .. } = Layout::new(width, height);
            assert!(oval.y - oval.ry > stroke && oval.x - oval.rx > stroke, "{width}×{height}");
            assert!(caption - h / 2.0 > oval.y + oval.ry + stroke && caption + h / 2.0 < height as f32);
            assert!(w < width as f32);
        }
    }

    #[test]
    fn the_inset_follows_the_outline() {
        let layout = Layout::new(1280, 720);
        for row in [100.0, 300.0, 500.0] {
            let edge = layout.inset(row) as f32;
            assert!(layout.outside(edge, row + 0.5).abs() < 1.0);
        }
        assert_eq!(layout.inset(0.0), 640);
    }
}
