// SPDX-License-Identifier: MIT OR Apache-2.0

//! Face liveness detection (presentation attack detection) for GStreamer.
//!
//! The plugin `liveness` registers elements that analyse camera frames in the pipeline. They post element messages with
//! coaching, progress, retries and the decision. `gst-inspect-1.0 livenesspassive` lists the properties, and
//! [`message`] has the messages as Rust types.
//!
//! This crate holds the GStreamer code only; the algorithms are in other crates. [`liveness_core`] analyses frames and
//! decides. `liveness_render` renders the person of the test source. `liveness_screen` draws the kiosk screen.
//! `liveness_workflow` (feature `workflow`) reads the description of a check from a file.

pub mod action;
mod analyzer;
pub mod bin;
mod depthmap;
pub mod flash;
mod frame;
mod jpeg;
pub mod message;
pub mod meta;
pub mod overlay;
pub mod passive;
mod rules;
#[cfg(feature = "testsrc")]
pub mod testsrc;

pub use analyzer::Analyzer;
pub use frame::{FORMATS, UnreadableFrame, with_frame};

use std::sync::LazyLock;

/// The debug category of the plugin's elements.
pub(crate) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("liveness", gst::DebugColorFlags::empty(), Some("Face liveness detection"))
});

/// Registers the plugin's elements and sets the directory in which the inference code looks for libraries.
fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    if let Some(directory) = plugin.filename().as_deref().and_then(std::path::Path::parent) {
        liveness_core::inference::set_plugin_directory(directory.to_path_buf());
    }
    passive::register(plugin)?;
    action::register(plugin)?;
    flash::register(plugin)?;
    bin::register(plugin)?;
    overlay::register(plugin)?;
    #[cfg(feature = "testsrc")]
    testsrc::register(plugin)?;
    Ok(())
}

gst::plugin_define!(
    liveness,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    concat!(env!("CARGO_PKG_VERSION"), "-", env!("COMMIT_ID")),
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_REPOSITORY"),
    env!("BUILD_REL_DATE")
);
