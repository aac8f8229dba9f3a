//! Picture files of any content through the launcher's decoding.
#![no_main]
#![allow(dead_code, reason = "the launcher's modules, of which only some are asked")]

#[path = "../../src/launch/bounded.rs"]
mod bounded;
#[path = "../../src/launch/credential.rs"]
mod credential;
#[path = "../../src/launch/deadline.rs"]
mod deadline;
#[path = "../../src/launch/failure.rs"]
mod failure;
#[path = "../../src/launch/fault.rs"]
mod fault;
#[path = "launcher_image.rs"]
mod image;
#[allow(unused_imports, reason = "re-exports for the launcher itself")]
#[path = "../../src/launch/input/mod.rs"]
mod input;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
const PATIENCE: Duration = Duration::from_secs(5);

fuzz_target!(|data: &[u8]| {
    gst::init().expect("GStreamer");
    let path = FOLDER.path().join("picture");
    std::fs::write(&path, data).expect("written");
    let begin = Instant::now();
    let decoded = image::file::decode(&path, image::file::Origin::Upload, begin + PATIENCE);
    assert!(begin.elapsed() < 2 * PATIENCE, "the deadline was passed");
    if let Err(failure) = decoded {
        assert!(!failure.text.is_empty() && failure.code != failure::Code::Internal, "{failure}");
    }
});
