// SPDX-License-Identifier: MIT OR Apache-2.0

//! The source part of a pipeline.

use std::time::{Duration, Instant};

use gst::prelude::*;

use super::rtsp::Camera;
use crate::failure::Failure;
use crate::fault;

/// Interval at which the bus is checked for errors.
const TICK: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// Element name of the input. The names are unlikely in a user's fragment.
pub const INPUT: &str = "liveness-launch-input";
/// Element name of the last element.
pub const TAIL: &str = "liveness-launch-tail";

/// A pipeline whose last element, `tail`, is not linked yet.
pub struct Open {
    /// The pipeline.
    pub pipeline: gst::Pipeline,
    /// The last element, whose source pad is free.
    pub tail: gst::Element,
    /// RTSP camera that must be tended while the pipeline runs.
    pub camera: Option<Camera>,
}

impl Open {
    /// Builds a pipeline that passes one raw frame through `elements`.
    ///
    /// # Errors
    /// An element is missing, or the pipeline does not accept the frame.
    pub fn sample(sample: &gst::Sample, elements: &str) -> Result<Self, Failure> {
        let open =
            Self::parse(&format!("appsrc name={INPUT} format=time ! {elements} ! identity name={TAIL}"))?;
        let source = open.appsrc()?;
        source.push_sample(sample).and_then(|_| source.end_of_stream()).map_err(|_| refused())?;
        Ok(open)
    }

    /// Builds a pipeline of elements that begin with a source.
    ///
    /// # Errors
    /// An element is missing, or the chain cannot be built.
    pub fn made(elements: &str) -> Result<Self, Failure> {
        Self::parse(&format!("{elements} ! identity name={TAIL}"))
    }

    /// Builds a pipeline from a gst-launch description whose last element is named `TAIL`.
    ///
    /// # Errors
    /// An element is missing, the description cannot be parsed, or its elements cannot be linked.
    pub fn parse(description: &str) -> Result<Self, Failure> {
        let flags = gst::ParseFlags::FATAL_ERRORS;
        let built = gst::parse::launch_full(description, None, flags).map_err(|e| fault::of_parse(&e))?;
        let pipeline = built
            .downcast::<gst::Pipeline>()
            .map_err(|_| Failure::usage("the source is not a chain of elements"))?;
        let tail =
            pipeline.by_name(TAIL).ok_or_else(|| Failure::usage("the source has no end to go on from"))?;
        Ok(Self { pipeline, tail, camera: None })
    }

    /// Runs the pipeline and returns its first frame or file.
    ///
    /// # Errors
    /// The pipeline fails, ends without a frame, or takes longer than `patience`.
    pub fn first(self, patience: Duration) -> Result<gst::Sample, Failure> {
        let sink = gst_app::AppSink::builder().sync(false).build();
        let linked = self.pipeline.add(&sink).and_then(|()| self.tail.link(&sink));
        linked.map_err(|e| Failure::internal(format!("the pipeline cannot be built: {e}")))?;
        // An element that fails to start posts an error on the bus.
        let _ = self.pipeline.set_state(gst::State::Playing);
        let outcome = self.pull(&sink, Instant::now() + patience);
        let _ = self.pipeline.set_state(gst::State::Null);
        outcome
    }

    fn pull(&self, sink: &gst_app::AppSink, deadline: Instant) -> Result<gst::Sample, Failure> {
        let bus = self.pipeline.bus();
        loop {
            if let Some(sample) = sink.try_pull_sample(TICK) {
                return Ok(sample);
            }
            let message = bus.as_ref().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
            if let Some(gst::MessageView::Error(error)) = message.as_ref().map(|message| message.view()) {
                return Err(fault::of_message(error, &[]));
            }
            if sink.is_eos() {
                return Err(Failure::data("it holds no whole picture"));
            }
            if Instant::now() >= deadline {
                return Err(Failure::data("it takes too long"));
            }
        }
    }

    /// Appends a chain of elements.
    ///
    /// # Errors
    /// An element is missing, or the chain cannot be linked.
    pub fn through(mut self, elements: &str) -> Result<Self, Failure> {
        let bin = gst::parse::bin_from_description(elements, true).map_err(|e| fault::of_parse(&e))?;
        let added = self.pipeline.add(&bin).and_then(|()| self.tail.link(&bin));
        added.map_err(|e| Failure::internal(format!("the pipeline cannot be built: {e}")))?;
        self.tail = bin.upcast();
        Ok(self)
    }

    /// Splits the stream: `bin` receives the same frames as the following elements.
    ///
    /// # Errors
    /// The bin cannot be linked.
    pub fn branch(&mut self, bin: &gst::Bin) -> Result<(), Failure> {
        let failed = |e: glib::BoolError| Failure::internal(format!("the pipeline cannot be built: {e}"));
        let tee = gst::ElementFactory::make("tee").build().map_err(failed)?;
        let added = self.pipeline.add(&tee).and_then(|()| self.pipeline.add(bin));
        added.and_then(|()| self.tail.link(&tee)).and_then(|()| tee.link(bin)).map_err(failed)?;
        self.tail = tee;
        Ok(())
    }

    /// Returns the element with this name.
    ///
    /// # Errors
    /// The pipeline has no such element.
    pub fn element(&self, name: &str) -> Result<gst::Element, Failure> {
        self.pipeline.by_name(name).ok_or_else(|| Failure::internal(format!("the pipeline lacks its {name}")))
    }

    /// Returns the element named `INPUT`.
    ///
    /// # Errors
    /// The pipeline has no such element.
    pub fn input(&self) -> Result<gst::Element, Failure> {
        self.element(INPUT)
    }

    /// Returns the input as an `appsrc`.
    ///
    /// # Errors
    /// The input is missing or is another element.
    pub fn appsrc(&self) -> Result<gst_app::AppSrc, Failure> {
        let source = self.input()?.downcast::<gst_app::AppSrc>();
        source.map_err(|_| Failure::internal("the input takes no frames"))
    }

    /// Feeds bytes of the media type `media` to the input, and then the end of the stream.
    ///
    /// # Errors
    /// The input is no `appsrc`, or does not accept the bytes.
    pub fn push(&self, bytes: Vec<u8>, media: &str) -> Result<(), Failure> {
        let source = self.appsrc()?;
        source.set_caps(Some(&gst::Caps::new_empty_simple(media)));
        let pushed = source.push_buffer(gst::Buffer::from_slice(bytes)).and_then(|_| source.end_of_stream());
        pushed.map(|_| ()).map_err(|_| refused())
    }
}

fn refused() -> Failure {
    Failure::internal("the pipeline takes no frame")
}
