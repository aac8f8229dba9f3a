//! A folder's pictures as video.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::image;

/// As if they were shown ten a second.
const EACH: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// A picture that takes longer is passed over.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn folder(path: &str) -> Result<PathBuf, Failure> {
    let folder = PathBuf::from(path);
    match pictures(&folder)?.is_empty() {
        true => Err(Failure::no_input(format!("{path} holds no pictures"))),
        false => Ok(folder),
    }
}

/// By their names.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e| Failure::no_input(format!("{} cannot be opened: {e}", folder.display()));
    let entries = folder.read_dir().map_err(failed)?.flatten().map(|entry| entry.path());
    let mut pictures: Vec<_> = entries.filter(|path| image::file::is_picture(path)).collect();
    pictures.sort();
    Ok(pictures)
}

/// Gives a picture whenever one is needed, and then the end.
pub fn feed(source: &gst_app::AppSrc, folder: &Path) -> Result<(), Failure> {
    let mut samples = pictures(folder)?.into_iter().filter_map(|path| decode(&path));
    let mut time = gst::ClockTime::ZERO;
    let need_data = move |source: &gst_app::AppSrc, _: u32| {
        // What does not flow any longer needs no more pictures.
        let _ = match samples.next() {
            Some(sample) => source.push_sample(&timed(&sample, time)),
            None => source.end_of_stream(),
        };
        time += EACH;
    };
    source.set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(need_data).build());
    Ok(())
}

fn decode(path: &Path) -> Option<gst::Sample> {
    image::file::decode(path, Instant::now() + PATIENCE)
        .inspect_err(|failure| tracing::warn!("{} is passed over: {failure}", path.display()))
        .ok()
}

fn timed(sample: &gst::Sample, time: gst::ClockTime) -> gst::Sample {
    let mut buffer = sample.buffer_owned().unwrap_or_default();
    let untied = buffer.make_mut();
    untied.set_pts(time);
    untied.set_duration(EACH);
    let caps = sample.caps_owned().unwrap_or_else(gst::Caps::new_empty);
    gst::Sample::builder().buffer(&buffer).caps(&caps).build()
}
