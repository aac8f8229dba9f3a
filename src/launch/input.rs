//! Where frames come from: sources for `run`, and bytes in memory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstliveness::check::Method;

use super::failure::Failure;
use super::fault;

/// The shipped picture: NASA astronaut Eileen Collins, public domain.
static PORTRAIT: &[u8] = include_bytes!("../../examples/media/astronaut.png");
/// Ten seconds of it.
const PORTRAIT_FRAMES: u32 = 300;

/// How long an error may go unnoticed.
const TICK: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// Names of elements in our own pipelines; unlikely in a user's fragment.
const INPUT: &str = "liveness-launch-input";
const TAIL: &str = "liveness-launch-tail";

/// A video source.
#[derive(Debug, PartialEq)]
pub enum Source {
    /// The shipped picture.
    Portrait,
    /// The rendered person, who does what is asked.
    Person,
    File(PathBuf),
    Camera(PathBuf),
    Fragment(String),
}

/// A pipeline that still lacks what follows `tail`.
pub struct Open {
    pub pipeline: gst::Pipeline,
    pub tail: gst::Element,
}

impl Source {
    /// `test` is what suits the method.
    pub fn parse(text: &str, method: Method) -> Result<Self, Failure> {
        match text.split_once(':') {
            None if text == "test" => {
                Ok(if method == Method::Passive { Self::Portrait } else { Self::Person })
            }
            Some(("file", path)) => existing(path).map(Self::File),
            Some(("v4l2", device)) => existing(device).map(Self::Camera),
            Some(("pipeline", fragment)) if !fragment.trim().is_empty() => {
                Ok(Self::Fragment(fragment.to_owned()))
            }
            _ => Err(Failure::usage(format!(
                "unknown source \"{text}\"; use test, file:PATH, v4l2:/dev/videoN or pipeline:GST-LAUNCH-FRAGMENT"
            ))),
        }
    }

    /// Whether its frames come faster than they are shown unless a sink holds them back.
    pub fn needs_pacing(&self) -> bool {
        matches!(self, Self::Portrait | Self::Person)
    }

    fn description(&self) -> String {
        match self {
            Self::Person => "livenesstestsrc".to_owned(),
            Self::Portrait => format!(
                "appsrc name={INPUT} ! pngdec ! videoconvert ! imagefreeze num-buffers={PORTRAIT_FRAMES} \
                 ! video/x-raw,framerate=30/1"
            ),
            Self::File(_) => {
                format!("uridecodebin name={INPUT} ! videoconvert ! videoflip video-direction=auto")
            }
            Self::Camera(_) => format!("v4l2src name={INPUT} ! decodebin"),
            Self::Fragment(fragment) => fragment.clone(),
        }
    }

    pub fn open(&self) -> Result<Open, Failure> {
        // Conversion costs nothing where the caps fit; the queue parts decoding from analysis.
        let queue = "queue max-size-buffers=4 max-size-bytes=0 max-size-time=0";
        let open = Open::parse(&format!("{} ! {queue} ! videoconvert name={TAIL}", self.description()))?;
        match self {
            Self::Portrait => open.push(PORTRAIT.to_vec(), "image/png")?,
            Self::File(path) => open.input()?.set_property("uri", uri(path)?),
            Self::Camera(device) => open.input()?.set_property("device", device.display().to_string()),
            Self::Person | Self::Fragment(_) => {}
        }
        Ok(open)
    }
}

impl Open {
    /// A picture in memory, of type `media`, through `elements`.
    pub fn bytes(bytes: Vec<u8>, media: &str, elements: &str) -> Result<Self, Failure> {
        let open = Self::parse(&format!("appsrc name={INPUT} ! {elements} ! identity name={TAIL}"))?;
        open.push(bytes, media)?;
        Ok(open)
    }

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

