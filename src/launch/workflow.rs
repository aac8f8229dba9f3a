//! The workflow file: which check is made, and how.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use gstliveness::check::{Action, Actions, MOST, MOST_SIDE, Method};
use gstliveness::elements::action::LivenessActions;
use gstliveness::elements::bin::LivenessMethod;
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
    #[serde(default, deserialize_with = "actions")]
    pub actions: Option<Vec<Action>>,
    #[serde(default, deserialize_with = "action_count")]
    pub action_count: Option<u32>,
    #[serde(default, deserialize_with = "action_timeout")]
    pub action_timeout_s: Option<f64>,
    #[serde(default, deserialize_with = "grid")]
    pub grid_rows: Option<u32>,
    #[serde(default, deserialize_with = "grid")]
    pub grid_columns: Option<u32>,
    #[serde(default, deserialize_with = "light_duration")]
    pub light_duration_s: Option<f64>,
    #[serde(default, deserialize_with = "latency")]
    pub max_display_latency_ms: Option<u64>,
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
        workflow.check_fields()?;
        workflow.check_thresholds()?;
        Ok(workflow)
    }

    /// A setting that the method does not know is a mistake, not a wish to pass over.
    fn check_fields(&self) -> Result<(), Failure> {
        let passive: &[Method] = &[Method::Passive];
        let action: &[Method] = &[Method::Action, Method::ActionFlash];
        let flash: &[Method] = &[Method::Flash, Method::ActionFlash];
        let owned = [
            ("frames", passive, self.frames.is_some()),
            ("interval_ms", passive, self.interval_ms.is_some()),
            ("actions", action, self.actions.is_some()),
            ("action_count", action, self.action_count.is_some()),
            ("action_timeout_s", action, self.action_timeout_s.is_some()),
            ("grid_rows", flash, self.grid_rows.is_some()),
            ("grid_columns", flash, self.grid_columns.is_some()),
            ("light_duration_s", flash, self.light_duration_s.is_some()),
            ("max_display_latency_ms", flash, self.max_display_latency_ms.is_some()),
        ];
        let stranger =
            owned.into_iter().find(|(_, methods, given)| *given && !methods.contains(&self.method));
        stranger.map_or(Ok(()), |(field, methods, _)| {
            Err(Failure::data(format!("{field} belongs to the method \"{}\"", methods[0].name())))
        })
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
        let actions = self.actions.as_ref().map(|actions| LivenessActions::from(Actions::of(actions)));
        let nanoseconds = |seconds: f64| (seconds * 1e9) as u64;
        let Thresholds { decline, review } = self.thresholds();
        gst::ElementFactory::make("livenessbin")
            .name(name)
            .property("method", LivenessMethod::from(self.method))
            .property("decline-threshold", decline)
            .property("review-threshold", review)
            .property_if_some("max-attempts", self.max_attempts)
            .property_if_some("attempt-timeout", self.attempt_timeout_s.map(nanoseconds))
            .property_if_some("frames", self.frames)
            .property_if_some("interval", self.interval_ms.map(|ms| ms * 1_000_000))
            .property_if_some("actions", actions)
            .property_if_some("action-count", self.action_count)
            .property_if_some("action-timeout", self.action_timeout_s.map(nanoseconds))
            .property_if_some("grid-rows", self.grid_rows)
            .property_if_some("grid-columns", self.grid_columns)
            .property_if_some("light-duration", self.light_duration_s.map(nanoseconds))
            .property_if_some("max-display-latency", self.max_display_latency_ms.map(|ms| ms * 1_000_000))
            .property_if_some("models-dir", self.models_dir.as_ref())
            .build()
            .map_err(|e| Failure::internal(format!("livenessbin cannot be made: {e}")))
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

fn grid<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    checked(input, "grid_rows and grid_columns must be 2 to 8", |cells| {
        (2..=MOST_SIDE as u32).contains(cells)
    })
}

fn light_duration<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    checked(input, "light_duration_s must be 2 to 10 seconds", |seconds| (2.0..=10.0).contains(seconds))
}

fn latency<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    checked(input, "max_display_latency_ms must be 0 to 1000 milliseconds", |ms| *ms <= 1000)
}

fn actions<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<Action>>, D::Error> {
    let names = Option::<Vec<String>>::deserialize(input)?;
    let parse = |name: &String| {
        let known = Action::ALL.map(Action::name).join(", ");
        Action::from_name(name)
            .ok_or_else(|| D::Error::custom(format!("unknown action {name:?}, expected some of {known}")))
    };
    let actions = names.map(|names| names.iter().map(parse).collect::<Result<Vec<_>, _>>()).transpose()?;
    match &actions {
        Some(actions) if !Actions::of(actions).are_enough() => {
            Err(D::Error::custom("actions must hold something besides a blink"))
        }
        _ => Ok(actions),
    }
}

fn action_count<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    checked(input, &format!("action_count must be 1 to {MOST}"), |count| (1..=MOST).contains(count))
}

fn action_timeout<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    checked(input, "action_timeout_s must be 0.5 to 60 seconds", |seconds| (0.5..=60.0).contains(seconds))
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
            actions: None,
            action_count: None,
            action_timeout_s: None,
            grid_rows: None,
            grid_columns: None,
            light_duration_s: None,
            max_display_latency_ms: None,
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
    fn the_examples_are_workflows() {
        let passive = include_bytes!("../../examples/workflows/passive.json");
        assert_eq!(Workflow::parse(passive).unwrap().node_id.as_deref(), Some("passive-liveness"));
        let action = Workflow::parse(include_bytes!("../../examples/workflows/action.json")).unwrap();
        assert_eq!((action.method, action.actions.unwrap()[0]), (Method::Action, Action::Blink));
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
    fn methods_are_known_by_name() {
        assert_eq!(
            Workflow::parse(br#"{"method":"action_flash","grid_rows":3}"#).unwrap().method,
            Method::ActionFlash
        );
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
            r#"{"method":"passive","actions":["nod"]}"#,
            r#"{"method":"action","actions":["blink"]}"#,
            r#"{"method":"action","actions":[]}"#,
            r#"{"method":"action","actions":["somersault"]}"#,
            r#"{"method":"action","action_count":9}"#,
            r#"{"method":"action","frames":1}"#,
        ] {
            assert_eq!(fails(text).code, Code::Data, "{}", text.chars().take(80).collect::<String>());
        }
    }
}
