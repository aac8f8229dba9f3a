// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages, events and rules of any content, as they come from a bus or from an application.
#![no_main]

use std::str::FromStr;
use std::sync::Once;

use gst::prelude::*;
use gstliveness::message::LivenessMessage;
use libfuzzer_sys::fuzz_target;

static START: Once = Once::new();

fuzz_target!(|text: &str| {
    START.call_once(|| {
        gst::init().expect("GStreamer");
        gstliveness::plugin_register_static().expect("the plugin");
    });
    // A NUL within makes the binding panic, before it is any of ours.
    let Ok(structure) = gst::Structure::from_str(&text.replace("\0", "")) else { return };
    if let Ok(message) = LivenessMessage::try_from(structure.as_ref()) {
        // What is understood once is understood again.
        let again = gst::Structure::from(message);
        assert!(LivenessMessage::try_from(again.as_ref()).is_ok(), "{again}");
    }
    // The rendered person hears and sees it, and a check's rules are set to it.
    if let Ok(source) = gst::ElementFactory::make("livenesstestsrc").build() {
        let pad = source.static_pad("src").expect("a pad");
        let _ = pad.send_event(gst::event::CustomUpstream::new(structure.clone()));
    }
    if let Ok(check) = gst::ElementFactory::make("livenesspassive").build() {
        check.set_property("rules", &structure);
    }
});
