// SPDX-License-Identifier: MIT OR Apache-2.0

//! RTSP cameras, with reconnection after a loss.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gst::prelude::*;

use super::open::Open;
use crate::credential;
use crate::failure::Failure;
use liveness_workflow::{Rtsp, Transport, fault_of_camera};

/// Time without a frame after which the camera counts as lost.
const SILENCE: Duration = Duration::from_secs(5);
/// Wait between a loss and the first reconnection attempt; doubled after each failed one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait between reconnection attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Address, credentials and transport of a camera.
#[derive(Clone, PartialEq)]
pub struct Line {
    location: String,
    transport: Transport,
    /// Jitter buffer in milliseconds.
    latency: u32,
    user: Option<String>,
    password: Option<String>,
}

/// Shows the address only, so that credentials stay out of logs.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.location)
    }
}

impl Line {
    /// Checks the address and reads the credentials from the environment.
    ///
    /// # Errors
    /// The address is incomplete or contains credentials, or an environment variable cannot be used.
    pub fn new(location: &str, rtsp: Option<&Rtsp>) -> Result<Self, Failure> {
        let rtsp = rtsp.cloned().unwrap_or_default();
        if let Some(fault) = fault_of_camera(location) {
            return Err(Failure::usage(format!("an rtsp source {fault}")));
        }
        let user = rtsp.user_env.map_or("LIVENESS_RTSP_USER".to_owned(), |name| name.0);
        let password = rtsp.password_env.map_or("LIVENESS_RTSP_PASSWORD".to_owned(), |name| name.0);
        Ok(Self {
            location: location.to_owned(),
            transport: rtsp.transport.map(|word| word.0).unwrap_or_default(),
            latency: rtsp.latency_ms.unwrap_or(200),
            user: credential::of_variable("the camera's user", &user)?,
            password: credential::of_variable("the camera's password", &password)?,
        })
    }

    /// Builds a bin that delivers the camera's video.
    fn dial(&self) -> Result<gst::Bin, Failure> {
        let line = "rtspsrc name=rtsp ! application/x-rtp,media=video ! decodebin ! videoconvert name=out";
        let missing = |e: glib::Error| Failure::unavailable(format!("rtsp cannot be used: {}", e.message()));
        let bin = gst::parse::bin_from_description(line, false).map_err(missing)?;
        let (Some(source), Some(out)) = (bin.by_name("rtsp"), bin.by_name("out")) else {
            return Err(Failure::internal("the camera lacks its ends"));
        };
        // The parser would also add a sink pad to the bin, for the link that is made only once the camera
        // answers.
        let out = out.static_pad("src").and_then(|out| gst::GhostPad::with_target(&out).ok());
        out.and_then(|out| bin.add_pad(&out).ok())
            .ok_or_else(|| Failure::internal("the camera has no output"))?;
        // Connecting takes time and may fail; neither must stop the pipeline.
        bin.set_property("async-handling", true);
        let silence = SILENCE.as_micros() as u64;
        source.set_property("location", &self.location);
        source.set_property("latency", self.latency);
        source.set_property("timeout", silence);
        source.set_property("tcp-timeout", silence);
        source.set_property("user-id", &self.user);
        source.set_property("user-pw", &self.password);
        match self.transport {
            Transport::Auto => {}
            Transport::Tcp => source.set_property_from_str("protocols", "tcp"),
            Transport::Udp => source.set_property_from_str("protocols", "udp"),
        }
        Ok(bin)
    }
}

/// The state of a connection as the streaming thread observes it.
#[derive(Default)]
struct Signs {
    /// Time of the last frame; `None` before the first.
    last_frame: Option<Instant>,
    /// True after the end of the stream.
    ended: bool,
}

/// Keeps a pipeline connected to a camera.
pub struct Camera {
    line: Line,
    pipeline: glib::WeakRef<gst::Pipeline>,
    /// Element that receives the video.
    entry: gst::Element,
    signs: Arc<Mutex<Signs>>,
    state: RefCell<State>,
}

/// The state of the connection as the main thread manages it.
struct State {
    /// `None` while the camera is lost.
    connection: Option<gst::Bin>,
    /// Time of the last connection or loss.
    since: Instant,
    /// Wait between the last loss and the next attempt.
    wait: Duration,
}

impl Camera {
    /// Connects the pipeline of `open` to a camera.
    ///
    /// # Errors
    /// An element is missing, or the camera cannot be linked to the pipeline.
    pub fn new(line: Line, open: &Open) -> Result<Self, Failure> {
        let camera = Self {
            line,
            pipeline: open.pipeline.downgrade(),
            entry: open.input()?,
            signs: Arc::default(),
            state: RefCell::new(State { connection: None, since: Instant::now(), wait: FIRST_WAIT / 2 }),
        };
        camera.connect()?;
        Ok(camera)
    }

