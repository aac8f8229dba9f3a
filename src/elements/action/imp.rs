use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::CAT;
use super::super::analyzer::AnalyzerImpl;
use super::LivenessActions;
use crate::check::{ActionCheck, ActionConfig, Actions, Check, MOST, Method};
use crate::inference::{InferenceError, ModelSource};

#[derive(Default)]
pub struct LivenessAction {
    settings: Mutex<ActionConfig>,
}

impl LivenessAction {
    fn settings(&self) -> MutexGuard<'_, ActionConfig> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for LivenessAction {
    const NAME: &'static str = "GstLivenessAction";
    type Type = super::LivenessAction;
    type ParentType = super::super::Analyzer;
}

impl ObjectImpl for LivenessAction {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let default = ActionConfig::default();
            vec![
                glib::ParamSpecFlags::builder::<LivenessActions>("actions")
                    .default_value(LivenessActions::from(default.actions))
                    .nick("Actions")
                    .blurb("What may be asked; a blink alone is refused (takes effect with the next attempt)")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecUInt::builder("action-count")
                    .nick("Action count")
                    .blurb("How many actions are asked (takes effect with the next attempt)")
                    .minimum(1)
                    .maximum(MOST)
                    .default_value(default.count)
                    .mutable_playing()
                    .build(),
                glib::ParamSpecUInt64::builder("action-timeout")
                    .nick("Action timeout")
                    .blurb("How long a person has to begin each action, in nanoseconds of running time (takes effect with the next attempt)")
                    .minimum(1)
                    .default_value(default.timeout)
                    .mutable_playing()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "actions" => match value.get::<LivenessActions>().map(Actions::from) {
                Ok(actions) if actions.are_enough() => settings.actions = actions,
                _ => gst::warning!(CAT, imp = self, "actions keeps its value: a blink alone is no challenge"),
            },
            "action-count" => settings.count = value.get().unwrap_or(settings.count),
            "action-timeout" => settings.timeout = value.get().unwrap_or(settings.timeout),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "actions" => LivenessActions::from(settings.actions).to_value(),
            "action-count" => settings.count.to_value(),
            _ => settings.timeout.to_value(),
        }
    }
}

impl GstObjectImpl for LivenessAction {}

impl ElementImpl for LivenessAction {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Active face liveness",
                "Filter/Analyzer/Video",
                "Asks for random movements and judges whether a live person answers them",
                "The gst-plugin-liveness developers",
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for LivenessAction {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalyzerImpl for LivenessAction {
    const METHOD: Method = Method::Action;

    fn create_check(&self, source: &ModelSource, seed: u64) -> Result<Box<dyn Check>, InferenceError> {
        let config = ActionConfig { seed, ..*self.settings() };
        Ok(Box::new(ActionCheck::new(config, source)?))
    }
}
