// SPDX-License-Identifier: MIT OR Apache-2.0

//! The arithmetic of stances, and the limits of a body.

use crate::{Expression, HeadPose, Stance};

/// Largest head rotation about each axis, in degrees.
const HEAD: f32 = 45.0;
/// Largest gaze angle, in degrees.
const GAZE: f32 = 25.0;
/// Largest shift along each axis, in metres.
const SHIFT: f32 = 0.1;

impl Stance {
    /// Combines each field with that of `other`.
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let (a, b) = (self.head, other.head);
        let head = HeadPose {
            yaw: f(a.yaw, b.yaw),
            pitch: f(a.pitch, b.pitch),
            roll: f(a.roll, b.roll),
            shift: [0, 1, 2].map(|i| f(a.shift[i], b.shift[i])),
        };
        let (a, b) = (self.expression, other.expression);
        let expression = Expression {
            blink: [0, 1].map(|i| f(a.blink[i], b.blink[i])),
            brows: f(a.brows, b.brows),
            smile: f(a.smile, b.smile),
            jaw: f(a.jaw, b.jaw),
            gaze: [0, 1].map(|i| f(a.gaze[i], b.gaze[i])),
        };
        Self { head, expression }
    }

    /// Multiplies all fields by `factor`.
    pub fn scaled(self, factor: f32) -> Self {
        self.zip(self, |a, _| a * factor)
    }

    /// Adds the fields of `other`.
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    /// Limits coefficients to 0–1, and angles and shifts to the reach of a body.
    pub fn limited(self) -> Self {
        let (h, e) = (self.head, self.expression);
        let unit = |v: f32| v.clamp(0.0, 1.0);
        let turn = |v: f32| v.clamp(-HEAD, HEAD);
        Self {
            head: HeadPose {
                yaw: turn(h.yaw),
                pitch: turn(h.pitch),
                roll: turn(h.roll),
                shift: h.shift.map(|v| v.clamp(-SHIFT, SHIFT)),
            },
            expression: Expression {
                blink: e.blink.map(unit),
                brows: unit(e.brows),
                smile: unit(e.smile),
                jaw: unit(e.jaw),
                gaze: e.gaze.map(|v| v.clamp(-GAZE, GAZE)),
            },
        }
    }
}
