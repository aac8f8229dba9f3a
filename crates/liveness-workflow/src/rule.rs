// SPDX-License-Identifier: MIT OR Apache-2.0

//! A status rule as written in a workflow file.

use std::sync::LazyLock;

use liveness_core::check::Method;
use liveness_core::session::{Decision, LivenessCheck, Operator, Status, StatusRule};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::document::Step;
use super::fault::Fault;
use super::word::{Name, Word};

/// Returns the names of a check's fields in the decision.
fn check_fields() -> &'static [String] {
    static FIELDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let check = LivenessCheck::new("", Method::Passive, &Decision::abandoned(), None);
        let check: Map<String, Value> = serde_json::from_str(&check.to_json()).unwrap_or_default();
        check.into_iter().map(|(field, _)| field).collect()
    });
    &FIELDS
}

/// A rule that sets the status of a check if a field of the decision fulfils a condition
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Field of the check in the decision, such as score, warnings.risk or evidence.attempts_used
    pub field: Name,
    /// Comparison of the field with the value
    pub operator: Word<Operator>,
    /// Value to compare the field with; a list for the operator `in`
    pub value: Value,
    /// Status of the check if the rule holds
    pub status: Word<Status>,
}

impl Rule {
    /// Returns the rule in the form that decisions use.
    pub fn status_rule(&self) -> StatusRule {
        let Self { field, operator, value, status } = self;
        StatusRule { field: field.0.clone(), operator: operator.0, value: value.clone(), status: status.0 }
    }

    /// Returns whether the rule's field is estimated only on request: age or gender.
    pub fn is_on_age(&self) -> bool {
        let field = self.field.0.as_str();
        field == "age_estimation" || field.starts_with("evidence.gender")
    }

    /// Returns the faults of the rule: an unknown field or an unsuitable value. Such a rule would silently
    /// never hold.
    pub fn faults(&self, path: &[Step]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let first = self.field.0.split('.').next().unwrap_or_default();
        if !check_fields().iter().any(|field| field == first) {
            let text = format!("a check has no field {first}, but {}", check_fields().join(", "));
            faults.push(Fault::of_key(path, "field", text));
        }
        if let Some(wanted) = self.operator.0.unfit(&self.value) {
            let text = format!("the operator {} takes {wanted}", self.operator.0.name());
            faults.push(Fault::of_key(path, "value", text));
        }
        faults
    }
}
