// SPDX-License-Identifier: MIT OR Apache-2.0

//! The settings of `livenesspassive` as properties.

use glib::prelude::*;
use gst::prelude::*;

use liveness_core::check::PassiveConfig;

/// Returns the properties of `livenesspassive`.
pub fn properties() -> Vec<glib::ParamSpec> {
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
}

/// Sets the property `name`. Values of a wrong type leave the setting unchanged.
pub fn set(settings: &mut PassiveConfig, name: &str, value: &glib::Value) {
    match name {
        "frames" => settings.frames = value.get().unwrap_or(settings.frames),
        "interval" => settings.interval = value.get().unwrap_or(settings.interval),
        _ => {}
    }
}

/// Returns the value of the property `name`, or `None` if `livenesspassive` does not have it.
pub fn get(settings: &PassiveConfig, name: &str) -> Option<glib::Value> {
    Some(match name {
        "frames" => settings.frames.to_value(),
        "interval" => settings.interval.to_value(),
        _ => return None,
    })
}
