//! `livenessflash`: plays secret light on the screen and reads its reflections.

mod imp;
pub(super) mod settings;

use glib::prelude::*;

glib::wrapper! {
    pub struct LivenessFlash(ObjectSubclass<imp::LivenessFlash>)
        @extends super::Analyzer, gst_base::BaseTransform, gst::Element, gst::Object;
}

pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessflash", gst::Rank::NONE, LivenessFlash::static_type())
}
