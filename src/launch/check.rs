//! A pipeline with one check in it.

use std::time::Duration;

use gst::prelude::*;

use super::failure::Failure;
use super::fault;

/// What a running check tells.
pub enum Event {
    /// A liveness message's structure.
    Liveness(gst::Structure),
    /// The stream is over.
    Ended,
}

/// A pipeline that ends in a checking element; stopped when it is dropped.
pub struct Check {
    pipeline: gst::Pipeline,
    element: gst::Element,
    bus: gst::Bus,
}

impl Check {
    /// Puts `element` and `sink` behind `tail`, the last element of `pipeline`.
    pub fn new(
        pipeline: gst::Pipeline,
        tail: &gst::Element,
        element: gst::Element,
        sink: &gst::Element,
    ) -> Result<Self, Failure> {
        let bus = pipeline.bus().ok_or_else(|| Failure::internal("the pipeline has no bus"))?;
        pipeline
            .add_many([&element, sink])
            .and_then(|()| gst::Element::link_many([tail, &element, sink]))
            .map_err(|e| Failure::internal(format!("the pipeline cannot be built: {e}")))?;
        Ok(Self { pipeline, element, bus })
    }

    /// Where the frames leave the check, with their metas.
    pub fn output(&self) -> Result<gst::Pad, Failure> {
        self.element.static_pad("src").ok_or_else(|| Failure::internal("the check has no output"))
    }

    pub fn start(&self) -> Result<(), Failure> {
        let Err(e) = self.pipeline.set_state(gst::State::Playing) else {
            return Ok(());
        };
        // The reason comes as a message.
        while let Some(message) = self.bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                return Err(fault::of_message(error, Some(&self.element)));
            }
        }
        Err(Failure::internal(format!("the pipeline does not start: {e}")))
    }

    /// The next event, if one comes in `patience`.
    pub fn next(&self, patience: Duration) -> Result<Option<Event>, Failure> {
        let patience = gst::ClockTime::try_from(patience).unwrap_or(gst::ClockTime::ZERO);
        let Some(message) = self.bus.timed_pop(patience) else {
            return Ok(None);
        };
        Ok(match message.view() {
            gst::MessageView::Element(element) => element
                .structure()
                .filter(|structure| structure.name().starts_with("liveness/"))
                .map(|structure| Event::Liveness(structure.to_owned())),
            gst::MessageView::Eos(_) => Some(Event::Ended),
            gst::MessageView::Error(error) => return Err(fault::of_message(error, Some(&self.element))),
            gst::MessageView::Latency(_) => {
                let _ = self.pipeline.recalculate_latency();
                None
            }
            _ => None,
        })
    }

    /// Gives the check up; a result is posted even when no frame has come yet.
    pub fn cancel(&self) {
        if self.element.property::<u32>("attempt") == 0 {
            self.element.emit_by_name::<()>("start", &[]);
        }
        self.element.emit_by_name::<()>("cancel", &[]);
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
