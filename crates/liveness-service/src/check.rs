//! A pipeline with a session's checks in it, one behind the other.

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

/// What a running check tells.
pub enum Event {
    /// A liveness message's structure, and which check's.
    Liveness(usize, gst::Structure),
    /// The stream is over.
    Ended,
}

/// A pipeline that ends in checking elements; stopped when it is dropped.
pub struct Check {
    pipeline: gst::Pipeline,
    elements: Vec<gst::Element>,
    bus: gst::Bus,
    camera: Option<Camera>,
    baton: Baton,
}

const RESULT: &str = "liveness/result";

impl Check {
    /// The element that makes a node's check. It has a name of GStreamer's: the node's might be that of another element.
    pub fn element(node: &Node) -> Result<gst::Element, Failure> {
        let made = gst::ElementFactory::make("livenessbin").build();
        let bin = made.map_err(|e| Failure::internal(format!("livenessbin cannot be made: {e}")))?;
        bin::configure(&bin, node);
        bin.set_property("node-id", node.name());
        Ok(bin)
    }

    /// Puts `elements` and `sink` behind `tail`, the last element of `pipeline`. At most the first check starts by itself.
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

    /// Has each check after the first start with the frame that follows the result before it, once
    /// [`go_on`](Self::go_on) says so.
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
        // In the thread that posts the result, before the frame that brought it about goes on.
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

    /// Tells whether the session goes on after a check's result.
    pub fn go_on(&self, check: usize, goes_on: bool) {
        self.baton.answer(check, goes_on);
    }

    /// Starts the first check, which does not start by itself.
    pub fn begin(&self) {
        self.elements.iter().take(1).for_each(|first| first.emit_by_name::<()>("start", &[]));
    }

    /// Makes other checks of the same session, before the first has begun: the source starts anew.
    pub fn reconfigure(&self, nodes: &[Node]) -> Result<(), Failure> {
        let failed = |e| Failure::internal(format!("the pipeline does not stop: {e}"));
        self.pipeline.set_state(gst::State::Ready).map_err(failed)?;
        self.elements.iter().zip(nodes).for_each(|(element, node)| bin::configure(element, node));
        self.start()
    }

    /// Where the frames leave the checks, with their metas.
    pub fn output(&self) -> Result<gst::Pad, Failure> {
        let last = self.elements.last().and_then(|last| last.static_pad("src"));
        last.ok_or_else(|| Failure::internal("the check has no output"))
    }

    pub fn start(&self) -> Result<(), Failure> {
        let Err(e) = self.pipeline.set_state(gst::State::Playing) else {
            return Ok(());
        };
        // The reason comes as a message.
        while let Some(message) = self.bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                return Err(fault::of_message(error, &self.elements));
            }
        }
        Err(Failure::internal(format!("the pipeline does not start: {e}")))
    }

    /// The next event, if one comes in `patience`.
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

    /// What the light of a check's last result showed.
    pub fn light(&self, check: usize) -> Option<Light> {
        self.elements.get(check)?.property("light-record")
    }

    /// Gives a check up; a result is posted even when no frame has come yet.
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
