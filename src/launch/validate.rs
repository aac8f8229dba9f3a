//! `validate` and `schema`: workflow files without running them.

use std::path::Path;

use gstliveness::workflow::{Node, Workflow, schema};

use super::cli::ValidateArgs;
use super::console;
use super::exit;
use super::failure::Failure;

/// Tells of each file what is in it or what is wrong with it.
pub fn run(args: &ValidateArgs) -> Result<u8, Failure> {
    let mut worst = exit::APPROVED;
    for path in &args.files {
        match Workflow::load_all(path) {
            Ok(workflows) => tell(path, &workflows)?,
            Err(error) => {
                let failure = Failure::from(error);
                console::complain(&failure);
                worst = exit::worse(worst, failure.exit_status());
            }
        }
    }
    Ok(worst)
}

fn tell(path: &Path, workflows: &[Workflow]) -> Result<(), Failure> {
    let described = workflows.iter().map(|workflow| {
        let methods: Vec<_> = workflow.nodes.iter().map(|node| node.method.0.name()).collect();
        format!("{} ({})", workflow.id, methods.join(", then "))
    });
    console::print(&format!("{}: {}", path.display(), described.collect::<Vec<_>>().join(", ")))?;
    let mut actions = workflows.iter().flat_map(|workflow| &workflow.nodes).filter_map(Node::actions);
    if actions.any(|actions| !actions.have_expression()) {
        console::tell(&format!(
            "{}: note: a rigid mask can do all of these actions; ask for a smile, open-mouth or raise-brows as well",
            path.display()
        ));
    }
    Ok(())
}

/// Prints the JSON Schema of workflow files.
pub fn schema() -> Result<u8, Failure> {
    console::print(&format!("{:#}", schema::whole()))?;
    Ok(exit::APPROVED)
}
