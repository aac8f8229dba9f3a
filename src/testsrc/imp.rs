// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

use super::cue::Cue;
use super::output::Output;
use super::settings::{self, Settings};
use super::timing::Timing;
use crate::{CAT, FORMATS};
use liveness_render::Renderer;
use liveness_render::actor::Actor;

const WIDTH: i32 = 640;
const HEIGHT: i32 = 480;
const RATE: gst::Fraction = gst::Fraction::new_raw(30, 1);
/// Longest side in pixels: 8K in either orientation.
const LARGEST: i32 = 8192;
/// Pixel formats by preference, if downstream accepts any.
const PREFERRED: [VideoFormat; 2] = [VideoFormat::I420, VideoFormat::Nv12];
/// Limit of the events that are queued between two frames; further ones are dropped.
const MOST_CUES: usize = 256;
/// Exposure time of the first frame, in seconds.
const FIRST: f32 = 1.0 / 30.0;

/// The state of one run, from start to stop.
struct Run {
    settings: Settings,
    actor: Actor,
    rate: gst::Fraction,
    timing: Option<Timing>,
    /// Running time of the first frame, which is time 0 of the actor.
    start: gst::ClockTime,
    /// Delay of the first live frame behind its timestamp. The base class delays all frames by as much.
    lag: Option<gst::ClockTime>,
    /// Running time of the last frame.
    last: Option<gst::ClockTime>,
    frames: u64,
    camera: Option<Camera>,
}

/// The renderer and the conversion of its pictures.
struct Camera {
    renderer: Renderer,
    output: Output,
}

/// The instance data of `livenesstestsrc`.
#[derive(Default)]
pub struct LivenessTestSrc {
    settings: Mutex<Settings>,
    run: Mutex<Option<Run>>,
    /// Queued events. They have their own lock, so that no event waits for a frame to be rendered.
    cues: Mutex<Vec<Cue>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    fn new(settings: Settings) -> Self {
        Self {
            actor: Actor::new(settings.role()),
            settings,
            rate: RATE,
            timing: None,
            start: gst::ClockTime::ZERO,
            lag: None,
            last: None,
            frames: 0,
            camera: None,
        }
    }

    /// Prepares for frames of a format, and keeps the renderer if the size stays the same.
    fn set_info(&mut self, info: VideoInfo) -> Result<(), glib::BoolError> {
        self.rate = info.fps();
        let output = Output::new(info)?;
        let (width, height) = output.size();
        let same = self.camera.take().filter(|camera| camera.output.size() == (width, height));
        let renderer =
            same.map_or_else(|| Renderer::new(self.settings.setting(width, height)), |c| c.renderer);
        self.camera = Some(Camera { renderer, output });
        Ok(())
    }

    /// Returns the running time and the duration of the next frame. `now` is the clock's running time on a live
    /// pipeline.
    fn next_time(&mut self, now: Option<gst::ClockTime>) -> (gst::ClockTime, gst::ClockTime) {
        let timing = self.timing.get_or_insert_with(|| {
            self.start = now.unwrap_or_default();
            Timing::new(self.start, self.settings.seed)
        });
        timing.set_rate(self.rate);
        if let (Some(now), Some(lag)) = (now, self.lag) {
            timing.skip_to(now.saturating_sub(lag));
        }
        timing.next()
    }

    /// Passes an event to the actor.
    fn cue(&mut self, cue: Cue, now: gst::ClockTime) {
        let start = self.start;
        let seconds = |time: gst::ClockTime| time.saturating_sub(start).nseconds() as f64 * 1e-9;
        if let Some(prompt) = cue.prompt(now, seconds) {
            self.actor.hear(prompt);
        } else if let Some(pattern) = cue.pattern(now, seconds) {
            self.actor.see(pattern);
        }
    }

