// SPDX-License-Identifier: MIT OR Apache-2.0

//! Video sources of a session, and frames from memory.

mod decoders;
mod images;
mod open;
mod rtsp;

use std::path::{Path, PathBuf};

use gst::prelude::*;
use liveness_core::check::Method;
use liveness_core::location;

use super::failure::Failure;
use super::image::file::is_picture;
pub use decoders::exclude_alpha_decoders;
use liveness_workflow::{Rtsp, SOURCES};
pub use open::Open;
use open::{INPUT, TAIL};
pub use rtsp::Camera;
use rtsp::Line;

/// The shipped portrait: NASA astronaut Eileen Collins, public domain.
static PORTRAIT: &[u8] = include_bytes!("../../../../examples/media/astronaut.png");
/// Frames of the portrait: ten seconds at 30 frames per second.
const PORTRAIT_FRAMES: u32 = 300;

/// A video source.
#[derive(Debug, PartialEq)]
pub enum Source {
    /// The shipped portrait.
    Portrait,
    /// The rendered person, who follows prompts.
    Person,
    /// A video or picture file.
    File(PathBuf),
    /// The pictures of a folder in the order of their names, ten per second.
    Images(PathBuf),
    /// A V4L2 device.
    Camera(PathBuf),
    /// An RTSP camera.
    Rtsp(Line),
    /// A GStreamer pipeline fragment.
    Fragment(String),
}

impl Source {
    /// Parses the text of a source. `test` stands for the portrait if all methods are passive, otherwise for
    /// the rendered person. `rtsp` holds the workflow's settings of RTSP cameras.
    ///
    /// # Errors
    /// The text names no source, or its file, folder or device cannot be opened.
    pub fn parse(text: &str, methods: &[Method], rtsp: Option<&Rtsp>) -> Result<Self, Failure> {
        match text.split_once(':') {
            None if text == "test" => {
                let still = methods.iter().all(|method| *method == Method::Passive);
                Ok(if still { Self::Portrait } else { Self::Person })
            }
            Some(("file", path)) => existing(path_of(path)?).map(Self::File),
            Some(("images", path)) => images::folder(path_of(path)?).map(Self::Images),
            Some(("rtsp" | "rtsps", _)) => Line::new(text, rtsp).map(Self::Rtsp),
            Some(("v4l2", device)) => existing(path_of(device)?).map(Self::Camera),
            Some(("pipeline", fragment)) if !fragment.trim().is_empty() => {
                Ok(Self::Fragment(fragment.to_owned()))
            }
            _ => Err(Failure::usage(format!("unknown source \"{text}\"; use {SOURCES}"))),
        }
    }

    /// Returns true if the source delivers frames in real time, whether or not they are consumed.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Camera(_) | Self::Rtsp(_) | Self::Fragment(_))
    }

    /// Returns true if the source delivers frames faster than real time unless a sink holds them back.
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
            Self::File(path) if is_picture(path) => format!("appsrc name={INPUT} format=time"),
            Self::File(_) => {
                format!("uridecodebin name={INPUT} ! videoconvert ! videoflip video-direction=auto")
            }
            Self::Images(_) => format!("appsrc name={INPUT} format=time"),
            Self::Camera(_) => format!("v4l2src name={INPUT} ! decodebin"),
            Self::Rtsp(_) => format!("identity name={INPUT}"),
            Self::Fragment(fragment) => fragment.clone(),
        }
    }

    /// Builds the pipeline of the source.
    ///
    /// # Errors
    /// An element is missing, or the source cannot be opened.
    pub fn open(&self) -> Result<Open, Failure> {
        // Conversion costs nothing if the caps already match; the queue separates decoding from analysis.
        let queue = "queue max-size-buffers=4 max-size-bytes=0 max-size-time=0";
        let mut open = Open::parse(&format!("{} ! {queue} ! videoconvert name={TAIL}", self.description()))?;
        match self {
            Self::Portrait => open.push(PORTRAIT.to_vec(), "image/png")?,
            Self::File(path) if is_picture(path) => images::feed_one(&open.appsrc()?, path)?,
            Self::File(path) => open.input()?.set_property("uri", uri(path)?),
            Self::Camera(device) => open.input()?.set_property("device", device.display().to_string()),
            Self::Images(folder) => images::feed(&open.appsrc()?, folder)?,
            Self::Rtsp(line) => open.camera = Some(Camera::new(line.clone(), &open)?),
            Self::Person | Self::Fragment(_) => {}
        }
        Ok(open)
    }
}

fn path_of(rest: &str) -> Result<PathBuf, Failure> {
    location::of_source(rest).map_err(|fault| Failure::usage(fault.to_string()))
}

fn existing(path: PathBuf) -> Result<PathBuf, Failure> {
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            Err(Failure::no_input(format!("{} is a folder", path.display())))
        }
        Ok(_) => Ok(path),
        Err(e) => {
            let escaped = path.to_str().is_some_and(|path| path.contains('%'));
            let hint = if escaped { "; an address with %20 and the like begins with file:///" } else { "" };
            Err(Failure::no_input(format!("{} cannot be opened: {e}{hint}", path.display())))
        }
    }
}

fn uri(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path).map_err(|e| Failure::no_input(e.to_string()))?;
    let uri = glib::filename_to_uri(&absolute, None);
    uri.map(Into::into).map_err(|e| Failure::no_input(format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn sources_are_told_by_their_scheme() {
        let parse = |text: &str| Source::parse(text, &[Method::Passive], None);
        assert_eq!(parse("test").unwrap(), Source::Portrait);
        assert_eq!(Source::parse("test", &[Method::Passive, Method::Action], None).unwrap(), Source::Person);
        let fragment = "videotestsrc pattern=ball ! video/x-raw,format=NV12";
        assert_eq!(parse(&format!("pipeline:{fragment}")).unwrap(), Source::Fragment(fragment.into()));
        for (text, code) in [
            ("", Code::Usage),
            ("pipeline:", Code::Usage),
            ("webcam", Code::Usage),
            ("rtsp://", Code::Usage),
            ("file:///nowhere/100%", Code::Usage),
            ("file://elsewhere.example/clip.mkv", Code::Usage),
            ("file:~nobody/clip.mkv", Code::Usage),
            ("file:///nowhere/my%20clip.mkv", Code::NoInput),
            ("images:/nowhere", Code::NoInput),
            ("file:/nowhere/clip.mp4", Code::NoInput),
            ("file:/", Code::NoInput),
            ("v4l2:/dev/video99", Code::NoInput),
        ] {
            assert_eq!(parse(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn a_file_is_found_by_path_and_by_address() {
        let folder = tempfile::tempdir().unwrap();
        let clip = folder.path().join("my clip 100%.mkv");
        std::fs::write(&clip, "").unwrap();
        let plain = format!("file:{}", clip.display());
        let address = glib::filename_to_uri(&clip, None).unwrap();
        assert!(address.contains("my%20clip%20100%25.mkv"));
        for text in [plain.as_str(), address.as_str(), &format!("file:{address}")] {
            assert_eq!(Source::parse(text, &[Method::Passive], None).unwrap(), Source::File(clip.clone()));
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
