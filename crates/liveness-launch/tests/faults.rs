// SPDX-License-Identifier: MIT OR Apache-2.0

//! Faults of disks, folders and cameras: the messages of the launcher, and what it keeps.
//!
//! Decisions need ONNX Runtime (`ORT_DYLIB_PATH`).

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder with a workflow that keeps its sessions.
fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("key"), "the store's key of the tests").unwrap();
    assert!(Command::new("chmod").arg("600").arg(at("key")).status().unwrap().success());
    let workflow = json!({"method": "passive", "store": {"path": "s.db", "key_file": "key"}});
    fs::write(at("w.json"), workflow.to_string()).unwrap();
    folder
}

/// Runs a shell line in the folder; `launch` is the program.
fn shell(folder: &tempfile::TempDir, line: &str) -> (i32, String, String) {
    let line = line.replace("launch ", concat!(env!("CARGO_BIN_EXE_liveness-launch"), " "));
    let Output { status, stdout, stderr } =
        Command::new("bash").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

fn events(folder: &tempfile::TempDir) -> u64 {
    let (status, told, said) = shell(folder, "launch sessions verify --store s.db --key-file key");
    assert_eq!(status, 0, "{said}");
    serde_json::from_str::<Value>(&told).unwrap()["events"].as_u64().unwrap()
}

#[test]
fn on_a_full_disk_nothing_is_told_that_is_not_kept() {
    let folder = desk();
    assert_eq!(shell(&folder, "launch run w.json --json").0, 0);
    let before = events(&folder);
    // The kernel refuses to let any file grow beyond so many KiB, as a full disk would.
    for kib in [0, 4, 8, 16, 24] {
        let (status, told, said) =
            shell(&folder, &format!("trap '' XFSZ; ulimit -f {kib}; exec launch run w.json --json"));
        if status == 0 {
            // There was room after all: then it is kept.
            assert!(events(&folder) > before, "{kib} KiB");
            continue;
        }
        assert_eq!(status, 74, "{kib} KiB: {said}");
        assert!(!told.contains("Approved"), "{kib} KiB: {told}");
        assert!(said.contains("liveness-launch:") && !said.contains("panicked"), "{kib} KiB: {said}");
    }
    let kept = events(&folder);
    assert_eq!(shell(&folder, "launch run w.json --json").0, 0, "all is well when there is room again");
    assert!(events(&folder) > kept);
}

#[test]
fn nothing_is_led_out_of_a_folder_of_evidence() {
    let folder = desk();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("own")).unwrap();
    fs::write(at("victim"), "mine").unwrap();
    for name in ["own/decision.json", "own/reference.jpg", "single.json"] {
        std::os::unix::fs::symlink(at("victim"), at(name)).unwrap();
    }
    let run = "launch run w.json --json --evidence own --decision single.json";
    assert_eq!(shell(&folder, &format!("chmod 644 victim; {run}")).0, 0);
    assert_eq!(shell(&folder, "cat victim; stat -c %a victim").1, "mine644\n");
    for name in ["own/decision.json", "own/reference.jpg", "single.json"] {
        let written = fs::symlink_metadata(at(name)).unwrap();
        assert!(written.is_file() && written.len() > 100, "{name}");
    }
    let refusals = [
        ("chmod 777 own; launch run w.json --json --evidence own", 74),
        ("mkdir -m 777 open; launch run w.json --json --decision open/decision.json", 74),
        ("mkdir -m 1777 tmp; launch faces list --store tmp/s.db --key-file key", 66),
        ("launch faces import none --store tmp/s.db --key-file key", 66),
        ("ln -s s.db link.db; launch faces import none --store link.db --key-file key", 66),
    ];
    for (line, expected) in refusals {
        let (status, _, said) = shell(&folder, line);
        assert_eq!(status, expected, "{line}: {said}");
    }
    let (_, _, said) = shell(&folder, "launch run w.json --json --evidence own");
    assert!(said.contains("other users can write to the folder (mode 0777)"), "{said}");
    assert!(!at("tmp/s.db").exists());
}

#[test]
fn evidence_that_cannot_be_written_is_told() {
    let folder = desk();
    // Not even root makes files there.
    for place in ["/proc/liveness", "/proc/self", "w.json/evidence"] {
        let (status, _, said) = shell(&folder, &format!("launch run w.json --json --evidence {place}"));
        assert_eq!(status, 74, "{place}: {said}");
        assert!(said.contains(place) && !said.contains("panicked"), "{place}: {said}");
    }
    // The sessions are whole all the same.
    events(&folder);
}

#[test]
fn a_camera_that_sends_nothing_is_given_up_in_time() {
    let folder = desk();
    let source = "pipeline:appsrc caps=video/x-raw,format=I420,width=64,height=64,framerate=30/1";
    let (status, told, said) =
        shell(&folder, &format!("launch run w.json --json --timeout 2 --source '{source}'"));
    assert_eq!(status, 3, "{said}");
    assert!(told.contains("Abandoned"), "{told}");
}
