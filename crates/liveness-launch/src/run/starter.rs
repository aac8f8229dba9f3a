//! The start of the first check: by the first frame, a face, or a choice on the ready screen.

use gst::prelude::*;
use liveness_screen::Choice;
use liveness_workflow::{Start, Workflow};

use super::kiosk::Kiosk;
use liveness_service::check::Check;
use liveness_service::failure::Failure;

/// A face starts a check when it has been in the picture for this long, in nanoseconds; longer where a warning is to be read.
const FACE_TIME: u64 = 1_000_000_000;
const FACE_TIME_WITH_WARNING: u64 = 4_000_000_000;

/// Sets up the first check to be started as the workflow says.
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

pub struct Starter<'a> {
    workflow: &'a Workflow,
    kiosk: &'a Kiosk,
    started: bool,
}

impl<'a> Starter<'a> {
    pub fn new(workflow: &'a Workflow, kiosk: &'a Kiosk) -> Self {
        Self { workflow, kiosk, started: super::start(workflow) == Start::Immediately }
    }

    pub fn has_started(&self) -> bool {
        self.started
    }

    /// A check has told something: it has begun.
    pub fn hear(&mut self) {
        if !self.started {
            self.started = true;
            self.kiosk.leave_ready();
        }
    }

    /// Starts the check when somebody has chosen to.
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
