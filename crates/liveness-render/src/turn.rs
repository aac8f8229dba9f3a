//! Turns of the head, of the eyes in it, and of what a hand holds.

use super::HeadPose;
use super::light::dot;

/// R = Rz·Ry·Rx with ISO's signs.
#[derive(Clone, Copy, Debug)]
pub struct Turn([[f32; 3]; 3]);

impl Turn {
    pub fn new(head: &HeadPose) -> Self {
        let angle = |degrees: f32| if degrees.is_finite() { degrees.to_radians() } else { 0.0 }.sin_cos();
        let ((sy, cy), (sp, cp), (sr, cr)) = (angle(head.yaw), angle(head.pitch), angle(head.roll));
        Self([
            [cr * cy, -sr * cp + cr * sy * sp, sr * sp + cr * sy * cp],
            [sr * cy, cr * cp + sr * sy * sp, -cr * sp + sr * sy * cp],
            [-sy, cy * sp, cy * cp],
        ])
    }

    pub fn apply(&self, v: [f32; 3]) -> [f32; 3] {
        self.0.map(|row| dot(row, v))
    }

    /// The turn back.
    pub fn undone(&self) -> Self {
        Self([0, 1, 2].map(|i| [self.0[0][i], self.0[1][i], self.0[2][i]]))
    }
}
