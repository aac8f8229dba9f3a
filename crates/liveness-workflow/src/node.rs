//! One check of a workflow; what is left out keeps the element's default.

use liveness_core::check::{Action, Actions, Method};
use liveness_core::inference::ModelSource;
use liveness_core::session::{Likeness, Limit, RuleAction, Rules, Screening, StatusRule, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::rule::Rule;
use super::word::{Name, Word};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Name of this check in the decision
    pub node_id: Option<Name>,
    /// How liveness is checked
    pub method: Word<Method>,
    /// How often a person may try
    #[schemars(range(min = 1, max = 3))]
    pub max_attempts: Option<u32>,
    /// Seconds that one attempt may take
    #[schemars(range(min = 0.1, max = 3600.0))]
    pub attempt_timeout_s: Option<f64>,
    /// A score at or below it declines
    #[schemars(range(min = 0.0, max = 100.0))]
    pub decline_threshold: Option<f64>,
    /// A score at or below it, but above decline_threshold, goes to review
    #[schemars(range(min = 0.0, max = 100.0))]
    pub review_threshold: Option<f64>,
    /// Good frames that a decision takes (passive)
    #[schemars(range(min = 1, max = 1000))]
    pub frames: Option<u32>,
    /// Least milliseconds between analysed frames (passive)
    #[schemars(range(min = 0, max = 60000))]
    pub interval_ms: Option<u64>,
    /// What may be asked, something besides a blink (action, action_flash)
    #[schemars(length(min = 1))]
    pub actions: Option<Vec<Word<Action>>>,
    /// How many of them are (action, action_flash)
    #[schemars(range(min = 1, max = 5))]
    pub action_count: Option<u32>,
    /// Seconds to begin each (action, action_flash)
    #[schemars(range(min = 0.5, max = 60.0))]
    pub action_timeout_s: Option<f64>,
    /// The light that the screen plays (flash, action_flash)
    pub light: Option<Light>,
    /// rows of `light`
    #[schemars(range(min = 2, max = 8))]
    pub grid_rows: Option<u32>,
    /// columns of `light`
    #[schemars(range(min = 2, max = 8))]
    pub grid_columns: Option<u32>,
    /// duration_s of `light`
    #[schemars(range(min = 2.0, max = 10.0))]
    pub light_duration_s: Option<f64>,
    /// max_display_latency_ms of `light`
    #[schemars(range(min = 0, max = 1000))]
    pub max_display_latency_ms: Option<u64>,
    /// The source shows people as a mirror does: left and right are exchanged
    pub mirrored: Option<bool>,
    /// A folder of .onnx files that stand in for the embedded ones
    pub models_dir: Option<Name>,
    /// A face quality at or below it goes to review
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_quality_review_threshold: Option<f64>,
    /// A face quality at or below it declines
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_quality_decline_threshold: Option<f64>,
    /// A face darker than this is too dark
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_luminance_min_threshold: Option<f64>,
    /// A face brighter than this is too bright
    #[schemars(range(min = 0.0, max = 100.0))]
    pub face_luminance_max_threshold: Option<f64>,
    /// What a face too dark comes to
    pub face_luminance_min_action: Option<Word<RuleAction>>,
    /// What a face too bright comes to
    pub face_luminance_max_action: Option<Word<RuleAction>>,
    /// What several faces in the picture come to
    pub face_liveness_multiple_faces_action: Option<Word<RuleAction>>,
    /// What signs of a video that no camera filmed here and now come to
    pub frame_injection_action: Option<Word<RuleAction>>,
    /// Whether age and gender are estimated for the decision; minimum_age_threshold asks for them too
    pub age_estimation: Option<bool>,
    /// Years; a face that looks younger is declined
    #[schemars(range(min = 1.0, max = 120.0))]
    pub minimum_age_threshold: Option<f64>,
    /// What a face that may be another person's comes to
    pub face_liveness_possible_duplicated_face_action: Option<Word<RuleAction>>,
    /// What another person's face comes to
    pub duplicated_face_action: Option<Word<RuleAction>>,
    /// What a face on the blocklist comes to
    pub blocklist_action: Option<Word<RuleAction>>,
    /// What a face that may be on the blocklist comes to
    pub possible_blocklist_action: Option<Word<RuleAction>>,
    /// Cosine similarity from which a face may be another person's; 0.5 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub possible_duplicated_face_threshold: Option<f64>,
    /// Cosine similarity from which it is; 0.7 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub duplicated_face_threshold: Option<f64>,
    /// Cosine similarity from which a face may be on the blocklist; 0.5 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub possible_blocklist_threshold: Option<f64>,
    /// Cosine similarity from which it is; 0.7 when left out
    #[schemars(range(min = 0.0, max = 1.0))]
    pub blocklist_threshold: Option<f64>,
    /// Rules on the finished check's fields; the first that holds sets its status
    #[serde(default)]
    pub status_rules: Vec<Rule>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Light {
    /// Rows of cells; at most 16 cells together
    #[schemars(range(min = 2, max = 8))]
    pub rows: Option<u32>,
    /// Columns of cells
    #[schemars(range(min = 2, max = 8))]
    pub columns: Option<u32>,
    /// Seconds that it plays at least
    #[schemars(range(min = 2.0, max = 10.0))]
    pub duration_s: Option<f64>,
    /// Milliseconds from a light message to the light in the camera's picture at most
    #[schemars(range(min = 0, max = 1000))]
    pub max_display_latency_ms: Option<u64>,
}

impl Node {
    /// Returns the source of the check's models.
    pub fn model_source(&self) -> ModelSource {
        let folder = self.models_dir.as_ref().map(|folder| ModelSource::Directory(folder.0.clone().into()));
        folder.unwrap_or_default()
    }

    /// A check with the elements' defaults.
    pub fn new(method: Method) -> Self {
        match serde_json::from_value(serde_json::json!({ "method": method.name() })) {
            Ok(node) => node,
            Err(_) => unreachable!("the method is all that a node needs"),
        }
    }

    pub fn name(&self) -> &str {
        self.node_id.as_ref().map_or("liveness", |name| &name.0)
    }

    pub fn thresholds(&self) -> Thresholds {
        let default = Thresholds::default();
        Thresholds {
            decline: self.decline_threshold.unwrap_or(default.decline),
            review: self.review_threshold.unwrap_or(default.review),
        }
    }

    /// What is asked of the evidence besides the score.
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

    /// Returns whether the decision holds age and gender.
    pub fn asks_age(&self) -> bool {
        self.age_estimation == Some(true) || self.minimum_age_threshold.is_some()
    }

    pub fn status_rules(&self) -> Vec<StatusRule> {
        self.status_rules.iter().map(Rule::status_rule).collect()
    }

    /// What faces on lists come to.
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

    /// The light, by either way to write it.
    pub fn light(&self) -> Light {
        self.light.unwrap_or(Light {
            rows: self.grid_rows,
            columns: self.grid_columns,
            duration_s: self.light_duration_s,
            max_display_latency_ms: self.max_display_latency_ms,
        })
    }

    /// What may be asked.
    pub fn actions(&self) -> Option<Actions> {
        let actions = self.actions.as_ref()?;
        Some(Actions::of(&actions.iter().map(|word| word.0).collect::<Vec<_>>()))
    }
}
