//! Touches, clicks and keys that a sink or the terminal tells.

use std::io::{BufRead, IsTerminal};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use gst::prelude::*;
use gst_video::{NavigationEvent, VideoInfo};
use liveness_core::vision::display_size;
use liveness_screen::{Choice, Ready, choice_at};

/// The key that starts without light.
const CALM_KEY: &str = "0";

/// The format of the frames on which the screen is drawn, once it is known.
#[derive(Clone, Default)]
pub struct FrameFormat(Arc<Mutex<Option<VideoInfo>>>);

impl FrameFormat {
    fn known(&self) -> MutexGuard<'_, Option<VideoInfo>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows of samples.
    fn rows(&self) -> Option<u32> {
        self.known().as_ref().map(VideoInfo::height)
    }

    /// Width and height as displayed: pixels need not be square.
    pub fn display_size(&self) -> Option<(u32, u32)> {
        self.known().as_ref().map(|info| {
            let side = |side: i32| u32::try_from(side).unwrap_or(0);
            let aspect = (side(info.par().numer()), side(info.par().denom()));
            let (width, height) = display_size(info.width() as usize, info.height() as usize, aspect);
            (width as u32, height as u32)
        })
    }
}

/// Returns the choice of a key, by its name; `None` for modifiers.
pub fn choice_of_key(ready: Ready, key: &str) -> Option<Choice> {
    const MODIFIERS: [&str; 6] = ["Shift", "Control", "Alt", "Meta", "Super", "Caps_Lock"];
    let modifies = MODIFIERS.iter().any(|name| key.starts_with(name)) || key.starts_with("ISO_Level");
    let calm = ready.calm && (key == CALM_KEY || key == "KP_0");
    (!modifies).then_some(if calm { Choice::Calm } else { Choice::Start })
}

/// The height of a touch at `y` of a window in the frame that it shows, whole and in the middle: 0–1 within the frame.
pub fn height_in_frame(y: f64, window: (u32, u32), frame: (u32, u32)) -> f64 {
    let [(ww, wh), (fw, fh)] = [window, frame].map(|(w, h)| (f64::from(w.max(1)), f64::from(h.max(1))));
    let shown = fh * (ww / fw).min(wh / fh);
    (y - (wh - shown) / 2.0) / shown
}

/// Keys from the terminal: Enter starts, 0 and Enter starts without light.
pub fn of_terminal(ready: Ready, choose: Sender<Choice>) {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return;
    }
    // Ends with the process, or when nobody listens any more.
    thread::spawn(move || {
        for line in stdin.lock().lines().map_while(Result::ok) {
            let key = if line.trim().is_empty() { "Return" } else { line.trim() };
            let choice = choice_of_key(ready, key).unwrap_or(Choice::Start);
            if choose.send(choice).is_err() {
                return;
            }
        }
    });
}

/// The format of the frames that leave `overlay`.
pub fn frame_format(overlay: &gst::Element) -> FrameFormat {
    let format = FrameFormat::default();
    let known = format.clone();
    let note = move |_: &gst::Pad, info: &mut gst::PadProbeInfo<'_>| {
        if let Some(gst::EventView::Caps(caps)) = info.event().map(|event| event.view())
            && let Ok(video) = VideoInfo::from_caps(caps.caps())
        {
            *known.known() = Some(video);
        }
        gst::PadProbeReturn::Ok
    };
    overlay.static_pad("src").map(|pad| pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, note));
    format
}

/// Sends the choices made in the sink's own window. Its navigation events are in pixels of the frame.
pub fn of_sink(ready: Ready, overlay: &gst::Element, choose: Sender<Choice>) {
    let format = frame_format(overlay);
    let listen = move |_: &gst::Pad, info: &mut gst::PadProbeInfo<'_>| {
        let event = info.event().and_then(|event| NavigationEvent::parse(event).ok());
        let height = |y: f64| format.rows().map_or(0.0, |rows| y / f64::from(rows.max(1)));
        let choice = match event {
            Some(NavigationEvent::KeyPress { key, .. }) => choice_of_key(ready, &key),
            Some(NavigationEvent::MouseButtonPress { y, .. }) => Some(choice_at(ready, height(y))),
            _ => None,
        };
        // Nobody listens once the check has begun.
        choice.map(|choice| choose.send(choice));
        gst::PadProbeReturn::Ok
    };
    overlay.static_pad("src").map(|pad| pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, listen));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_is_found_in_a_frame_with_borders() {
        // A wide frame in a square window lies between borders of an eighth.
        let at = |y| height_in_frame(y, (800, 800), (640, 480));
        assert!(
            (at(100.0) - 0.0).abs() < 1e-9
                && (at(400.0) - 0.5).abs() < 1e-9
                && (at(700.0) - 1.0).abs() < 1e-9
        );
        assert!(at(0.0) < 0.0);
        // An upright frame in a wide window fills its height.
        assert!((height_in_frame(300.0, (1920, 1080), (480, 640)) - 300.0 / 1080.0).abs() < 1e-9);
    }

    #[test]
    fn any_key_starts_and_zero_without_light_where_that_is_offered() {
        let ready = Ready { light: true, calm: true, face: false };
        for (key, choice) in [
            ("Return", Some(Choice::Start)),
            ("space", Some(Choice::Start)),
            ("0", Some(Choice::Calm)),
            ("KP_0", Some(Choice::Calm)),
            ("Shift_L", None),
        ] {
            assert_eq!(choice_of_key(ready, key), choice, "{key}");
        }
        assert_eq!(choice_of_key(Ready { calm: false, ..ready }, "0"), Some(Choice::Start));
    }
}
