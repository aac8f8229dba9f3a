// SPDX-License-Identifier: MIT OR Apache-2.0

//! A pipeline and the messages of its elements.

use std::time::{Duration, Instant};

use gst::prelude::*;

use super::{init, result, text};

/// Timeout above the duration of any check on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A pipeline and its liveness messages.
pub struct Session {
    /// The pipeline.
    pub pipeline: gst::Pipeline,
    /// The liveness messages so far.
    pub messages: Vec<gst::Structure>,
    /// Name of the sender of each message.
    pub senders: Vec<String>,
}

impl Session {
    /// Creates a pipeline that does not play yet.
    pub fn new(line: &str) -> Self {
        init();
        let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
        Self { pipeline, messages: Vec::new(), senders: Vec::new() }
    }

    /// Creates a pipeline and plays it.
    pub fn playing(line: &str) -> Self {
        let session = Self::new(line);
        session.play();
        session
    }

    /// Plays the pipeline.
    pub fn play(&self) {
        self.pipeline.set_state(gst::State::Playing).unwrap();
    }

    /// Returns an element by its name.
    pub fn element(&self, name: &str) -> gst::Element {
        self.pipeline.by_name(name).unwrap()
    }

    /// Waits for the next message of this name. Returns false if the stream ends first, or if none comes within
    /// `patience`.
    pub fn comes(&mut self, name: &str, patience: Duration) -> bool {
        let (bus, end) = (self.pipeline.bus().unwrap(), Instant::now() + patience);
        loop {
            let left = gst::ClockTime::try_from(end.saturating_duration_since(Instant::now())).unwrap();
            let Some(message) = bus.timed_pop(left) else { return false };
            match message.view() {
                gst::MessageView::Error(error) => panic!("{error:?}"),
                gst::MessageView::Eos(_) => return false,
                gst::MessageView::Element(element) => {
                    let Some(structure) = element.structure() else { continue };
                    if !structure.name().starts_with("liveness/") {
                        continue;
                    }
                    self.messages.push(structure.to_owned());
                    self.senders.extend(message.src().map(|sender| sender.name().to_string()));
                    if structure.name() == name {
                        return true;
                    }
                }
                _ => {}
            }
        }
    }

    /// Waits for the next message of this name.
    #[track_caller]
    pub fn expect(&mut self, name: &str) -> &gst::Structure {
        assert!(self.comes(name, PATIENCE), "no {name}: {:#?}", self.messages);
        &self.messages[self.messages.len() - 1]
    }

    /// Waits for the only result.
    #[track_caller]
    pub fn result(&mut self) -> gst::Structure {
        self.expect("liveness/result");
        result(&self.messages).to_owned()
    }

    /// Waits for the end of the stream. Discards the messages until then.
    #[track_caller]
    pub fn finish(&self) {
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        let patience = gst::ClockTime::try_from(PATIENCE).unwrap();
        let end = self.pipeline.bus().unwrap().timed_pop_filtered(patience, &ends).expect("an end in time");
        assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    }

    /// Waits for the only result. Returns its status.
    #[track_caller]
    pub fn status(&mut self) -> String {
        text(&self.result(), "status")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
