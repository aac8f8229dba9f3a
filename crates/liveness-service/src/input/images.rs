// SPDX-License-Identifier: MIT OR Apache-2.0

//! Picture files as a video source: a single picture, or all pictures of a folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::image::file::{self, Origin};

/// Duration of one picture in the video.
const EACH: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// Maximum time to decode a picture; a slower one of a folder is skipped.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the folder if it holds pictures.
///
/// # Errors
/// The folder cannot be opened or holds no pictures.
pub fn folder(folder: PathBuf) -> Result<PathBuf, Failure> {
    match pictures(&folder)?.is_empty() {
        true => Err(Failure::no_input(format!("{} holds no pictures", folder.display()))),
        false => Ok(folder),
    }
}

/// Returns the folder's regular files with the name of a picture, sorted by path.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e| Failure::no_input(format!("{} cannot be opened: {e}", folder.display()));
    let entries = folder.read_dir().map_err(failed)?.flatten().map(|entry| entry.path());
    let mut pictures: Vec<_> = entries.filter(|path| file::is_picture(path) && path.is_file()).collect();
    pictures.sort();
    Ok(pictures)
}

/// Feeds the pictures of a folder to `source` on demand, and then the end of the stream.
///
/// # Errors
/// The folder cannot be opened.
pub fn feed(source: &gst_app::AppSrc, folder: &Path) -> Result<(), Failure> {
    let mut samples = pictures(folder)?.into_iter().filter_map(|path| decode_or_skip(&path));
    let mut time = gst::ClockTime::ZERO;
    let need_data = move |source: &gst_app::AppSrc, _: u32| {
        // A stopped source refuses pictures and needs no more of them.
        let _ = match samples.next() {
            Some(sample) => source.push_sample(&timed(&sample, time)),
            None => source.end_of_stream(),
        };
        time += EACH;
    };
    source.set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(need_data).build());
    Ok(())
}

/// Feeds one picture to `source`, and then the end of the stream.
///
/// # Errors
/// The picture cannot be decoded, or the source does not accept it.
pub fn feed_one(source: &gst_app::AppSrc, path: &Path) -> Result<(), Failure> {
    let sample = decode(path).map_err(|failure| failure.about(path.display()))?;
    let pushed = source.push_sample(&sample).and_then(|_| source.end_of_stream());
    pushed.map(|_| ()).map_err(|_| Failure::internal("the pipeline takes no frame"))
}

fn decode(path: &Path) -> Result<gst::Sample, Failure> {
    file::decode(path, Origin::Media, Instant::now() + PATIENCE)
}

fn decode_or_skip(path: &Path) -> Option<gst::Sample> {
    decode(path).inspect_err(|failure| tracing::warn!("{} is passed over: {failure}", path.display())).ok()
}

fn timed(sample: &gst::Sample, time: gst::ClockTime) -> gst::Sample {
    let mut buffer = sample.buffer_owned().unwrap_or_default();
    let untied = buffer.make_mut();
    untied.set_pts(time);
    untied.set_duration(EACH);
    let caps = sample.caps_owned().unwrap_or_else(gst::Caps::new_empty);
    gst::Sample::builder().buffer(&buffer).caps(&caps).build()
}
