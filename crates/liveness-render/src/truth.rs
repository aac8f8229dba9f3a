// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ground truth of a frame, independent of the sensor.

use super::HeadPose;
use super::light::dot;
use super::raster::Canvas;

/// The ground truth of the last frame.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// MediaPipe's 478 landmarks of the person in front of the camera, in pixels. Empty without a person or a mask.
    pub landmarks: Vec<[f32; 2]>,
    /// Head pose of the person, or of the hand that holds a print or tablet.
    pub head: HeadPose,
}

/// The true surface of the head, mask, print or tablet in front of the camera. Vectors hold the pixels row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Distance from the camera's plane, in metres; 0 outside of the mask.
    pub depth: Vec<f32>,
    /// Unit normals (x to the picture's right, y up, z towards the camera); 0 outside of the mask.
    pub normals: Vec<[f32; 3]>,
    /// True where the head with the neck, the print or the tablet's picture is visible. False for clothes, hands and
    /// spectacles.
    pub mask: Vec<bool>,
}

impl Surface {
    /// Reads a canvas whose colours are normals; black stands for other objects.
    pub(super) fn of(canvas: &Canvas) -> Self {
        let mask: Vec<bool> = canvas.color.iter().map(|normal| dot(*normal, *normal) > 1e-6).collect();
        let depth = canvas.nearness.iter().zip(&mask).map(|(n, seen)| if *seen { n.recip() } else { 0.0 });
        let unit = |normal: &[f32; 3]| normal.map(|v| v / dot(*normal, *normal).sqrt().max(1e-3));
        Self {
            width: canvas.width,
            height: canvas.height,
            depth: depth.collect(),
            normals: canvas.color.iter().map(unit).collect(),
            mask,
        }
    }
}
