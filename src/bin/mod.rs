// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessbin`: a complete check with any method, on its own thread, with one decision.

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
    /// The element `livenessbin`.
    pub struct LivenessBin(ObjectSubclass<imp::LivenessBin>) @extends gst::Bin, gst::Element, gst::Object;
}

/// The method of a `livenessbin`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstLivenessMethod")]
pub enum LivenessMethod {
    /// Judges single frames.
    #[enum_value(name = "Single frames", nick = "passive")]
    Passive,
    /// Plays secret light on the screen and analyses its reflections.
    #[enum_value(name = "Secret light on the screen", nick = "flash")]
    Flash,
    /// Requests movements.
    #[enum_value(name = "Asked movements", nick = "action")]
    Action,
    /// Requests movements while secret light plays.
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

/// Registers `livenessbin` with rank `NONE`.
pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessbin", gst::Rank::NONE, LivenessBin::static_type())
}
