// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::{LazyLock, Mutex, PoisonError};

use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::analyzer::{AnalyzerImpl, Common};
use super::settings;
use liveness_core::check::{AntiSpoof, Check, Identity, Method, PassiveCheck, PassiveConfig};
use liveness_core::inference::InferenceError;

/// The instance data of `livenesspassive`.
#[derive(Default)]
pub struct LivenessPassive {
    settings: Mutex<PassiveConfig>,
}

impl LivenessPassive {
    fn settings(&self) -> std::sync::MutexGuard<'_, PassiveConfig> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for LivenessPassive {
    const NAME: &'static str = "GstLivenessPassive";
    type Type = super::LivenessPassive;
    type ParentType = super::super::Analyzer;
}

impl ObjectImpl for LivenessPassive {
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

impl GstObjectImpl for LivenessPassive {}

impl ElementImpl for LivenessPassive {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Passive face liveness",
                "Filter/Analyzer/Video",
                "Judges from single frames whether a live person or a picture of one is before the camera",
                "The gst-plugin-liveness developers",
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for LivenessPassive {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalyzerImpl for LivenessPassive {
    const METHOD: Method = Method::Passive;

    fn create_check(&self, common: &Common<'_>) -> Result<Box<dyn Check>, InferenceError> {
        let config = *self.settings();
        let check = PassiveCheck::new(config, AntiSpoof::new(common.source)?);
        Ok(Box::new(check.of_one_person(Identity::new(common.source)?)))
    }
}
