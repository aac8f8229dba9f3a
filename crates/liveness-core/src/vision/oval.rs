//! The oval in which a person is asked to place their face.

use super::Rect;

/// Width of the oval by its height, as of a head.
const SLIMNESS: f32 = 0.76;

/// An upright ellipse, in the middle of the frame's width, so that it holds the same columns when mirrored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oval {
    /// Centre, in pixels from the left and the top.
    pub x: f32,
    pub y: f32,
    /// Half of its width and of its height, in pixels.
    pub rx: f32,
    pub ry: f32,
}

impl Oval {
    /// The oval of a frame of `width` × `height` square pixels.
    pub fn of_frame(width: f32, height: f32) -> Self {
        let ry = (0.37 * height).min(0.36 * width / SLIMNESS);
        let y = (0.43 * height).max(ry + 0.05 * width.min(height));
        Self { x: width / 2.0, y, rx: SLIMNESS * ry, ry }
    }

    /// The square about a point `shift` half heights below the oval's centre, with a side of `share` of its height.
    pub fn square(&self, shift: f32, share: f32) -> Rect {
        let side = 2.0 * share * self.ry;
        Rect::new(self.x - 0.5 * side, self.y + shift * self.ry - 0.5 * side, side, side)
    }
}
