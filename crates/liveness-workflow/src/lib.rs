// SPDX-License-Identifier: MIT OR Apache-2.0

//! The workflow file: the source of the video, the checks on it, their rules, and the use of the decision.
//!
//! A file holds one workflow, or several under `workflows`. A workflow holds one check, or several under
//! `nodes`. A document is validated against the schema, which reports every fault with its position, and is
//! then read into the types.

mod conform;
mod document;
pub mod endpoint;
mod error;
mod fault;
mod kiosk;
mod names;
mod node;
mod rule;
pub mod schema;
mod sense;
mod settings;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod webhook;
mod word;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use liveness_core::check::Method;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use document::{Format, Place, Step};
pub use document::{parse_json, without_byte_order_mark};
pub use error::WorkflowError;
use fault::{Fault, Faults};
pub use kiosk::{Start, WithoutLight};
use names::Names;
pub use node::Node;
pub use settings::{Display, Rtsp, Settings, Transport};
pub use source::{SOURCES, fault_of_camera};
pub use store::Store;
pub use webhook::Webhook;
pub use word::{Name, Named, Word};

/// Maximum size of a workflow file in bytes; real files are far smaller.
const MAX_BYTES: u64 = 1 << 20;

/// The settings and checks of a session.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// The workflow's name, by default the file's name without its extension.
    pub id: String,
    /// The settings besides the checks.
    pub settings: Settings,
    /// The checks, at least one. Their names differ.
    pub nodes: Vec<Node>,
}

impl Workflow {
    /// Loads the workflow `id` of a file, or its only workflow if `id` is `None`.
    pub fn load(path: &Path, id: Option<&str>) -> Result<Self, WorkflowError> {
        let mut workflows = Self::load_all(path)?;
        let ids = workflows.iter().map(|workflow| workflow.id.as_str()).collect::<Vec<_>>().join(", ");
        let chosen = match id {
            Some(id) => workflows.iter().position(|workflow| workflow.id == id),
            None => (workflows.len() == 1).then_some(0),
        };
        chosen.map(|chosen| workflows.swap_remove(chosen)).ok_or_else(|| {
            let path = path.to_path_buf();
            match id {
                Some(id) => WorkflowError::Unknown { path, id: id.to_owned(), ids },
                None => WorkflowError::Several { path, ids },
            }
        })
    }

    /// Returns the methods of the checks in their order.
    pub fn methods(&self) -> Vec<Method> {
        self.nodes.iter().map(|node| node.method.0).collect()
    }

    /// Returns whether any check plays light.
    pub fn has_light(&self) -> bool {
        self.nodes.iter().any(Node::has_light)
    }

    /// Replaces the checks that play light by the method in `without_light`, or by action if it is not set.
    pub fn drop_light(&mut self) {
        let instead = self.settings.without_light.map(|word| word.0).unwrap_or_default();
        self.nodes.iter_mut().for_each(|node| *node = node.without_light(instead));
    }

