// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kiosk screen on a real X server: Xvfb, where it is installed.

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A screen of its own; it ends with the value.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    /// Starts Xvfb; `None` where it is not installed.
    fn start() -> Option<Self> {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]);
        let server = match server.stdout(writer).stderr(Stdio::null()).spawn() {
            Ok(server) => server,
            Err(_) => {
                eprintln!("skipped: Xvfb is not installed (make setup installs it)");
                return None;
            }
        };
        let mut name = String::new();
        let mut byte = [0];
        while reader.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            name.push(char::from(byte[0]));
        }
        assert!(!name.is_empty(), "Xvfb did not start");
        Some(Self { server, name: format!(":{name}") })
    }

    fn run(&self, workflow: &str, args: &[&str]) -> Output {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/workflows/");
        let mut run = Command::new(env!("CARGO_BIN_EXE_liveness-launch"));
        run.args(["run", &format!("{folder}{workflow}.json"), "--source", "test", "--json"]).args(args);
        run.env("DISPLAY", &self.name).env_remove("WAYLAND_DISPLAY").env("LIVENESS_LOG", "info");
        run.stdin(Stdio::null()).output().unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The session, which is the last line.
fn session(output: &Output) -> Value {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let last = stdout.lines().last().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(last).unwrap()
}

#[test]
fn the_same_frames_are_analysed_with_and_without_a_screen() {
    let Some(screen) = Screen::start() else { return };
    let frames = |output: &Output| {
        let session = session(output);
        assert_eq!(session["status"], "Approved", "{session}");
        let evidence = &session["decision"]["liveness_checks"][0]["evidence"];
        (evidence["frames_analysed"].clone(), evidence["frames_skipped"].clone())
    };
    let without = screen.run("passive", &[]);
    let with = screen.run("passive", &["--display", "--start", "immediately"]);
    assert_eq!(frames(&with), frames(&without));
    assert!(dropped(&with) <= IN_FLIGHT);
}

/// Frames that may be on their way to the screen when the session ends.
const IN_FLIGHT: usize = 4;

/// The frames that the screen has not shown, by the log. A busy machine is no reason: the prompts are in them.
fn dropped(output: &Output) -> usize {
    let log = String::from_utf8_lossy(&output.stderr);
    let count = log.split_once("the screen dropped ").and_then(|(_, rest)| rest.split(' ').next());
    count.unwrap_or_else(|| panic!("{log}")).parse().unwrap()
}

#[test]
fn a_check_starts_from_the_ready_screen_and_ends_on_the_kiosk() {
    let Some(screen) = Screen::start() else { return };
    for workflow in ["flash", "action"] {
        let output = screen.run(workflow, &["--display", "--start", "face"]);
        assert_eq!(session(&output)["status"], "Approved", "{workflow}");
        assert!(dropped(&output) <= IN_FLIGHT, "{workflow}");
    }
}
