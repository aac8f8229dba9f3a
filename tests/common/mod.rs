//! What the integration tests share: a picture and what can be done to it, and an element under test with its bus.

// Each test file takes what it needs.
#![allow(dead_code)]

pub mod session;

use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;
use gst_check::Harness;
use gst_video::{VideoColorimetry, VideoFormat, VideoInfo};
use gstliveness::meta::LivenessMeta;

pub const MS: u64 = 1_000_000;
/// The time between two frames of a [`Rig`].
pub const FRAME: u64 = 100 * MS;
/// Frames of a [`Rig`] that pass between the last of a failed attempt and the first of the next, while the person reads what
/// to do differently.
pub const PAUSE: usize = 21;
/// Longer than anything takes: whoever waits so long has failed.
pub const TIMEOUT: Option<gst::ClockTime> = Some(gst::ClockTime::from_seconds(20));
/// Where the test picture is.
pub const ASTRONAUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/media/astronaut.png");

/// The folder of the repository, from whichever crate's tests these are.
pub fn root() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("examples/media").exists()).unwrap()
}

/// Registers the plugin; from then on a critical warning ends the process, as with `G_DEBUG=fatal-criticals`.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        glib::log_set_always_fatal(glib::LogLevels::LEVEL_CRITICAL | glib::LogLevels::LEVEL_ERROR);
        gst::init().unwrap();
        gstliveness::plugin_register_static().unwrap();
    });
}

/// An RGB picture.
#[derive(Clone)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The public-domain portrait of Eileen Collins, 512 × 512: one face, well lit, looking at the camera.
    pub fn astronaut() -> Self {
        init();
        let png =
            gst::Buffer::from_slice(std::fs::read(root().join("examples/media/astronaut.png")).unwrap());
        Self::decoded(
            &gst::Sample::builder().buffer(&png).caps(&gst::Caps::builder("image/png").build()).build(),
        )
    }

    /// Her, leaning by so many degrees to her right shoulder (anticlockwise in the picture), on a canvas that holds all of the picture.
    pub fn leaning(degrees: f32) -> Self {
        const SIDE: usize = 728;
        let (from, (sine, cosine)) = (Self::astronaut(), degrees.to_radians().sin_cos());
        Self::new(SIDE, SIDE, |x, y| {
            let (x, y) = (x as f32 - SIDE as f32 / 2.0, y as f32 - SIDE as f32 / 2.0);
            let at = |v: f32, side: usize| (v + side as f32 / 2.0).clamp(0.0, side as f32 - 1.0) as usize;
            from.pixel(at(cosine * x - sine * y, from.width), at(sine * x + cosine * y, from.height))
        })
    }

    /// A compressed picture.
    pub fn decoded(sample: &gst::Sample) -> Self {
        init();
        let line = "appsrc name=from ! decodebin ! videoconvert ! video/x-raw,format=RGB ! appsink name=to sync=false";
        let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
        let from = pipeline.by_name("from").unwrap().downcast::<gst_app::AppSrc>().unwrap();
        let to = pipeline.by_name("to").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        from.push_sample(sample).unwrap();
        from.end_of_stream().unwrap();
        let picture = Self::of(&to.try_pull_sample(TIMEOUT).expect("a picture that can be decoded"));
        pipeline.set_state(gst::State::Null).unwrap();
        picture
    }

    /// What an RGB sample shows.
    pub fn of(sample: &gst::Sample) -> Self {
        let info = VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        assert_eq!(info.format(), VideoFormat::Rgb);
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let (width, height) = (info.width() as usize, info.height() as usize);
        let rows = map.chunks(info.stride()[0] as usize).take(height);
        Self { width, height, rgb: rows.flat_map(|row| &row[..3 * width]).copied().collect() }
    }

    pub fn new(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, rgb: all.flat_map(|(x, y)| pixel(x, y)).collect() }
    }

    pub fn grey(width: usize, height: usize) -> Self {
        Self::new(width, height, |_, _| [128; 3])
    }

    /// The same noise each time.
    pub fn noise(width: usize, height: usize) -> Self {
        Self::new(width, height, |x, y| {
            let mut hash = (x as u32).wrapping_mul(0x9e37_79b9) ^ (y as u32).wrapping_mul(0x85eb_ca6b);
            hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
            hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
            [(96 + (hash >> 26)) as u8; 3]
        })
    }

    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = 3 * (y * self.width + x);
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    pub fn crop(&self, x0: usize, y0: usize, width: usize, height: usize) -> Self {
        Self::new(width, height, |x, y| self.pixel(x0 + x, y0 + y))
    }

    /// As if less light (below 1) or more had fallen on it.
    pub fn lit(&self, factor: f32) -> Self {
        let rgb = self.rgb.iter().map(|v| (f32::from(*v) * factor).min(255.0) as u8).collect();
        Self { rgb, ..self.clone() }
    }

    /// Each pixel the mean of those around it.
    pub fn blurred(&self, radius: usize) -> Self {
        let along = |from: &Self, dx: usize, dy: usize| {
            Self::new(from.width, from.height, |x, y| {
                let near = |i: usize| {
                    let x = (x + i * dx).saturating_sub(radius * dx).min(from.width - 1);
                    let y = (y + i * dy).saturating_sub(radius * dy).min(from.height - 1);
                    from.pixel(x, y).map(u32::from)
                };
                let count = 2 * radius as u32 + 1;
                let sum = (0..count as usize)
                    .map(near)
                    .fold([0; 3], |s, p| [s[0] + p[0], s[1] + p[1], s[2] + p[2]]);
                sum.map(|s| (s / count) as u8)
            })
        };
        along(&along(self, 1, 0), 0, 1)
    }

    /// A rectangle of it painted over.
    pub fn painted(&self, (x0, y0): (usize, usize), (width, height): (usize, usize), color: [u8; 3]) -> Self {
        let inside = |x, y| (x0..x0 + width).contains(&x) && (y0..y0 + height).contains(&y);
        Self::new(self.width, self.height, |x, y| if inside(x, y) { color } else { self.pixel(x, y) })
    }

    /// `other` laid on it.
    pub fn pasted(&self, other: &Self, x0: usize, y0: usize) -> Self {
        let inside = |x, y| (x0..x0 + other.width).contains(&x) && (y0..y0 + other.height).contains(&y);
        Self::new(self.width, self.height, |x, y| {
            if inside(x, y) { other.pixel(x - x0, y - y0) } else { self.pixel(x, y) }
        })
    }

    /// At another size.
    pub fn scaled(&self, width: usize, height: usize) -> Self {
        let caps = gst_video::VideoCapsBuilder::new()
            .format(VideoFormat::Rgb)
            .width(width as i32)
            .height(height as i32)
            .pixel_aspect_ratio(gst::Fraction::new(1, 1));
        Self::of(&gst_video::convert_sample(&self.sample(), &caps.build(), TIMEOUT).unwrap())
    }

    /// Two of it side by side.
    pub fn twice(&self) -> Self {
        Self::new(2 * self.width, self.height, |x, y| self.pixel(x % self.width, y))
    }

    pub fn info(&self) -> VideoInfo {
        video_info(VideoFormat::Rgb, self.width, self.height)
    }

    /// In memory that can be written to.
    pub fn buffer(&self) -> gst::Buffer {
        let info = self.info();
        let mut bytes = vec![0; info.size()];
        let rows = bytes.chunks_mut(info.stride()[0] as usize).zip(self.rgb.chunks(3 * self.width));
        rows.for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
        gst::Buffer::from_mut_slice(bytes)
    }

    pub fn sample(&self) -> gst::Sample {
        gst::Sample::builder().buffer(&self.buffer()).caps(&self.info().to_caps().unwrap()).build()
    }

    /// The bytes of the picture in the layout of `info`, by GStreamer's own converter.
    pub fn converted(&self, info: &VideoInfo) -> Vec<u8> {
        let caps = info.to_caps().unwrap();
        let sample = gst_video::convert_sample(&self.sample(), &caps, TIMEOUT).unwrap();
        let map = sample.buffer().unwrap().map_readable().unwrap();
        assert_eq!(map.size(), info.size());
        map.to_vec()
    }
}

