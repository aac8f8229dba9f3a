// SPDX-License-Identifier: MIT OR Apache-2.0

//! The helpers of the integration tests: a test picture with its transformations, and an element with its bus.

// No test file uses all helpers.
#![allow(dead_code)]

pub mod session;

use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;
use gst_check::Harness;
use gst_video::{VideoColorimetry, VideoFormat, VideoInfo};
use gstliveness::meta::LivenessMeta;

/// Nanoseconds in a millisecond.
pub const MS: u64 = 1_000_000;
/// Nanoseconds between two frames of a [`Rig`].
pub const FRAME: u64 = 100 * MS;
/// Number of frames of a [`Rig`] between the last of a failed attempt and the first of the next. The person reads the
/// advice meanwhile.
pub const PAUSE: usize = 21;
/// Timeout above any expected duration.
pub const TIMEOUT: Option<gst::ClockTime> = Some(gst::ClockTime::from_seconds(20));
/// Path of the test picture.
pub const ASTRONAUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/media/astronaut.png");

/// Returns the folder of the repository, from the tests of any crate.
pub fn root() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("examples/media").exists()).unwrap()
}

/// Registers the plugin. From then on, a critical warning ends the process, as with `G_DEBUG=fatal-criticals`.
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
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// R′G′B′, tightly packed.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Returns the public-domain portrait of Eileen Collins, 512 × 512: one well-lit face that looks at the camera.
    pub fn astronaut() -> Self {
        init();
        let png =
            gst::Buffer::from_slice(std::fs::read(root().join("examples/media/astronaut.png")).unwrap());
        Self::decoded(
            &gst::Sample::builder().buffer(&png).caps(&gst::Caps::builder("image/png").build()).build(),
        )
    }

    /// Returns the portrait rotated by `degrees` towards her right shoulder (anticlockwise in the picture), on a canvas
    /// that holds the whole picture.
    pub fn leaning(degrees: f32) -> Self {
        const SIDE: usize = 728;
        let (from, (sine, cosine)) = (Self::astronaut(), degrees.to_radians().sin_cos());
        Self::new(SIDE, SIDE, |x, y| {
            let (x, y) = (x as f32 - SIDE as f32 / 2.0, y as f32 - SIDE as f32 / 2.0);
            let at = |v: f32, side: usize| (v + side as f32 / 2.0).clamp(0.0, side as f32 - 1.0) as usize;
            from.pixel(at(cosine * x - sine * y, from.width), at(sine * x + cosine * y, from.height))
        })
    }

    /// Decodes a compressed picture.
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

    /// Returns the picture of an RGB sample.
    pub fn of(sample: &gst::Sample) -> Self {
        let info = VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        assert_eq!(info.format(), VideoFormat::Rgb);
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let (width, height) = (info.width() as usize, info.height() as usize);
        let rows = map.chunks(info.stride()[0] as usize).take(height);
        Self { width, height, rgb: rows.flat_map(|row| &row[..3 * width]).copied().collect() }
    }

    /// Creates a picture from a function of x and y.
    pub fn new(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, rgb: all.flat_map(|(x, y)| pixel(x, y)).collect() }
    }

    /// Creates a grey picture.
    pub fn grey(width: usize, height: usize) -> Self {
        Self::new(width, height, |_, _| [128; 3])
    }

    /// Creates a picture of noise, the same each time.
    pub fn noise(width: usize, height: usize) -> Self {
        Self::new(width, height, |x, y| {
            let mut hash = (x as u32).wrapping_mul(0x9e37_79b9) ^ (y as u32).wrapping_mul(0x85eb_ca6b);
            hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
            hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
            [(96 + (hash >> 26)) as u8; 3]
        })
    }

    /// Returns a pixel.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = 3 * (y * self.width + x);
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Returns a part of the picture.
    pub fn crop(&self, x0: usize, y0: usize, width: usize, height: usize) -> Self {
        Self::new(width, height, |x, y| self.pixel(x0 + x, y0 + y))
    }

    /// Returns the picture with its pixel values multiplied by `factor`, as in more light (above 1) or less (below 1).
    pub fn lit(&self, factor: f32) -> Self {
        let rgb = self.rgb.iter().map(|v| (f32::from(*v) * factor).min(255.0) as u8).collect();
        Self { rgb, ..self.clone() }
    }

    /// Returns the picture with each pixel the mean of a square around it. `radius` is half the square's side.
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

    /// Returns the picture with a filled rectangle.
    pub fn painted(&self, (x0, y0): (usize, usize), (width, height): (usize, usize), color: [u8; 3]) -> Self {
        let inside = |x, y| (x0..x0 + width).contains(&x) && (y0..y0 + height).contains(&y);
        Self::new(self.width, self.height, |x, y| if inside(x, y) { color } else { self.pixel(x, y) })
    }

    /// Returns the picture with `other` pasted at `x0`, `y0`.
    pub fn pasted(&self, other: &Self, x0: usize, y0: usize) -> Self {
        let inside = |x, y| (x0..x0 + other.width).contains(&x) && (y0..y0 + other.height).contains(&y);
        Self::new(self.width, self.height, |x, y| {
            if inside(x, y) { other.pixel(x - x0, y - y0) } else { self.pixel(x, y) }
        })
    }

    /// Returns the picture at another size.
    pub fn scaled(&self, width: usize, height: usize) -> Self {
        let caps = gst_video::VideoCapsBuilder::new()
            .format(VideoFormat::Rgb)
            .width(width as i32)
            .height(height as i32)
            .pixel_aspect_ratio(gst::Fraction::new(1, 1));
        Self::of(&gst_video::convert_sample(&self.sample(), &caps.build(), TIMEOUT).unwrap())
    }

    /// Returns the picture twice, side by side.
    pub fn twice(&self) -> Self {
        Self::new(2 * self.width, self.height, |x, y| self.pixel(x % self.width, y))
    }

    /// Returns the format of the picture.
    pub fn info(&self) -> VideoInfo {
        video_info(VideoFormat::Rgb, self.width, self.height)
    }

    /// Returns the picture in a writable buffer.
    pub fn buffer(&self) -> gst::Buffer {
        let info = self.info();
        let mut bytes = vec![0; info.size()];
        let rows = bytes.chunks_mut(info.stride()[0] as usize).zip(self.rgb.chunks(3 * self.width));
        rows.for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
        gst::Buffer::from_mut_slice(bytes)
    }

    /// Returns the picture as a sample.
    pub fn sample(&self) -> gst::Sample {
        gst::Sample::builder().buffer(&self.buffer()).caps(&self.info().to_caps().unwrap()).build()
    }

    /// Returns the bytes of the picture in the layout of `info`, converted by GStreamer.
    pub fn converted(&self, info: &VideoInfo) -> Vec<u8> {
        let caps = info.to_caps().unwrap();
        let sample = gst_video::convert_sample(&self.sample(), &caps, TIMEOUT).unwrap();
        let map = sample.buffer().unwrap().map_readable().unwrap();
        assert_eq!(map.size(), info.size());
        map.to_vec()
    }
}