    /// Handles an error message of the camera. Returns false if the error is not the camera's.
    ///
    /// # Errors
    /// The camera refuses the credentials, or a decoder is missing: reconnecting would not help.
    pub fn takes(&self, message: &gst::message::Error) -> Result<bool, Failure> {
        let (Some(pipeline), Some(source)) = (self.pipeline.upgrade(), message.src()) else {
            return Ok(false);
        };
        if !source.has_as_ancestor(&pipeline) {
            // The message belongs to a connection that was closed.
            return Ok(true);
        }
        let connection = self.state.borrow().connection.clone();
        if !connection.is_some_and(|connection| source == &connection || source.has_as_ancestor(&connection))
        {
            return Ok(false);
        }
        let error = message.error();
        if error.matches(gst::ResourceError::NotAuthorized) {
            let text = "the camera refuses the user and password that the environment has for it";
            return Err(Failure::no_input(text));
        }
        if error.matches(gst::CoreError::MissingPlugin) || error.matches(gst::StreamError::CodecNotFound) {
            return Err(Failure::unavailable(error.message()));
        }
        self.lose(error.message().trim_end_matches('.'));
        Ok(true)
    }

    /// Drops a silent connection and reconnects a lost camera. Must be called regularly.
    ///
    /// # Errors
    /// The camera cannot be linked to the pipeline.
    pub fn tend(&self) -> Result<(), Failure> {
        let (connected, waited, wait) = {
            let state = self.state.borrow();
            (state.connection.is_some(), state.since.elapsed(), state.wait)
        };
        if !connected {
            return if waited >= wait { self.connect() } else { Ok(()) };
        }
        let (silence, ended) = {
            let signs = lock(&self.signs);
            (signs.last_frame.map_or(waited, |last| last.elapsed()), signs.ended)
        };
        if ended || silence > SILENCE {
            self.lose(if ended { "it has ended its stream" } else { "it is silent" });
        }
        Ok(())
    }

    fn connect(&self) -> Result<(), Failure> {
        let pipeline = self.pipeline.upgrade().ok_or_else(|| Failure::internal("the pipeline is gone"))?;
        let connection = self.line.dial()?;
        *lock(&self.signs) = Signs::default();
        watch(&connection, &self.signs)?;
        let joined = pipeline.add(&connection).and_then(|()| connection.link(&self.entry));
        joined.map_err(|e| Failure::internal(format!("the camera cannot join the pipeline: {e}")))?;
        {
            let mut state = self.state.borrow_mut();
            (state.connection, state.since) = (Some(connection.clone()), Instant::now());
        }
        if connection.sync_state_with_parent().is_err() {
            self.lose("it cannot be called");
        }
        Ok(())
    }

    fn lose(&self, why: &str) {
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection.take() else {
            return;
        };
        // A camera that has delivered frames is retried soon.
        let seen = lock(&self.signs).last_frame.is_some();
        state.wait = if seen { FIRST_WAIT } else { (state.wait * 2).min(LONGEST_WAIT) };
        state.since = Instant::now();
        let wait = state.wait.as_secs_f32();
        tracing::warn!("the camera is lost ({why}), again in {wait:.1} s");
        if let Some(pipeline) = self.pipeline.upgrade() {
            // The pipeline may be starting its elements in another thread. Setting its state waits for that
            // thread, which would otherwise start this connection again.
            connection.set_locked_state(true);
            let _ = pipeline.set_state(gst::State::Playing);
            let _ = connection.set_state(gst::State::Null);
            let _ = pipeline.remove(&connection);
        }
    }
}

/// Records frames and the end of a connection. The end is not passed on, because the video continues after
/// reconnection.
fn watch(connection: &gst::Bin, signs: &Arc<Mutex<Signs>>) -> Result<(), Failure> {
    let pad = connection.static_pad("src").ok_or_else(|| Failure::internal("the camera has no output"))?;
    let signs = signs.clone();
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        match &info.data {
            Some(gst::PadProbeData::Buffer(_)) => lock(&signs).last_frame = Some(Instant::now()),
            Some(gst::PadProbeData::Event(event)) if event.type_() == gst::EventType::Eos => {
                lock(&signs).ended = true;
                // `Drop` of the bindings ends in a critical warning with GStreamer 1.22.
                return gst::PadProbeReturn::Handled;
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

fn lock(signs: &Mutex<Signs>) -> MutexGuard<'_, Signs> {
    signs.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn addresses_hold_no_password() {
        let failure = Line::new("rtsp://user:secret@camera/1", None).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        assert!(!failure.text.contains("secret"), "{failure}");
        assert!(Line::new("rtsp://", None).is_err());
        let line = Line::new("rtsp://camera:8554/1?a=b@c", None).unwrap();
        assert_eq!(format!("{line:?}"), "rtsp://camera:8554/1?a=b@c");
    }
}