    /// Renders the frame at running time `time` into the buffer.
    fn shoot(&mut self, time: gst::ClockTime, buffer: &mut gst::BufferRef) -> Result<(), glib::BoolError> {
        let Some(Camera { renderer, output }) = &mut self.camera else {
            return Err(glib::bool_error!("no caps"));
        };
        let since = |then: gst::ClockTime| time.saturating_sub(then).nseconds() as f64 * 1e-9;
        let dt = self.last.map_or(FIRST, |last| since(last) as f32);
        self.last = Some(time);
        let scene = self.actor.scene(since(self.start));
        output.write(renderer.render(&scene, dt), buffer)
    }
}

impl LivenessTestSrc {
    /// Returns the current running time on a live pipeline.
    fn running_time(&self) -> Option<gst::ClockTime> {
        self.obj().is_live().then(|| self.obj().current_running_time()).flatten()
    }

    /// Renders the next frame into a buffer and sets its timestamps and offsets.
    fn fill_frame(&self, run: &mut Run, buffer: &mut gst::BufferRef) -> Result<(), glib::BoolError> {
        let (time, duration) = run.next_time(self.running_time());
        for cue in std::mem::take(&mut *lock(&self.cues)) {
            run.cue(cue, time);
        }
        run.shoot(time, buffer)?;
        if run.lag.is_none() {
            run.lag = self.running_time().map(|now| now.saturating_sub(time));
        }
        buffer.set_pts(time);
        buffer.set_duration(duration);
        buffer.set_offset(run.frames);
        run.frames = run.frames.wrapping_add(1);
        buffer.set_offset_end(run.frames);
        Ok(())
    }

    fn fill_buffer(&self, buffer: &mut gst::BufferRef) -> Result<(), gst::FlowError> {
        // Releases the lock before the error is posted.
        let filled = lock(&self.run).as_mut().map(|run| self.fill_frame(run, buffer));
        filled.ok_or(gst::FlowError::Flushing)?.map_err(|error| {
            gst::element_imp_error!(self, gst::StreamError::Format, ["The frame cannot be written: {error}"]);
            gst::FlowError::Error
        })
    }