/// Returns a video format at 10 frames per second.
pub fn video_info(format: VideoFormat, width: usize, height: usize) -> VideoInfo {
    init();
    VideoInfo::builder(format, width as u32, height as u32).fps(gst::Fraction::new(10, 1)).build().unwrap()
}

/// Returns a format like [`video_info`], with a colorimetry by its GStreamer name.
pub fn colored_info(format: VideoFormat, width: usize, height: usize, colorimetry: &str) -> VideoInfo {
    let colorimetry: VideoColorimetry = colorimetry.parse().unwrap();
    VideoInfo::builder(format, width as u32, height as u32)
        .fps(gst::Fraction::new(10, 1))
        .colorimetry(&colorimetry)
        .build()
        .unwrap()
}

/// A `livenesspassive` outside of a pipeline, with its bus. Frames are pushed in the test's thread.
pub struct Rig {
    /// Harness of the element.
    pub harness: Harness,
    /// The element.
    pub element: gst::Element,
    /// Bus of the element.
    pub bus: gst::Bus,
    /// Timestamp of the next frame, in nanoseconds.
    pub next: u64,
}

impl Rig {
    /// Creates an element for RGB frames of the picture's size.
    pub fn new(picture: &Picture, properties: &[(&str, &dyn ToValue)]) -> Self {
        Self::with_caps(&picture.info().to_caps().unwrap(), properties)
    }

    /// Creates an element for frames of these caps.
    pub fn with_caps(caps: &gst::Caps, properties: &[(&str, &dyn ToValue)]) -> Self {
        init();
        let element = gst::ElementFactory::make("livenesspassive").name("check").build().unwrap();
        for (name, value) in properties {
            element.set_property_from_value(name, &value.to_value());
        }
        Self::around(element, caps)
    }

    /// Puts an element into a rig.
    pub fn around(element: gst::Element, caps: &gst::Caps) -> Self {
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
        // The harness claims to be live. With a clock that stands still, no frame is late.
        harness.use_testclock();
        harness.set_src_caps(caps.clone());
        Self { harness, element, bus, next: 0 }
    }

