// SPDX-License-Identifier: MIT OR Apache-2.0

//! A fullscreen X11 window. The sinks draw into it, and this module reports its touches, clicks and keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use liveness_screen::{Choice, Ready, choice_at};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, InputFocus, PropMode, Rectangle,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::input::{FrameFormat, choice_of_key, height_in_frame};
use liveness_service::failure::Failure;

/// Longest wait for the window manager to enlarge the window.
const PATIENCE: Duration = Duration::from_secs(1);
/// Interval of the checks for the window's size.
const TICK: Duration = Duration::from_millis(10);

/// A window and the connection that receives its events.
pub struct Window {
    connection: Arc<RustConnection>,
    id: u32,
    /// Current width and height in pixels.
    size: Arc<[AtomicU32; 2]>,
}

impl Window {
    /// Opens a fullscreen window. Without a window manager, the window takes the screen by itself.
    ///
    /// # Errors
    /// The X server refuses the connection or the window.
    pub fn fullscreen() -> Result<Self, Failure> {
        open().map_err(|e| Failure::unavailable(format!("--display: no window can be opened on X11: {e}")))
    }

    /// Returns the handle of the window, for a sink to draw into.
    pub fn handle(&self) -> usize {
        self.id as usize
    }

    /// Returns the width and the height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.size[0].load(Ordering::Relaxed), self.size[1].load(Ordering::Relaxed))
    }

    /// Sends the choices on the ready screen from a new thread, which ends with the connection or the receiver.
    pub fn listen(&self, ready: Ready, frame: FrameFormat, choose: Sender<Choice>) {
        let (connection, size) = (self.connection.clone(), self.size.clone());
        thread::spawn(move || {
            while let Ok(event) = connection.wait_for_event() {
                let choice = match event {
                    Event::ConfigureNotify(event) => {
                        size[0].store(event.width.into(), Ordering::Relaxed);
                        size[1].store(event.height.into(), Ordering::Relaxed);
                        None
                    }
                    Event::KeyPress(event) => {
                        key_name(&connection, event.detail).and_then(|key| choice_of_key(ready, &key))
                    }
                    Event::ButtonPress(event) => {
                        let window = (size[0].load(Ordering::Relaxed), size[1].load(Ordering::Relaxed));
                        let frame = frame.display_size().unwrap_or(window);
                        Some(choice_at(ready, height_in_frame(event.event_y.into(), window, frame)))
                    }
                    Event::DestroyNotify(_) => return,
                    _ => None,
                };
                if choice.is_some_and(|choice| choose.send(choice).is_err()) {
                    return;
                }
            }
        });
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.connection.destroy_window(self.id);
        let _ = self.connection.flush();
    }
}

/// Opens the window.
fn open() -> Result<Window, Box<dyn std::error::Error>> {
    let (connection, number) = x11rb::connect(None)?;
    let screen = &connection.setup().roots[number];
    let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
    let managed = is_managed(&connection, root)?;
    let id = connection.generate_id()?;
    let events = EventMask::KEY_PRESS | EventMask::BUTTON_PRESS | EventMask::STRUCTURE_NOTIFY;
    let look = CreateWindowAux::new()
        .background_pixel(screen.black_pixel)
        .event_mask(events)
        .cursor(no_cursor(&connection, root)?)
        .override_redirect(u32::from(!managed));
    let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
    connection.create_window(
        depth,
        id,
        root,
        0,
        0,
        width,
        height,
        0,
        WindowClass::INPUT_OUTPUT,
        visual,
        &look,
    )?;
    connection.change_property8(
        PropMode::REPLACE,
        id,
        AtomEnum::WM_NAME,
        AtomEnum::STRING,
        b"liveness-launch",
    )?;
    let atom =
        |name: &[u8]| Ok::<_, Box<dyn std::error::Error>>(connection.intern_atom(false, name)?.reply()?.atom);
    let (state, full) = (atom(b"_NET_WM_STATE")?, atom(b"_NET_WM_STATE_FULLSCREEN")?);
    connection.change_property32(PropMode::REPLACE, id, state, AtomEnum::ATOM, &[full])?;
    connection.map_window(id)?.check()?;
    if !managed {
        connection.set_input_focus(InputFocus::POINTER_ROOT, id, x11rb::CURRENT_TIME)?;
    }
    connection.flush()?;
    let size = settled(&connection, id, (width.into(), height.into()))?;
    let size = Arc::new([AtomicU32::new(size.0), AtomicU32::new(size.1)]);
    Ok(Window { connection: Arc::new(connection), id, size })
}

/// Returns whether a window manager runs.
fn is_managed(connection: &RustConnection, root: u32) -> Result<bool, Box<dyn std::error::Error>> {
    let check = connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
    let told = connection.get_property(false, root, check, AtomEnum::WINDOW, 0, 1)?.reply()?;
    Ok(told.value32().is_some_and(|mut value| value.next().is_some()))
}

/// Returns an invisible cursor, because a kiosk shows no pointer.
fn no_cursor(connection: &RustConnection, root: u32) -> Result<u32, Box<dyn std::error::Error>> {
    let (pixmap, gc, cursor) =
        (connection.generate_id()?, connection.generate_id()?, connection.generate_id()?);
    connection.create_pixmap(1, pixmap, root, 1, 1)?;
    connection.create_gc(gc, pixmap, &CreateGCAux::new().foreground(0))?;
    connection.poly_fill_rectangle(pixmap, gc, &[Rectangle { x: 0, y: 0, width: 1, height: 1 }])?;
    connection.create_cursor(cursor, pixmap, pixmap, 0, 0, 0, 0, 0, 0, 0, 0)?;
    connection.free_gc(gc)?;
    connection.free_pixmap(pixmap)?;
    Ok(cursor)
}

/// Waits for the window manager to enlarge the window to `wanted`. Returns the size in pixels.
fn settled(
    connection: &RustConnection,
    id: u32,
    wanted: (u32, u32),
) -> Result<(u32, u32), Box<dyn std::error::Error>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let geometry = connection.get_geometry(id)?.reply()?;
        let size = (u32::from(geometry.width), u32::from(geometry.height));
        if size == wanted || Instant::now() >= deadline {
            return Ok(size);
        }
        thread::sleep(TICK);
    }
}

/// Returns the name of a key: "0", "KP_0", "Shift" for any modifier, or "other".
fn key_name(connection: &RustConnection, code: u8) -> Option<String> {
    const ZERO: u32 = 0x30;
    const KEYPAD_ZERO: [u32; 2] = [0xff9e, 0xffb0];
    const MODIFIERS: std::ops::RangeInclusive<u32> = 0xffe1..=0xffee;
    let mapping = connection.get_keyboard_mapping(code, 1).ok()?.reply().ok()?;
    let symbol = mapping.keysyms.first().copied()?;
    Some(match symbol {
        _ if mapping.keysyms.contains(&ZERO) => "0".to_owned(),
        _ if mapping.keysyms.iter().any(|symbol| KEYPAD_ZERO.contains(symbol)) => "KP_0".to_owned(),
        symbol if MODIFIERS.contains(&symbol) => "Shift".to_owned(),
        _ => "other".to_owned(),
    })
}
