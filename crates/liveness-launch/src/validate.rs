// SPDX-License-Identifier: MIT OR Apache-2.0

//! `validate` and `schema`: check workflow files without running them, and print their schema.

use std::path::Path;

use liveness_workflow::{Node, Workflow, schema};

use super::cli::ValidateArgs;
use super::console;
use super::exit;
use liveness_service::failure::Failure;
use liveness_service::webhook::trust;

/// Runs the command `validate`: prints the workflows of each file, or its errors. Returns the most severe exit status.
///
/// # Errors
/// Stdout cannot be written.
pub fn run(args: &ValidateArgs) -> Result<u8, Failure> {
    let mut worst = exit::APPROVED;
    for path in &args.files {
        match load(path) {
            Ok(workflows) => tell(path, &workflows)?,
            Err(failure) => {
                console::complain(&failure);
                worst = exit::worse(worst, failure.exit_status());
            }
        }
    }
    Ok(worst)
}

/// Loads the workflows of a file. Also reads each `ca_file`, so that a wrong one is found before the first event.
fn load(path: &Path) -> Result<Vec<Workflow>, Failure> {
    let workflows = Workflow::load_all(path)?;
    let webhooks = workflows.iter().filter_map(|workflow| workflow.settings.webhook.as_ref());
    for file in webhooks.filter_map(|webhook| webhook.ca_file.as_ref()) {
        trust::of_file(Path::new(&file.0)).map_err(|failure| failure.about(path.display()))?;
    }
    Ok(workflows)
}

/// Prints the workflows of a file, and a note if a rigid mask could pass.
fn tell(path: &Path, workflows: &[Workflow]) -> Result<(), Failure> {
    let described = workflows.iter().map(|workflow| {
        let methods: Vec<_> = workflow.nodes.iter().map(|node| node.method.0.name()).collect();
        format!("{} ({})", workflow.id, methods.join(", then "))
    });
    console::print(&format!("{}: {}", path.display(), described.collect::<Vec<_>>().join(", ")))?;
    if workflows.iter().flat_map(|workflow| &workflow.nodes).any(Node::leaves_masks_a_way) {
        console::tell(&format!(
            "{}: note: a rigid mask can do what is asked here; offer smile, open-mouth or raise-brows (two of them for a single action)",
            path.display()
        ));
    }
    Ok(())
}

/// Runs the command `schema`: prints the JSON Schema of workflow files. Returns the exit status.
pub fn schema() -> Result<u8, Failure> {
    console::print(&format!("{:#}", schema::whole()))?;
    Ok(exit::APPROVED)
}
