// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::analyzer::{AnalyzerImpl, Common};
use super::settings;
use liveness_core::check::{ActionCheck, ActionConfig, Check, Method};
use liveness_core::inference::InferenceError;

/// The instance data of `livenessaction`.
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
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(settings::properties);
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        settings::set(&mut self.settings(), pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        settings::get(&self.settings(), pspec.name()).unwrap_or_else(|| pspec.default_value().clone())
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

    fn create_check(&self, common: &Common<'_>) -> Result<Box<dyn Check>, InferenceError> {
        let config = ActionConfig { seed: common.seed, mirrored: common.mirrored, ..*self.settings() };
        settings::warn(&config);
        Ok(Box::new(ActionCheck::new(config, common.source)?))
    }
}
