//! Face liveness detection (presentation attack detection) for GStreamer.
//!
//! The plugin `liveness` brings elements that watch a camera in-pipeline and post element messages: coaching, progress,
//! retries and the decision. See `gst-inspect-1.0 livenesspassive` for the properties and
//! [`elements::message`] for the messages as Rust types.
//!
//! The crate is four storeys high; a storey imports only from those below it:
//! [`elements`] (GStreamer), [`session`] (attempts and decisions), [`check`] (observations over time) and
//! [`face`] (one frame) on [`vision`] (pixels) and [`inference`] (ONNX Runtime). Below `elements` nothing knows of
//! GStreamer. `workflow` (a feature) reads a check's description from a file. Beside them, [`render`] is the person of the test source and [`screen`] what a person at a kiosk sees.

pub mod check;
pub mod elements;
pub mod face;
pub mod figures;
pub mod inference;
pub mod location;
pub mod render;
pub mod screen;
pub mod session;
pub mod vision;
#[cfg(feature = "workflow")]
pub mod workflow;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    if let Some(directory) = plugin.filename().as_deref().and_then(std::path::Path::parent) {
        inference::set_plugin_directory(directory.to_path_buf());
    }
    elements::register(plugin)
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