    /// Loads all workflows of a file. Relative paths in them become relative to the file's folder.
    pub fn load_all(path: &Path) -> Result<Vec<Self>, WorkflowError> {
        let text = read(path)?;
        let format = match path.extension() {
            Some(ending) if ending.eq_ignore_ascii_case("toml") => Format::Toml,
            _ => Format::Json,
        };
        let mut workflows = parse(&text, format).map_err(|told| {
            let lines: Vec<_> = told.iter().map(|line| format!("{}: {line}", path.display())).collect();
            WorkflowError::Faulty(lines.join("\n"))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for workflow in &mut workflows {
            if workflow.id.is_empty() {
                workflow.id.clone_from(&stem);
            }
            workflow.settings.move_into(folder);
            for dir in workflow.nodes.iter_mut().flat_map(|node| &mut node.models_dir) {
                dir.move_into(folder);
            }
        }
        Ok(workflows)
    }
}

/// Parses the workflows of a text. An error lists all faults with their positions.
fn parse(text: &str, format: Format) -> Result<Vec<Workflow>, Vec<String>> {
    let value = document::parse(text, format).map_err(|(place, told)| vec![format!("{place}: {told}")])?;
    interpret(value).map_err(|faults| {
        let told = |fault: &Fault| match place(text, format, &fault.path) {
            Some(place) => format!("{place}: {}", fault.text),
            None => fault.text.clone(),
        };
        let more = (faults.more() > 0).then(|| format!("and {} more faults", faults.more()));
        faults.told().iter().map(told).chain(more).collect()
    })
}

/// Returns the position of the value at `path`, or of its nearest ancestor if the value is not in the text.
fn place(text: &str, format: Format, path: &[Step]) -> Option<Place> {
    let above = || path.split_last().and_then(|(_, above)| place(text, format, above));
    document::place(text, format, path).or_else(above)
}

fn interpret(value: Value) -> Result<Vec<Workflow>, Faults> {
    conform::faults(&value, schema::whole()).into_result()?;
    let root = Part { path: Vec::new(), value };
    let mut workflows = Vec::new();
    let mut faults = Faults::default();
    for part in root.items("workflows") {
        let (mut settings, nodes) = part.split();
        let path = settings.path.clone();
        let settings: Settings = settings.read()?;
        faults.extend(settings.faults(&path));
        let id = settings.workflow_id.as_ref().map(|name| name.0.clone()).unwrap_or_default();
        if workflows.iter().any(|other: &Workflow| other.id == id) {
            let text = "each of several workflows needs a workflow_id of its own";
            faults.push_with(|| Fault::new(&path, text));
        }
        let nodes = read_nodes(nodes, settings.store.is_some(), &mut faults)?;
        faults.extend(settings.needless_way(&nodes, &path));
        workflows.push(Workflow { id, settings, nodes });
    }
    faults.into_result()?;
    Ok(workflows)
}

fn read_nodes(parts: Vec<Part>, stored: bool, faults: &mut Faults) -> Result<Vec<Node>, Faults> {
    let mut nodes: Vec<Node> = Vec::new();
    for mut part in parts {
        let names = Names::of(&part.value);
        let node: Node = part.read()?;
        faults.extend(node.faults(&part.path, &names));
        if !stored {
            faults.extend(node.listless(&part.path));
        }
        if nodes.iter().any(|other| other.name() == node.name()) {
            let text = "each of several nodes needs a node_id of its own";
            faults.push_with(|| Fault::new(&part.path, text));
        }
        nodes.push(node);
    }
    Ok(nodes)
}

/// A part of a valid document.
struct Part {
    path: Vec<Step>,
    value: Value,
}

impl Part {
    /// Returns the items of the list under `key`, or the part itself if there is no such list.
    fn items(mut self, key: &str) -> Vec<Self> {
        match self.value.get_mut(key).map(Value::take) {
            Some(Value::Array(items)) => {
                let way = |i| [&self.path[..], &[Step::Key(key.to_owned()), Step::Index(i)]].concat();
                items.into_iter().enumerate().map(|(i, value)| Self { path: way(i), value }).collect()
            }
            _ => vec![self],
        }
    }

    /// Splits a workflow into its own settings and its nodes. Without a list of nodes, its check fields form
    /// the only node.
    fn split(self) -> (Self, Vec<Self>) {
        let Self { path, value: Value::Object(fields) } = self else {
            return (Self { path: Vec::new(), value: Value::Null }, vec![self]);
        };
        let keys = schema::node_keys();
        let (own, mut settings): (Map<_, _>, Map<_, _>) =
            fields.into_iter().partition(|(key, _)| keys.contains_key(key));
        let listed = settings.remove("nodes").map(|nodes| {
            let list = Value::Object(Map::from_iter([("nodes".to_owned(), nodes)]));
            Self { path: path.clone(), value: list }.items("nodes")
        });
        let nodes = listed.unwrap_or_else(|| vec![Self { path: path.clone(), value: Value::Object(own) }]);
        (Self { path, value: Value::Object(settings) }, nodes)
    }

    /// Deserializes the part. A valid part can be read; if the types disagree with the schema, the error is
    /// reported as a fault.
    fn read<T: DeserializeOwned>(&mut self) -> Result<T, Faults> {
        if let Value::Object(fields) = &mut self.value {
            for names in schema::SYNONYMS {
                let given = names[1..].iter().find_map(|name| fields.remove(*name));
                given.into_iter().for_each(|value| drop(fields.insert(names[0].to_owned(), value)));
            }
            fields.iter_mut().filter(|(key, _)| *key != "metadata").for_each(|(_, value)| whole(value));
        }
        serde_json::from_value(self.value.take()).map_err(|e| Fault::new(&self.path, e.to_string()).into())
    }
}

/// Converts floats without a fraction to integers, as JSON Schema takes 3.0 for an integer.
fn whole(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(whole),
        Value::Array(items) => items.iter_mut().for_each(whole),
        Value::Number(number) => {
            if let Some(float) =
                number.as_f64().filter(|f| !number.is_u64() && f.fract() == 0.0 && f.abs() < 9e15)
            {
                *value = Value::from(float as i64);
            }
        }
        _ => {}
    }
}

fn read(path: &Path) -> Result<String, WorkflowError> {
    let failed = |source| WorkflowError::Unreadable { path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(WorkflowError::Faulty(format!("the workflow {} is larger than 1 MB", path.display())));
    }
    String::from_utf8(bytes).map_err(|_| WorkflowError::Faulty(format!("{}: it is no text", path.display())))
}
