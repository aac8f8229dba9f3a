//! `validate` and `schema`: workflow files without running them.

use std::path::Path;

use liveness_workflow::{Node, Workflow, schema};

use super::cli::ValidateArgs;
use super::console;
use super::exit;
use liveness_service::failure::Failure;
use liveness_service::webhook::trust;

/// Tells of each file what is in it or what is wrong with it.
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

/// The workflows of a file, whose `ca_file` are read as well: a wrong one shows before the first event waits.
fn load(path: &Path) -> Result<Vec<Workflow>, Failure> {
    let workflows = Workflow::load_all(path)?;
    let webhooks = workflows.iter().filter_map(|workflow| workflow.settings.webhook.as_ref());
    for file in webhooks.filter_map(|webhook| webhook.ca_file.as_ref()) {
        trust::of_file(Path::new(&file.0)).map_err(|failure| failure.about(path.display()))?;
    }
    Ok(workflows)
}

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

/// Prints the JSON Schema of workflow files.
pub fn schema() -> Result<u8, Failure> {
    console::print(&format!("{:#}", schema::whole()))?;
    Ok(exit::APPROVED)
}
