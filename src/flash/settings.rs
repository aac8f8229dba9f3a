// SPDX-License-Identifier: MIT OR Apache-2.0

//! The settings of `livenessflash` as properties.

use glib::prelude::*;
use gst::prelude::*;

use crate::CAT;
use liveness_core::check::{FlashConfig, MOST_CELLS, MOST_SIDE};

/// Returns the properties of `livenessflash`.
pub fn properties() -> Vec<glib::ParamSpec> {
    let default = FlashConfig::default();
    let count = |name: &str, what: &str, default: u32| {
        glib::ParamSpecUInt::builder(name)
            .nick(&format!("Grid {what}"))
            .blurb(&format!(
                "{what} of the light's pattern; rows x columns at most {MOST_CELLS} (else fewer columns); more cells play longer \
                 (takes effect with the next attempt)"
            ))
            .minimum(2)
            .maximum(MOST_SIDE as u32)
            .default_value(default)
            .mutable_playing()
            .build()
    };
    vec![
        count("grid-rows", "Rows", default.rows),
        count("grid-columns", "Columns", default.columns),
        glib::ParamSpecUInt64::builder("light-duration")
            .nick("Light duration")
            .blurb("How long the light plays at least, in nanoseconds of running time; twice as long where the reflections leave it open (takes effect with the next attempt)")
            .minimum(2_000_000_000)
            .maximum(10_000_000_000)
            .default_value(default.duration)
            .mutable_playing()
            .build(),
        glib::ParamSpecUInt64::builder("max-display-latency")
            .nick("Maximum display latency")
            .blurb("Longest delay from a light message to its light in the camera's picture, in nanoseconds (takes effect with the next attempt)")
            .maximum(1_000_000_000)
            .default_value(default.max_display_latency)
            .mutable_playing()
            .build(),
    ]
}

/// Logs a warning if the grid has too many cells and the check will use fewer columns.
pub fn warn(settings: &FlashConfig) {
    let FlashConfig { rows, columns, .. } = settings;
    if rows * columns > MOST_CELLS as u32 {
        gst::warning!(
            CAT,
            "{rows} x {columns} are more than {MOST_CELLS} cells: the light has fewer columns"
        );
    }
}

/// Sets the property `name`. Values of a wrong type leave the setting unchanged.
pub fn set(settings: &mut FlashConfig, name: &str, value: &glib::Value) {
    match name {
        "grid-rows" => settings.rows = value.get().unwrap_or(settings.rows),
        "grid-columns" => settings.columns = value.get().unwrap_or(settings.columns),
        "light-duration" => settings.duration = value.get().unwrap_or(settings.duration),
        "max-display-latency" => {
            settings.max_display_latency = value.get().unwrap_or(settings.max_display_latency);
        }
        _ => {}
    }
}

/// Returns the value of the property `name`, or `None` if `livenessflash` does not have it.
pub fn get(settings: &FlashConfig, name: &str) -> Option<glib::Value> {
    Some(match name {
        "grid-rows" => settings.rows.to_value(),
        "grid-columns" => settings.columns.to_value(),
        "light-duration" => settings.duration.to_value(),
        "max-display-latency" => settings.max_display_latency.to_value(),
        _ => return None,
    })
}
