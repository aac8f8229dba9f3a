// SPDX-License-Identifier: MIT OR Apache-2.0

//! The count of frames that the screen drops. A slow screen drops frames, so that it does not slow the check.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;

/// Counts the frames that enter the screen's branch of the pipeline. The branch's sink counts the frames that it shows.
pub struct Drops {
    entered: Arc<AtomicU64>,
    sink: gst::Element,
}

/// The frames of a session on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Number of frames that the screen did not show.
    pub dropped: u64,
    /// Number of frames that entered the screen's branch.
    pub entered: u64,
}

impl Drops {
    /// Starts to count the frames that pass `pad` on the way to `sink`, a base sink.
    pub fn watch(pad: &gst::Pad, sink: gst::Element) -> Self {
        let entered = Arc::new(AtomicU64::new(0));
        let counter = entered.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
        Self { entered, sink }
    }

    /// Returns the count so far. A frame on its way to the sink counts as dropped.
    pub fn count(&self) -> Count {
        let stats = self.sink.property::<gst::Structure>("stats");
        let rendered = stats.get::<u64>("rendered").unwrap_or(0);
        let entered = self.entered.load(Ordering::Relaxed);
        Count { dropped: entered.saturating_sub(rendered), entered }
    }
}

impl Count {
    /// Logs the count: as a warning above a tenth of the frames, where people see it.
    pub fn log(&self) {
        let Self { dropped, entered } = self;
        if 10 * dropped > *entered {
            tracing::warn!(
                "the screen dropped {dropped} of {entered} frames; the check saw them all. A smaller window or source is smoother"
            );
        } else {
            tracing::info!("the screen dropped {dropped} of {entered} frames");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_screen_drops_is_counted() {
        gst::init().unwrap();
        let line = "fakesrc num-buffers=10 ! identity name=entry \
            ! identity drop-buffer-flags=delta-unit ! fakesink name=sink";
        let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
        let element = |name| pipeline.by_name(name).unwrap();
        let entry = element("entry").static_pad("src").unwrap();
        // The pipeline drops every third frame.
        let number = AtomicU64::new(0);
        element("entry").static_pad("sink").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if number.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
                info.buffer_mut().unwrap().make_mut().set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            gst::PadProbeReturn::Ok
        });
        let drops = Drops::watch(&entry, element("sink"));
        pipeline.set_state(gst::State::Playing).unwrap();
        let end = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(20), &end);
        assert!(matches!(end.unwrap().view(), gst::MessageView::Eos(_)));
        assert_eq!(drops.count(), Count { dropped: 4, entered: 10 });
        pipeline.set_state(gst::State::Null).unwrap();
    }
}
