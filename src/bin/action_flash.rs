// SPDX-License-Identifier: MIT OR Apache-2.0

//! The analyser that checks movements and light together. Only `livenessbin` creates it.

use gst_base::subclass::prelude::*;

glib::wrapper! {
    /// The analyser of the method `action_flash`.
    pub struct ActionFlash(ObjectSubclass<imp::ActionFlash>)
        @extends crate::Analyzer, gst_base::BaseTransform, gst::Element, gst::Object;
}

mod imp {
    use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

    use gst::subclass::prelude::*;
    use gst_base::subclass::BaseTransformMode;

    use super::*;
    use crate::analyzer::{AnalyzerImpl, Common};
    use crate::{action, flash};
    use liveness_core::check::{ActionConfig, ActionFlashCheck, Check, FlashConfig, Method};
    use liveness_core::inference::InferenceError;

    /// The instance data of the analyser.
    pub struct ActionFlash {
        settings: Mutex<(ActionConfig, FlashConfig)>,
    }

    impl Default for ActionFlash {
        fn default() -> Self {
            // The light lasts long enough for one movement only.
            let action = ActionConfig { count: 1, ..ActionConfig::default() };
            Self { settings: Mutex::new((action, FlashConfig::default())) }
        }
    }

    impl ActionFlash {
        fn settings(&self) -> MutexGuard<'_, (ActionConfig, FlashConfig)> {
            self.settings.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ActionFlash {
        const NAME: &'static str = "GstLivenessActionFlash";
        type Type = super::ActionFlash;
        type ParentType = crate::Analyzer;
    }

    impl ObjectImpl for ActionFlash {
        fn properties() -> &'static [glib::ParamSpec] {
            static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> =
                LazyLock::new(|| [action::settings::properties(), flash::settings::properties()].concat());
            &PROPERTIES
        }

        fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
            let (action, flash) = &mut *self.settings();
            action::settings::set(action, pspec.name(), value);
            flash::settings::set(flash, pspec.name(), value);
        }

        fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
            let (action, flash) = &*self.settings();
            let value = action::settings::get(action, pspec.name());
            let value = value.or_else(|| flash::settings::get(flash, pspec.name()));
            value.unwrap_or_else(|| pspec.default_value().clone())
        }
    }

    impl GstObjectImpl for ActionFlash {}

    impl ElementImpl for ActionFlash {}

    impl BaseTransformImpl for ActionFlash {
        const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
    }

    impl AnalyzerImpl for ActionFlash {
        const METHOD: Method = Method::ActionFlash;

        fn create_check(&self, common: &Common<'_>) -> Result<Box<dyn Check>, InferenceError> {
            let (action, flash) = *self.settings();
            action::settings::warn(&action);
            flash::settings::warn(&flash);
            let Common { source, seed, mirrored } = *common;
            let action = ActionConfig { seed, mirrored, ..action };
            let flash = FlashConfig { seed, mirrored, ..flash };
            Ok(Box::new(ActionFlashCheck::new(action, flash, source)?))
        }
    }
}
