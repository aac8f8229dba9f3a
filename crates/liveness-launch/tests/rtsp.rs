// SPDX-License-Identifier: MIT OR Apache-2.0

//! RTSP cameras, as a real server on the loopback plays them.
//!
//! Needs Python's GObject bindings with gst-rtsp-server (`make setup`) and ONNX Runtime (`ORT_DYLIB_PATH`).

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/rtsp_server.py");
const PORTRAIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/media/astronaut.png");
const USER: &str = "visitor";
const PASSWORD: &str = "opensesame";

/// A camera; off when it is dropped.
struct Camera(Child);

impl Camera {
    fn on(port: u16, credentials: &[&str]) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.args([SERVER, &port.to_string(), PORTRAIT]).args(credentials);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n", "the server does not start: is gir1.2-gst-rtsp-server-1.0 installed?");
        Self(child)
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A session on the camera at `port`.
struct Session {
    child: Child,
    lines: Box<dyn Iterator<Item = Value>>,
    _folder: tempfile::TempDir,
}

impl Session {
    fn start(port: u16, transport: &str, frames: u32, timeout: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workflow = json!({
            "method": "passive", "frames": frames, "interval_ms": 0, "attempt_timeout_s": 60, "max_attempts": 1,
            "source": format!("rtsp://127.0.0.1:{port}/cam"),
            "rtsp": {"transport": transport, "user_env": "CAMERA_USER", "password_env": "CAMERA_PASSWORD", "latency_ms": 50},
        });
        let path = folder.path().join("w.json");
        fs::write(&path, workflow.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_liveness-launch"));
        command.args(["run", path.to_str().unwrap(), "--json", "--timeout", timeout]);
        // As a secret in a file: a byte order mark and line ends do not count.
        command
            .env("CAMERA_USER", format!("{USER}\n"))
            .env("CAMERA_PASSWORD", format!("\u{feff}{PASSWORD}\r\n"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = Box::new(lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()));
        Self { child, lines, _folder: folder }
    }

    /// Until so many frames have been looked at.
    fn wait_for(&mut self, frames: u64) {
        let seen = |line: &Value| line["frames-analysed"].as_u64().is_some_and(|seen| seen >= frames);
        assert!(self.lines.any(|line| seen(&line)), "{}", self.said());
    }

    fn said(&mut self) -> String {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }

    /// Exit status, last line and what was said.
    fn end(mut self) -> (i32, Value, String) {
        let last = self.lines.by_ref().last().unwrap_or_default();
        let said = self.said();
        assert!(!said.contains(PASSWORD) && !last.to_string().contains(PASSWORD), "{said}");
        (self.child.wait().unwrap().code().unwrap(), last, said)
    }
}

#[test]
fn a_camera_that_is_cut_and_comes_back_ends_its_session() {
    let port = free_port();
    let camera = Camera::on(port, &[]);
    let mut session = Session::start(port, "tcp", 45, "50");
    session.wait_for(5);
    drop(camera);
    sleep(Duration::from_millis(1200));
    let _camera = Camera::on(port, &[]);
    let (status, last, said) = session.end();
    assert_eq!((status, last["status"].as_str()), (0, Some("Approved")), "{said}");
    assert!(said.contains("the camera is lost"), "{said}");
    assert!(last["json"]["evidence"]["frames_analysed"].as_u64() >= Some(45));
}

#[test]
fn udp_and_a_password_from_the_environment_do_as_well() {
    let port = free_port();
    let _camera = Camera::on(port, &[USER, PASSWORD]);
    let (status, last, said) = Session::start(port, "udp", 5, "30").end();
    assert_eq!((status, last["status"].as_str()), (0, Some("Approved")), "{said}");
}

#[test]
fn a_wrong_password_is_told_at_once() {
    let port = free_port();
    let _camera = Camera::on(port, &[USER, "another"]);
    let (status, _, said) = Session::start(port, "tcp", 5, "30").end();
    assert_eq!(status, 66, "{said}");
    assert!(said.contains("the camera refuses the user and password"), "{said}");
}

#[test]
fn a_camera_that_is_not_there_is_waited_for() {
    let port = free_port();
    let session = Session::start(port, "tcp", 5, "30");
    sleep(Duration::from_millis(1500));
    let _camera = Camera::on(port, &[]);
    let (status, _, said) = session.end();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("again in 0.5 s") && said.contains("again in 1.0 s"), "{said}");
}
