// SPDX-License-Identifier: MIT OR Apache-2.0

//! The frames of pictures and clips, through GStreamer's decoders.

use gst::prelude::*;
use gstliveness::with_frame;
use liveness_core::vision::Frame;

pub type Error = Box<dyn std::error::Error>;

/// A decoded frame and its index in the file.
type Decoded = (usize, gst::Sample);

/// Which frames, and how large.
#[derive(Clone, Copy)]
pub struct Which {
    /// Every n-th.
    pub every: usize,
    /// At most so many.
    pub limit: usize,
    pub height: Option<usize>,
}

impl Default for Which {
    fn default() -> Self {
        Self { every: 1, limit: usize::MAX, height: None }
    }
}

/// Hands every N-th frame of `file` to `take`, upright.
pub fn decode(
    file: &str,
    which: Which,
    mut take: impl FnMut(Decoded) -> Result<(), Error>,
) -> Result<(), Error> {
    let size =
        which.height.map_or(String::new(), |height| format!(",height={height},pixel-aspect-ratio=1/1"));
    let pipeline = gst::parse::launch(&format!(
        "filesrc name=file ! decodebin ! videoflip video-direction=auto ! videoconvert ! videoscale ! \
         video/x-raw,format=RGB{size} ! appsink name=frames sync=false max-buffers=4"
    ))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    pipeline.by_name("file").ok_or("no source")?.set_property("location", file);
    let frames = pipeline.by_name("frames").and_downcast::<gst_app::AppSink>().ok_or("no appsink")?;
    pipeline.set_state(gst::State::Playing)?;
    let mut result = Ok(());
    for index in (0..).take_while(|index| index / which.every < which.limit) {
        match next(&pipeline, &frames) {
            Ok(Some(sample)) if index % which.every == 0 => result = take((index, sample)),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(e) => result = Err(e),
        }
        if result.is_err() {
            break;
        }
    }
    pipeline.set_state(gst::State::Null)?;
    result
}

/// The next frame; `None` at the end of the file. What cannot be decoded never ends: the bus tells.
fn next(pipeline: &gst::Pipeline, frames: &gst_app::AppSink) -> Result<Option<gst::Sample>, Error> {
    loop {
        let sample = frames.try_pull_sample(gst::ClockTime::from_mseconds(100));
        if sample.is_some() || frames.is_eos() {
            return Ok(sample);
        }
        let message = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        if let Some(gst::MessageView::Error(e)) = message.as_ref().map(|message| message.view()) {
            return Err(e.error().into());
        }
    }
}

/// Reads the pixels where they lie; nothing is copied.
pub fn with_sample<T>(sample: &gst::Sample, read: impl FnOnce(&Frame<'_>) -> T) -> Result<T, Error> {
    let buffer = sample.buffer().ok_or("a sample without buffer")?;
    let info = gst_video::VideoInfo::from_caps(sample.caps().ok_or("a sample without caps")?)?;
    Ok(with_frame(buffer, &info, read)?)
}
