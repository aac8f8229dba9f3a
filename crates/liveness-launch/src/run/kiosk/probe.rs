// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe for working video sinks. It runs in a separate process, because some sinks crash without their display.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::cli::ProbeArgs;
use liveness_service::failure::Failure;

/// Timeout of a sink's start.
const PATIENCE: Duration = Duration::from_secs(10);
/// Interval of the checks for the end of the process.
const TICK: Duration = Duration::from_millis(10);

/// Starts the sink `name` in another process, up to READY.
///
/// # Errors
/// Returns the reason as text.
pub fn probe(name: &str) -> Result<(), String> {
    if gst::ElementFactory::find(name).is_none() {
        return Err("not installed".to_owned());
    }
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let child = Command::new(program)
        .args(["probe-sink", name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|e| format!("cannot be probed: {e}"))?;
    let Some(status) = wait(&mut child) else {
        let _ = child.kill().and_then(|()| child.wait());
        return Err("does not start in time".to_owned());
    };
    if status.success() {
        return Ok(());
    }
    Err(reason(status, &mut child))
}

/// Waits for the process. Returns `None` after the timeout.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(TICK),
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
    None
}

/// Returns the reason of the failure as text.
fn reason(status: ExitStatus, child: &mut Child) -> String {
    if let Some(signal) = status.signal() {
        return format!("crashes (signal {signal})");
    }
    let mut said = String::new();
    if let Some(stderr) = &mut child.stderr {
        // The output is short and fits into the pipe's buffer, so the process has not blocked on it.
        let _ = stderr.take(64 << 10).read_to_string(&mut said);
    }
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("does not start");
    last.trim_start_matches("error: ").to_owned()
}

/// Runs the command `probe-sink` in the other process: starts and stops the sink.
///
/// # Errors
/// The sink does not start.
pub fn run(args: &ProbeArgs) -> Result<u8, Failure> {
    let made = gst::ElementFactory::make(&args.sink).build();
    let sink = made.map_err(|e| Failure::unavailable(e.to_string()))?;
    let bus = gst::Bus::new();
    sink.set_bus(Some(&bus));
    let started = sink.set_state(gst::State::Ready);
    let _ = sink.set_state(gst::State::Null);
    if started.is_ok() {
        return Ok(0);
    }
    let told = bus.iter().find_map(|message| match message.view() {
        gst::MessageView::Error(error) => Some(error.error().message().to_owned()),
        _ => None,
    });
    Err(Failure::unavailable(told.unwrap_or_else(|| "does not start".to_owned())))
}
