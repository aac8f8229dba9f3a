//! `livenessbin`: a whole check by any method, on its own thread, with one decision.

mod action_flash;
mod imp;
mod properties;
#[cfg(feature = "workflow")]
mod workflow;

use glib::prelude::*;

use liveness_core::check::Method;
#[cfg(feature = "workflow")]
pub use workflow::configure;

glib::wrapper! {
    pub struct LivenessBin(ObjectSubclass<imp::LivenessBin>) @extends gst::Bin, gst::Element, gst::Object;
}

/// How a `livenessbin` checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLivenessMethod")]
pub enum LivenessMethod {
    #[enum_value(name = "Single frames", nick = "passive")]
    Passive,
    #[enum_value(name = "Secret light on the screen", nick = "flash")]
    Flash,
    #[enum_value(name = "Asked movements", nick = "action")]
    Action,
    #[default]
    #[enum_value(name = "Asked movements under secret light", nick = "action_flash")]
    ActionFlash,
}

impl From<Method> for LivenessMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Passive => Self::Passive,
            Method::Flash => Self::Flash,
            Method::Action => Self::Action,
            Method::ActionFlash => Self::ActionFlash,
        }
    }
}

pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessbin", gst::Rank::NONE, LivenessBin::static_type())
}
