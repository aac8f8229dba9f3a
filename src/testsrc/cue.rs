// SPDX-License-Identifier: MIT OR Apache-2.0

//! The upstream events of the checks, converted to the actor's prompts and patterns.

use liveness_core::check::{Action, ActionState};
use liveness_render::actor::{Pattern, Prompt};

/// The content of an upstream event. Times are running times.
#[derive(Clone, Debug, PartialEq)]
pub enum Cue {
    /// A requested action.
    Action { action: Action, at: Option<gst::ClockTime>, deadline: Option<gst::ClockTime> },
    /// A light pattern; without colours, the light is off.
    Light { at: Option<gst::ClockTime>, rows: usize, columns: usize, colors: Vec<u32> },
}

impl Cue {
    /// Reads an event. Returns `None` if it is not a request for the actor, or if a field is missing or invalid.
    pub fn of(structure: &gst::StructureRef) -> Option<Self> {
        match structure.name().as_str() {
            "liveness/action" => Self::action(structure),
            "liveness/light" => Self::light(structure),
            _ => None,
        }
    }

    fn action(structure: &gst::StructureRef) -> Option<Self> {
        if structure.get::<&str>("state").ok()? != ActionState::Requested.name() {
            return None;
        }
        let action = Action::from_name(structure.get("action").ok()?)?;
        Some(Self::Action {
            action,
            at: time(structure, "running-time"),
            deadline: time(structure, "deadline"),
        })
    }

    fn light(structure: &gst::StructureRef) -> Option<Self> {
        let at = time(structure, "running-time");
        if !structure.get::<bool>("active").ok()? {
            return Some(Self::Light { at, rows: 0, columns: 0, colors: Vec::new() });
        }
        let count = |field| structure.get::<u32>(field).ok().map(|n| n as usize);
        let array = structure.get::<gst::ArrayRef>("colors").ok()?;
        let colors = array.as_slice().iter().map(|v| v.get::<u32>().ok()).collect::<Option<Vec<_>>>()?;
        Some(Self::Light { at, rows: count("rows")?, columns: count("columns")?, colors })
    }

    /// Returns the prompt of an action. A prompt takes effect at `now` at the earliest. `seconds` converts a running
    /// time to the actor's time.
    pub fn prompt(&self, now: gst::ClockTime, seconds: impl Fn(gst::ClockTime) -> f64) -> Option<Prompt> {
        let Self::Action { action, at, deadline } = self else { return None };
        let at = at.map_or(now, |at| at.max(now));
        Some(Prompt { action: *action, at: seconds(at), deadline: deadline.map(seconds) })
    }

    /// Returns the pattern of a light event. It takes effect at `now` at the earliest, before the display latency.
    pub fn pattern(self, now: gst::ClockTime, seconds: impl Fn(gst::ClockTime) -> f64) -> Option<Pattern> {
        let Self::Light { at, rows, columns, colors } = self else { return None };
        let at = seconds(at.map_or(now, |at| at.max(now)));
        Pattern::new(at, rows, columns, colors)
    }
}

/// Returns a time field, or `None` if it is missing or `GST_CLOCK_TIME_NONE`.
fn time(structure: &gst::StructureRef, field: &str) -> Option<gst::ClockTime> {
    structure.get::<u64>(field).ok().and_then(|t| gst::ClockTime::try_from(t).ok())
}
