// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::analyzer::{AnalyzerImpl, Common};
use super::settings;
use liveness_core::check::{Check, FlashCheck, FlashConfig, Method};
use liveness_core::inference::InferenceError;

/// The instance data of `livenessflash`.
#[derive(Default)]
pub struct LivenessFlash {
    settings: Mutex<FlashConfig>,
}

impl LivenessFlash {
    fn settings(&self) -> MutexGuard<'_, FlashConfig> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for LivenessFlash {
    const NAME: &'static str = "GstLivenessFlash";
    type Type = super::LivenessFlash;
    type ParentType = super::super::Analyzer;
}

impl ObjectImpl for LivenessFlash {
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

impl GstObjectImpl for LivenessFlash {}

impl ElementImpl for LivenessFlash {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Flash face liveness",
                "Filter/Analyzer/Video",
                "Plays secret light on the screen and judges by its reflections whether a live face is there",
                "The gst-plugin-liveness developers",
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for LivenessFlash {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl AnalyzerImpl for LivenessFlash {
    const METHOD: Method = Method::Flash;

    fn create_check(&self, common: &Common<'_>) -> Result<Box<dyn Check>, InferenceError> {
        let config = FlashConfig { seed: common.seed, mirrored: common.mirrored, ..*self.settings() };
        settings::warn(&config);
        Ok(Box::new(FlashCheck::new(config, common.source)?))
    }
}
