// SPDX-License-Identifier: MIT OR Apache-2.0

//! `livenessaction`: requests random movements and checks that the person performs them.

mod imp;
pub(super) mod settings;

use glib::prelude::*;

use liveness_core::check::{Action, Actions};

glib::wrapper! {
    /// The element `livenessaction`.
    pub struct LivenessAction(ObjectSubclass<imp::LivenessAction>)
        @extends super::Analyzer, gst_base::BaseTransform, gst::Element, gst::Object;
}

/// The set of actions that a check may request. Left and right are the person's own.
#[glib::flags(name = "GstLivenessActions")]
pub enum LivenessActions {
    #[flags_value(name = "Blink", nick = "blink")]
    BLINK = 1 << Action::Blink as u32,
    #[flags_value(name = "Nod", nick = "nod")]
    NOD = 1 << Action::Nod as u32,
    #[flags_value(name = "Turn the head to the person's own left", nick = "turn-left")]
    TURN_LEFT = 1 << Action::TurnLeft as u32,
    #[flags_value(name = "Turn the head to the person's own right", nick = "turn-right")]
    TURN_RIGHT = 1 << Action::TurnRight as u32,
    #[flags_value(name = "Look up", nick = "look-up")]
    LOOK_UP = 1 << Action::LookUp as u32,
    #[flags_value(name = "Smile", nick = "smile")]
    SMILE = 1 << Action::Smile as u32,
    #[flags_value(name = "Open the mouth", nick = "open-mouth")]
    OPEN_MOUTH = 1 << Action::OpenMouth as u32,
    #[flags_value(name = "Raise the eyebrows", nick = "raise-brows")]
    RAISE_BROWS = 1 << Action::RaiseBrows as u32,
}

impl From<LivenessActions> for Actions {
    fn from(flags: LivenessActions) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<Actions> for LivenessActions {
    fn from(actions: Actions) -> Self {
        Self::from_bits_truncate(actions.bits())
    }
}

/// Registers `livenessaction` with rank `NONE`.
pub(super) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(Some(plugin), "livenessaction", gst::Rank::NONE, LivenessAction::static_type())
}
