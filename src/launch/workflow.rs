//! The workflow file: which check is made, and how.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use gstliveness::check::Method;
use serde::{Deserialize, Deserializer, de::Error};

use super::failure::Failure;

/// No workflow is anywhere near this long.
const MAX_BYTES: u64 = 1 << 20;
const MAX_TEXT: usize = 256;

/// A check's settings; what is left out keeps the element's default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    #[serde(default, deserialize_with = "name")]
    pub node_id: Option<String>,
    #[serde(deserialize_with = "method")]
    pub method: Method,
    #[serde(default, alias = "attempts", deserialize_with = "attempts")]
    pub max_attempts: Option<u32>,
    #[serde(default, deserialize_with = "duration")]
    pub attempt_timeout_s: Option<f64>,
    #[serde(default, deserialize_with = "percent")]
    pub decline_threshold: Option<f64>,
    #[serde(default, deserialize_with = "percent")]
    pub review_threshold: Option<f64>,
    #[serde(default, deserialize_with = "frames")]
    pub frames: Option<u32>,
    #[serde(default, deserialize_with = "interval")]
    pub interval_ms: Option<u64>,
    #[serde(default, deserialize_with = "name")]
    pub models_dir: Option<String>,
    #[serde(default)]
    pub vendor_data: Option<String>,
    #[serde(default)]
    pub metadata: Option<serde_json::Value>,
}

impl Workflow {
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let about = path.display();
        let mut workflow = Self::parse(&read(path)?).map_err(|failure| failure.about(&about))?;
        // Paths in a file are meant from where the file is.
        let beside = |dir: &String| path.parent().unwrap_or(Path::new("")).join(dir).display().to_string();
        workflow.models_dir = workflow.models_dir.as_ref().map(beside);
        Ok(workflow)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let workflow: Self = serde_json::from_slice(bytes).map_err(|e| Failure::data(e.to_string()))?;
        if workflow.method != Method::Passive {
            let name = workflow.method.name();
            return Err(Failure::usage(format!("the method \"{name}\" is not available in this version")));
        }
        workflow.check_thresholds()?;
        Ok(workflow)
    }

    fn check_thresholds(&self) -> Result<(), Failure> {
        let Thresholds { decline, review } = self.thresholds();
        if decline > review {
            let text = format!("decline_threshold ({decline}) lies above review_threshold ({review})");
            return Err(Failure::data(text));
        }
        Ok(())
    }

    pub fn thresholds(&self) -> Thresholds {
        let default = Thresholds::default();
        Thresholds {
            decline: self.decline_threshold.unwrap_or(default.decline),
            review: self.review_threshold.unwrap_or(default.review),
        }
    }

    /// The element that does the check. Its name is the node's in the decision.
    pub fn element(&self) -> Result<gst::Element, Failure> {
        let name = self.node_id.as_deref().unwrap_or("liveness");
        let Thresholds { decline, review } = self.thresholds();
        gst::ElementFactory::make("livenesspassive")
            .name(name)
            .property("decline-threshold", decline)
            .property("review-threshold", review)
            .property_if_some("max-attempts", self.max_attempts)
            .property_if_some("attempt-timeout", self.attempt_timeout_s.map(|seconds| (seconds * 1e9) as u64))
            .property_if_some("frames", self.frames)
            .property_if_some("interval", self.interval_ms.map(|ms| ms * 1_000_000))
            .property_if_some("models-dir", self.models_dir.as_ref())
            .build()
            .map_err(|e| Failure::internal(format!("livenesspassive cannot be made: {e}")))
    }
}

pub use gstliveness::session::Thresholds;

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e| Failure::no_input(format!("the workflow {} cannot be read: {e}", path.display()));
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::data(format!("the workflow {} is larger than 1 MB", path.display())));
    }
    Ok(bytes)
}

/// A value that passes `valid`; the error then tells line and column, as for any other fault of the file.
fn checked<'de, T, D>(input: D, what: &str, valid: impl Fn(&T) -> bool) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let value = Option::<T>::deserialize(input)?;
    match &value {
        Some(value) if !valid(value) => Err(D::Error::custom(what)),
        _ => Ok(value),
    }
}

