// SPDX-License-Identifier: MIT OR Apache-2.0

//! The output for one picture.

use std::path::Path;

use liveness_core::face::FaceObservation;
use serde_json::{Value, json};

use liveness_service::identity;
use liveness_service::image::judge::Judgement;

use crate::console::Style;
use crate::summary;
use liveness_service::failure::Failure;

/// The fields around the result of every picture.
pub struct Envelope {
    /// The caller's reference to the person.
    pub vendor_data: Option<String>,
    /// The caller's metadata.
    pub metadata: Value,
}

impl Envelope {
    /// Wraps `content` under `name`, with a new request id and the current time.
    pub fn wrap(&self, name: &str, content: Value) -> Result<Value, Failure> {
        Ok(json!({
            "request_id": identity::new()?,
            name: content,
            "vendor_data": self.vendor_data,
            "metadata": self.metadata,
            "created_at": identity::now()?,
        }))
    }
}

/// Returns the result as text.
pub fn words(path: &Path, judgement: &Judgement, style: Style) -> String {
    let check = &judgement.check;
    let mut lines = vec![format!("  {}", path.display())];
    lines.extend(summary::details(check, style));
    let turned = match judgement.turn.degrees() {
        0 => String::new(),
        degrees => format!("   turned by {degrees}°"),
    };
    let about = format!("{}{turned}", check.score_in_words());
    lines.push(summary::decision(check.status, &about, style));
    lines.join("\n")
}

/// Returns the result as JSON.
pub fn liveness(judgement: &Judgement) -> Value {
    let check = &judgement.check;
    let entities =
        judgement.faces().iter().enumerate().map(|(i, face)| entity(face, (i == 0).then_some(judgement)));
    json!({
        "status": check.status,
        "method": check.method,
        "score": check.score,
        "user_image": {
            "entities": entities.collect::<Vec<_>>(),
            "best_angle": judgement.turn.degrees(),
        },
        "warnings": check.warnings,
        "face_quality": check.face_quality,
        "face_luminance": check.face_luminance,
    })
}

/// Returns a face as JSON. The face under test, with `judged`, has age and gender.
fn entity(face: &FaceObservation, judged: Option<&Judgement>) -> Value {
    let check = judged.map(|judgement| &judgement.check);
    let bbox = &face.bbox;
    let edges = [bbox.x, bbox.y, bbox.x + bbox.width, bbox.y + bbox.height].map(|edge| edge.round() as i64);
    let confidence = (f64::from(face.confidence.clamp(0.0, 1.0)) * 1e4).round() / 1e4;
    json!({
        "bbox": edges,
        "confidence": confidence,
        "age": check.and_then(|check| check.age_estimation),
        "gender": check.and_then(|check| check.evidence.gender),
    })
}
