// SPDX-License-Identifier: MIT OR Apache-2.0

//! The properties that all analysers share.

use glib::prelude::*;
use gst::prelude::*;

use super::super::message::Light;
use super::super::rules;
use liveness_core::inference::ModelSource;
use liveness_core::location;
use liveness_core::session::{Rules, SessionConfig, Thresholds};

/// The values of the properties that all analysers share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Starts a check with the first frame.
    pub auto_start: bool,
    /// Nanoseconds of running time that a face must be in the picture before `auto_start` starts a check.
    pub face_time: u64,
    /// The attempts, times and thresholds of the session.
    pub session: SessionConfig,
    /// The rules for the pictures besides the score.
    pub rules: Rules,
    /// Estimates age and gender even if no rule needs the age.
    pub age_estimation: bool,
    /// Lateness above which a frame of a live pipeline is not analysed.
    pub max_lateness: gst::ClockTime,
    /// The directory of replacement models; `None` uses the embedded ones.
    pub models_dir: Option<String>,
    /// The check's name in its result; `None` uses the element's name.
    pub node_id: Option<String>,
    /// True if the source shows people as a mirror does.
    pub mirrored: bool,
    /// The seed of the challenges; 0 selects the operating system's randomness.
    pub seed: u64,
}

const SECOND: u64 = 1_000_000_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_start: true,
            face_time: 0,
            session: SessionConfig {
                max_attempts: 3,
                attempt_timeout: 15 * SECOND,
                progress_interval: SECOND / 2,
                thresholds: Thresholds::default(),
            },
            rules: Rules::default(),
            age_estimation: false,
            max_lateness: gst::ClockTime::from_mseconds(200),
            models_dir: None,
            node_id: None,
            mirrored: false,
            seed: 0,
        }
    }
}

impl Settings {
    /// Returns the source of the models.
    pub fn model_source(&self) -> ModelSource {
        let path = |dir: &String| location::path(dir).unwrap_or_else(|_| dir.into());
        self.models_dir.as_ref().map_or(ModelSource::Embedded, |dir| ModelSource::Directory(path(dir)))
    }

    /// Returns whether the result includes age and gender.
    pub fn asks_age(&self) -> bool {
        self.age_estimation || self.rules.minimum_age.is_some()
    }

    /// Returns a sentence about the first pair of thresholds whose lower one exceeds the higher one, with the remedy.
    pub fn fault(&self) -> Option<String> {
        let Thresholds { decline, review } = self.session.thresholds;
        let Rules { quality_review, quality_decline, darkest, brightest, .. } = self.rules;
        let pairs = [
            ("decline-threshold", Some(decline), "review-threshold", Some(review)),
            (rules::QUALITY_DECLINE, quality_decline, rules::QUALITY_REVIEW, quality_review),
            (rules::LUMINANCE_MIN, darkest.threshold, rules::LUMINANCE_MAX, brightest.threshold),
        ];
        pairs.into_iter().find_map(|(low_name, low, high_name, high)| {
            let (low, high) = low.zip(high).filter(|(low, high)| low > high)?;
            Some(format!("{low_name} ({low}) lies above {high_name} ({high}): set one that is not higher"))
        })
    }

    /// Sets the property `name`; unknown names are ignored.
    ///
    /// # Errors
    /// The value has the wrong type, or it is not a valid set of rules.
    pub fn set(&mut self, name: &str, value: &glib::Value) -> Result<(), Box<dyn std::error::Error>> {
        let session = &mut self.session;
        match name {
            "auto-start" => self.auto_start = get(value)?,
            "face-time" => self.face_time = get(value)?,
            "max-attempts" => session.max_attempts = get(value)?,
            "attempt-timeout" => session.attempt_timeout = get(value)?,
            "decline-threshold" => session.thresholds.decline = get(value)?,
            "review-threshold" => session.thresholds.review = get(value)?,
            "progress-interval" => session.progress_interval = get(value)?,
            "rules" => self.rules = rules::of_value(value)?,
            "age-estimation" => self.age_estimation = get(value)?,
            "max-lateness" => {
                self.max_lateness = gst::ClockTime::from_nseconds(get::<u64>(value)?.min(u64::MAX - 1))
            }
            "models-dir" => self.models_dir = value.get::<Option<String>>().unwrap_or_default(),
            "node-id" => self.node_id = value.get::<Option<String>>().unwrap_or_default(),
            "mirrored" => self.mirrored = get(value)?,
            "seed" => self.seed = get(value)?,
            _ => {}
        }
        Ok(())
    }

    /// Returns the value of the property `name`, or `None` if it is not a setting.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "auto-start" => self.auto_start.to_value(),
            "face-time" => self.face_time.to_value(),
            "max-attempts" => self.session.max_attempts.to_value(),
            "attempt-timeout" => self.session.attempt_timeout.to_value(),
            "decline-threshold" => self.session.thresholds.decline.to_value(),
            "review-threshold" => self.session.thresholds.review.to_value(),
            "progress-interval" => self.session.progress_interval.to_value(),
            "max-lateness" => self.max_lateness.nseconds().to_value(),
            "rules" => rules::to_structure(self.rules).to_value(),
            "age-estimation" => self.age_estimation.to_value(),
            "models-dir" => self.models_dir.to_value(),
            "node-id" => self.node_id.to_value(),
            "mirrored" => self.mirrored.to_value(),
            "seed" => self.seed.to_value(),
            _ => return None,
        })
    }
}

