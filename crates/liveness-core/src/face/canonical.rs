// SPDX-License-Identifier: MIT OR Apache-2.0

//! MediaPipe's canonical face: the average head, used for fitting the pose and drawing face maps.

use std::sync::LazyLock;

use serde::Deserialize;

/// A mesh in cm: x to the picture's right, y up, z towards the camera.
#[derive(Default, Deserialize)]
pub struct CanonicalFace {
    /// Positions of the landmarks without the irises.
    pub vertices: Vec<[f32; 3]>,
    /// Triangles, as indices of vertices.
    pub triangles: Vec<[usize; 3]>,
    /// Landmarks that hardly move with the expression, with their weights.
    pub procrustes_basis: Vec<(usize, f32)>,
}

static FACE: LazyLock<CanonicalFace> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../models/canonical_face.json")).unwrap_or_default()
});

/// Returns the canonical face, which is parsed once per process.
pub fn canonical_face() -> &'static CanonicalFace {
    &FACE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole() {
        let face = canonical_face();
        assert_eq!((face.vertices.len(), face.triangles.len()), (468, 898));
        assert!(face.triangles.iter().flatten().all(|i| *i < face.vertices.len()));
        assert!(face.procrustes_basis.iter().all(|(i, _)| *i < face.vertices.len()));
    }
}
