// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenesspassive`: judges single frames.

mod imp;
pub(super) mod settings;

use glib::prelude::*;

glib::wrapper! {
    /// The element `livenesspassive`.
    pub struct LivenessPassive(ObjectSubclass<imp::LivenessPassive>)
        @extends super::Analyzer, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// Registers `livenesspassive` with rank `NONE`.
pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenesspassive", gst::Rank::NONE, LivenessPassive::static_type())
}