fn get<T>(value: &glib::Value) -> Result<T, glib::value::ValueTypeMismatchError>
where
    T: for<'a> glib::value::FromValue<'a, Checker = glib::value::GenericValueTypeChecker<T>> + StaticType,
{
    value.get()
}

/// Returns the properties of the base class.
pub fn properties() -> Vec<glib::ParamSpec> {
    let default = Settings::default();
    let session = default.session;
    let time = |name, nick, blurb, value: u64| {
        glib::ParamSpecUInt64::builder(name)
            .nick(nick)
            .blurb(blurb)
            .default_value(value)
            .mutable_playing()
            .build()
    };
    let threshold = |name, nick, blurb, value: f64| {
        glib::ParamSpecDouble::builder(name)
            .nick(nick)
            .blurb(blurb)
            .minimum(0.0)
            .maximum(100.0)
            .default_value(value)
            .mutable_playing()
            .build()
    };
    vec![
        glib::ParamSpecString::builder("status")
            .nick("Status")
            .blurb(
                "Where the check stands: Not Started, In Progress, Approved, In Review, Declined, Abandoned",
            )
            .default_value(Some(liveness_core::session::Status::NotStarted.name()))
            .read_only()
            .build(),
        glib::ParamSpecUInt::builder("attempt")
            .nick("Attempt")
            .blurb("The running or last attempt, from 1; 0 before the first")
            .read_only()
            .build(),
        glib::ParamSpecBoxed::builder::<gst::Structure>("last-result")
            .nick("Last result")
            .blurb("The structure of the last liveness/result message")
            .read_only()
            .build(),
        glib::ParamSpecBoxed::builder::<Light>("light-record")
            .nick("Light record")
            .blurb("What the secret light of the last result showed, for Rust programs; none without light")
            .read_only()
            .build(),
        glib::ParamSpecBoolean::builder("auto-start")
            .nick("Auto start")
            .blurb("Start a check with the first frame, without the start signal")
            .default_value(default.auto_start)
            .mutable_playing()
            .build(),
        time(
            "face-time",
            "Face time",
            "With auto-start, start a check only once a face has been in the picture for this long (nanoseconds of running \
             time); 0 = with the first frame",
            default.face_time,
        ),
        glib::ParamSpecUInt::builder("max-attempts")
            .nick("Maximum attempts")
            .blurb("How often a person may try before the check is decided")
            .minimum(1)
            .maximum(3)
            .default_value(session.max_attempts)
            .mutable_playing()
            .build(),
        time(
            "attempt-timeout",
            "Attempt timeout",
            "How long one attempt may take, in nanoseconds of running time; it ends on the clock where frames stay away",
            session.attempt_timeout,
        ),
        threshold(
            "decline-threshold",
            "Decline threshold",
            "A score at or below it declines",
            session.thresholds.decline,
        ),
        threshold(
            "review-threshold",
            "Review threshold",
            "A score at or below it, but above decline-threshold, goes to review",
            session.thresholds.review,
        ),
        time(
            "progress-interval",
            "Progress interval",
            "Running time between liveness/progress messages, in nanoseconds",
            session.progress_interval,
        ),
        time(
            "max-lateness",
            "Maximum lateness",
            "On live pipelines, frames later than this (nanoseconds) pass unanalysed and are counted",
            default.max_lateness.nseconds(),
        ),
        glib::ParamSpecBoxed::builder::<gst::Structure>("rules")
            .nick("Rules")
            .blurb("What is asked of the pictures besides the score: the structure liveness/rules, e.g. \"liveness/rules, minimum-age=(double)18;\", with the fields \
                    face-quality-review-threshold, face-quality-decline-threshold, face-luminance-min-threshold, \
                    face-luminance-max-threshold (double, 0 to 100), minimum-age (double, years), face-luminance-min-action, \
                    face-luminance-max-action, multiple-faces-action, frame-injection-action (NO_ACTION, REVIEW or \
                    DECLINE). Thresholds that are left out are not asked, actions REVIEW")
            .mutable_playing()
            .build(),
        glib::ParamSpecBoolean::builder("age-estimation")
            .nick("Age estimation")
            .blurb("Estimate age and gender for the result; a minimum-age in rules asks for them too")
            .default_value(default.age_estimation)
            .mutable_playing()
            .build(),
        glib::ParamSpecString::builder("models-dir")
            .nick("Models directory")
            .blurb("A folder of .onnx files that stand in for the embedded ones of the same name")
            .build(),
        glib::ParamSpecString::builder("node-id")
            .nick("Node id")
            .blurb("The check's name in the result's JSON; the element's name when not set")
            .mutable_ready()
            .build(),
        glib::ParamSpecBoolean::builder("mirrored")
            .nick("Mirrored")
            .blurb("The source shows people as a mirror does: left and right are exchanged where turns and the columns of the light are judged (takes effect with the next attempt)")
            .default_value(default.mirrored)
            .mutable_playing()
            .build(),
        glib::ParamSpecUInt64::builder("seed")
            .nick("Seed")
            .blurb("0 = the operating system's randomness; any other value makes challenges predictable: for tests only")
            .mutable_playing()
            .build(),
    ]
}
