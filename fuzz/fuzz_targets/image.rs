// SPDX-License-Identifier: MIT OR Apache-2.0

//! Picture files of any content through the service's decoding.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use liveness_service::failure::Code;
use liveness_service::image::file::{Origin, decode};

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
const PATIENCE: Duration = Duration::from_secs(5);

fuzz_target!(|data: &[u8]| {
    gst::init().expect("GStreamer");
    let path = FOLDER.path().join("picture");
    std::fs::write(&path, data).expect("written");
    let begin = Instant::now();
    let decoded = decode(&path, Origin::Upload, begin + PATIENCE);
    assert!(begin.elapsed() < 2 * PATIENCE, "the deadline was passed");
    if let Err(failure) = decoded {
        assert!(!failure.text.is_empty() && failure.code != Code::Internal, "{failure}");
    }
});
