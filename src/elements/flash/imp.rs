use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::analyzer::AnalyzerImpl;
use crate::check::{Check, FlashCheck, FlashConfig, MOST_CELLS, Method};
use crate::inference::{InferenceError, ModelSource};

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
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let default = FlashConfig::default();
            let count = |name: &str, nick: &str, default: u32| {
                glib::ParamSpecUInt::builder(name)
                    .nick(nick)
                    .blurb("Of the grid of light; together at most 16 cells, more cells need longer light (takes effect with the next attempt)")
                    .minimum(1)
                    .maximum(MOST_CELLS as u32)
                    .default_value(default)
                    .mutable_playing()
                    .build()
            };
            vec![
                count("grid-rows", "Grid rows", default.rows),
                count("grid-columns", "Grid columns", default.columns),
                glib::ParamSpecUInt64::builder("light-duration")
                    .nick("Light duration")
                    .blurb("How long the light plays at least, in nanoseconds of running time (takes effect with the next attempt)")
                    .minimum(2_000_000_000)
                    .maximum(10_000_000_000)
                    .default_value(default.duration)
                    .mutable_playing()
                    .build(),
                glib::ParamSpecUInt64::builder("max-display-latency")
                    .nick("Maximum display latency")
                    .blurb("From a light message to the light in the camera's picture at most, in nanoseconds (takes effect with the next attempt)")
                    .maximum(1_000_000_000)
                    .default_value(default.max_display_latency)
                    .mutable_playing()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "grid-rows" => settings.rows = value.get().unwrap_or(settings.rows),
            "grid-columns" => settings.columns = value.get().unwrap_or(settings.columns),
            "light-duration" => settings.duration = value.get().unwrap_or(settings.duration),
            "max-display-latency" => {
                settings.max_display_latency = value.get().unwrap_or(settings.max_display_latency);
            }
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = self.settings();
        match pspec.name() {
            "grid-rows" => settings.rows.to_value(),
            "grid-columns" => settings.columns.to_value(),
            "light-duration" => settings.duration.to_value(),
            _ => settings.max_display_latency.to_value(),
        }
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

    fn create_check(&self, source: &ModelSource, seed: u64) -> Result<Box<dyn Check>, InferenceError> {
        let config = FlashConfig { seed, ..*self.settings() };
        Ok(Box::new(FlashCheck::new(config, source)?))
    }
}
