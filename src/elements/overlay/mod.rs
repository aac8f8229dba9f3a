//! `livenessoverlay`: the kiosk screen.

mod imp;
mod planes;
mod script;
mod settings;

use glib::prelude::*;

glib::wrapper! {
    pub struct LivenessOverlay(ObjectSubclass<imp::LivenessOverlay>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessoverlay", gst::Rank::NONE, LivenessOverlay::static_type())
}
