//! Where the frames end: on a kiosk screen or nowhere.

use std::path::Path;

use gst::prelude::*;

use crate::failure::Failure;
use crate::input::Source;
use gstliveness::workflow::Display;

pub fn sink(source: &Source, display: Display) -> Result<gst::Element, Failure> {
    match display {
        Display::None => {
            let sink = gst::ElementFactory::make("fakesink");
            // A camera that is lost before its first frame must not keep the pipeline waiting for one.
            let sink =
                sink.property("sync", source.needs_pacing()).property("async", !source.is_live()).build();
            sink.map_err(|e| missing(&e.to_string()))
        }
        Display::Window => {
            check_desktop()?;
            screen("autovideosink", source)
        }
        Display::Kms => {
            check_cards()?;
            screen("kmssink", source)
        }
    }
}

/// The picture of the person, the prompts and the light.
fn screen(sink: &str, source: &Source) -> Result<gst::Element, Failure> {
    let line = format!("queue max-size-buffers=2 ! livenessoverlay ! videoconvert ! {sink}");
    let bin = gst::parse::bin_from_description(&line, true).map_err(|e| missing(e.message()))?;
    // As with the other sink.
    bin.set_property("async-handling", source.is_live());
    Ok(bin.upcast())
}

fn missing(what: &str) -> Failure {
    Failure::unavailable(format!("there is no video sink: {what}"))
}

/// Without a screen, some sinks that autovideosink tries crash the process.
fn check_desktop() -> Result<(), Failure> {
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var_os(name).is_some());
    let missing = "--display needs a screen: neither DISPLAY nor WAYLAND_DISPLAY is set";
    screen.then_some(()).ok_or_else(|| Failure::unavailable(missing))
}

fn check_cards() -> Result<(), Failure> {
    let missing = "--display=kms needs a graphics card: there is no /dev/dri";
    Path::new("/dev/dri").exists().then_some(()).ok_or_else(|| Failure::unavailable(missing))
}
