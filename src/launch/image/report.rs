//! The output for one picture.

use std::fs::File;
use std::io::Read;

use gstliveness::face::FaceObservation;
use serde_json::{Value, json};

use super::judge::Judgement;
use crate::failure::Failure;

/// What is around every answer.
pub struct Envelope {
    pub vendor_data: Option<String>,
    pub metadata: Value,
}

impl Envelope {
    pub fn wrap(&self, name: &str, content: Value) -> Result<Value, Failure> {
        Ok(json!({
            "request_id": request_id()?,
            name: content,
            "vendor_data": self.vendor_data,
            "metadata": self.metadata,
            "created_at": now()?,
        }))
    }
}

pub fn liveness(judgement: &Judgement) -> Value {
    let json = &judgement.decision.json;
    let entities =
        judgement.faces().iter().enumerate().map(|(i, face)| entity(face, (i == 0).then_some(judgement)));
    json!({
        "status": json.get("status"),
        "method": json.get("method"),
        "score": json.get("score"),
        "user_image": {
            "entities": entities.collect::<Vec<_>>(),
            "best_angle": judgement.turn.degrees(),
        },
        "warnings": json.get("warnings"),
        "face_quality": json.get("face_quality"),
        "face_luminance": json.get("face_luminance"),
    })
}

/// A face; age and gender are estimated for the one that is `judged`.
fn entity(face: &FaceObservation, judged: Option<&Judgement>) -> Value {
    let verdict = judged.map(|judgement| &judgement.decision.verdict);
    let bbox = &face.bbox;
    let edges = [bbox.x, bbox.y, bbox.x + bbox.width, bbox.y + bbox.height].map(|edge| edge.round() as i64);
    let confidence = (f64::from(face.confidence.clamp(0.0, 1.0)) * 1e4).round() / 1e4;
    json!({
        "bbox": edges,
        "confidence": confidence,
        "age": verdict.and_then(|verdict| verdict.age_estimation),
        "gender": verdict.and_then(|verdict| verdict.evidence.gender.as_ref()).map(|gender| &gender.gender),
    })
}

/// A version 4 UUID of the operating system's randomness.
fn request_id() -> Result<String, Failure> {
    let mut bytes = [0u8; 16];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(|e| Failure::internal(format!("/dev/urandom cannot be read: {e}")))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// RFC 3339, UTC.
fn now() -> Result<String, Failure> {
    let text = glib::DateTime::now_utc().and_then(|now| now.format("%Y-%m-%dT%H:%M:%SZ"));
    text.map(Into::into).map_err(|e| Failure::internal(format!("the time cannot be told: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_4_and_differ() {
        let (a, b) = (request_id().unwrap(), request_id().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(a.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&a.as_bytes()[19]));
    }

    #[test]
    fn times_are_utc() {
        let now = now().unwrap();
        assert_eq!((now.len(), now.ends_with('Z')), (20, true), "{now}");
    }
}
