// SPDX-License-Identifier: MIT OR Apache-2.0

//! The instance data of the base class: state changes, streaming and events.
//!
//! Two locks guard the data, and neither is held while posting. `shared` guards the session and the counters and is
//! held briefly. `stream` guards the nets and the check and is held for a whole analysis. Code that needs both locks
//! `stream` first.

mod wakeup;

use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use glib::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::super::frame::FORMATS;
use super::super::message::Light;
use super::super::{CAT, depthmap, jpeg};
use super::marked::Marked;
use super::settings::{Settings, properties};
use super::shared::{Pictures, Shared, Times};
use super::stream::{Analysis, AnalysisError, Stream};
use super::{AnalyzerClass, Common, Method};
use liveness_core::check::{Check, Failure, Ticks};
use liveness_core::face::AgeGender;
use liveness_core::inference::{InferenceError, ModelSource};
use liveness_core::session::{Decision, Session, SessionEvent, decide};

/// Longest wait of a state change for another thread's message posting. Synchronous bus handlers may be slow.
const PATIENCE: Duration = Duration::from_secs(1);

/// The instance data of an analyser.
#[derive(Default)]
pub struct Analyzer {
    settings: Mutex<Settings>,
    shared: Mutex<Shared>,
    stream: Mutex<Option<Stream>>,
    /// Notified when a thread has emptied the outbox.
    posted: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Analyzer {
    fn method(&self) -> Method {
        self.obj().class().as_ref().method.unwrap_or(Method::Passive)
    }

    /// Returns the check's name in its result: the property `node-id`, or else the element's name.
    fn node_id(&self) -> String {
        let given = lock(&self.settings).node_id.clone();
        given.unwrap_or_else(|| self.obj().name().into())
    }

    /// Creates the check for an attempt, counted from 1. A fixed seed gives each attempt its own, predictable
    /// challenge.
    fn create_check(&self, source: &ModelSource, attempt: u32) -> Result<Box<dyn Check>, InferenceError> {
        let element = self.obj();
        let (seed, mirrored) = {
            let settings = lock(&self.settings);
            (settings.seed, settings.mirrored)
        };
        let seed = match seed {
            0 => 0,
            seed => seed.wrapping_add(u64::from(attempt.max(1)) - 1).max(1),
        };
        match element.class().as_ref().create_check {
            Some(create) => create(&element, &Common { source, seed, mirrored }),
            None => unreachable!("the abstract class has no instances"),
        }
    }

    /// Posts the messages in the outbox. The caller must not hold a lock.
    fn post(&self) {
        if !lock(&self.shared).outbox.claim() {
            return;
        }
        let next = || lock(&self.shared).outbox.next();
        while let Some(message) = next() {
            gst::log_with_level!(CAT, message.body.log_level(), imp = self, "{message}");
            let (element, upstream) = (self.obj(), message.body.goes_upstream());
            let structure = gst::Structure::from(message);
            if upstream {
                let (event, pad) = (gst::event::CustomUpstream::new(structure.clone()), element.sink_pad());
                let mut shared = lock(&self.shared);
                if pad.pad_flags().contains(gst::PadFlags::FLUSHING) || !shared.held.is_empty() {
                    shared.held.push_back(event);
                } else {
                    drop(shared);
                    pad.push_event(event);
                }
            }
            let message = gst::message::Element::builder(structure).src(&*element).build();
            let _ = element.post_message(message);
        }
        self.posted.notify_all();
    }

    /// Waits until no other thread is posting messages, at most `PATIENCE`.
    fn settle(&self) {
        let shared = lock(&self.shared);
        drop(self.posted.wait_timeout_while(shared, PATIENCE, |shared| shared.outbox.is_busy()));
    }

    /// Starts a check, even before the first frame.
    fn start_check(&self) {
        let now = self.clock_time();
        {
            let mut shared = lock(&self.shared);
            shared.start(self.method());
            shared.watchdog.hear(now, None);
        }
        self.post();
        self.schedule_wakeup();
    }

    /// Returns the current time of the element's clock.
    fn clock_time(&self) -> Option<gst::ClockTime> {
        self.obj().clock().map(|clock| clock.time())
    }

    /// Cancels the running check and posts its result.
    fn cancel_check(&self) {
        let (method, node_id) = (self.method(), self.node_id());
        {
            // The result includes the evidence so far, so this waits for a frame that is being analysed.
            let stream = lock(&self.stream);
            let mut shared = lock(&self.shared);
            let (header, serial) = (shared.header(method), shared.session.serial());
            let events = shared.session.cancel();
            if let Some(decision) = decision_of(&events) {
                shared.tell(header, events);
                let stream = stream.as_ref().filter(|stream| stream.serves(serial));
                let report = shared.report(&node_id, method, &decision, stream);
                shared.tell_result(method, report, Pictures::default());
            }
        }
        self.post();
    }

    /// Ends attempt `serial` with a decision or a retry. Computes evidence, age and JPEG without holding the session
    /// lock. `stream_goes_on` allows a retry; it is false when no further frame will arrive.
    fn conclude(&self, stream: &mut Stream, serial: u64, stream_goes_on: bool) {
        let (method, config) = (self.method(), lock(&self.settings).session);
        if let Err(e) = stream.identify() {
            gst::warning!(CAT, imp = self, "the reference image is not compared: {e}");
        }
        let (asks_age, decides_by_age) = {
            let settings = lock(&self.settings);
            (settings.asks_age(), settings.rules.minimum_age.is_some())
        };
        let seen = lock(&self.shared).frames_analysed > 0;
        let age = (seen && decides_by_age).then(|| self.age(stream));
        let decision = if seen { self.decide(stream, age) } else { Decision::abandoned() };
        let node_id = self.node_id();
        let last = !lock(&self.shared).session.retries(&decision, stream_goes_on, &config);
        let pictures = if last { self.pictures(stream) } else { Pictures::default() };
        let age = (last && asks_age).then(|| age.unwrap_or_else(|| self.age(stream)));
        let mut shared = lock(&self.shared);
        if shared.session.serial() != serial {
            // The attempt was cancelled or restarted in the meantime.
            return;
        }
        let header = shared.header(method);
        let events = shared.session.conclude(decision, stream_goes_on, &config);
        let decision = decision_of(&events);
        shared.tell(header, events);
        if let Some(decision) = decision {
            let mut report = shared.report(&node_id, method, &decision, Some(stream));
            if let Some(age) = age {
                report = report.with_age(age);
            }
            shared.tell_result(method, report, pictures);
        }
    }

    /// Decides the attempt by the thresholds and the rules. `age` is `None` if no rule needs the age, and `Some(None)`
    /// if there is no estimate.
    fn decide(&self, stream: &Stream, age: Option<Option<AgeGender>>) -> Decision {
        let (thresholds, rules) = {
            let settings = lock(&self.settings);
            (settings.session.thresholds, settings.rules)
        };
        let evidence = stream.evidence();
        if evidence.failure == Some(Failure::Mirrored) {
            gst::warning!(
                CAT,
                imp = self,
                "the answer fits the mirror image: set mirrored=true if the source shows people as a mirror does"
            );
        }
        let decision = rules.apply(decide(&evidence, thresholds), &evidence);
        match age {
            Some(age) => rules.apply_age(decision, age),
            None => decision,
        }
    }

    /// Returns the estimated age and gender, or `None` if the estimation fails.
    fn age(&self, stream: &mut Stream) -> Option<AgeGender> {
        stream.age().unwrap_or_else(|e| {
            gst::warning!(CAT, imp = self, "no age estimate: {e}");
            None
        })
    }

    /// Returns the pictures and the light record for the result message.
    fn pictures(&self, stream: &Stream) -> Pictures {
        let depth = stream.depth_map().map(|map| {
            depthmap::sample(&map).inspect_err(|e| gst::warning!(CAT, imp = self, "no depth map: {e}"))
        });
        let (reference, light) = (self.reference_image(stream), stream.light_record().map(Light));
        Pictures { reference, depth: depth.and_then(Result::ok), light }
    }

    /// Returns the reference image as a JPEG sample, or `None` if there is none or the encoder fails.
    fn reference_image(&self, stream: &Stream) -> Option<gst::Sample> {
        let (rgb, width, height) = stream.portrait()?;
        jpeg::encode(rgb, width, height)
            .inspect_err(|e| gst::warning!(CAT, imp = self, "no reference image: {e}"))
            .ok()
    }

    /// Returns the times of the frame, from its timestamp and the segment.
    fn times(&self, buffer: &gst::BufferRef) -> Times {
        let timestamp = buffer.pts();
        let segment = self.obj().segment();
        let segment = segment.downcast_ref::<gst::ClockTime>();
        Times {
            timestamp,
            stream_time: segment.and_then(|s| s.to_stream_time(timestamp)),
            running_time: segment.and_then(|s| s.to_running_time(timestamp)),
        }
    }

    /// Returns true on a live pipeline if the frame is more than `max_lateness` behind its running time plus the
    /// latency.
    fn is_late(&self, times: &Times, max_lateness: gst::ClockTime) -> bool {
        let Some(due) = times.running_time else {
            return false;
        };
        let known = lock(&self.shared).latency;
        let latency = known.unwrap_or_else(|| {
            let mut query = gst::query::Latency::new();
            let live = self.obj().sink_pad().peer_query(&mut query).then(|| query.result());
            let latency = live.and_then(|(live, least, _)| live.then_some(least));
            lock(&self.shared).latency = Some(latency);
            latency
        });
        let Some((latency, now)) = latency.zip(self.obj().current_running_time()) else {
            return false;
        };
        now > due.saturating_add(latency).saturating_add(max_lateness)
    }

    /// Analyses a frame and advances the session. Returns `Ok(None)` if no check runs. Messages stay in the outbox.
    fn process(&self, buffer: &gst::BufferRef) -> Result<Option<Marked>, InferenceError> {
        let settings = lock(&self.settings).brief();
        let times = self.times(buffer);
        if settings.face_time > 0
            && self.awaits_face(&settings)
            && !self.face_stays(buffer, &times, &settings)?
        {
            return Ok(None);
        }
        let (serial, pause) = {
            let mut shared = lock(&self.shared);
            shared.last_times = times;
            if settings.auto_start && shared.session.attempt() == 0 {
                shared.start(self.method());
            }
            if !shared.session.is_running() {
                return Ok(None);
            }
            (shared.session.serial(), shared.session.advice().is_some())
        };
        let late = self.is_late(&times, settings.max_lateness);
        let mut guard = lock(&self.stream);
        let Some(stream) = guard.as_mut() else {
            return Ok(None);
        };
        if !stream.serves(serial) {
            let (source, company) = {
                let settings = lock(&self.settings);
                (settings.model_source(), settings.rules.bear_company())
            };
            let attempt = lock(&self.shared).session.attempt();
            stream.begin(serial, self.create_check(&source, attempt)?, company);
        }
        let unfit =
            late || !carries_picture(buffer) || stream.is_between_flashes(buffer, times.nanoseconds());
        let analysis = if unfit || !stream.wants(times.nanoseconds()) {
            lock(&self.shared).frames_skipped += u64::from(unfit);
            None
        } else {
            self.look(stream, buffer, &times, pause)?
        };
        let (mut marked, over) = self.advance(serial, analysis, &times);
        if over {
            self.conclude(stream, serial, true);
            if let Some(marked) = &mut marked {
                marked.conclude(&lock(&self.shared).session);
            }
        }
        Ok(marked)
    }

    /// Returns whether the first check still waits for a face.
    fn awaits_face(&self, settings: &Brief) -> bool {
        settings.auto_start && lock(&self.shared).session.attempt() == 0
    }

    /// Returns whether a face has been in the picture for `face-time`. A late or unreadable frame counts as no face.
    fn face_stays(
        &self,
        buffer: &gst::BufferRef,
        times: &Times,
        settings: &Brief,
    ) -> Result<bool, InferenceError> {
        if self.is_late(times, settings.max_lateness) {
            return Ok(false);
        }
        let mut stream = lock(&self.stream);
        let Some(stream) = stream.as_mut() else { return Ok(false) };
        match stream.face_stays(buffer, times.nanoseconds(), settings.face_time) {
            Ok(stays) => Ok(stays),
            Err(AnalysisError::Frame(_)) => Ok(false),
            Err(AnalysisError::Inference(e)) => Err(e),
        }
    }

    /// Analyses a frame. Returns `Ok(None)` for an unreadable frame and counts it as skipped.
    fn look(
        &self,
        stream: &mut Stream,
        buffer: &gst::BufferRef,
        times: &Times,
        pause: bool,
    ) -> Result<Option<Analysis>, InferenceError> {
        let Some(info) = stream.info.clone() else {
            return Ok(None);
        };
        match stream.analyze(buffer, &info, times.nanoseconds(), pause) {
            Ok(analysis) => Ok(Some(analysis)),
            Err(AnalysisError::Frame(e)) => {
                gst::warning!(CAT, imp = self, "frame skipped: {e}");
                lock(&self.shared).frames_skipped += 1;
                Ok(None)
            }
            Err(AnalysisError::Inference(e)) => Err(e),
        }
    }

    /// Advances the session by one frame. Returns the frame's annotation, and true once the attempt is over. Returns
    /// `(None, false)` if attempt `serial` is no longer the current one.
    fn advance(&self, serial: u64, analysis: Option<Analysis>, times: &Times) -> (Option<Marked>, bool) {
        let (method, config) = (self.method(), lock(&self.settings).session);
        let clock = self.clock_time();
        let mut shared = lock(&self.shared);
        if shared.session.serial() != serial {
            // The attempt was cancelled or restarted in the meantime.
            return (None, false);
        }
        let (now, header) = (shared.ticks.of(times.nanoseconds()).0, shared.header(method));
        shared.watchdog.hear(clock, Some(now));
        let (observation, (events, over)) = match analysis {
            Some(Analysis { observation, density, step }) => {
                shared.frames_analysed += 1;
                let faces = u32::try_from(observation.faces.len()).unwrap_or(u32::MAX);
                (Some((observation, density)), shared.session.step(&step, faces, now, &config))
            }
            None => (None, shared.session.tick(now, &config)),
        };
        let check = shared.check(method);
        shared.tell(header, events);
        (Some(Marked { observation, check }), over)
    }

    /// Ends the check because no further frame will arrive. Decides by the evidence so far; without an analysed frame,
    /// the check is cancelled.
    fn end_of_stream(&self) {
        let mut guard = lock(&self.stream);
        let (serial, seen) = {
            let shared = lock(&self.shared);
            (shared.session.is_running().then(|| shared.session.serial()), shared.frames_analysed > 0)
        };
        if let Some((stream, serial)) = guard.as_mut().zip(serial).filter(|_| seen) {
            self.conclude(stream, serial, false);
        }
        drop(guard);
        if !seen {
            // Without an analysed frame, `stream` still holds the evidence of the previous check.
            self.cancel_check();
        }
        self.post();
    }
}

/// Returns whether the buffer holds a new and intact picture. Decoders set `CORRUPTED` on pictures that packet loss
/// damaged and `DECODE_ONLY` on pictures that must not be displayed. `GAP` marks filler and copies (`videorate`,
/// `intervideosrc`).
fn carries_picture(buffer: &gst::BufferRef) -> bool {
    let flags = gst::BufferFlags::CORRUPTED | gst::BufferFlags::DECODE_ONLY | gst::BufferFlags::GAP;
    !buffer.flags().intersects(flags)
}

/// Returns the decision among the events, if there is one.
fn decision_of(events: &[SessionEvent]) -> Option<Decision> {
    events.iter().find_map(|event| match event {
        SessionEvent::Decided(decision) => Some(decision.clone()),
        _ => None,
    })
}

/// A copy of the settings that every frame needs.
struct Brief {
    auto_start: bool,
    face_time: u64,
    max_lateness: gst::ClockTime,
}

impl Settings {
    fn brief(&self) -> Brief {
        Brief { auto_start: self.auto_start, face_time: self.face_time, max_lateness: self.max_lateness }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Analyzer {
    const NAME: &'static str = "GstLivenessAnalyzer";
    const ABSTRACT: bool = true;
    type Type = super::Analyzer;
    type ParentType = gst_base::BaseTransform;
    type Class = AnalyzerClass;
}

impl ObjectImpl for Analyzer {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(properties);
        &PROPERTIES
    }

    fn signals() -> &'static [glib::subclass::Signal] {
        fn action(name: &'static str, run: fn(&Analyzer)) -> glib::subclass::Signal {
            glib::subclass::Signal::builder(name)
                .action()
                .class_handler(move |args| {
                    if let Ok(element) = args[0].get::<super::Analyzer>() {
                        run(element.imp());
                    }
                    None
                })
                .build()
        }
        static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
            vec![action("start", Analyzer::start_check), action("cancel", Analyzer::cancel_check)]
        });
        &SIGNALS
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let name = pspec.name();
        if name == "models-dir" && self.obj().current_state() != gst::State::Null {
            gst::warning!(CAT, imp = self, "models-dir can only be set in the NULL state");
            return;
        }
        let mut settings = lock(&self.settings);
        if let Err(e) = settings.set(name, value) {
            gst::warning!(CAT, imp = self, "{name} keeps its value: {e}");
        }
        if name == "seed" && settings.seed != 0 {
            gst::warning!(CAT, imp = self, "the seed is fixed: challenges can be foreseen");
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let shared = lock(&self.shared);
        match pspec.name() {
            "status" => shared.session.status().name().to_value(),
            "attempt" => shared.session.attempt().to_value(),
            "last-result" => shared.last_result.to_value(),
            "light-record" => shared.last_light.to_value(),
            name => lock(&self.settings).get(name).unwrap_or_else(|| pspec.default_value().clone()),
        }
    }
}

