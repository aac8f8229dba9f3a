// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sources of a workflow's video.

use liveness_core::location;

/// The accepted sources, for error messages.
pub const SOURCES: &str =
    "test, file:PATH, images:FOLDER, v4l2:/dev/videoN, rtsp://… or pipeline:GST-LAUNCH-FRAGMENT";

/// Returns the fault in the form of a source. A missing source is detected only when it is opened.
pub(super) fn fault(source: &str) -> Option<String> {
    let known = match source.split_once(':') {
        None => source == "test",
        Some(("rtsp" | "rtsps", _)) => return fault_of_camera(source).map(|fault| format!("source {fault}")),
        Some(("file" | "images" | "v4l2", rest)) if !rest.trim().is_empty() => {
            return location::of_source(rest).err().map(|fault| format!("source: {fault}"));
        }
        Some(("pipeline", rest)) => !rest.trim().is_empty(),
        Some(_) => false,
    };
    (!known).then(|| format!("source must be {SOURCES}, not \"{source}\""))
}

/// Returns the fault of an RTSP camera's address; credentials do not belong into it, also where a password has a slash in it.
pub fn fault_of_camera(address: &str) -> Option<&'static str> {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let before_query = rest.split('?').next().unwrap_or_default();
    let host = before_query.split('/').next().unwrap_or_default();
    // An IPv6 address stands in brackets.
    let port =
        host.rsplit_once(']').map_or(host, |(_, port)| port).split_once(':').map_or("", |(_, port)| port);
    if host.is_empty() {
        Some("needs an address: rtsp://HOST/PATH")
    } else if before_query.contains('@') || !port.bytes().all(|digit| digit.is_ascii_digit()) {
        Some(
            "holds a user or password: put them into the environment, as LIVENESS_RTSP_USER and LIVENESS_RTSP_PASSWORD \
             (write %40 for an @ of the path)",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_in_a_cameras_address() {
        for held in ["me:it@cam/", "me@cam", "me:a/b@cam/1", "me:1/b@cam", "me:pa?ss@cam", "cam:port/1"] {
            let fault = fault_of_camera(&format!("rtsp://{held}"));
            assert!(fault.is_some_and(|fault| fault.starts_with("holds a user")), "{held}: {fault:?}");
        }
        for plain in ["cam", "cam/1", "cam:8554/1?a=b@c", "[fe80::1]:554/1", "[::1]/1", "10.0.0.1:554/a%40b"]
        {
            assert_eq!(fault_of_camera(&format!("rtsps://{plain}")), None, "{plain}");
        }
        for nowhere in ["rtsp://", "rtsp:///1", "rtsp:cam", ""] {
            assert!(fault_of_camera(nowhere).is_some_and(|fault| fault.starts_with("needs")), "{nowhere}");
        }
    }
}