    /// Changes the caps of the next frames.
    pub fn set_caps(&mut self, caps: &gst::Caps) {
        self.harness.set_src_caps(caps.clone());
    }

    /// Pushes a buffer, [`FRAME`] after the previous one. Returns the buffer that comes out.
    pub fn push(&mut self, mut buffer: gst::Buffer) -> gst::Buffer {
        let time = gst::ClockTime::from_nseconds(self.next);
        self.next += FRAME;
        let buffer_ref = buffer.make_mut();
        buffer_ref.set_pts(time);
        buffer_ref.set_duration(gst::ClockTime::from_nseconds(FRAME));
        self.push_as_is(buffer)
    }

    /// Pushes a buffer with its own timestamp. Returns the buffer that comes out.
    pub fn push_as_is(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        assert_eq!(self.harness.push(buffer), Ok(gst::FlowSuccess::Ok));
        self.harness.try_pull().expect("no frame is held back or dropped")
    }

    /// Pushes a picture. Returns the buffer that comes out.
    pub fn show(&mut self, picture: &Picture) -> gst::Buffer {
        self.push(picture.buffer())
    }

    /// Pushes a picture until there is a result, at most `most` times. Returns the messages so far.
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

    /// Ends the stream.
    pub fn end(&mut self) {
        assert!(self.harness.push_event(gst::event::Eos::new()));
    }

    /// Returns the liveness messages since the last call. Errors and warnings fail the test.
    pub fn messages(&self) -> Vec<gst::Structure> {
        drain(&self.bus)
    }

    /// Emits an action signal.
    pub fn emit(&self, signal: &str) {
        self.element.emit_by_name::<()>(signal, &[]);
    }

    /// Returns the status of the check.
    pub fn status(&self) -> String {
        self.element.property("status")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // Breaks the reference cycle: the element holds its bus, whose messages hold the element.
        self.bus.set_flushing(true);
    }
}

/// Returns whether an element analysed the frame.
pub fn was_analysed(buffer: &gst::BufferRef) -> bool {
    buffer.meta::<LivenessMeta>().is_some_and(|meta| meta.observation().is_some())
}

/// Drops each frame for which `lost` returns true. `lost` gets the number of the frame, from 0.
pub fn lose(pad: &gst::Pad, lost: impl Fn(u64) -> bool + Send + Sync + 'static) {
    let count = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| match lost(count.fetch_add(1, Ordering::Relaxed)) {
        // With GStreamer 1.22, the bindings' `Drop` causes a critical warning.
        true => gst::PadProbeReturn::Handled,
        false => gst::PadProbeReturn::Ok,
    });
}

/// Changes the frames that pass a pad. `change` gets the number of the frame, from 0, and the frame.
pub fn alter(pad: &gst::Pad, change: impl Fn(u64, &mut gst::BufferRef) + Send + Sync + 'static) {
    let count = AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            change(count.fetch_add(1, Ordering::Relaxed), buffer.make_mut());
        }
        gst::PadProbeReturn::Ok
    });
}

/// Returns the liveness messages on a bus. Errors and warnings fail the test.
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

/// Returns the messages of this name.
pub fn named<'a>(messages: &'a [gst::Structure], name: &str) -> Vec<&'a gst::Structure> {
    messages.iter().filter(|m| m.name() == name).collect()
}

/// Returns the only result among the messages.
pub fn result(messages: &[gst::Structure]) -> &gst::StructureRef {
    let results = named(messages, "liveness/result");
    assert_eq!(results.len(), 1, "{messages:#?}");
    results[0]
}

/// Returns a text field.
pub fn text(structure: &gst::StructureRef, field: &str) -> String {
    structure.get::<String>(field).unwrap_or_else(|e| panic!("{field} of {structure}: {e}"))
}

/// Returns a field with an array of texts.
pub fn texts(structure: &gst::StructureRef, field: &str) -> Vec<String> {
    let array = structure.get::<gst::Array>(field).unwrap_or_else(|e| panic!("{field} of {structure}: {e}"));
    array.iter().map(|value| value.get().unwrap()).collect()
}

/// Returns the score of a result.
pub fn score(structure: &gst::StructureRef) -> f64 {
    structure.get("score").unwrap()
}

/// Returns the guidance codes of the messages, in order.
pub fn guidance(messages: &[gst::Structure]) -> Vec<String> {
    named(messages, "liveness/guidance").into_iter().map(|m| text(m, "code")).collect()
}

/// Returns the JSON of a result.
pub fn json(result: &gst::StructureRef) -> serde_json::Value {
    serde_json::from_str(&text(result, "json")).unwrap()
}
