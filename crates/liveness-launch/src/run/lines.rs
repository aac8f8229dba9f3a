// SPDX-License-Identifier: MIT OR Apache-2.0

//! The output for programs: one JSON object a line.

use gst::glib::Type;
use gst::prelude::*;
use gstliveness::message::LivenessMessage;
use serde_json::{Map, Value, json};

use crate::console;
use liveness_service::failure::Failure;
use liveness_service::session::CheckDecision;
use liveness_service::session::reporter::Reporter;

/// The reporter of JSON lines. It holds the last check's result back until the session is complete.
#[derive(Default)]
pub struct Lines {
    result: Map<String, Value>,
}

const RESULT: &str = "liveness/result";
const RETRY: &str = "liveness/retry";

impl Reporter for Lines {
    fn message(
        &mut self,
        structure: &gst::Structure,
        _known: Option<&LivenessMessage>,
    ) -> Result<(), Failure> {
        let line = object(structure);
        if structure.name() == RESULT {
            self.result = line;
            return Ok(());
        }
        print(line)
    }

    fn check(&mut self, decision: &CheckDecision, last: bool) -> Result<(), Failure> {
        let json = serde_json::to_value(decision).map_err(|e| Failure::internal(e.to_string()))?;
        self.result.insert("status".into(), decision.check.status.name().into());
        self.result.insert("json".into(), json);
        if last { Ok(()) } else { print(std::mem::take(&mut self.result)) }
    }

    fn session(&mut self, record: &Map<String, Value>) -> Result<(), Failure> {
        let mut line = std::mem::take(&mut self.result);
        line.insert("session".into(), record.clone().into());
        print(line)
    }
}

/// Prints a line.
fn print(line: Map<String, Value>) -> Result<(), Failure> {
    console::print(&Value::Object(line).to_string())
}

/// Returns a structure as JSON, with its name.
fn object(structure: &gst::StructureRef) -> Map<String, Value> {
    let name = ("name".to_owned(), structure.name().as_str().into());
    // The fields of a retry have the names of the HTTP API.
    let named = |field: &str| match (structure.name().as_str(), field) {
        (RETRY, "feedback-codes" | "attempts-used" | "max-attempts") => field.replace('-', "_"),
        _ => field.to_owned(),
    };
    let fields = structure.iter().map(|(field, content)| (named(field), value(content)));
    std::iter::once(name).chain(fields).collect()
}

/// Returns the value of a field as JSON. Pictures appear by type and size only, because biometrics do not belong in
/// logs.
fn value(content: &glib::SendValue) -> Value {
    match content.type_() {
        Type::STRING => content.get::<String>().map_or(Value::Null, Value::from),
        Type::BOOL => content.get::<bool>().map_or(Value::Null, Value::from),
        Type::I32 => content.get::<i32>().map_or(Value::Null, Value::from),
        Type::U32 => content.get::<u32>().map_or(Value::Null, Value::from),
        Type::I64 => content.get::<i64>().map_or(Value::Null, Value::from),
        // GStreamer writes "no time" as all bits set.
        Type::U64 => content.get::<u64>().ok().filter(|v| *v != u64::MAX).map_or(Value::Null, Value::from),
        Type::F64 => content.get::<f64>().map_or(Value::Null, Value::from),
        other if other == gst::Array::static_type() => {
            content.get::<gst::ArrayRef<'_>>().map_or(Value::Null, |array| array.iter().map(value).collect())
        }
        other if other == gst::Sample::static_type() => {
            content.get::<gst::Sample>().map_or(Value::Null, |s| size(&s))
        }
        _ => Value::Null,
    }
}

/// Returns the media type and the number of bytes of a sample.
fn size(sample: &gst::Sample) -> Value {
    let media = sample.caps().and_then(|caps| caps.structure(0)).map(|caps| caps.name().to_string());
    json!({ "media_type": media, "bytes": sample.buffer().map(gst::BufferRef::size) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_field_has_its_json() {
        gst::init().unwrap();
        let jpeg = gst::Sample::builder()
            .buffer(&gst::Buffer::from_slice([1u8, 2, 3]))
            .caps(&gst::Caps::new_empty_simple("image/jpeg"))
            .build();
        let structure = gst::Structure::builder("liveness/future")
            .field("text", "a\"b")
            .field("none", u64::MAX)
            .field("time", 40u64)
            .field("count", 7u32)
            .field("score", 12.5)
            .field("active", true)
            .field("colors", gst::Array::new([1u32, 2]))
            .field("picture", jpeg)
            .build();
        let expected = json!({
            "name": "liveness/future", "text": "a\"b", "none": null, "time": 40, "count": 7, "score": 12.5,
            "active": true, "colors": [1, 2], "picture": { "media_type": "image/jpeg", "bytes": 3 },
        });
        assert_eq!(Value::Object(object(&structure)), expected);
    }

    #[test]
    fn a_retry_has_the_field_names_of_json() {
        gst::init().unwrap();
        let structure = gst::Structure::builder(RETRY)
            .field("running-time", 40u64)
            .field("detail", "Come closer")
            .field("error", "LOW_FACE_QUALITY")
            .field("feedback-codes", gst::Array::new(["LOW_FACE_QUALITY"]))
            .field("attempts-used", 1u32)
            .field("max-attempts", 3u32)
            .build();
        let expected = json!({
            "name": RETRY, "running-time": 40, "detail": "Come closer", "error": "LOW_FACE_QUALITY",
            "feedback_codes": ["LOW_FACE_QUALITY"], "attempts_used": 1, "max_attempts": 3,
        });
        assert_eq!(Value::Object(object(&structure)), expected);
    }
}
