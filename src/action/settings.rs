// SPDX-License-Identifier: MIT OR Apache-2.0

//! The settings of `livenessaction` as properties.

use glib::prelude::*;
use gst::prelude::*;

use super::LivenessActions;
use crate::CAT;
use liveness_core::check::{ActionConfig, Actions, MOST};

/// Returns the properties of `livenessaction`.
pub fn properties() -> Vec<glib::ParamSpec> {
    let default = ActionConfig::default();
    vec![
        glib::ParamSpecFlags::builder::<LivenessActions>("actions")
            .default_value(LivenessActions::from(default.actions))
            .nick("Actions")
            .blurb("What may be asked; without expressions (smile, open-mouth, raise-brows; two for a single action) a rigid mask can do it, a blink alone is refused (takes effect with the next attempt)")
            .mutable_playing()
            .build(),
        glib::ParamSpecUInt::builder("action-count")
            .nick("Action count")
            .blurb("How many actions are asked; beside the light (action_flash) 1 unless set (takes effect with the next attempt)")
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
}

/// Logs a warning if the settings allow a challenge without an expression.
pub fn warn(settings: &ActionConfig) {
    if !settings.actions.always_ask_expression(settings.count) {
        gst::warning!(CAT, "not every challenge asks for an expression: a rigid mask can do the others");
    }
}

/// Sets the property `name`. Values of a wrong type and unusable sets of actions leave the setting unchanged.
pub fn set(settings: &mut ActionConfig, name: &str, value: &glib::Value) {
    match name {
        "actions" => match value.get::<LivenessActions>().map(Actions::from) {
            Ok(actions) if actions.are_enough() => settings.actions = actions,
            _ => gst::warning!(CAT, "actions keeps its value: a blink alone is no challenge"),
        },
        "action-count" => settings.count = value.get().unwrap_or(settings.count),
        "action-timeout" => settings.timeout = value.get().unwrap_or(settings.timeout),
        _ => {}
    }
}

/// Returns the value of the property `name`, or `None` if `livenessaction` does not have it.
pub fn get(settings: &ActionConfig, name: &str) -> Option<glib::Value> {
    Some(match name {
        "actions" => LivenessActions::from(settings.actions).to_value(),
        "action-count" => settings.count.to_value(),
        "action-timeout" => settings.timeout.to_value(),
        _ => return None,
    })
}
