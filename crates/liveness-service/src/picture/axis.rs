// SPDX-License-Identifier: MIT OR Apache-2.0

//! The time axis below curves.

use super::svg::{Font, Svg};

const SOFT: &str = "#94a3b8";

/// Maps times to horizontal positions.
pub struct Axis {
    /// Left end, in units of the drawing.
    pub left: f64,
    /// Right end, in units of the drawing.
    pub right: f64,
    begin: f64,
    /// Length in seconds, at least 0.1.
    pub seconds: f64,
}

impl Axis {
    /// Creates an axis from `first` to `last`, in seconds.
    pub fn between(left: f64, right: f64, first: f64, last: f64) -> Self {
        Self { left, right, begin: first, seconds: (last - first).max(0.1) }
    }

    /// Returns the position of a time in seconds.
    pub fn at(&self, time: f64) -> f64 {
        self.after(time - self.begin)
    }

    /// Returns the position of a time in seconds after the start of the axis.
    pub fn after(&self, seconds: f64) -> f64 {
        self.left + (self.right - self.left) * (seconds / self.seconds).clamp(0.0, 1.0)
    }

    /// Draws marks and labels below `top`.
    pub fn ticks(&self, svg: &mut Svg, top: f64) {
        let steps = [0.5, 1.0, 2.0, 5.0, 10.0];
        let step = steps.into_iter().find(|step| self.seconds / step <= 12.0).unwrap_or(30.0);
        for i in 0..=(self.seconds / step) as u32 {
            let seconds = f64::from(i) * step;
            let x = self.after(seconds);
            svg.rect([x, top, 1.0, 6.0], 0.0, SOFT, 1.0);
            svg.text((x, top + 22.0), &format!("{seconds} s"), &Font::new(13.0, SOFT).centred());
        }
    }
}
