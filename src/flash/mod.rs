// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessflash`: plays secret light on the screen and analyses its reflections.

mod imp;
pub(super) mod settings;

use glib::prelude::*;

glib::wrapper! {
    /// The element `livenessflash`.
    pub struct LivenessFlash(ObjectSubclass<imp::LivenessFlash>)
        @extends super::Analyzer, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers `livenessflash` with rank `NONE`.
pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessflash", gst::Rank::NONE, LivenessFlash::static_type())
}
