// SPDX-License-Identifier: MIT OR Apache-2.0

//! The element messages as Rust types, with conversions from and to `gst::Structure`.

use std::fmt;
use std::sync::Arc;

use liveness_core::check::{Action, ActionEvent, ActionState, Guidance, LightCue, LightRecord, Method};
use liveness_core::session::{Progress, Retry, Status};

/// The fields that all liveness messages share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Method of the check.
    pub method: Method,
    /// Number of the attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// Timestamp of the last frame.
    pub timestamp: Option<gst::ClockTime>,
    /// Stream time of the last frame.
    pub stream_time: Option<gst::ClockTime>,
    /// Running time of the last frame.
    pub running_time: Option<gst::ClockTime>,
}

/// A liveness message.
#[derive(Clone, Debug)]
pub struct LivenessMessage {
    /// The fields that all messages share.
    pub header: Header,
    /// The fields of this message.
    pub body: Body,
}

/// The fields of a message by its type.
#[derive(Clone, Debug)]
pub enum Body {
    /// `liveness/progress`: the status, the progress of the attempt, and the frame counters of the check.
    Progress { progress: Progress, frames_analysed: u64, frames_skipped: u64 },
    /// `liveness/guidance`: a coaching hint.
    Guidance(Guidance),
    /// `liveness/action`: a requested action or its outcome.
    Action(ActionEvent),
    /// `liveness/light`: a pattern that the screen must show, or the end of the light.
    Light(LightCue),
    /// `liveness/retry`: the failure of an attempt that another one follows.
    Retry(RetryBody),
    /// `liveness/result`: the decision of the check.
    Result(ResultBody),
}

/// The fields of `liveness/retry`.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryBody {
    /// The advice for the next attempt, in English.
    pub detail: String,
    /// The error code of the attempt.
    pub error: String,
    /// The codes of the feedback.
    pub feedback_codes: Vec<String>,
    /// Number of attempts used so far.
    pub attempts_used: u32,
    /// Number of attempts allowed.
    pub max_attempts: u32,
}

/// The fields of `liveness/result`.
#[derive(Clone, Debug)]
pub struct ResultBody {
    /// Status of the check.
    pub status: Status,
    /// The score, 0 to 100.
    pub score: f64,
    /// The codes of the warnings.
    pub warnings: Vec<String>,
    /// The check as JSON: one item of `liveness_checks[]`.
    pub json: String,
    /// The reference image as `image/jpeg`.
    pub reference_image: Option<gst::Sample>,
    /// The depth map as GRAY16_LE, from checks with light. Nearer is brighter, and 0 means unknown.
    pub depth_map: Option<gst::Sample>,
}

/// A [`LightRecord`] as the value of an analyser's property `light-record`. The result message does not carry it,
/// because a structure with it could not be serialised as a string.
#[derive(Clone, Debug, glib::Boxed)]
#[boxed_type(name = "GstLivenessLightRecord", nullable)]
pub struct Light(pub Arc<LightRecord>);

/// The reason why a structure is not a liveness message.
#[derive(Debug, thiserror::Error)]
pub enum NotAMessage {
    /// The structure has another name.
    #[error("{0} is not the name of a liveness message")]
    Name(String),
    /// The field is missing or has the wrong type.
    #[error("the field {0} is missing or of another type")]
    Field(&'static str),
    /// The field has an unknown value.
    #[error("the field {0} has no value of the contract")]
    Value(&'static str),
}

impl From<Retry> for RetryBody {
    fn from(retry: Retry) -> Self {
        Self {
            detail: retry.advice.text().to_owned(),
            error: retry.error.to_owned(),
            feedback_codes: retry.feedback_codes.into_iter().map(str::to_owned).collect(),
            attempts_used: retry.attempts_used,
            max_attempts: retry.max_attempts,
        }
    }
}

impl Body {
    /// Returns whether the message also travels upstream as an event, so that a source can react to it.
    pub const fn goes_upstream(&self) -> bool {
        matches!(self, Self::Action(_) | Self::Light(_))
    }

    /// Returns the level at which the element logs the message: INFO for rare messages, DEBUG for frequent ones.
    pub const fn log_level(&self) -> gst::DebugLevel {
        match self {
            Self::Progress { .. } | Self::Light(_) => gst::DebugLevel::Debug,
            Self::Guidance(_) | Self::Action(_) | Self::Retry(_) | Self::Result(_) => gst::DebugLevel::Info,
        }
    }

    /// Returns the name of the message's structure.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Progress { .. } => "liveness/progress",
            Self::Guidance(_) => "liveness/guidance",
            Self::Action(_) => "liveness/action",
            Self::Light(_) => "liveness/light",
            Self::Retry(_) => "liveness/retry",
            Self::Result(_) => "liveness/result",
        }
    }
}

