//! GStreamer only: the elements, their messages and metas. No algorithm lives here.

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
pub mod testsrc;

pub use analyzer::Analyzer;
pub use frame::{FORMATS, UnreadableFrame, with_frame};

use std::sync::LazyLock;

pub(crate) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new("liveness", gst::DebugColorFlags::empty(), Some("Face liveness detection"))
});

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    passive::register(plugin)?;
    action::register(plugin)?;
    flash::register(plugin)?;
    bin::register(plugin)?;
    overlay::register(plugin)?;
    testsrc::register(plugin)
}