fn method<'de, D: Deserializer<'de>>(input: D) -> Result<Method, D::Error> {
    let name = String::deserialize(input)?;
    Method::from_name(&name).ok_or_else(|| {
        let known = Method::ALL.map(Method::name).join(", ");
        D::Error::custom(format!("unknown method {name:?}, expected one of {known}"))
    })
}

/// GLib's strings end at the first NUL.
fn name<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    checked(input, "names and paths must be 1 to 256 printable characters", |text: &String| {
        (1..=MAX_TEXT).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    })
}

fn attempts<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    checked(input, "max_attempts must be 1 to 3", |attempts| (1..=3).contains(attempts))
}

fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    checked(input, "attempt_timeout_s must be 0.1 to 3600 seconds", |seconds| {
        (0.1..=3600.0).contains(seconds)
    })
}

fn percent<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    checked(input, "thresholds must be 0 to 100", |percent| (0.0..=100.0).contains(percent))
}

fn frames<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    checked(input, "frames must be 1 to 1000", |frames| (1..=1000).contains(frames))
}

fn interval<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    checked(input, "interval_ms must be 0 to 60000 milliseconds", |ms| *ms <= 60_000)
}

/// For commands that have their settings on the command line.
pub struct Single<'a> {
    pub thresholds: Thresholds,
    pub models_dir: Option<&'a PathBuf>,
}

impl Single<'_> {
    /// The workflow of a check on one picture.
    pub fn workflow(&self) -> Result<Workflow, Failure> {
        let workflow = Workflow {
            node_id: None,
            method: Method::Passive,
            max_attempts: Some(1),
            attempt_timeout_s: None,
            decline_threshold: Some(self.thresholds.decline),
            review_threshold: Some(self.thresholds.review),
            frames: Some(1),
            interval_ms: None,
            models_dir: self.models_dir.map(|dir| dir.display().to_string()),
            vendor_data: None,
            metadata: None,
        };
        workflow.check_thresholds().map_err(|failure| Failure::usage(failure.text))?;
        Ok(workflow)
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Code;
    use super::*;

    fn fails(text: &str) -> Failure {
        Workflow::parse(text.as_bytes()).err().unwrap_or_else(|| Failure::internal("it was taken"))
    }

    #[test]
    fn the_example_is_a_workflow() {
        let bytes = include_bytes!("../../examples/workflows/passive.json");
        assert_eq!(Workflow::parse(bytes).unwrap().node_id.as_deref(), Some("passive-liveness"));
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let failure = fails("{\n  \"method\": \"passive\",\n  \"max_attempts\": 4,\n  \"frames\": 3\n}");
        assert_eq!(failure.code, Code::Data);
        assert!(failure.text.contains("max_attempts must be 1 to 3 at line 3"), "{failure}");
        assert!(fails("{\"method\":\"passive\",\"frame\":1}").text.contains("unknown field `frame`"));
        assert!(fails("{}").text.contains("missing field `method`"));
    }

    #[test]
    fn other_methods_have_their_time() {
        let failure = fails(r#"{"method":"flash"}"#);
        assert_eq!(failure.code, Code::Usage);
        assert!(failure.text.contains("not available in this version"));
        assert!(fails(r#"{"method":"magic"}"#).text.contains("unknown method"));
    }

    #[test]
    fn hostile_workflows_are_refused() {
        let deep = format!(r#"{{"method":"passive","metadata":{}"#, "[".repeat(100_000));
        for text in [
            "",
            "[]",
            "null",
            "\u{0}",
            &deep,
            r#"{"method":"passive","node_id":"a\u0000b"}"#,
            r#"{"method":"passive","node_id":""}"#,
            r#"{"method":"passive","frames":1e99}"#,
            r#"{"method":"passive","frames":0}"#,
            r#"{"method":"passive","attempt_timeout_s":-1}"#,
            r#"{"method":"passive","decline_threshold":70,"review_threshold":60}"#,
            r#"{"method":"passive","decline_threshold":70}"#,
            r#"{"method":"passive","method":"passive"}"#,
        ] {
            assert_eq!(fails(text).code, Code::Data, "{}", text.chars().take(80).collect::<String>());
        }
    }
}