/// Formats the message as one log line, without pictures, age and gender, and the colours of the light.
impl fmt::Display for LivenessMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, body } = self;
        write!(f, "{}, attempt {}: ", body.name(), header.attempt)?;
        match body {
            Body::Progress { progress, frames_analysed, frames_skipped } => {
                let Progress { status, fraction, faces } = progress;
                let percent = 100.0 * fraction;
                write!(f, "{}, {percent:.0} %, faces {faces}, ", status.name())?;
                write!(f, "frames analysed {frames_analysed}, skipped {frames_skipped}")
            }
            Body::Guidance(guidance) => write!(f, "{}: {}", guidance.code(), guidance.text()),
            Body::Action(ActionEvent { action, index, count, state, .. }) => {
                write!(f, "{} {} ({} of {count})", action.name(), state.name(), index.saturating_add(1))
            }
            Body::Light(light) if light.active => write!(f, "pattern {}", light.index),
            Body::Light(_) => f.write_str("off"),
            Body::Retry(retry) => {
                let RetryBody { detail, error, attempts_used, max_attempts, .. } = retry;
                write!(f, "{error}, {attempts_used} of {max_attempts} attempts used: {detail}")
            }
            Body::Result(result) => {
                write!(f, "{}, score {:.1}", result.status.name(), result.score)?;
                result.warnings.iter().try_for_each(|warning| write!(f, ", {warning}"))
            }
        }
    }
}

fn strings(values: &[String]) -> gst::Array {
    gst::Array::new(values)
}

impl From<LivenessMessage> for gst::Structure {
    fn from(LivenessMessage { header, body }: LivenessMessage) -> Self {
        let nanoseconds = |time: Option<gst::ClockTime>| time.map_or(u64::MAX, gst::ClockTime::nseconds);
        let builder = gst::Structure::builder(body.name())
            .field("method", header.method.name())
            .field("attempt", header.attempt)
            .field("timestamp", nanoseconds(header.timestamp))
            .field("stream-time", nanoseconds(header.stream_time))
            .field("running-time", nanoseconds(header.running_time));
        match body {
            Body::Progress { progress, frames_analysed, frames_skipped } => builder
                .field("status", progress.status.name())
                .field("fraction", progress.fraction)
                .field("faces", progress.faces)
                .field("frames-analysed", frames_analysed)
                .field("frames-skipped", frames_skipped),
            Body::Guidance(guidance) => builder.field("code", guidance.code()).field("text", guidance.text()),
            Body::Action(event) => builder
                .field("action", event.action.name())
                .field("index", event.index)
                .field("count", event.count)
                .field("state", event.state.name())
                .field("deadline", event.deadline)
                .field("text", event.action.text()),
            Body::Light(light) => builder
                .field("active", light.active)
                .field("index", light.index)
                .field("rows", light.rows)
                .field("columns", light.columns)
                .field("colors", gst::Array::new(&light.colors))
                .field("duration", light.duration),
            Body::Retry(retry) => builder
                .field("detail", retry.detail)
                .field("error", retry.error)
                .field("feedback-codes", strings(&retry.feedback_codes))
                .field("attempts-used", retry.attempts_used)
                .field("max-attempts", retry.max_attempts),
            Body::Result(result) => builder
                .field("status", result.status.name())
                .field("score", result.score)
                .field("warnings", strings(&result.warnings))
                .field("json", result.json)
                .field_if_some("reference-image", result.reference_image)
                .field_if_some("depth-map", result.depth_map),
        }
        .build()
    }
}

impl TryFrom<&gst::StructureRef> for LivenessMessage {
    type Error = NotAMessage;

    fn try_from(structure: &gst::StructureRef) -> Result<Self, NotAMessage> {
        let fields = Fields(structure);
        let body = match structure.name().as_str() {
            "liveness/progress" => Body::Progress {
                progress: Progress {
                    status: fields.status()?,
                    fraction: fields.get("fraction")?,
                    faces: fields.get("faces")?,
                },
                frames_analysed: fields.get("frames-analysed")?,
                frames_skipped: fields.get("frames-skipped")?,
            },
            "liveness/guidance" => {
                let code: String = fields.get("code")?;
                let guidance = Guidance::ALL.into_iter().find(|guidance| guidance.code() == code);
                Body::Guidance(guidance.ok_or(NotAMessage::Value("code"))?)
            }
            "liveness/action" => Body::Action(ActionEvent {
                action: Action::from_name(fields.get("action")?).ok_or(NotAMessage::Value("action"))?,
                index: fields.get("index")?,
                count: fields.get("count")?,
                state: ActionState::from_name(fields.get("state")?).ok_or(NotAMessage::Value("state"))?,
                deadline: fields.get("deadline")?,
            }),
            "liveness/light" => Body::Light(LightCue {
                active: fields.get("active")?,
                index: fields.get("index")?,
                rows: fields.get("rows")?,
                columns: fields.get("columns")?,
                colors: fields.array("colors")?,
                duration: fields.get("duration")?,
            }),
            "liveness/retry" => Body::Retry(RetryBody {
                detail: fields.get("detail")?,
                error: fields.get("error")?,
                feedback_codes: fields.array("feedback-codes")?,
                attempts_used: fields.get("attempts-used")?,
                max_attempts: fields.get("max-attempts")?,
            }),
            "liveness/result" => Body::Result(ResultBody {
                status: fields.status()?,
                score: fields.get("score")?,
                warnings: fields.array("warnings")?,
                json: fields.get("json")?,
                reference_image: structure.get("reference-image").ok(),
                depth_map: structure.get("depth-map").ok(),
            }),
            name => return Err(NotAMessage::Name(name.to_owned())),
        };
        Ok(Self { header: fields.header()?, body })
    }
}

