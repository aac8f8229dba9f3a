// SPDX-License-Identifier: MIT OR Apache-2.0

//! Validation of a document against its schema, with readable faults. Supports the part of JSON Schema that
//! the workflow schema uses.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::document::Step;
use super::fault::{Fault, Faults};
use super::schema::PRINTABLE;

/// Length in bytes above which an unknown field name gets no suggestion, as a comparison costs the product of
/// both lengths.
const MAX_COMPARED: usize = 100;

/// Returns every difference of `value` from `schema`.
pub fn faults(value: &Value, schema: &Value) -> Faults {
    differences(value, schema, schema)
}

fn differences(value: &Value, schema: &Value, root: &Value) -> Faults {
    let mut conformity = Conformity { root, path: Vec::new(), faults: Faults::default() };
    conformity.check(value, schema);
    conformity.faults
}

struct Conformity<'a> {
    /// The schema that `$ref` pointers resolve against.
    root: &'a Value,
    path: Vec<Step>,
    faults: Faults,
}

impl Conformity<'_> {
    fn holds(&self, value: &Value, schema: &Value) -> bool {
        differences(value, schema, self.root).is_empty()
    }

    fn check(&mut self, value: &Value, schema: &Value) {
        let referred = schema["$ref"].as_str().and_then(|way| self.root.pointer(way.trim_start_matches('#')));
        let schema = referred.unwrap_or(schema);
        if !fits(value, schema) {
            let text = || format!("{} must be {}, not {}", name(&self.path), allowed(schema), found(value));
            self.faults.push_with(|| Fault::new(&self.path, text()));
            return;
        }
        match value {
            Value::Object(fields) => self.check_fields(fields, schema),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.descend(Step::Index(i), item, &schema["items"]);
                }
            }
            _ => {}
        }
        self.check_branches(value, schema);
    }

    fn descend(&mut self, step: Step, value: &Value, schema: &Value) {
        self.path.push(step);
        self.check(value, schema);
        self.path.pop();
    }

    fn check_fields(&mut self, fields: &Map<String, Value>, schema: &Value) {
        let known = schema["properties"].as_object();
        for (key, value) in fields {
            match known.and_then(|known| known.get(key)) {
                Some(schema) => self.descend(Step::Key(key.clone()), value, schema),
                None if schema["additionalProperties"] == false => {
                    self.faults.push_with(|| Fault::of_key(&self.path, key, unknown(key, known)));
                }
                None => {}
            }
        }
        for missing in texts(&schema["required"]).filter(|key| !fields.contains_key(*key)) {
            let text = || format!("{}missing field `{missing}`", context(&self.path));
            self.faults.push_with(|| Fault::new(&self.path, text()));
        }
    }

    fn check_branches(&mut self, value: &Value, schema: &Value) {
        for part in branches(&schema["allOf"]) {
            self.check(value, part);
        }
        let condition = &schema["if"];
        if !condition.is_null() {
            self.check(value, &schema[if self.holds(value, condition) { "then" } else { "else" }]);
        }
        let mut any = branches(&schema["anyOf"]).peekable();
        if let Some(first) = any.peek().copied().filter(|_| !any.any(|part| self.holds(value, part))) {
            self.check(value, first);
        }
        let not = &schema["not"];
        if !not.is_null() && self.holds(value, not) {
            let names: Vec<_> = texts(&not["required"]).collect();
            let second = names.last().copied().unwrap_or_default();
            let text = format!("{} are the same setting: give one of them", names.join(" and "));
            self.faults.push_with(|| Fault::of_key(&self.path, second, text));
        }
    }
}

/// Returns the name of the field that holds the value at `path`.
fn name(path: &[Step]) -> String {
    let key = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    match (key, path.last()) {
        (Some(key), Some(Step::Index(i))) => format!("{key}[{i}]"),
        (Some(key), _) => key.to_owned(),
        (None, _) => "a workflow".to_owned(),
    }
}

fn context(path: &[Step]) -> String {
    if path.is_empty() { String::new() } else { format!("{}: ", name(path)) }
}

/// Returns whether the value itself conforms. Its fields and items are checked separately.
fn fits(value: &Value, schema: &Value) -> bool {
    let typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    };
    typed
        && *schema != Value::Bool(false)
        && schema["enum"].as_array().is_none_or(|all| all.contains(value))
        && within(value.as_f64(), &schema["minimum"], &schema["maximum"])
        && within(
            value.as_str().map(|text| text.chars().count() as f64),
            &schema["minLength"],
            &schema["maxLength"],
        )
        && within(value.as_array().map(|items| items.len() as f64), &schema["minItems"], &schema["maxItems"])
        && (schema["pattern"] != PRINTABLE
            || value.as_str().is_none_or(|text| !text.chars().any(char::is_control)))
}

fn within(measure: Option<f64>, least: &Value, most: &Value) -> bool {
    measure.is_none_or(|measure| {
        least.as_f64().is_none_or(|least| measure >= least)
            && most.as_f64().is_none_or(|most| measure <= most)
    })
}

/// Describes the values that the schema allows.
fn allowed(schema: &Value) -> String {
    if schema["enum"].is_array() {
        return format!("one of {}", texts(&schema["enum"]).collect::<Vec<_>>().join(", "));
    }
    let (range, length) = (range(schema, "minimum", "maximum"), range(schema, "minLength", "maxLength"));
    match schema["type"].as_str() {
        Some("integer") => format!("a whole number{range}"),
        Some("number") => format!("a number{range}"),
        Some("string") if !length.is_empty() => {
            format!("a text of{} printable characters", length.replace(" from", ""))
        }
        Some("string") => "a text".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") if schema["minItems"].is_number() => "a list that is not empty".to_owned(),
        Some("array") => "a list".to_owned(),
        _ => "a group of fields".to_owned(),
    }
}

fn range(schema: &Value, least: &str, most: &str) -> String {
    match (schema[least].as_f64(), schema[most].as_f64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        _ => String::new(),
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Object(_) => "a group of fields".to_owned(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if text.chars().count() > 40 => "a long text".to_owned(),
        other => match other.to_string() {
            text if text.len() > 80 => "a long number".to_owned(),
            text => text,
        },
    }
}

/// Describes an unknown field and suggests the most similar known one, if one is close.
fn unknown(key: &str, known: Option<&Map<String, Value>>) -> String {
    let similar = |known: &&String| strsim::damerau_levenshtein(key, known);
    let known = known.filter(|_| key.len() <= MAX_COMPARED);
    let nearest = known.into_iter().flat_map(Map::keys).min_by_key(similar);
    let suggestion = match nearest.filter(|nearest| similar(nearest) <= 1 + nearest.len() / 4) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => String::new(),
    };
    format!("unknown field `{}`{suggestion}", shortened(key))
}

/// Returns the first `MAX_COMPARED` characters of a text, with an ellipsis if the text is longer.
fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_COMPARED) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    branches(list).filter_map(Value::as_str)
}

fn branches(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