    /// Nothing ever comes.
    pub fn idle() -> Result<Self, Failure> {
        Self::parse(&format!("appsrc name={INPUT} ! identity name={TAIL}"))
    }

    fn parse(description: &str) -> Result<Self, Failure> {
        let flags = gst::ParseFlags::FATAL_ERRORS;
        let built = gst::parse::launch_full(description, None, flags).map_err(|e| fault::of_parse(&e))?;
        let pipeline = built
            .downcast::<gst::Pipeline>()
            .map_err(|_| Failure::usage("the source is not a chain of elements"))?;
        let tail =
            pipeline.by_name(TAIL).ok_or_else(|| Failure::usage("the source has no end to go on from"))?;
        Ok(Self { pipeline, tail })
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
                return Err(fault::of_message(error, None));
            }
            if sink.is_eos() {
                return Err(Failure::data("it holds no whole picture"));
            }
            if Instant::now() >= deadline {
                return Err(Failure::data("it takes too long"));
            }
        }
    }

    pub fn element(&self, name: &str) -> Result<gst::Element, Failure> {
        self.pipeline.by_name(name).ok_or_else(|| Failure::internal(format!("the pipeline lacks its {name}")))
    }

    fn input(&self) -> Result<gst::Element, Failure> {
        self.element(INPUT)
    }

    fn appsrc(&self) -> Result<gst_app::AppSrc, Failure> {
        let source = self.input()?.downcast::<gst_app::AppSrc>();
        source.map_err(|_| Failure::internal("the input takes no frames"))
    }

    fn push(&self, bytes: Vec<u8>, media: &str) -> Result<(), Failure> {
        let source = self.appsrc()?;
        source.set_caps(Some(&gst::Caps::new_empty_simple(media)));
        let pushed = source.push_buffer(gst::Buffer::from_slice(bytes)).and_then(|_| source.end_of_stream());
        pushed.map(|_| ()).map_err(|_| refused())
    }
}

fn refused() -> Failure {
    Failure::internal("the pipeline takes no frame")
}

fn existing(path: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(path);
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            Err(Failure::no_input(format!("{} is a folder", path.display())))
        }
        Ok(_) => Ok(path),
        Err(e) => Err(Failure::no_input(format!("{} cannot be opened: {e}", path.display()))),
    }
}

fn uri(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path).map_err(|e| Failure::no_input(e.to_string()))?;
    let uri = glib::filename_to_uri(&absolute, None);
    uri.map(Into::into).map_err(|e| Failure::no_input(format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::super::failure::Code;
    use super::*;

    #[test]
    fn sources_are_told_by_their_scheme() {
        let parse = |text: &str| Source::parse(text, Method::Passive);
        assert_eq!(parse("test").unwrap(), Source::Portrait);
        assert_eq!(Source::parse("test", Method::Action).unwrap(), Source::Person);
        let fragment = "videotestsrc pattern=ball ! video/x-raw,format=NV12";
        assert_eq!(parse(&format!("pipeline:{fragment}")).unwrap(), Source::Fragment(fragment.into()));
        for (text, code) in [
            ("", Code::Usage),
            ("pipeline:", Code::Usage),
            ("webcam", Code::Usage),
            ("rtsp://camera", Code::Usage),
            ("file:/nowhere/clip.mp4", Code::NoInput),
            ("file:/", Code::NoInput),
            ("v4l2:/dev/video99", Code::NoInput),
        ] {
            assert_eq!(parse(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn fragments_that_gstreamer_cannot_build_say_why() {
        gst::init().unwrap();
        for (fragment, code) in [
            ("nosuchelement", Code::Unavailable),
            ("videotestsrc !", Code::Usage),
            ("videotestsrc pattern=nosuch", Code::Usage),
            ("audiotestsrc", Code::Usage),
        ] {
            let failure = Source::Fragment(fragment.into()).open().err().unwrap();
            assert_eq!(failure.code, code, "{fragment}: {failure}");
        }
    }
}
