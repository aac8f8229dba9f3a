// SPDX-License-Identifier: MIT OR Apache-2.0

//! The start of the first check: by the first frame, by a face, or by a choice on the ready screen.

use gst::prelude::*;
use liveness_screen::Choice;
use liveness_workflow::{Start, Workflow};

use super::kiosk::Kiosk;
use liveness_service::check::Check;
use liveness_service::failure::Failure;

/// Nanoseconds that a face must be in the picture to start a check.
const FACE_TIME: u64 = 1_000_000_000;
/// The same for a check with light: people must have time to read the warning.
const FACE_TIME_WITH_WARNING: u64 = 4_000_000_000;

/// Sets the start of the first check as the workflow requests.
pub fn prepare(workflow: &Workflow, elements: &[gst::Element]) {
    let Some(first) = elements.first() else { return };
    let light = workflow.has_light();
    match super::start(workflow) {
        Start::Immediately => {}
        Start::Face => {
            first.set_property("face-time", if light { FACE_TIME_WITH_WARNING } else { FACE_TIME })
        }
        Start::Touch => first.set_property("auto-start", false),
    }
}

/// The start of a session.
pub struct Starter<'a> {
    workflow: &'a Workflow,
    kiosk: &'a Kiosk,
    started: bool,
}

impl<'a> Starter<'a> {
    /// Creates the start of a workflow's session.
    pub fn new(workflow: &'a Workflow, kiosk: &'a Kiosk) -> Self {
        Self { workflow, kiosk, started: super::start(workflow) == Start::Immediately }
    }

    /// Returns whether the session has started.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// Marks the session as started, at its first message, and removes the ready screen.
    pub fn hear(&mut self) {
        if !self.started {
            self.started = true;
            self.kiosk.leave_ready();
        }
    }

    /// Starts the check if a choice was made on the ready screen.
    ///
    /// # Errors
    /// The checks cannot be changed to run without light.
    pub fn look(&mut self, check: &Check) -> Result<(), Failure> {
        let Some(choice) = self.kiosk.choice().filter(|_| !self.started) else { return Ok(()) };
        if choice == Choice::Calm {
            let mut calm = self.workflow.clone();
            calm.drop_light();
            check.reconfigure(&calm.nodes)?;
        }
        check.begin();
        self.hear();
        Ok(())
    }
}
