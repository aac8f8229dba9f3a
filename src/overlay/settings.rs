// SPDX-License-Identifier: MIT OR Apache-2.0

//! The properties of `livenessoverlay`.

use std::sync::LazyLock;

use glib::prelude::*;
use gst::prelude::*;

use super::LivenessReady;
use liveness_screen::{Language, Style};

/// The values of the properties.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Shows the person as a mirror would.
    pub mirror: bool,
    /// Shows the light patterns.
    pub flash: bool,
    /// Language tag; an unknown tag selects the system's language.
    pub language: String,
    /// Stream time for which the decision stays on the screen.
    pub verdict_time: gst::ClockTime,
    /// The content of the ready screen.
    pub ready: LivenessReady,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mirror: true,
            flash: true,
            language: String::new(),
            verdict_time: gst::ClockTime::from_seconds(2),
            ready: LivenessReady::empty(),
        }
    }
}

impl Settings {
    /// Returns the style of the screen.
    pub fn style(&self) -> Style {
        let language = Language::from_tag(&self.language).unwrap_or_else(system_language);
        Style { mirror: self.mirror, flash: self.flash, language }
    }

    /// Sets the property `name`. Values of a wrong type leave the setting unchanged.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "mirror" => self.mirror = value.get().unwrap_or(self.mirror),
            "flash" => self.flash = value.get().unwrap_or(self.flash),
            "language" => self.language = value.get::<Option<String>>().ok().flatten().unwrap_or_default(),
            "ready" => self.ready = value.get().unwrap_or(self.ready),
            "verdict-time" => {
                let nanoseconds = value.get::<u64>().unwrap_or(self.verdict_time.nseconds());
                self.verdict_time = gst::ClockTime::from_nseconds(nanoseconds.min(u64::MAX - 1));
            }
            _ => {}
        }
    }

    /// Returns the value of the property `name`.
    pub fn get(&self, name: &str) -> glib::Value {
        match name {
            "mirror" => self.mirror.to_value(),
            "flash" => self.flash.to_value(),
            "language" => self.language.to_value(),
            "ready" => self.ready.to_value(),
            _ => self.verdict_time.nseconds().to_value(),
        }
    }
}

/// Returns the first supported language among the user's languages, or the default.
fn system_language() -> Language {
    static SYSTEM: LazyLock<Language> = LazyLock::new(|| {
        let names = glib::language_names();
        names.iter().find_map(|name| Language::from_tag(name)).unwrap_or_default()
    });
    *SYSTEM
}

/// Returns the properties of `livenessoverlay`.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let default = Settings::default();
        let languages = format!(
            "Language of the sentences: {}; anything else = the system's, or English",
            Language::codes()
        );
        vec![
            glib::ParamSpecBoolean::builder("mirror")
                .nick("Mirror")
                .blurb("Show the person as a mirror would")
                .default_value(default.mirror)
                .mutable_playing()
                .build(),
            glib::ParamSpecBoolean::builder("flash")
                .nick("Flash")
                .blurb(
                    "Show the light patterns of livenessflash; false = a calm screen for people who cannot bear \
                     changing light, on which a check by light cannot succeed",
                )
                .default_value(default.flash)
                .mutable_playing()
                .build(),
            glib::ParamSpecString::builder("language")
                .nick("Language")
                .blurb(&languages)
                .default_value(Some(""))
                .mutable_playing()
                .build(),
            glib::ParamSpecFlags::builder::<LivenessReady>("ready")
                .nick("Ready screen")
                .blurb(
                    "While no check runs, show how it starts (touch or face), a warning of its light and the way without \
                     light, e.g. touch+light+calm; the application listens to the sink's navigation events and emits `start`",
                )
                .default_value(default.ready)
                .mutable_playing()
                .build(),
            glib::ParamSpecUInt64::builder("verdict-time")
                .nick("Verdict time")
                .blurb("How long the decision stays on the screen, in nanoseconds of stream time")
                .default_value(default.verdict_time.nseconds())
                .mutable_playing()
                .build(),
        ]
    });
    &PROPERTIES
}
