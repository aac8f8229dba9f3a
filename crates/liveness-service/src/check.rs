// SPDX-License-Identifier: MIT OR Apache-2.0

//! A pipeline that runs the checks of a session, one after the other.

use std::time::Duration;

use gst::prelude::*;
use gstliveness::bin;
use gstliveness::message::{Light, ResultBody};
use liveness_core::session::LivenessCheck;
use liveness_workflow::Node;

use super::baton::Baton;
use super::failure::Failure;
use super::fault;
use super::input::{Camera, Open};

/// An event of a running check.
pub enum Event {
    /// The number of a check (from 0) and the structure of its liveness message.
    Liveness(usize, gst::Structure),
    /// The end of the stream.
    Ended,
}

/// A pipeline with checking elements. Dropping it stops the pipeline.
pub struct Check {
    pipeline: gst::Pipeline,
    elements: Vec<gst::Element>,
    bus: gst::Bus,
    camera: Option<Camera>,
    baton: Baton,
}

const RESULT: &str = "liveness/result";

impl Check {
    /// Creates the checking element of a node. It keeps the name that GStreamer gives it, because a node's
    /// name may be that of another element.
    ///
    /// # Errors
    /// The element cannot be created.
    pub fn element(node: &Node) -> Result<gst::Element, Failure> {
        let made = gst::ElementFactory::make("livenessbin").build();
        let bin = made.map_err(|e| Failure::internal(format!("livenessbin cannot be made: {e}")))?;
        bin::configure(&bin, node);
        bin.set_property("node-id", node.name());
        Ok(bin)
    }

    /// Appends `elements` and `sink` to the pipeline of `open`. Checks after the first do not start by
    /// themselves.
    ///
    /// # Errors
    /// The elements cannot be linked.
    pub fn new(open: Open, elements: Vec<gst::Element>, sink: &gst::Element) -> Result<Self, Failure> {
        let Open { pipeline, tail, camera } = open;
        let bus = pipeline.bus().ok_or_else(|| Failure::internal("the pipeline has no bus"))?;
        for later in elements.iter().skip(1) {
            later.set_property("auto-start", false);
        }
        let behind: Vec<_> = elements.iter().chain([sink]).collect();
        let chain: Vec<_> = [&tail].into_iter().chain(behind.iter().copied()).collect();
        pipeline
            .add_many(behind)
            .and_then(|()| gst::Element::link_many(chain))
            .map_err(|e| Failure::internal(format!("the pipeline cannot be built: {e}")))?;
        Ok(Self { pipeline, elements, bus, camera, baton: Baton::default() })
    }

