// SPDX-License-Identifier: MIT OR Apache-2.0

//! The JSON Schema of workflow files, derived from the types that read them.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::node::Node;
use super::settings::Settings;

/// The pattern of text without control characters. GLib strings end at the first NUL, and names appear in logs.
pub const PRINTABLE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// Fields with several names. The first name is the field's name in the types; the others are names that
/// integrators know.
pub const SYNONYMS: &[&[&str]] = &[
    &["method", "face_liveness_method"],
    &["max_attempts", "attempts", "face_liveness_max_attempts"],
    &["decline_threshold", "face_liveness_score_decline_threshold"],
    &["review_threshold", "face_liveness_score_review_threshold"],
];

/// Returns the schema of a whole file: one or several workflows, each with one or several checks.
pub fn whole() -> &'static Value {
    static WHOLE: LazyLock<Value> = LazyLock::new(build);
    &WHOLE
}

/// Returns the schemas of a check's fields by name, synonyms included.
pub fn node_keys() -> &'static Map<String, Value> {
    static NODE: LazyLock<Map<String, Value>> = LazyLock::new(|| properties(&node()));
    &NODE
}

fn build() -> Value {
    let (node, settings) = (node(), of::<Settings>());
    let nodes = json!({
        "description": "The checks, one after the other",
        "type": "array", "minItems": 1, "maxItems": 16, "items": { "$ref": "#/$defs/node" },
    });
    let mut single = node.clone();
    let mut several = json!({ "type": "object", "additionalProperties": false, "required": ["nodes"] });
    for (key, field) in properties(&settings) {
        several["properties"][&key] = field.clone();
        single["properties"][&key] = field;
    }
    several["properties"]["nodes"] = nodes;
    let workflow = json!({ "if": { "required": ["nodes"] }, "then": several, "else": single });
    let file = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "workflows": { "type": "array", "minItems": 1, "maxItems": 256, "items": { "$ref": "#/$defs/workflow" } },
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A workflow of liveness-launch",
        "type": "object",
        "if": { "required": ["workflows"] },
        "then": file,
        "else": { "$ref": "#/$defs/workflow" },
        "$defs": { "workflow": workflow, "node": node },
    })
}

/// Builds the schema of a check, synonyms included.
fn node() -> Value {
    let mut node = of::<Node>();
    let mut exclusive = Vec::new();
    for names in SYNONYMS {
        for (i, name) in names.iter().enumerate().skip(1) {
            node["properties"][*name] = node["properties"][names[0]].clone();
            exclusive.extend(names[..i].iter().map(|other| json!({ "not": { "required": [other, name] } })));
        }
    }
    let required = texts(&node["required"]);
    exclusive.extend(required.iter().map(|field| json!({ "anyOf": alternatives(field) })));
    node["allOf"] = Value::Array(exclusive);
    if let Some(node) = node.as_object_mut() {
        node.remove("required");
    }
    node
}

fn alternatives(field: &str) -> Vec<Value> {
    let names = SYNONYMS.iter().find(|names| names[0] == field).copied().unwrap_or(&[]);
    names.iter().map(|name| json!({ "required": [name] })).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn properties(schema: &Value) -> Map<String, Value> {
    schema["properties"].as_object().cloned().unwrap_or_default()
}

fn of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(plain).transform(&mut schema);
    schema.to_value()
}

/// Simplifies a generated schema: optional fields are absent rather than null, and Rust's number formats are removed.
fn plain(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(parts)) = schema.get_mut("anyOf") {
        parts.retain(|part| part["type"] != "null");
        if let [Value::Object(only)] = parts.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(key, value)| {
                if schema.get(&key).is_none() {
                    schema.insert(key, value);
                }
            });
        }
    }
}