pub fn video_info(format: VideoFormat, width: usize, height: usize) -> VideoInfo {
    init();
    VideoInfo::builder(format, width as u32, height as u32).fps(gst::Fraction::new(10, 1)).build().unwrap()
}

/// As [`video_info`], with a colorimetry by GStreamer's name for it.
pub fn colored_info(format: VideoFormat, width: usize, height: usize, colorimetry: &str) -> VideoInfo {
    let colorimetry: VideoColorimetry = colorimetry.parse().unwrap();
    VideoInfo::builder(format, width as u32, height as u32)
        .fps(gst::Fraction::new(10, 1))
        .colorimetry(&colorimetry)
        .build()
        .unwrap()
}

/// A `livenesspassive` outside a pipeline, with its bus. Frames are pushed in the test's own thread.
pub struct Rig {
    pub harness: Harness,
    pub element: gst::Element,
    pub bus: gst::Bus,
    pub next: u64,
}

impl Rig {
    /// An element that takes `picture`-sized RGB.
    pub fn new(picture: &Picture, properties: &[(&str, &dyn ToValue)]) -> Self {
        Self::with_caps(&picture.info().to_caps().unwrap(), properties)
    }

    pub fn with_caps(caps: &gst::Caps, properties: &[(&str, &dyn ToValue)]) -> Self {
        init();
        let element = gst::ElementFactory::make("livenesspassive").name("check").build().unwrap();
        for (name, value) in properties {
            element.set_property_from_value(name, &value.to_value());
        }
        Self::around(element, caps)
    }

    pub fn around(element: gst::Element, caps: &gst::Caps) -> Self {
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
        // The harness says that it is live: nothing is late as long as the clock stands still.
        harness.use_testclock();
        harness.set_src_caps(caps.clone());
        Self { harness, element, bus, next: 0 }
    }

