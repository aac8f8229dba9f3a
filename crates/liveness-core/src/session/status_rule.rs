// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rules on the fields of a finished check.

use serde_json::Value;

use super::decision::Status;

/// The comparison of a field with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
    Contains,
}

impl Operator {
    /// All operators.
    pub const ALL: [Self; 8] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::AtMost,
        Self::Greater,
        Self::AtLeast,
        Self::In,
        Self::Contains,
    ];

    /// Returns the operator's name in a workflow.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Less => "lt",
            Self::AtMost => "lte",
            Self::Greater => "gt",
            Self::AtLeast => "gte",
            Self::In => "in",
            Self::Contains => "contains",
        }
    }

    /// Returns a description of the required value, or `None` if `value` suits the operator.
    pub fn unfit(self, value: &Value) -> Option<&'static str> {
        match self {
            Self::Less | Self::AtMost | Self::Greater | Self::AtLeast if !value.is_number() => {
                Some("a number")
            }
            Self::In if !value.is_array() => Some("a list"),
            Self::Contains if !value.is_string() => Some("a text"),
            _ => None,
        }
    }

    fn holds(self, field: &Value, value: &Value) -> bool {
        let numbers = field.as_f64().zip(value.as_f64());
        let equal =
            |other: &Value| field.as_f64().zip(other.as_f64()).map_or(field == other, |(a, b)| a == b);
        match self {
            Self::Equal => equal(value),
            Self::NotEqual => !equal(value),
            Self::Less => numbers.is_some_and(|(field, value)| field < value),
            Self::AtMost => numbers.is_some_and(|(field, value)| field <= value),
            Self::Greater => numbers.is_some_and(|(field, value)| field > value),
            Self::AtLeast => numbers.is_some_and(|(field, value)| field >= value),
            Self::In => value.as_array().is_some_and(|list| list.iter().any(equal)),
            Self::Contains => {
                field.as_str().zip(value.as_str()).is_some_and(|(field, value)| field.contains(value))
            }
        }
    }
}

/// A rule that changes a check's status if a field fulfils a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusRule {
    /// Path of field names, separated by dots. In a list, one fulfilling item is sufficient.
    pub field: String,
    /// The comparison.
    pub operator: Operator,
    /// The value to compare the field with.
    pub value: Value,
    /// The check's status if the rule holds.
    pub status: Status,
}

impl StatusRule {
    /// Returns whether the rule holds. A missing or null field fulfils no rule. In a list, `ne` requires all
    /// items to differ.
    pub fn holds(&self, check: &Value) -> bool {
        let mut found = Vec::new();
        collect(check, &self.field, &mut found);
        let mut items = found.into_iter().filter(|field| !field.is_null()).peekable();
        if self.operator == Operator::NotEqual {
            return items.peek().is_some() && items.all(|field| self.operator.holds(field, &self.value));
        }
        items.any(|field| self.operator.holds(field, &self.value))
    }
}

fn collect<'a>(value: &'a Value, way: &str, found: &mut Vec<&'a Value>) {
    if let Value::Array(items) = value {
        items.iter().for_each(|item| collect(item, way, found));
    } else if way.is_empty() {
        found.push(value);
    } else {
        let (first, rest) = way.split_once('.').unwrap_or((way, ""));
        value.get(first).into_iter().for_each(|value| collect(value, rest, found));
    }
}

/// Returns the status set by the first rule that holds, or `status` if none holds. An abandoned check keeps
/// its status, and a check with an error-level warning is never approved.
pub fn apply_status_rules(rules: &[StatusRule], check: &Value, status: Status) -> Status {
    let Some(rule) = rules.iter().find(|rule| rule.holds(check)) else {
        return status;
    };
    let warnings = check["warnings"].as_array();
    let error = warnings.is_some_and(|all| all.iter().any(|warning| warning["log_type"] == "error"));
    let settled = matches!(status, Status::Approved | Status::InReview | Status::Declined);
    if settled && !(error && rule.status == Status::Approved) { rule.status } else { status }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(field: &str, operator: Operator, value: Value) -> StatusRule {
        StatusRule { field: field.into(), operator, value, status: Status::InReview }
    }

    #[test]
    fn every_operator_compares() {
        let check = json!({"score": 70.5, "method": "PASSIVE", "age": null, "warnings": [{"risk": "A"}, {"risk": "B"}]});
        for (field, operator, value, expected) in [
            ("score", Operator::Less, json!(71), true),
            ("score", Operator::AtMost, json!(70.5), true),
            ("score", Operator::Greater, json!(70.5), false),
            ("score", Operator::AtLeast, json!(70.5), true),
            ("score", Operator::Equal, json!("70.5"), false),
            ("method", Operator::In, json!(["FLASHING", "PASSIVE"]), true),
            ("method", Operator::Contains, json!("ASS"), true),
            ("warnings.risk", Operator::Equal, json!("B"), true),
            ("warnings.risk", Operator::NotEqual, json!("B"), false),
            ("warnings.risk", Operator::NotEqual, json!("C"), true),
            ("age", Operator::NotEqual, json!(3), false),
            ("nowhere.at.all", Operator::Equal, json!(null), false),
        ] {
            assert_eq!(rule(field, operator, value).holds(&check), expected, "{field} {operator:?}");
        }
    }

    #[test]
    fn the_first_rule_that_holds_decides_but_never_approves_an_error() {
        let to = |status, score: i64| StatusRule { status, ..rule("score", Operator::AtLeast, json!(score)) };
        let rules = [to(Status::Declined, 90), to(Status::Approved, 50)];
        let check = |score: i64, log: &str| json!({"score": score, "warnings": [{"log_type": log}]});
        let given = |score, log, status| apply_status_rules(&rules, &check(score, log), status);
        assert_eq!(given(95, "warning", Status::Approved), Status::Declined);
        assert_eq!(given(55, "warning", Status::InReview), Status::Approved);
        assert_eq!(given(55, "error", Status::Declined), Status::Declined);
        assert_eq!(given(55, "warning", Status::Abandoned), Status::Abandoned);
        assert_eq!(given(10, "warning", Status::InReview), Status::InReview);
    }
}