    /// Makes each check after the first start with the frame that follows the previous result, once
    /// [`go_on`](Self::go_on) allows it.
    pub fn hand_over(&self) {
        for (i, pair) in self.elements.windows(2).enumerate() {
            let (next, baton) = (pair[1].downgrade(), self.baton.clone());
            let start = move |_: &gst::Pad, _: &mut gst::PadProbeInfo<'_>| {
                if baton.reaches(i) {
                    next.upgrade().into_iter().for_each(|next| next.emit_by_name::<()>("start", &[]));
                }
                gst::PadProbeReturn::Ok
            };
            pair[0].static_pad("src").map(|pad| pad.add_probe(gst::PadProbeType::BUFFER, start));
        }
        let elements: Vec<_> = self.elements.iter().map(gst::Element::downgrade).collect();
        let baton = self.baton.clone();
        // The handler runs in the thread that posts the result, before the frame that caused it moves on.
        self.bus.set_sync_handler(move |_, message| {
            let told = |element: &glib::WeakRef<gst::Element>| {
                message.src() == element.upgrade().map(|e| e.upcast()).as_ref()
            };
            if liveness(message).is_some_and(|structure| structure.name() == RESULT)
                && let Some(i) = elements.iter().position(told)
            {
                baton.ask(i);
            }
            gst::BusSyncReply::Pass
        });
    }

    /// Records the decision of a check. With `goes_on`, the next check starts.
    pub fn go_on(&self, check: usize, goes_on: bool) {
        self.baton.answer(check, goes_on);
    }

    /// Starts the first check. Needed if that check does not start by itself.
    pub fn begin(&self) {
        self.elements.iter().take(1).for_each(|first| first.emit_by_name::<()>("start", &[]));
    }

    /// Replaces the settings of the checks before the first one has begun. The source restarts.
    ///
    /// # Errors
    /// The pipeline cannot be stopped or started.
    pub fn reconfigure(&self, nodes: &[Node]) -> Result<(), Failure> {
        let failed = |e| Failure::internal(format!("the pipeline does not stop: {e}"));
        self.pipeline.set_state(gst::State::Ready).map_err(failed)?;
        self.elements.iter().zip(nodes).for_each(|(element, node)| bin::configure(element, node));
        self.start()
    }

    /// Returns the pad at which frames leave the checks, with their metas.
    ///
    /// # Errors
    /// There is no check.
    pub fn output(&self) -> Result<gst::Pad, Failure> {
        let last = self.elements.last().and_then(|last| last.static_pad("src"));
        last.ok_or_else(|| Failure::internal("the check has no output"))
    }

    /// Starts the pipeline.
    ///
    /// # Errors
    /// An element fails to start.
    pub fn start(&self) -> Result<(), Failure> {
        let Err(e) = self.pipeline.set_state(gst::State::Playing) else {
            return Ok(());
        };
        // The bus has a message with the reason.
        while let Some(message) = self.bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                return Err(fault::of_message(error, &self.elements));
            }
        }
        Err(Failure::internal(format!("the pipeline does not start: {e}")))
    }

    /// Returns the next event, or `None` if there is none within `patience`. Also maintains the connection to
    /// a camera.
    ///
    /// # Errors
    /// An element of the pipeline fails.
    pub fn next(&self, patience: Duration) -> Result<Option<Event>, Failure> {
        self.camera.as_ref().map_or(Ok(()), Camera::tend)?;
        let patience = gst::ClockTime::try_from(patience).unwrap_or(gst::ClockTime::ZERO);
        let Some(message) = self.bus.timed_pop(patience) else {
            return Ok(None);
        };
        let teller = self.elements.iter().position(|element| message.src() == Some(element.upcast_ref()));
        Ok(match message.view() {
            gst::MessageView::Element(_) => {
                let told = teller.zip(liveness(&message));
                told.map(|(i, structure)| Event::Liveness(i, structure.to_owned()))
            }
            gst::MessageView::Eos(_) => Some(Event::Ended),
            gst::MessageView::Error(error) => {
                let taken = self.camera.as_ref().map_or(Ok(false), |camera| camera.takes(error))?;
                return if taken { Ok(None) } else { Err(fault::of_message(error, &self.elements)) };
            }
            gst::MessageView::Latency(_) => {
                let _ = self.pipeline.recalculate_latency();
                None
            }
            _ => None,
        })
    }

    /// Returns the record of the light of a check's last result.
    pub fn light(&self, check: usize) -> Option<Light> {
        self.elements.get(check)?.property("light-record")
    }

    /// Cancels a check. The check posts a result even if it has received no frame.
    pub fn cancel(&self, check: usize) {
        let Some(element) = self.elements.get(check) else {
            return;
        };
        if element.property::<u32>("attempt") == 0 {
            element.emit_by_name::<()>("start", &[]);
        }
        element.emit_by_name::<()>("cancel", &[]);
    }
}

/// Reads the report of a result.
///
/// # Errors
/// A result without a report that this version can read.
pub fn report(result: &ResultBody) -> Result<LivenessCheck, Failure> {
    LivenessCheck::from_json(&result.json)
        .map_err(|e| Failure::internal(format!("the decision is not readable: {e}")))
}

/// Returns the structure of a liveness message.
fn liveness(message: &gst::Message) -> Option<&gst::StructureRef> {
    match message.view() {
        gst::MessageView::Element(_) => {
            message.structure().filter(|structure| structure.name().starts_with("liveness/"))
        }
        _ => None,
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.baton.drop_it();
        let _ = self.pipeline.set_state(gst::State::Null);
        self.bus.unset_sync_handler();
    }
}