impl GstObjectImpl for Analyzer {}

impl ElementImpl for Analyzer {
    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new().format_list(FORMATS).build();
            let template = |name, direction| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
            };
            [template("sink", gst::PadDirection::Sink), template("src", gst::PadDirection::Src)]
                .into_iter()
                .flatten()
                .collect()
        });
        &TEMPLATES
    }

    /// Loads the nets in the transition to READY. In `start`, a failure would be posted twice: by the trampoline of
    /// this class and by that of the subclass.
    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady {
            let source = lock(&self.settings).model_source();
            let stream = self.create_check(&source, 1).and_then(|check| Stream::new(&source, check));
            let stream = stream.map_err(|e| {
                self.obj().post_error_message(error_message(&e));
                gst::StateChangeError
            })?;
            *lock(&self.stream) = Some(stream);
        }
        if transition == gst::StateChange::ReadyToPaused {
            let fault = lock(&self.settings).fault();
            if let Some(fault) = fault {
                self.obj().post_error_message(gst::error_msg!(gst::ResourceError::Settings, ("{fault}")));
                return Err(gst::StateChangeError);
            }
        }
        if transition == gst::StateChange::PausedToReady {
            // Cancels while events can still travel upstream, so that every source switches its light off.
            self.cancel_check();
            self.settle();
        }
        if transition == gst::StateChange::PlayingToPaused {
            lock(&self.shared).watchdog.play(false, None);
        }
        let result = self.parent_change_state(transition);
        if transition == gst::StateChange::PausedToPlaying {
            let now = self.clock_time();
            lock(&self.shared).watchdog.play(true, now);
            self.schedule_wakeup();
        }
        if transition == gst::StateChange::ReadyToNull {
            *lock(&self.stream) = None;
        }
        result
    }
}

