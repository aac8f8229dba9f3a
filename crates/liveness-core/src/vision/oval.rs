// SPDX-License-Identifier: MIT OR Apache-2.0

//! The oval in which a person is asked to place their face.

use super::Rect;

/// Width of the oval divided by its height, as for a head.
const SLIMNESS: f32 = 0.76;

/// An upright ellipse. It is centred horizontally in the frame, so that it covers the same columns when mirrored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oval {
    /// Centre in pixels from the left edge.
    pub x: f32,
    /// Centre in pixels from the top edge.
    pub y: f32,
    /// Half the width in pixels.
    pub rx: f32,
    /// Half the height in pixels.
    pub ry: f32,
}

impl Oval {
    /// Returns the oval of a frame of `width` × `height` square pixels.
    pub fn of_frame(width: f32, height: f32) -> Self {
        let ry = (0.37 * height).min(0.36 * width / SLIMNESS);
        let y = (0.43 * height).max(ry + 0.05 * width.min(height));
        Self { x: width / 2.0, y, rx: SLIMNESS * ry, ry }
    }

    /// Returns the square centred `shift` half heights below the oval's centre, with a side of `share` × the
    /// oval's height.
    pub fn square(&self, shift: f32, share: f32) -> Rect {
        let side = 2.0 * share * self.ry;
        Rect::new(self.x - 0.5 * side, self.y + shift * self.ry - 0.5 * side, side, side)
    }
}
