// SPDX-License-Identifier: MIT OR Apache-2.0

//! The configuration of a `livenessbin` from a workflow file.

use std::path::Path;

use gst::prelude::*;

use super::LivenessMethod;
use crate::action::LivenessActions;
use liveness_core::location;
use liveness_core::session::{Screening, Thresholds};
use liveness_workflow::{Node, Workflow, WorkflowError};

/// Sets the properties of a `livenessbin` for a check. Properties that the check does not mention keep their values.
/// The bin must be in the NULL or READY state.
pub fn configure(bin: &impl IsA<gst::Object>, node: &Node) {
    let nanoseconds = |seconds: f64| (seconds * 1e9) as u64;
    let milliseconds = |ms: u64| ms * 1_000_000;
    let Thresholds { decline, review } = node.thresholds();
    let light = node.light();
    let given: [(&str, Option<glib::Value>); 19] = [
        ("method", Some(LivenessMethod::from(node.method.0).into())),
        ("decline-threshold", Some(decline.into())),
        ("review-threshold", Some(review.into())),
        ("rules", Some(crate::rules::to_structure(node.rules()).into())),
        ("max-attempts", node.max_attempts.map(Into::into)),
        ("attempt-timeout", node.attempt_timeout_s.map(nanoseconds).map(Into::into)),
        ("frames", node.frames.map(Into::into)),
        ("interval", node.interval_ms.map(milliseconds).map(Into::into)),
        ("actions", node.actions().map(LivenessActions::from).map(Into::into)),
        ("action-count", node.action_count.map(Into::into)),
        ("action-timeout", node.action_timeout_s.map(nanoseconds).map(Into::into)),
        ("grid-rows", light.rows.map(Into::into)),
        ("grid-columns", light.columns.map(Into::into)),
        ("light-duration", light.duration_s.map(nanoseconds).map(Into::into)),
        ("max-display-latency", light.max_display_latency_ms.map(milliseconds).map(Into::into)),
        ("age-estimation", node.age_estimation.map(Into::into)),
        ("node-id", node.node_id.as_ref().map(|name| name.0.as_str().into())),
        ("mirrored", node.mirrored.map(Into::into)),
        ("models-dir", node.models_dir.as_ref().map(|name| name.0.as_str().into())),
    ];
    for (property, value) in given {
        value.into_iter().for_each(|value| bin.set_property(property, value));
    }
}

/// The workflow file of a bin.
pub(super) struct WorkflowFile {
    /// Path as it was set.
    pub path: String,
    /// The error in the file. It fails the start of the bin, because setting a property cannot fail.
    pub fault: Option<String>,
}

impl WorkflowFile {
    /// Loads the file and configures `bin`; an error is kept in `fault`.
    pub fn put_upon(path: String, bin: &super::LivenessBin) -> Self {
        let loaded = location::path(&path).map_err(|fault| fault.to_string());
        let loaded = loaded.and_then(|path| load(&path).map_err(|error| error.to_string()));
        Self { path, fault: loaded.map(|node| configure(bin, &node)).err() }
    }
}

/// Loads the check of a file that describes exactly one.
///
/// # Errors
/// The file is faulty, has no check or several, or uses features of `liveness-launch`.
fn load(path: &Path) -> Result<Node, WorkflowError> {
    let mut workflow = Workflow::load(path, None)?;
    if workflow.settings.flash == Some(false) {
        workflow.drop_light();
    }
    let beyond = |what| {
        let path = path.display();
        Err(WorkflowError::Faulty(format!("the workflow {path} has {what}: that is for liveness-launch")))
    };
    match workflow.nodes.pop() {
        Some(_) if !workflow.nodes.is_empty() => beyond("several checks"),
        Some(node) if !node.status_rules.is_empty() => beyond("status rules"),
        Some(node) if node.screening() != Screening::default() => beyond("lists of faces"),
        Some(node) => Ok(node),
        None => beyond("no check"),
    }
}