    /// Returns the downstream pool or else our own, with its size, minimum and maximum. The pool adds video metas if
    /// downstream supports them.
    fn pool(
        query: &mut gst::query::Allocation,
        caps: &gst::CapsRef,
        size: u32,
    ) -> Result<(gst::BufferPool, u32, u32, u32), glib::BoolError> {
        let metas = query.find_allocation_meta::<gst_video::VideoMeta>().is_some();
        let offered = query.allocation_pools().next();
        let (pool, least, min, max) = offered.unwrap_or((None, size, 0, 0));
        let size = size.max(least);
        let configure = |pool: &gst::BufferPool| {
            let mut config = pool.config();
            config.set_params(Some(&caps.to_owned()), size, min, max);
            if metas && pool.has_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META) {
                config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
            }
            pool.set_config(config)
        };
        if let Some(pool) = pool.filter(|pool| configure(pool).is_ok()) {
            return Ok((pool, size, min, max));
        }
        let own = gst_video::VideoBufferPool::new().upcast::<gst::BufferPool>();
        configure(&own)?;
        Ok((own, size, min, max))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for LivenessTestSrc {
    const NAME: &'static str = "GstLivenessTestSrc";
    type Type = super::LivenessTestSrc;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for LivenessTestSrc {
    fn properties() -> &'static [glib::ParamSpec] {
        settings::properties()
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
        self.obj().set_live(lock(&self.settings).is_live);
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let is_live = {
            let mut settings = lock(&self.settings);
            if let Err(error) = settings.set(pspec.name(), value) {
                gst::warning!(CAT, imp = self, "property {}: {error}", pspec.name());
            }
            settings.is_live
        };
        if pspec.name() == "is-live" {
            self.obj().set_live(is_live);
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        lock(&self.settings).get(pspec.name())
    }
}

impl GstObjectImpl for LivenessTestSrc {}

impl ElementImpl for LivenessTestSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Liveness test source",
                "Source/Video",
                "A camera looking at a rendered person, or at an attack, that answers a liveness check",
                "The gst-plugin-liveness developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new()
                .format_list(FORMATS)
                .width_range(1..=LARGEST)
                .height_range(1..=LARGEST)
                .field("interlace-mode", "progressive")
                .build();
            gst::PadTemplate::new("src", gst::PadDirection::Src, gst::PadPresence::Always, &caps)
                .into_iter()
                .collect()
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for LivenessTestSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.cues).clear();
        *lock(&self.run) = Some(Run::new(lock(&self.settings).clone()));
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.run) = None;
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        false
    }

    fn fixate(&self, mut caps: gst::Caps) -> gst::Caps {
        caps.truncate();
        if let Some(structure) = caps.make_mut().structure_mut(0) {
            structure.fixate_field_nearest_int("width", WIDTH);
            structure.fixate_field_nearest_int("height", HEIGHT);
            structure.fixate_field_nearest_fraction("framerate", RATE);
            if structure.has_field("pixel-aspect-ratio") {
                structure.fixate_field_nearest_fraction("pixel-aspect-ratio", gst::Fraction::new(1, 1));
            }
            for format in PREFERRED {
                structure.fixate_field_str("format", format.to_str());
            }
        }
        let mut caps = self.parent_fixate(caps);
        // Adds the colorimetry that GStreamer assumes for the size and the format.
        if let Ok(info) = VideoInfo::from_caps(&caps)
            && let Some(structure) = caps.make_mut().structure_mut(0)
            && !structure.has_field("colorimetry")
        {
            structure.set("colorimetry", info.colorimetry().to_string());
        }
        caps
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(caps)?;
        self.obj().set_blocksize(u32::try_from(info.size()).unwrap_or(u32::MAX));
        lock(&self.run)
            .as_mut()
            .map_or(Ok(()), |run| run.set_info(info))
            .map_err(|error| gst::loggable_error!(CAT, "no conversion to {caps}: {error}"))
    }

    fn decide_allocation(&self, query: &mut gst::query::Allocation) -> Result<(), gst::LoggableError> {
        let caps = query.get_owned().0.ok_or_else(|| gst::loggable_error!(CAT, "no caps"))?;
        let size = u32::try_from(VideoInfo::from_caps(&caps)?.size()).unwrap_or(u32::MAX);
        let (pool, size, min, max) = Self::pool(query, &caps, size)?;
        if query.allocation_pools().len() == 0 {
            query.add_allocation_pool(Some(&pool), size, min, max);
        } else {
            query.set_nth_allocation_pool(0, Some(&pool), size, min, max);
        }
        self.parent_decide_allocation(query)
    }

    /// Returns the times at which the base class must wait. Live frames are due at their timestamps, others at once.
    fn times(&self, buffer: &gst::BufferRef) -> (Option<gst::ClockTime>, Option<gst::ClockTime>) {
        match buffer.pts() {
            Some(pts) if self.obj().is_live() => (Some(pts), buffer.duration().map(|d| pts + d)),
            _ => (None, None),
        }
    }

    fn event(&self, event: &gst::Event) -> bool {
        match event.view() {
            gst::EventView::CustomUpstream(custom) => match custom.structure().and_then(Cue::of) {
                Some(cue) => {
                    let mut cues = lock(&self.cues);
                    if cues.len() < MOST_CUES {
                        cues.push(cue);
                    }
                    true
                }
                None => self.parent_event(event),
            },
            _ => self.parent_event(event),
        }
    }
}

impl PushSrcImpl for LivenessTestSrc {
    /// Takes a buffer from the pool. The base class's default does the same, but the bindings do not offer it.
    fn create(&self, buffer: Option<&mut gst::BufferRef>) -> Result<CreateSuccess, gst::FlowError> {
        if let Some(buffer) = buffer {
            return self.fill_buffer(buffer).map(|()| CreateSuccess::FilledBuffer);
        }
        let pool = self.obj().buffer_pool().ok_or(gst::FlowError::NotNegotiated)?;
        let mut buffer = pool.acquire_buffer(None)?;
        self.fill_buffer(buffer.make_mut())?;
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}
