//! The sources of a workflow's video.

use liveness_core::location;

/// The accepted sources, for error messages.
pub const SOURCES: &str =
    "test, file:PATH, images:FOLDER, v4l2:/dev/videoN, rtsp://… or pipeline:GST-LAUNCH-FRAGMENT";

/// Returns the fault in the form of a source. A missing source is detected only when it is opened.
pub(super) fn fault(source: &str) -> Option<String> {
    let known = match source.split_once(':') {
        None => source == "test",
        Some(("rtsp" | "rtsps", rest)) => return fault_of_address(rest),
        Some(("file" | "images" | "v4l2", rest)) if !rest.trim().is_empty() => {
            return location::of_source(rest).err().map(|fault| format!("source: {fault}"));
        }
        Some(("pipeline", rest)) => !rest.trim().is_empty(),
        Some(_) => false,
    };
    (!known).then(|| format!("source must be {SOURCES}, not \"{source}\""))
}

fn fault_of_address(rest: &str) -> Option<String> {
    let host = rest.strip_prefix("//").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if host.is_empty() {
        Some("source needs an address: rtsp://HOST/PATH".to_owned())
    } else if host.contains('@') {
        Some("source holds a user or password: put them into the environment, see `rtsp`".to_owned())
    } else {
        None
    }
}
