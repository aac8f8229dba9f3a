// SPDX-License-Identifier: MIT OR Apache-2.0

//! Workflow files of any content: a first byte below 128 makes it JSON, else TOML.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use liveness_workflow::Workflow;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|data: &[u8]| {
    let Some(first) = data.first() else { return };
    let path: PathBuf = FOLDER.path().join(if *first < 128 { "workflow.json" } else { "workflow.toml" });
    let text = if *first < 128 { data } else { &data[1..] };
    std::fs::write(&path, text).expect("written");
    match Workflow::load_all(&path) {
        Ok(workflows) => {
            for workflow in workflows {
                assert!(!workflow.nodes.is_empty());
                for node in &workflow.nodes {
                    let thresholds = node.thresholds();
                    assert!(thresholds.decline <= thresholds.review);
                    let _ = (node.rules(), node.status_rules(), node.screening(), node.light(), node.actions());
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
