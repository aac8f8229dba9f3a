//! What is so in a frame, whatever the sensor made of it.

use super::HeadPose;
use super::light::dot;
use super::raster::Canvas;

/// What is so in the frame last rendered.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// MediaPipe's 478 landmarks in pixels, of the person before the camera; empty when there is none.
    pub landmarks: Vec<[f32; 2]>,
    pub head: HeadPose,
}

/// The true surface of the head, mask, print or tablet before the camera, by pixel and row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    pub width: usize,
    pub height: usize,
    /// From the camera's plane, in metres; 0 outside the mask.
    pub depth: Vec<f32>,
    /// Unit vectors (x to the picture's right, y up, z towards the camera); 0 outside the mask.
    pub normals: Vec<[f32; 3]>,
    /// Where the head with its neck is seen, or the print, or the tablet's picture; not the clothes, the hand or
    /// spectacles.
    pub mask: Vec<bool>,
}

impl Surface {
    /// Takes a canvas whose colours are normals, and 0 where something else is.
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
