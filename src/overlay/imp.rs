// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use super::planes::{draw_on, spec};
use super::script::Script;
use super::settings::{Settings, properties};
use crate::meta::LivenessMeta;
use crate::{CAT, FORMATS};
use liveness_screen::{Screen, View};

/// The instance data of `livenessoverlay`.
#[derive(Default)]
pub struct LivenessOverlay {
    settings: Mutex<Settings>,
    state: Mutex<State>,
}

/// The state of the stream.
#[derive(Default)]
struct State {
    canvas: Option<(VideoInfo, Screen)>,
    script: Script,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LivenessOverlay {
    /// Returns the stream time of a buffer.
    fn stream_time(&self, buffer: &gst::BufferRef) -> Option<gst::ClockTime> {
        let segment = self.obj().segment();
        segment.downcast_ref::<gst::ClockTime>()?.to_stream_time(buffer.pts())
    }

    /// Clears the screen.
    fn clear(&self) {
        lock(&self.state).script.clear();
    }
}

#[glib::object_subclass]
impl ObjectSubclass for LivenessOverlay {
    const NAME: &'static str = "GstLivenessOverlay";
    type Type = super::LivenessOverlay;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for LivenessOverlay {
    fn properties() -> &'static [glib::ParamSpec] {
        properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        lock(&self.settings).get(pspec.name())
    }
}

impl GstObjectImpl for LivenessOverlay {}

impl ElementImpl for LivenessOverlay {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Liveness kiosk screen",
                "Filter/Effect/Video",
                "Draws what the person before the screen is to see: themself in an oval, light, prompts, progress",
                "The gst-plugin-liveness developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new().format_list(FORMATS).build();
            let template =
                |name, direction| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps);
            [template("sink", gst::PadDirection::Sink), template("src", gst::PadDirection::Src)]
                .into_iter()
                .flatten()
                .collect()
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for LivenessOverlay {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.clear();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = State::default();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(incaps)
            .map_err(|_| gst::loggable_error!(CAT, "the caps {incaps} are no raw video"))?;
        let mut state = lock(&self.state);
        state.script.clear();
        state.canvas = spec(&info).map(|spec| (info, Screen::new(spec)));
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        // The light must not stay on after the stream ends, flushes or begins a new segment.
        if let gst::EventView::Eos(_) | gst::EventView::FlushStop(_) | gst::EventView::Segment(_) =
            event.view()
        {
            self.clear();
        }
        self.parent_sink_event(event)
    }

    /// Updates the view. Frames without anything to draw pass through and are not made writable.
    fn before_transform(&self, inbuf: &gst::BufferRef) {
        let (style, verdict_time, ready) = {
            let settings = lock(&self.settings);
            (settings.style(), settings.verdict_time, settings.ready.screen())
        };
        let time = self.stream_time(inbuf);
        let plain = {
            let mut state = lock(&self.state);
            let State { canvas, script } = &mut *state;
            let meta = inbuf.meta::<LivenessMeta>();
            script.frame(meta.as_ref().map(|meta| meta.checks()), time, verdict_time);
            let ready = ready.map(View::ready);
            let view = script.view().or(ready.as_ref());
            if let Some((_, screen)) = canvas {
                screen.show(view, style);
            }
            view.is_none() && !style.mirror
        };
        if plain != self.obj().is_passthrough() {
            self.obj().set_passthrough(plain);
        }
    }

    /// Makes a shallow copy of a shared buffer. Mapping it for writing then copies only the memory that is drawn on.
    fn prepare_output_buffer(
        &self,
        inbuf: InputBuffer<'_>,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        Ok(match inbuf {
            InputBuffer::Readable(buffer) if !self.obj().is_passthrough() => {
                PrepareOutputBufferSuccess::Buffer(buffer.copy())
            }
            _ => PrepareOutputBufferSuccess::InputBuffer,
        })
    }

    fn transform_ip(&self, buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let state = lock(&self.state);
        if let Some((info, screen)) = &state.canvas
            && let Err(e) = draw_on(buffer, info, |plane, pixels| screen.paint(plane, pixels))
        {
            gst::warning!(CAT, imp = self, "frame not drawn on: {e}");
        }
        Ok(gst::FlowSuccess::Ok)
    }
}
