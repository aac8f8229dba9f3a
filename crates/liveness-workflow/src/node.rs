// SPDX-License-Identifier: MIT OR Apache-2.0

//! One check of a workflow. A field that is left out keeps the element's default.

use liveness_core::check::{Action, Actions, Method};
use liveness_core::inference::ModelSource;
use liveness_core::session::{Likeness, Limit, RuleAction, Rules, Screening, StatusRule, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::rule::Rule;
use super::word::{Name, Word};

/// A liveness check; fields left out keep their defaults
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Name of this check in the decision
    pub node_id: Option<Name>,
    /// Method of the liveness check
    pub method: Word<Method>,
    /// Maximum number of attempts
    #[schemars(range(min = 1, max = 3))]
    pub max_attempts: Option<u32>,
    /// Maximum duration of one attempt in seconds
    #[schemars(range(min = 0.1, max = 3600.0))]
    pub attempt_timeout_s: Option<f64>,
    /// Scores at or below this value are declined
    #[schemars(range(min = 0.0, max = 100.0))]
    pub decline_threshold: Option<f64>,
    /// Scores at or below this value, but above decline_threshold, go to review
    #[schemars(range(min = 0.0, max = 100.0))]
    pub review_threshold: Option<f64>,
    /// Number of usable frames that a decision needs (passive)
    #[schemars(range(min = 1, max = 1000))]
    pub frames: Option<u32>,
    /// Minimum time between analysed frames in milliseconds (passive)
    #[schemars(range(min = 0, max = 60000))]
    pub interval_ms: Option<u64>,
    /// Actions that may be requested, at least one of them other than a blink (action, action_flash)
    #[schemars(length(min = 1))]
    pub actions: Option<Vec<Word<Action>>>,
    /// Number of actions to request (action, action_flash)
    #[schemars(range(min = 1, max = 5))]
    pub action_count: Option<u32>,
    /// Time to begin each action in seconds (action, action_flash)
    #[schemars(range(min = 0.5, max = 60.0))]
    pub action_timeout_s: Option<f64>,
    /// Light that the screen plays (flash, action_flash)
    pub light: Option<Light>,
    /// Same as rows of `light`
    #[schemars(range(min = 2, max = 8))]
    pub grid_rows: Option<u32>,
    /// Same as columns of `light`
    #[schemars(range(min = 2, max = 8))]
    pub grid_columns: Option<u32>,
    /// Same as duration_s of `light`
    #[schemars(range(min = 2.0, max = 10.0))]
    pub light_duration_s: Option<f64>,
    /// Same as max_display_latency_ms of `light`
    #[schemars(range(min = 0, max = 1000))]
    pub max_display_latency_ms: Option<u64>,
    /// true = the source shows a mirror image, with left and right exchanged
    pub mirrored: Option<bool>,
    /// Folder of .onnx files that replace the embedded models
    pub models_dir: Option<Name>,
    /// Face quality at or below this value goes to review
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_quality_review_threshold: Option<f64>,
    /// Face quality at or below this value is declined
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_quality_decline_threshold: Option<f64>,
    /// Faces darker than this value are too dark
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_luminance_min_threshold: Option<f64>,
    /// Faces brighter than this value are too bright
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_luminance_max_threshold: Option<f64>,
    /// Action for a face that is too dark
    pub face_luminance_min_action: Option<Word<RuleAction>>,
    /// Action for a face that is too bright
    pub face_luminance_max_action: Option<Word<RuleAction>>,
    /// Action for several faces in the picture
    pub face_liveness_multiple_faces_action: Option<Word<RuleAction>>,
    /// Action for signs of an injected video, which no camera is filming at this moment
    pub frame_injection_action: Option<Word<RuleAction>>,
    /// true = the decision contains estimated age and gender; minimum_age_threshold also adds them
    pub age_estimation: Option<bool>,
    /// Minimum age in years; a face that looks younger is declined
    #[schemars(range(min = 1.0, max = 120.0))]
    pub minimum_age_threshold: Option<f64>,
    /// Action for a possible duplicate face of another person; REVIEW when left out
    pub face_liveness_possible_duplicated_face_action: Option<Word<RuleAction>>,
    /// Action for a duplicate face of another person; DECLINE when left out
    pub duplicated_face_action: Option<Word<RuleAction>>,
    /// Action for a face on the blocklist; DECLINE when left out
    pub blocklist_action: Option<Word<RuleAction>>,
    /// Action for a face that may be on the blocklist; REVIEW when left out
    pub possible_blocklist_action: Option<Word<RuleAction>>,
    /// Cosine similarity from which a face is a possible duplicate; 0.5 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub possible_duplicated_face_threshold: Option<f64>,
    /// Cosine similarity from which a face is a duplicate; 0.7 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub duplicated_face_threshold: Option<f64>,
    /// Cosine similarity from which a face may be on the blocklist; 0.5 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub possible_blocklist_threshold: Option<f64>,
    /// Cosine similarity from which a face is on the blocklist; 0.7 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub blocklist_threshold: Option<f64>,
    /// Rules on the fields of the finished check; the first rule that holds sets the status
    #[serde(default)]
    pub status_rules: Vec<Rule>,
}