impl BaseTransformImpl for Analyzer {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        if let Some(stream) = lock(&self.stream).as_mut() {
            stream.reset();
        }
        let mut shared = lock(&self.shared);
        if !shared.session.is_running() {
            // The new session continues to count the serials, so that an old attempt's result is never taken for
            // current. A session that was started before the stream keeps running.
            shared.session = Session::after(&shared.session);
        }
        (shared.latency, shared.last_times, shared.ticks) = (None, Times::default(), Ticks::default());
        shared.held.clear();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.cancel_check();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = gst_video::VideoInfo::from_caps(incaps)
            .map_err(|_| gst::loggable_error!(CAT, "the caps {incaps} are no raw video"))?;
        if let Some(stream) = lock(&self.stream).as_mut() {
            stream.info = Some(info);
        }
        Ok(())
    }

    fn transform_ip(&self, buffer: &mut gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let marked = self.process(buffer);
        self.post();
        self.schedule_wakeup();
        match marked {
            Ok(Some(marked)) => marked.attach(buffer),
            Ok(None) => {}
            Err(e) => {
                // No further frame follows an error: no light may stay on, and no prompt may stay open.
                self.cancel_check();
                self.obj().post_error_message(error_message(&e));
                return Err(gst::FlowError::Error);
            }
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Eos(_) => self.end_of_stream(),
            gst::EventView::FlushStop(_) => {
                if let Some(stream) = lock(&self.stream).as_mut() {
                    stream.reset();
                }
                let next = || lock(&self.shared).held.pop_front();
                while let Some(event) = next() {
                    self.obj().sink_pad().push_event(event);
                }
                self.restart();
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        match event.view() {
            // The latency of the pipeline has changed: query it again.
            gst::EventView::Latency(_) => lock(&self.shared).latency = None,
            // A display that cannot keep up must not make an upstream decoder or converter drop frames of the check.
            gst::EventView::Qos(qos) => {
                gst::trace!(CAT, imp = self, "quality of service ends here: {:?}", qos.structure());
                return true;
            }
            _ => {}
        }
        self.parent_src_event(event)
    }
}

/// Maps an inference error to the GStreamer error domain and code.
fn error_message(error: &InferenceError) -> gst::ErrorMessage {
    use InferenceError::*;
    match error {
        LibraryMissing(_) | NoModels(_) => gst::error_msg!(gst::ResourceError::NotFound, ("{error}")),
        Unreadable { .. } => gst::error_msg!(gst::ResourceError::OpenRead, ("{error}")),
        LibraryUnusable { .. } => gst::error_msg!(gst::LibraryError::Init, ("{error}")),
        Unloadable { .. } | WrongModel { .. } => gst::error_msg!(gst::LibraryError::Settings, ("{error}")),
        Run { .. } => gst::error_msg!(gst::LibraryError::Failed, ("{error}")),
    }
}
