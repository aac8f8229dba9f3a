use std::sync::{LazyLock, Mutex, PoisonError};

use glib::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::analyzer::AnalyzerImpl;
use crate::check::{AntiSpoof, Check, Method, PassiveCheck, PassiveConfig};
use crate::inference::{InferenceError, ModelSource};

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
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let default = PassiveConfig::default();
            vec![
                glib::ParamSpecUInt::builder("frames")
                    .nick("Frames")
                    .blurb("How many good frames a decision takes; 1 decides on one picture (takes effect with the next attempt)")
                    .minimum(1)
                    .maximum(1000)
                    .default_value(default.frames)
                    .mutable_playing()
                    .build(),
                glib::ParamSpecUInt64::builder("interval")
                    .nick("Interval")
                    .blurb("Least running time between analysed frames, in nanoseconds (takes effect with the next attempt)")
                    .default_value(default.interval)
                    .mutable_playing()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings();
        match pspec.name() {
            "frames" => settings.frames = value.get().unwrap_or(settings.frames),
            "interval" => settings.interval = value.get().unwrap_or(settings.interval),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "frames" => self.settings().frames.to_value(),
            _ => self.settings().interval.to_value(),
        }
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

    fn create_check(&self, source: &ModelSource, _seed: u64) -> Result<Box<dyn Check>, InferenceError> {
        let config = *self.settings();
        Ok(Box::new(PassiveCheck::new(config, AntiSpoof::new(source)?)))
    }
}
