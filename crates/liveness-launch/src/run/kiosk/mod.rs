//! The end of the pipeline, a kiosk screen or nothing, and the choices of people in front of the screen.

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

/// The kiosk screen's name in the pipeline.
const OVERLAY: &str = "liveness-launch-screen";
const SINK: &str = "liveness-launch-sink";

/// The appearance of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub display: Display,
    pub language: Option<Language>,
    pub flash: bool,
    /// The source shows people as a mirror does already.
    pub mirrored: bool,
    /// The screen before the check.
    pub ready: Option<Ready>,
}

/// The end of the pipeline.
pub struct Kiosk {
    pub sink: gst::Element,
    overlay: Option<gst::Element>,
    /// The choices on the ready screen; dropped with it.
    choices: Option<Receiver<Choice>>,
    drops: Option<Drops>,
    /// Lives as long as the sink that draws into it.
    _window: Option<Window>,
}

impl Kiosk {
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

    /// Returns whether people see the decision on a screen.
    pub fn is_seen(&self) -> bool {
        self.overlay.is_some()
    }

    /// Returns the choice made on the ready screen since the last call.
    pub fn choice(&self) -> Option<Choice> {
        self.choices.as_ref()?.try_recv().ok()
    }

    /// Logs how many frames the screen dropped.
    pub fn log_drops(&self) {
        self.drops.iter().for_each(|drops| drops.count().log());
    }

    /// The check begins: the ready screen goes.
    pub fn leave_ready(&self) {
        self.overlay.iter().for_each(|overlay| overlay.set_property("ready", LivenessReady::empty()));
    }
}

/// Touches, clicks and keys, from wherever this screen tells them.
fn listen(ready: Ready, overlay: &gst::Element, window: Option<&Window>, choose: &Sender<Choice>) {
    input::of_terminal(ready, choose.clone());
    match window {
        Some(window) => window.listen(ready, input::frame_format(overlay), choose.clone()),
        None => input::of_sink(ready, overlay, choose.clone()),
    }
}

fn nowhere(source: &Source) -> Result<gst::Element, Failure> {
    // A camera that is lost before its first frame must not keep the pipeline waiting for one.
    let sink = gst::ElementFactory::make("fakesink")
        .property("sync", source.needs_pacing())
        .property("async", !source.is_live())
        .build();
    sink.map_err(|e| missing(&e.to_string()))
}

/// The picture of the person, the prompts and the light.
fn screen(
    chosen: &video_sink::VideoSink,
    window: Option<&Window>,
    source: &Source,
) -> Result<gst::Bin, Failure> {
    // ximagesink shows pictures as they are; the others scale them to their window.
    let fitted = match window.filter(|_| chosen.name == "ximagesink") {
        Some(window) => {
            let (width, height) = window.size();
            format!(
                "! videoscale add-borders=true ! video/x-raw,width={width},height={height},pixel-aspect-ratio=1/1"
            )
        }
        None => String::new(),
    };
    // A live source does not wait for a slow screen.
    let leaky = if source.is_live() { "leaky=downstream" } else { "" };
    let line = format!(
        "queue max-size-buffers=2 {leaky} ! livenessoverlay name={OVERLAY} ! videoconvert {fitted} ! {} name={SINK}",
        chosen.line()
    );
    let bin = gst::parse::bin_from_description(&line, true).map_err(|e| missing(e.message()))?;
    // A late frame is shown all the same: on a busy machine every frame is late, and the prompts are in them.
    if let Some(sink) = base_sink(&bin) {
        sink.set_property("max-lateness", -1i64);
        sink.set_property("qos", false);
    }
    // As with the other sink.
    bin.set_property("async-handling", source.is_live());
    Ok(bin)
}

/// Returns the screen's sink, or the one in it (glimagesink is a bin).
fn base_sink(screen: &gst::Bin) -> Option<gst::Element> {
    screen.iterate_recurse().into_iter().flatten().find(|element| {
        element.find_property("max-lateness").is_some() && element.find_property("stats").is_some()
    })
}

fn draw_into(sink: &gst::Element, window: &Window) {
    if let Some(overlay) = sink.dynamic_cast_ref::<gst_video::VideoOverlay>() {
        // SAFETY: the window exists as long as the kiosk, which outlives its pipeline's PLAYING state.
        unsafe { overlay.set_window_handle(window.handle()) };
    }
}

fn missing(what: &str) -> Failure {
    Failure::unavailable(format!("the kiosk screen cannot be built: {what}; run make setup"))
}
