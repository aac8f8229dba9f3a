// SPDX-License-Identifier: MIT OR Apache-2.0

//! The end of the pipeline: a kiosk screen or no screen, and the choices of people in front of it.

mod drops;
mod input;
mod probe;
mod video_sink;
mod x11;

use std::sync::mpsc::{Receiver, Sender, channel};

use gst::prelude::*;
use gst_video::prelude::*;
use gstliveness::overlay::LivenessReady;
use liveness_screen::{Choice, Language, Ready};
use liveness_workflow::Display;

use drops::Drops;
use liveness_service::failure::Failure;
use liveness_service::input::Source;
pub use probe::run as probe;
use x11::Window;

/// Name of the overlay in the pipeline.
const OVERLAY: &str = "liveness-launch-screen";
/// Name of the video sink in the pipeline.
const SINK: &str = "liveness-launch-sink";

/// The appearance of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The kind of display.
    pub display: Display,
    /// The language of the texts; `None` uses the system's.
    pub language: Option<Language>,
    /// Shows the light patterns.
    pub flash: bool,
    /// True if the source already shows people as a mirror does.
    pub mirrored: bool,
    /// The ready screen before the check; `None` for no such screen.
    pub ready: Option<Ready>,
}

/// The end of the pipeline.
pub struct Kiosk {
    /// The sink of the pipeline.
    pub sink: gst::Element,
    overlay: Option<gst::Element>,
    /// The choices on the ready screen; `None` without one.
    choices: Option<Receiver<Choice>>,
    drops: Option<Drops>,
    /// The window that the sink draws into; it must outlive the sink.
    _window: Option<Window>,
}

impl Kiosk {
    /// Creates the screen, or a sink without a screen.
    ///
    /// # Errors
    /// No video sink works here, a window cannot be opened, or an element is missing.
    pub fn new(source: &Source, look: &Look) -> Result<Self, Failure> {
        if look.display == Display::None {
            return Ok(Self {
                sink: nowhere(source)?,
                overlay: None,
                choices: None,
                drops: None,
                _window: None,
            });
        }
        let touch = look.ready.is_some_and(|ready| !ready.face);
        let chosen = video_sink::choose(look.display, touch)?;
        let window = chosen.needs_window.then(Window::fullscreen).transpose()?;
        let sink = screen(&chosen, window.as_ref(), source)?;
        let overlay = sink.by_name(OVERLAY).ok_or_else(|| missing("livenessoverlay"))?;
        overlay.set_property("flash", look.flash);
        overlay.set_property("mirror", !look.mirrored);
        if let Some(language) = look.language {
            overlay.set_property("language", language.code());
        }
        if let (Some(window), Some(video)) = (&window, sink.by_name(SINK)) {
            draw_into(&video, window);
        }
        let choices = look.ready.map(|ready| {
            overlay.set_property("ready", LivenessReady::from(ready));
            let (choose, choices) = channel();
            if touch {
                listen(ready, &overlay, window.as_ref(), &choose);
            }
            choices
        });
        let drops = base_sink(&sink).zip(sink.static_pad("sink")).map(|(sink, pad)| Drops::watch(&pad, sink));
        Ok(Self { sink: sink.upcast(), overlay: Some(overlay), choices, drops, _window: window })
    }

    /// Returns whether a screen shows the decision.
    pub fn is_seen(&self) -> bool {
        self.overlay.is_some()
    }

    /// Returns the oldest unread choice on the ready screen.
    pub fn choice(&self) -> Option<Choice> {
        self.choices.as_ref()?.try_recv().ok()
    }

    /// Logs the number of frames that the screen dropped.
    pub fn log_drops(&self) {
        self.drops.iter().for_each(|drops| drops.count().log());
    }

    /// Removes the ready screen when the check starts.
    pub fn leave_ready(&self) {
        self.overlay.iter().for_each(|overlay| overlay.set_property("ready", LivenessReady::empty()));
    }
}

/// Starts to send the touches, clicks and keys from the terminal and from the window or the sink.
fn listen(ready: Ready, overlay: &gst::Element, window: Option<&Window>, choose: &Sender<Choice>) {
    input::of_terminal(ready, choose.clone());
    match window {
        Some(window) => window.listen(ready, input::frame_format(overlay), choose.clone()),
        None => input::of_sink(ready, overlay, choose.clone()),
    }
}

/// Returns a sink without a screen.
fn nowhere(source: &Source) -> Result<gst::Element, Failure> {
    // A live source may be lost before its first frame. The pipeline must not wait for that frame.
    let sink = gst::ElementFactory::make("fakesink")
        .property("sync", source.needs_pacing())
        .property("async", !source.is_live())
        .build();
    sink.map_err(|e| missing(&e.to_string()))
}

/// Returns the branch that shows the person, the prompts and the light.
fn screen(
    chosen: &video_sink::VideoSink,
    window: Option<&Window>,
    source: &Source,
) -> Result<gst::Bin, Failure> {
    // ximagesink shows pictures at their size; the other sinks scale them to the window.
    let fitted = match window.filter(|_| chosen.name == "ximagesink") {
        Some(window) => {
            let (width, height) = window.size();
            format!(
                "! videoscale add-borders=true ! video/x-raw,width={width},height={height},pixel-aspect-ratio=1/1"
            )
        }
        None => String::new(),
    };
    // A live source must not wait for a slow screen.
    let leaky = if source.is_live() { "leaky=downstream" } else { "" };
    let line = format!(
        "queue max-size-buffers=2 {leaky} ! livenessoverlay name={OVERLAY} ! videoconvert {fitted} ! {} name={SINK}",
        chosen.line()
    );
    let bin = gst::parse::bin_from_description(&line, true).map_err(|e| missing(e.message()))?;
    // Shows late frames too: on a busy machine every frame is late, and the frames contain the prompts.
    if let Some(sink) = base_sink(&bin) {
        sink.set_property("max-lateness", -1i64);
        sink.set_property("qos", false);
    }
    // As for the sink without a screen, the state change must not wait for a live source's first frame.
    bin.set_property("async-handling", source.is_live());
    Ok(bin)
}

/// Returns the base sink of the screen, which may be inside of another bin, such as glimagesink.
fn base_sink(screen: &gst::Bin) -> Option<gst::Element> {
    screen.iterate_recurse().into_iter().flatten().find(|element| {
        element.find_property("max-lateness").is_some() && element.find_property("stats").is_some()
    })
}

/// Makes a sink draw into the window.
fn draw_into(sink: &gst::Element, window: &Window) {
    if let Some(overlay) = sink.dynamic_cast_ref::<gst_video::VideoOverlay>() {
        // SAFETY: The window lives as long as the kiosk, which outlives the PLAYING state of its pipeline.
        unsafe { overlay.set_window_handle(window.handle()) };
    }
}

/// Returns the error for a missing element.
fn missing(what: &str) -> Failure {
    Failure::unavailable(format!("the kiosk screen cannot be built: {what}; run make setup"))
}
