//! A bin's properties: the method's choice, and all that its analysers have.

use glib::prelude::*;
use gst::prelude::*;

use super::LivenessMethod;
use crate::elements::{action, analyzer, flash, passive};

/// As `gst-inspect-1.0` shows them.
pub fn properties() -> Vec<glib::ParamSpec> {
    let method = glib::ParamSpecEnum::builder::<LivenessMethod>("method")
        .nick("Method")
        .blurb("How liveness is checked; a method leaves the others' properties aside")
        .mutable_ready()
        .build();
    let own =
        [passive::settings::properties(), action::settings::properties(), flash::settings::properties()];
    [vec![method], analyzer::properties(), own.concat()].concat()
}