    pub fn set_caps(&mut self, caps: &gst::Caps) {
        self.harness.set_src_caps(caps.clone());
    }

    /// Pushes a buffer, [`FRAME`] after the one before; gives what comes out.
    pub fn push(&mut self, mut buffer: gst::Buffer) -> gst::Buffer {
        let time = gst::ClockTime::from_nseconds(self.next);
        self.next += FRAME;
        let buffer_ref = buffer.make_mut();
        buffer_ref.set_pts(time);
        buffer_ref.set_duration(gst::ClockTime::from_nseconds(FRAME));
        self.push_as_is(buffer)
    }

    /// Pushes a buffer with whatever timestamp it has.
    pub fn push_as_is(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        assert_eq!(self.harness.push(buffer), Ok(gst::FlowSuccess::Ok));
        self.harness.try_pull().expect("no frame is held back or dropped")
    }

    pub fn show(&mut self, picture: &Picture) -> gst::Buffer {
        self.push(picture.buffer())
    }

    /// Shows a picture until there is a result, at most `most` times; gives all messages so far.
    pub fn show_until_result(&mut self, picture: &Picture, most: usize) -> Vec<gst::Structure> {
        let mut messages = Vec::new();
        for _ in 0..most {
            self.show(picture);
            messages.extend(self.messages());
            if messages.iter().any(|m| m.name() == "liveness/result") {
                return messages;
            }
        }
        panic!("no result after {most} frames: {messages:#?}");
    }

    pub fn end(&mut self) {
        assert!(self.harness.push_event(gst::event::Eos::new()));
    }

    /// The liveness messages since the last call. Errors and warnings fail the test.
    pub fn messages(&self) -> Vec<gst::Structure> {
        drain(&self.bus)
    }

    pub fn emit(&self, signal: &str) {
        self.element.emit_by_name::<()>(signal, &[]);
    }

    pub fn status(&self) -> String {
        self.element.property("status")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // The element holds its bus, whose messages hold the element.
        self.bus.set_flushing(true);
    }
}

/// Whether an element looked at the frame.
pub fn was_analysed(buffer: &gst::BufferRef) -> bool {
    buffer.meta::<LivenessMeta>().is_some_and(|meta| meta.observation().is_some())
}

/// Loses every frame for which `lost` holds of its number.
pub fn lose(pad: &gst::Pad, lost: impl Fn(u64) -> bool + Send + Sync + 'static) {
    let count = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| match lost(count.fetch_add(1, Ordering::Relaxed)) {
        // (With GStreamer 1.22 the bindings' `Drop` ends in a critical warning.)
        true => gst::PadProbeReturn::Handled,
        false => gst::PadProbeReturn::Ok,
    });
}

/// Changes the frames that pass a pad; `change` gets each with its number.
pub fn alter(pad: &gst::Pad, change: impl Fn(u64, &mut gst::BufferRef) + Send + Sync + 'static) {
    let count = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            change(count.fetch_add(1, Ordering::Relaxed), buffer.make_mut());
        }
        gst::PadProbeReturn::Ok
    });
}

/// The liveness messages on a bus. Errors and warnings fail the test.
pub fn drain(bus: &gst::Bus) -> Vec<gst::Structure> {
    let mut structures = Vec::new();
    while let Some(message) = bus.pop() {
        match message.view() {
            gst::MessageView::Error(e) => panic!("{} ({:?})", e.error(), e.debug()),
            gst::MessageView::Warning(w) => panic!("{} ({:?})", w.error(), w.debug()),
            gst::MessageView::Element(e) => structures.extend(e.structure().map(ToOwned::to_owned)),
            _ => {}
        }
    }
    structures.retain(|s| s.name().starts_with("liveness/"));
    structures
}

pub fn named<'a>(messages: &'a [gst::Structure], name: &str) -> Vec<&'a gst::Structure> {
    messages.iter().filter(|m| m.name() == name).collect()
}

/// The one result among the messages.
pub fn result(messages: &[gst::Structure]) -> &gst::StructureRef {
    let results = named(messages, "liveness/result");
    assert_eq!(results.len(), 1, "{messages:#?}");
    results[0]
}

pub fn text(structure: &gst::StructureRef, field: &str) -> String {
    structure.get::<String>(field).unwrap_or_else(|e| panic!("{field} of {structure}: {e}"))
}

pub fn texts(structure: &gst::StructureRef, field: &str) -> Vec<String> {
    let array = structure.get::<gst::Array>(field).unwrap_or_else(|e| panic!("{field} of {structure}: {e}"));
    array.iter().map(|value| value.get().unwrap()).collect()
}

pub fn score(structure: &gst::StructureRef) -> f64 {
    structure.get("score").unwrap()
}

/// The guidance codes among the messages, in order.
pub fn guidance(messages: &[gst::Structure]) -> Vec<String> {
    named(messages, "liveness/guidance").into_iter().map(|m| text(m, "code")).collect()
}

pub fn json(result: &gst::StructureRef) -> serde_json::Value {
    serde_json::from_str(&text(result, "json")).unwrap()
}
