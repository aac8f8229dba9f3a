// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rotations of the head, of the eyes, and of objects in a hand.

use super::HeadPose;
use super::light::dot;

/// A rotation matrix: R = Rz·Ry·Rx with the signs of ISO/IEC 39794-5.
#[derive(Clone, Copy, Debug)]
pub struct Turn([[f32; 3]; 3]);

impl Turn {
    /// Returns the rotation of a head pose. Angles that are not finite count as 0.
    pub fn new(head: &HeadPose) -> Self {
        let angle = |degrees: f32| if degrees.is_finite() { degrees.to_radians() } else { 0.0 }.sin_cos();
        let ((sy, cy), (sp, cp), (sr, cr)) = (angle(head.yaw), angle(head.pitch), angle(head.roll));
        Self([
            [cr * cy, -sr * cp + cr * sy * sp, sr * sp + cr * sy * cp],
            [sr * cy, cr * cp + sr * sy * sp, -cr * sp + sr * sy * cp],
            [-sy, cy * sp, cy * cp],
        ])
    }

    /// Returns the rotated vector.
    pub fn apply(&self, v: [f32; 3]) -> [f32; 3] {
        self.0.map(|row| dot(row, v))
    }

    /// Returns the inverse rotation.
    pub fn undone(&self) -> Self {
        Self([0, 1, 2].map(|i| [self.0[0][i], self.0[1][i], self.0[2][i]]))
    }
}
