// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessoverlay`: draws the kiosk screen.

mod imp;
mod planes;
mod script;
mod settings;

use glib::prelude::*;

use liveness_screen::Ready;

glib::wrapper! {
    /// The element `livenessoverlay`.
    pub struct LivenessOverlay(ObjectSubclass<imp::LivenessOverlay>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

/// The content of the ready screen, which is shown before a check. The screen needs the flag `TOUCH` or `FACE`.
#[glib::flags(name = "GstLivenessReady")]
pub enum LivenessReady {
    #[flags_value(name = "A touch, a click or a key starts the check", nick = "touch")]
    TOUCH = 1 << 0,
    #[flags_value(name = "A face in front of the camera starts the check", nick = "face")]
    FACE = 1 << 1,
    #[flags_value(name = "The check plays light: warn people with photosensitive epilepsy", nick = "light")]
    LIGHT = 1 << 2,
    #[flags_value(name = "Offer to start without light", nick = "calm")]
    CALM = 1 << 3,
}

impl LivenessReady {
    /// Returns the ready screen for these flags, or `None` without `TOUCH` and `FACE`.
    pub fn screen(self) -> Option<Ready> {
        let ready = Ready {
            light: self.contains(Self::LIGHT),
            calm: self.contains(Self::CALM),
            face: self.contains(Self::FACE),
        };
        self.intersects(Self::TOUCH | Self::FACE).then_some(ready)
    }
}

impl From<Ready> for LivenessReady {
    fn from(ready: Ready) -> Self {
        let mut flags = if ready.face { Self::FACE } else { Self::TOUCH };
        flags.set(Self::LIGHT, ready.light);
        flags.set(Self::CALM, ready.calm);
        flags
    }
}

/// Registers `livenessoverlay` with rank `NONE`.
pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessoverlay", gst::Rank::NONE, LivenessOverlay::static_type())
}
