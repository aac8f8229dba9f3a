// SPDX-License-Identifier: MIT OR Apache-2.0

//! Picture files as video frames: names, sizes, and a deadline that covers opening, reading and decoding.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use ::image::RgbImage;

use super::decode;
use crate::bounded;
use crate::deadline::before;
use crate::failure::Failure;

/// Extensions of picture files, in lower case.
const ENDINGS: [&str; 11] =
    ["jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "png", "apng", "tif", "tiff", "webp"];

/// The origin of a picture, which determines the maximum size of its file.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// A file that another person may have sent: at most 5 MB.
    Upload,
    /// A file of the operator: at most 100 MB.
    Media,
}

impl Origin {
    /// Returns the maximum size of a file in megabytes (10⁶ bytes).
    const fn max_megabytes(self) -> u64 {
        match self {
            Self::Upload => 5,
            Self::Media => 100,
        }
    }
}

/// Decodes a picture file to one RGB frame, upright by its orientation tag, with transparent areas on white.
///
/// # Errors
/// `Code::Data` if the file is not a picture within the limits, or if opening, reading and decoding do not
/// end by `deadline`. `Code::NoInput` if the file cannot be read.
pub fn decode(path: &Path, origin: Origin, deadline: Instant) -> Result<gst::Sample, Failure> {
    check_ending(path)?;
    let path = path.to_path_buf();
    let pixels = before(deadline, move || decode::upright(&read(&path, origin)?))?;
    sample(pixels)
}

/// Returns true if the file's name has the extension of a picture.
pub fn is_picture(path: &Path) -> bool {
    path.extension().is_some() && check_ending(path).is_ok()
}

/// Checks the extension. A wrong one is probably a mix-up, so it is an error. The content determines the
/// format.
fn check_ending(path: &Path) -> Result<(), Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending {
        Some(ending) if !ENDINGS.contains(&ending.as_str()) => {
            Err(Failure::data(format!("only jpg, jpeg, png, tiff and webp are judged, not {ending}")))
        }
        _ => Ok(()),
    }
}

/// Reads the file, up to the maximum size of its origin.
fn read(path: &Path, origin: Origin) -> Result<Vec<u8>, Failure> {
    let failed = |e: std::io::Error| Failure::no_input(format!("it cannot be read: {e}"));
    let limit = origin.max_megabytes() * 1_000_000;
    let read = File::open(path).and_then(|file| bounded::read(file, limit)).map_err(failed)?;
    match read {
        Some(bytes) if bytes.is_empty() => Err(Failure::data("it is empty")),
        Some(bytes) => Ok(bytes),
        None => Err(Failure::data(format!("it is larger than {} MB", origin.max_megabytes()))),
    }
}

/// Wraps the pixels in a frame without copying them.
fn sample(pixels: RgbImage) -> Result<gst::Sample, Failure> {
    let failed = |e: glib::BoolError| Failure::internal(format!("the picture is no frame: {e}"));
    let (width, height) = pixels.dimensions();
    let stride = i32::try_from(3 * width).map_err(|_| Failure::data("it is too wide"))?;
    let format = gst_video::VideoFormat::Rgb;
    let info = gst_video::VideoInfo::builder(format, width, height).build().map_err(failed)?;
    let caps = info.to_caps().map_err(failed)?;
    let mut buffer = gst::Buffer::from_mut_slice(pixels.into_raw());
    let only = buffer.make_mut();
    only.set_pts(gst::ClockTime::ZERO);
    // Without this meta, GStreamer expects rows padded to four bytes.
    let flags = gst_video::VideoFrameFlags::empty();
    gst_video::VideoMeta::add_full(only, flags, format, width, height, &[0], &[stride]).map_err(failed)?;
    Ok(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;
    use gst_video::VideoFrameExt;

    #[test]
    fn the_ending_must_be_a_pictures() {
        for good in ["a.jpg", "b.JPEG", "c.webp", "d.tif", "e.jfif", "f.JPE", "g.JfIf", "stdin"] {
            assert!(check_ending(Path::new(good)).is_ok(), "{good}");
        }
        assert_eq!(check_ending(Path::new("a.gif")).unwrap_err().code, Code::Data);
    }

    #[test]
    fn rows_are_not_padded() {
        gst::init().unwrap();
        let pixels = RgbImage::from_fn(3, 2, |x, y| ::image::Rgb([x as u8, y as u8, 7]));
        let sample = sample(pixels).unwrap();
        let info = gst_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        let frame =
            gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer().unwrap(), &info).unwrap();
        assert_eq!(frame.plane_stride()[0], 9);
        assert_eq!(frame.plane_data(0).unwrap()[9..12], [0, 1, 7]);
    }
}
