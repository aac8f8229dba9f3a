// SPDX-License-Identifier: MIT OR Apache-2.0

//! The properties of `livenessbin`: the method, the workflow file, and the properties of all its analysers.

use glib::prelude::*;
use gst::prelude::*;

use super::LivenessMethod;
use crate::{action, analyzer, flash, passive};

/// Returns the properties of `livenessbin`.
pub fn properties() -> Vec<glib::ParamSpec> {
    let method = glib::ParamSpecEnum::builder::<LivenessMethod>("method")
        .nick("Method")
        .blurb("How liveness is checked; properties of other methods are ignored")
        .mutable_ready()
        .build();
    let mut first = vec![method];
    if cfg!(feature = "workflow") {
        let workflow = glib::ParamSpecString::builder("workflow")
            .nick("Workflow")
            .blurb("A workflow file (JSON or TOML) with one check; sets the other properties. A faulty one fails the start")
            .mutable_ready()
            .build();
        first.push(workflow);
    }
    let own =
        [passive::settings::properties(), action::settings::properties(), flash::settings::properties()];
    [first, analyzer::properties(), own.concat()].concat()
}
