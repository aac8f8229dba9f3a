//! Where the frames end: on a kiosk screen or nowhere.

use std::path::Path;

use gst::prelude::*;

use crate::failure::Failure;
use crate::input::Source;
use crate::workflow::Display;

pub fn sink(source: &Source, display: Display) -> Result<gst::Element, Failure> {
    match display {
        Display::None => {
            let sink = gst::ElementFactory::make("fakesink").property("sync", source.needs_pacing()).build();
            sink.map_err(|e| missing(&e.to_string()))
        }
        Display::Window => {
            check_desktop()?;
            screen("autovideosink")
        }
        Display::Kms => {
            check_cards()?;
            screen("kmssink")
        }
    }
}

/// The picture of the person, the prompts and the light.
fn screen(sink: &str) -> Result<gst::Element, Failure> {
    let line = format!("queue max-size-buffers=2 ! livenessoverlay ! videoconvert ! {sink}");
    let bin = gst::parse::bin_from_description(&line, true);
    bin.map(|bin| bin.upcast()).map_err(|e| missing(e.message()))
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
