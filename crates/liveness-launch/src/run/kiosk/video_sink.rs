// SPDX-License-Identifier: MIT OR Apache-2.0

//! The choice of the video sink: for Wayland, X11 or the console.

use std::path::Path;

use liveness_workflow::Display;

use super::probe;
use liveness_service::failure::Failure;

/// A video sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoSink {
    /// Name of the element.
    pub name: &'static str,
    /// True if the sink's property `fullscreen` is set.
    fills: bool,
    /// True if the sink needs a window that fills the screen.
    pub needs_window: bool,
}

/// The display servers that the environment names.
#[derive(Clone, Copy, Debug)]
struct Desktop {
    wayland: bool,
    x11: bool,
}

impl Desktop {
    /// Returns the display servers of `WAYLAND_DISPLAY` and `DISPLAY`.
    fn of_environment() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self { wayland: set("WAYLAND_DISPLAY"), x11: set("DISPLAY") }
    }
}

impl VideoSink {
    /// Returns the sink as part of a pipeline description.
    pub fn line(&self) -> String {
        if self.fills { format!("{} fullscreen=true", self.name) } else { self.name.to_owned() }
    }
}

/// Returns the first sink that works here. With `touch`, it prefers sinks that report touches, which waylandsink does
/// not.
///
/// # Errors
/// There is no display, or no sink works.
pub fn choose(display: Display, touch: bool) -> Result<VideoSink, Failure> {
    let desktop = Desktop::of_environment();
    let candidates = candidates(display, desktop, touch);
    if candidates.is_empty() {
        let missing = "--display=window needs a screen: neither DISPLAY nor WAYLAND_DISPLAY is set";
        return Err(Failure::unavailable(missing));
    }
    if candidates.iter().all(|sink| sink.name == "kmssink") && !Path::new("/dev/dri").exists() {
        return Err(Failure::unavailable(
            "--display needs a screen: neither DISPLAY nor WAYLAND_DISPLAY is set, and there is no graphics card \
             (/dev/dri) for kmssink; start it from a desktop's session or set DISPLAY",
        ));
    }
    let mut told = Vec::new();
    for sink in candidates {
        match probe::probe(sink.name) {
            Ok(()) => return Ok(sink),
            Err(why) => told.push(format!("{}: {why}", sink.name)),
        }
    }
    Err(Failure::unavailable(format!(
        "--display: no video sink starts here ({}). Install gstreamer1.0-x and gstreamer1.0-plugins-bad (make setup does), \
         and see that DISPLAY or WAYLAND_DISPLAY names a screen that this user may use",
        told.join("; ")
    )))
}

/// Returns the sinks to try, the best first.
fn candidates(display: Display, desktop: Desktop, touch: bool) -> Vec<VideoSink> {
    let full = display == Display::Fullscreen;
    let wayland = VideoSink { name: "waylandsink", fills: full, needs_window: false };
    let on_x11 = |name| VideoSink { name, fills: false, needs_window: full };
    let x11 = ["xvimagesink", "glimagesink", "ximagesink"].map(on_x11);
    let kms = VideoSink { name: "kmssink", fills: false, needs_window: false };
    let wayland = desktop.wayland.then_some(wayland).into_iter();
    let x11 = x11.into_iter().filter(|_| desktop.x11);
    match display {
        Display::None => Vec::new(),
        Display::Kms => vec![kms],
        Display::Fullscreen if !desktop.wayland && !desktop.x11 => vec![kms],
        Display::Fullscreen | Display::Window if touch => x11.chain(wayland).collect(),
        Display::Fullscreen | Display::Window => wayland.chain(x11).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(display: Display, (wayland, x11): (bool, bool), touch: bool) -> Vec<&'static str> {
        candidates(display, Desktop { wayland, x11 }, touch).iter().map(|sink| sink.name).collect()
    }

    #[test]
    fn the_sinks_that_are_tried_fit_the_desktop() {
        const X11: [&str; 3] = ["xvimagesink", "glimagesink", "ximagesink"];
        let both = [&["waylandsink"][..], &X11].concat();
        let x11_first = [&X11[..], &["waylandsink"]].concat();
        assert_eq!(names(Display::Fullscreen, (false, false), false), ["kmssink"]);
        assert_eq!(names(Display::Kms, (true, true), false), ["kmssink"]);
        assert_eq!(names(Display::Fullscreen, (false, true), false), X11);
        assert_eq!(names(Display::Fullscreen, (true, true), false), both);
        assert_eq!(names(Display::Fullscreen, (true, true), true), x11_first);
        assert!(names(Display::Window, (false, false), false).is_empty());
        let [first, ..] = candidates(Display::Fullscreen, Desktop { wayland: true, x11: false }, true)[..]
        else {
            panic!("no sink");
        };
        assert_eq!((first.line().as_str(), first.needs_window), ("waylandsink fullscreen=true", false));
    }
}