/// Typed access to the fields of a structure.
struct Fields<'a>(&'a gst::StructureRef);

impl<'a> Fields<'a> {
    fn get<T: glib::value::FromValue<'a>>(&self, name: &'static str) -> Result<T, NotAMessage> {
        self.0.get(name).map_err(|_| NotAMessage::Field(name))
    }

    fn array<T: for<'v> glib::value::FromValue<'v>>(
        &self,
        name: &'static str,
    ) -> Result<Vec<T>, NotAMessage> {
        let array: gst::ArrayRef<'_> = self.get(name)?;
        array.iter().map(|value| value.get().map_err(|_| NotAMessage::Field(name))).collect()
    }

    fn status(&self) -> Result<Status, NotAMessage> {
        Status::from_name(self.get("status")?).ok_or(NotAMessage::Value("status"))
    }

    fn header(&self) -> Result<Header, NotAMessage> {
        let time = |name| {
            let nanoseconds: u64 = self.get(name)?;
            Ok((nanoseconds != u64::MAX).then(|| gst::ClockTime::from_nseconds(nanoseconds)))
        };
        Ok(Header {
            method: Method::from_name(self.get("method")?).ok_or(NotAMessage::Value("method"))?,
            attempt: self.get("attempt")?,
            timestamp: time("timestamp")?,
            stream_time: time("stream-time")?,
            running_time: time("running-time")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        method: Method::Passive,
        attempt: 2,
        timestamp: Some(gst::ClockTime::from_mseconds(40)),
        stream_time: None,
        running_time: Some(gst::ClockTime::ZERO),
    };

    #[test]
    fn every_message_survives_its_structure() {
        gst::init().unwrap();
        let progress = Progress { status: Status::InProgress, fraction: 0.25, faces: 1 };
        let bodies = [
            Body::Progress { progress, frames_analysed: 7, frames_skipped: u64::MAX },
            Body::Guidance(Guidance::MoveCloser),
            Body::Action(ActionEvent {
                action: Action::TurnLeft,
                index: 1,
                count: 3,
                state: ActionState::Requested,
                deadline: 7,
            }),
            Body::Light(LightCue {
                active: true,
                index: 3,
                rows: 1,
                columns: 2,
                colors: vec![0xff_0000, 0x12_3456],
                duration: 33,
            }),
            Body::Light(LightCue::off(4)),
            Body::Retry(RetryBody {
                detail: "d".into(),
                error: "LOW_FACE_QUALITY".into(),
                feedback_codes: vec!["LOW_FACE_QUALITY".into()],
                attempts_used: 1,
                max_attempts: 3,
            }),
            Body::Result(ResultBody {
                status: Status::InReview,
                score: 44.5,
                warnings: vec![],
                json: "{}".into(),
                reference_image: Some(gst::Sample::builder().build()),
                depth_map: None,
            }),
        ];
        for body in bodies {
            let structure = gst::Structure::from(LivenessMessage { header: HEADER, body: body.clone() });
            let back = LivenessMessage::try_from(structure.as_ref()).unwrap();
            assert_eq!(back.header, HEADER);
            assert_eq!(format!("{:?}", back.body), format!("{body:?}"));
        }
    }

    #[test]
    fn a_log_line_says_what_counts_and_shows_nobody() {
        gst::init().unwrap();
        let picture = || Some(gst::Sample::builder().buffer(&gst::Buffer::from_slice([7u8; 99])).build());
        let result = ResultBody {
            status: Status::InReview,
            score: 44.54,
            warnings: vec!["LOW_FACE_QUALITY".into(), "LOW_FACE_LUMINANCE".into()],
            json: r#"{"age_estimation": 41.5, "evidence": {"gender": "female"}}"#.into(),
            reference_image: picture(),
            depth_map: picture(),
        };
        let light =
            LightCue { active: true, index: 3, rows: 1, columns: 1, colors: vec![0x12_3456], duration: 33 };
        for (body, line) in [
            (
                Body::Result(result),
                "liveness/result, attempt 2: In Review, score 44.5, LOW_FACE_QUALITY, LOW_FACE_LUMINANCE",
            ),
            (Body::Guidance(Guidance::MoveCloser), "liveness/guidance, attempt 2: MOVE_CLOSER: Move closer"),
            (Body::Light(light), "liveness/light, attempt 2: pattern 3"),
        ] {
            assert_eq!(LivenessMessage { header: HEADER, body }.to_string(), line);
        }
    }

    #[test]
    fn other_structures_are_refused() {
        gst::init().unwrap();
        let other = gst::Structure::new_empty("level");
        assert!(matches!(LivenessMessage::try_from(other.as_ref()), Err(NotAMessage::Name(_))));
        let empty = gst::Structure::new_empty("liveness/result");
        assert!(matches!(LivenessMessage::try_from(empty.as_ref()), Err(NotAMessage::Field("status"))));
    }
}
