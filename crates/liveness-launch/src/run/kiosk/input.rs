// SPDX-License-Identifier: MIT OR Apache-2.0

//! The touches, clicks and keys that a sink or the terminal reports.

use std::io::{BufRead, IsTerminal};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use gst::prelude::*;
use gst_video::{NavigationEvent, VideoInfo};
use liveness_core::vision::display_size;
use liveness_screen::{Choice, Ready, choice_at};

/// The key that starts a check without light.
const CALM_KEY: &str = "0";

/// The format of the frames that the screen is drawn on, once it is known.
#[derive(Clone, Default)]
pub struct FrameFormat(Arc<Mutex<Option<VideoInfo>>>);

impl FrameFormat {
    /// Locks the format.
    fn known(&self) -> MutexGuard<'_, Option<VideoInfo>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of sample rows.
    fn rows(&self) -> Option<u32> {
        self.known().as_ref().map(VideoInfo::height)
    }

    /// Returns the displayed width and height in square pixels.
    pub fn display_size(&self) -> Option<(u32, u32)> {
        self.known().as_ref().map(|info| {
            let side = |side: i32| u32::try_from(side).unwrap_or(0);
            let aspect = (side(info.par().numer()), side(info.par().denom()));
            let (width, height) = display_size(info.width() as usize, info.height() as usize, aspect);
            (width as u32, height as u32)
        })
    }
}

/// Returns the choice of a key by its name, or `None` for a modifier.
pub fn choice_of_key(ready: Ready, key: &str) -> Option<Choice> {
    const MODIFIERS: [&str; 6] = ["Shift", "Control", "Alt", "Meta", "Super", "Caps_Lock"];
    let modifies = MODIFIERS.iter().any(|name| key.starts_with(name)) || key.starts_with("ISO_Level");
    let calm = ready.calm && (key == CALM_KEY || key == "KP_0");
    (!modifies).then_some(if calm { Choice::Calm } else { Choice::Start })
}

/// Returns the height of a touch at `y` in the frame, from 0 (top) to 1 (bottom). The window shows the whole frame in
/// its middle, and touches on its borders are outside of 0–1.
pub fn height_in_frame(y: f64, window: (u32, u32), frame: (u32, u32)) -> f64 {
    let [(ww, wh), (fw, fh)] = [window, frame].map(|(w, h)| (f64::from(w.max(1)), f64::from(h.max(1))));
    let shown = fh * (ww / fw).min(wh / fh);
    (y - (wh - shown) / 2.0) / shown
}

/// Sends the choices typed on the terminal. Enter starts the check, and 0 with Enter starts it without light.
pub fn of_terminal(ready: Ready, choose: Sender<Choice>) {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return;
    }
    // The thread ends with the process, or when the receiver is gone.
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

/// Returns the format of the frames that leave `overlay`.
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

/// Sends the choices in the sink's own window. Its navigation events are in pixels of the frame.
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
        // The receiver is gone once the check has started.
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
        // A 4:3 frame in a square window has borders of an eighth of its height.
        let at = |y| height_in_frame(y, (800, 800), (640, 480));
        assert!(
            (at(100.0) - 0.0).abs() < 1e-9
                && (at(400.0) - 0.5).abs() < 1e-9
                && (at(700.0) - 1.0).abs() < 1e-9
        );
        assert!(at(0.0) < 0.0);
        // A portrait frame in a wide window fills its height.
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
