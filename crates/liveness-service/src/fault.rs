// SPDX-License-Identifier: MIT OR Apache-2.0

//! Conversion of GStreamer's errors to errors of the program.

use gst::prelude::*;

use super::failure::{Code, Failure};

/// Converts an error message to an error. `checks` are the checking elements of the pipeline.
pub fn of_message(message: &gst::message::Error, checks: &[gst::Element]) -> Failure {
    let error = message.error();
    let of_check =
        |source: &gst::Object| checks.iter().any(|check| source == check || source.has_as_ancestor(check));
    let ours = message.src().is_some_and(of_check);
    let debug = message.debug();
    // The first line of the debug text is a position in the element's source; the reason follows it.
    let detail = debug.as_ref().and_then(|text| text.split_once('\n')).map(|(_, detail)| detail.trim());
    let text = match detail.filter(|detail| !detail.is_empty()) {
        Some(detail) if ours => detail.to_owned(),
        Some("streaming stopped, reason not-linked (-1)") => "there is no video in it".to_owned(),
        Some("streaming stopped, reason error (-5)") => "it cannot be decoded".to_owned(),
        Some(detail) => format!("{} ({})", trim(error.message()), trim(detail)),
        None => trim(error.message()).to_owned(),
    };
    let code = if ours { code_of_check(&error) } else { code_of_source(&error) };
    Failure::new(code, text)
}

fn trim(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

fn code_of_check(error: &glib::Error) -> Code {
    if error.is::<gst::ResourceError>()
        || error.matches(gst::LibraryError::Init)
        || error.matches(gst::LibraryError::Settings)
    {
        Code::Unavailable
    } else {
        Code::Internal
    }
}

fn code_of_source(error: &glib::Error) -> Code {
    if error.matches(gst::CoreError::MissingPlugin) || error.matches(gst::StreamError::CodecNotFound) {
        Code::Unavailable
    } else if error.is::<gst::StreamError>() {
        Code::Data
    } else if error.is::<gst::ResourceError>() {
        Code::NoInput
    } else {
        Code::Internal
    }
}

/// Converts an error of the gst-launch parser to an error.
pub fn of_parse(error: &glib::Error) -> Failure {
    let text = trim(error.message());
    if error.matches(gst::ParseError::NoSuchElement) {
        Failure::unavailable(format!("GStreamer has {text}"))
    } else if error.matches(gst::ParseError::Link) {
        Failure::usage(format!("it does not end in raw video ({text})"))
    } else {
        Failure::usage(text)
    }
}
