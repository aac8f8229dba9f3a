// SPDX-License-Identifier: MIT OR Apache-2.0

//! MediaPipe's 52 blendshape coefficients (0–1), computed from 146 landmarks.

use std::sync::Arc;

use super::landmarks::Mesh;
use crate::inference::{InferenceError, Model, ModelSource, Net};

/// Names of the coefficients, from ARKit. Left and right are the person's own.
pub const BLENDSHAPE_NAMES: [&str; 52] = [
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
];

/// The landmarks that the net reads (MediaPipe's `face_blendshapes_graph`).
#[rustfmt::skip]
const SUBSET: [usize; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249,
    251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314,
    317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382,
    384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473,
    474, 475, 476, 477,
];

/// The coefficients that the plugin uses, with their index in [`BLENDSHAPE_NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Blendshape {
    BrowInnerUp = 3,
    BrowOuterUpLeft = 4,
    BrowOuterUpRight = 5,
    EyeBlinkLeft = 9,
    EyeBlinkRight = 10,
    JawOpen = 25,
    MouthSmileLeft = 44,
    MouthSmileRight = 45,
}

/// All coefficients of one face, 0–1, in the order of [`BLENDSHAPE_NAMES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Blendshapes(pub [f32; 52]);

impl Blendshapes {
    /// Returns a coefficient, 0–1.
    pub fn get(&self, shape: Blendshape) -> f32 {
        self.0[shape as usize]
    }

    /// Returns the closure of the more open eye, 0 (open) to 1 (closed).
    pub fn eyes_closed(&self) -> f32 {
        self.get(Blendshape::EyeBlinkLeft).min(self.get(Blendshape::EyeBlinkRight))
    }
}

pub(super) struct BlendshapeNet {
    net: Arc<Net>,
    input: Vec<f32>,
}

impl BlendshapeNet {
    pub fn new(source: &ModelSource) -> Result<Self, InferenceError> {
        Ok(Self { net: Net::load(Model::Blendshapes, source)?, input: Vec::with_capacity(2 * SUBSET.len()) })
    }

    pub fn run(&mut self, mesh: &Mesh) -> Result<Blendshapes, InferenceError> {
        self.input.clear();
        self.input.extend(SUBSET.iter().map(|i| mesh.point(*i)).flat_map(|p| [p.x, p.y]));
        self.net.run(&self.input, |outputs| {
            let values = outputs.values("blendshapes", BLENDSHAPE_NAMES.len())?;
            Ok(Blendshapes(std::array::from_fn(|i| values[i])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_shapes_stand_where_their_names_do() {
        for (shape, name) in [
            (Blendshape::BrowInnerUp, "browInnerUp"),
            (Blendshape::BrowOuterUpLeft, "browOuterUpLeft"),
            (Blendshape::BrowOuterUpRight, "browOuterUpRight"),
            (Blendshape::EyeBlinkLeft, "eyeBlinkLeft"),
            (Blendshape::EyeBlinkRight, "eyeBlinkRight"),
            (Blendshape::JawOpen, "jawOpen"),
            (Blendshape::MouthSmileLeft, "mouthSmileLeft"),
            (Blendshape::MouthSmileRight, "mouthSmileRight"),
        ] {
            assert_eq!(BLENDSHAPE_NAMES[shape as usize], name);
        }
    }
}