/// Light that the screen plays, as a grid of cells
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Light {
    /// Number of rows; rows × columns is at most 16
    #[schemars(range(min = 2, max = 8))]
    pub rows: Option<u32>,
    /// Number of columns; rows × columns is at most 16
    #[schemars(range(min = 2, max = 8))]
    pub columns: Option<u32>,
    /// Minimum duration of the light in seconds
    #[schemars(range(min = 2.0, max = 10.0))]
    pub duration_s: Option<f64>,
    /// Maximum delay in milliseconds from a light message to the light in the camera's picture
    #[schemars(range(min = 0, max = 1000))]
    pub max_display_latency_ms: Option<u64>,
}

impl Node {
    /// Returns the source of the check's models.
    pub fn model_source(&self) -> ModelSource {
        let folder = self.models_dir.as_ref().map(|folder| ModelSource::Directory(folder.0.clone().into()));
        folder.unwrap_or_default()
    }

    /// Returns a check of `method` with the elements' defaults.
    pub fn new(method: Method) -> Self {
        match serde_json::from_value(serde_json::json!({ "method": method.name() })) {
            Ok(node) => node,
            Err(_) => unreachable!("the method is all that a node needs"),
        }
    }

    /// Returns the name of the check in the decision, `liveness` by default.
    pub fn name(&self) -> &str {
        self.node_id.as_ref().map_or("liveness", |name| &name.0)
    }

    /// Returns the score thresholds for decline and review.
    pub fn thresholds(&self) -> Thresholds {
        let default = Thresholds::default();
        Thresholds {
            decline: self.decline_threshold.unwrap_or(default.decline),
            review: self.review_threshold.unwrap_or(default.review),
        }
    }

    /// Returns the rules on the evidence besides the score.
    pub fn rules(&self) -> Rules {
        let limit =
            |threshold, action: Option<Word<RuleAction>>| Limit { threshold, action: action.map(|a| a.0) };
        Rules {
            quality_review: self.face_quality_review_threshold,
            quality_decline: self.face_quality_decline_threshold,
            darkest: limit(self.face_luminance_min_threshold, self.face_luminance_min_action),
            brightest: limit(self.face_luminance_max_threshold, self.face_luminance_max_action),
            multiple_faces: self.face_liveness_multiple_faces_action.map(|action| action.0),
            injection: self.frame_injection_action.map(|action| action.0),
            minimum_age: self.minimum_age_threshold,
        }
    }

    /// Returns whether the decision contains age and gender.
    pub fn asks_age(&self) -> bool {
        self.age_estimation == Some(true) || self.minimum_age_threshold.is_some()
    }

    /// Returns the status rules in the order of the file.
    pub fn status_rules(&self) -> Vec<StatusRule> {
        self.status_rules.iter().map(Rule::status_rule).collect()
    }

    /// Returns the actions and similarity thresholds for faces on lists.
    pub fn screening(&self) -> Screening {
        let action = |word: Option<Word<RuleAction>>| word.map(|word| word.0);
        let default = Likeness::default();
        let likeness = |possible: Option<f64>, certain: Option<f64>| Likeness {
            possible: possible.unwrap_or(default.possible),
            certain: certain.unwrap_or(default.certain),
        };
        Screening {
            possible_duplicated_face: action(self.face_liveness_possible_duplicated_face_action),
            duplicated_face: action(self.duplicated_face_action),
            blocklist: action(self.blocklist_action),
            possible_blocklist: action(self.possible_blocklist_action),
            like_blocked: likeness(self.possible_blocklist_threshold, self.blocklist_threshold),
            like_known: likeness(self.possible_duplicated_face_threshold, self.duplicated_face_threshold),
        }
    }

    /// Returns the light settings, given either in `light` or in separate fields.
    pub fn light(&self) -> Light {
        self.light.unwrap_or(Light {
            rows: self.grid_rows,
            columns: self.grid_columns,
            duration_s: self.light_duration_s,
            max_display_latency_ms: self.max_display_latency_ms,
        })
    }

    /// Returns the actions that may be requested, or `None` for the default.
    pub fn actions(&self) -> Option<Actions> {
        let actions = self.actions.as_ref()?;
        Some(Actions::of(&actions.iter().map(|word| word.0).collect::<Vec<_>>()))
    }
}
