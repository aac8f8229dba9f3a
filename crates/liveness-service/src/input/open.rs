//! A pipeline up to where the frames come out.

use std::time::{Duration, Instant};

use gst::prelude::*;

use super::rtsp::Camera;
use crate::failure::Failure;
use crate::fault;

/// How long an error may go unnoticed.
const TICK: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// Names of elements in our own pipelines; unlikely in a user's fragment.
pub const INPUT: &str = "liveness-launch-input";
pub const TAIL: &str = "liveness-launch-tail";

/// A pipeline that still lacks what follows `tail`.
pub struct Open {
    pub pipeline: gst::Pipeline,
    pub tail: gst::Element,
    /// What is to be looked after while the pipeline runs.
    pub camera: Option<Camera>,
}

impl Open {
    /// One raw frame, through `elements`.
    pub fn sample(sample: &gst::Sample, elements: &str) -> Result<Self, Failure> {
        let open =
            Self::parse(&format!("appsrc name={INPUT} format=time ! {elements} ! identity name={TAIL}"))?;
        let source = open.appsrc()?;
        source.push_sample(sample).and_then(|_| source.end_of_stream()).map_err(|_| refused())?;
        Ok(open)
    }

    /// What a chain of elements makes by itself.
    pub fn made(elements: &str) -> Result<Self, Failure> {
        Self::parse(&format!("{elements} ! identity name={TAIL}"))
    }

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

    /// The first frame or file that comes out, in `patience`.
    pub fn first(self, patience: Duration) -> Result<gst::Sample, Failure> {
        let sink = gst_app::AppSink::builder().sync(false).build();
        let linked = self.pipeline.add(&sink).and_then(|()| self.tail.link(&sink));
        linked.map_err(|e| Failure::internal(format!("the pipeline cannot be built: {e}")))?;
        // An element that cannot start says so on the bus.
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

    /// The same, with a chain of elements behind it.
    pub fn through(mut self, elements: &str) -> Result<Self, Failure> {
        let bin = gst::parse::bin_from_description(elements, true).map_err(|e| fault::of_parse(&e))?;
        let added = self.pipeline.add(&bin).and_then(|()| self.tail.link(&bin));
        added.map_err(|e| Failure::internal(format!("the pipeline cannot be built: {e}")))?;
        self.tail = bin.upcast();
        Ok(self)
    }

    /// Gives the frames to `bin`, too.
    pub fn branch(&mut self, bin: &gst::Bin) -> Result<(), Failure> {
        let failed = |e: glib::BoolError| Failure::internal(format!("the pipeline cannot be built: {e}"));
        let tee = gst::ElementFactory::make("tee").build().map_err(failed)?;
        let added = self.pipeline.add(&tee).and_then(|()| self.pipeline.add(bin));
        added.and_then(|()| self.tail.link(&tee)).and_then(|()| tee.link(bin)).map_err(failed)?;
        self.tail = tee;
        Ok(())
    }

    pub fn element(&self, name: &str) -> Result<gst::Element, Failure> {
        self.pipeline.by_name(name).ok_or_else(|| Failure::internal(format!("the pipeline lacks its {name}")))
    }

    pub fn input(&self) -> Result<gst::Element, Failure> {
        self.element(INPUT)
    }

    pub fn appsrc(&self) -> Result<gst_app::AppSrc, Failure> {
        let source = self.input()?.downcast::<gst_app::AppSrc>();
        source.map_err(|_| Failure::internal("the input takes no frames"))
    }

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
