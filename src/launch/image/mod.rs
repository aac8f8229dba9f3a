//! `image`: judges single pictures.

mod file;
mod judge;
mod report;
mod turn;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cli::ImageArgs;
use super::failure::Failure;
use super::workflow::{Single, Thresholds, Workflow};
use super::{console, exit};
use judge::{Judgement, Nets};
use report::Envelope;
use turn::Turn;

pub fn run(args: &ImageArgs) -> Result<u8, Failure> {
    let workflow = workflow(args)?;
    let envelope = Envelope { vendor_data: args.vendor_data.clone(), metadata: metadata(args)? };
    let _nets = Nets::hold(&workflow)?;
    let indented = args.files.len() == 1 && !args.json;
    let mut worst = exit::APPROVED;
    for path in &args.files {
        let (report, status) = report(path, args, &workflow, &envelope)?;
        if let Some(report) = report {
            console::print(&if indented { format!("{report:#}") } else { report.to_string() })?;
        }
        worst = exit::worse(worst, status);
    }
    Ok(worst)
}

fn workflow(args: &ImageArgs) -> Result<Workflow, Failure> {
    let thresholds = Thresholds { decline: args.decline_threshold, review: args.review_threshold };
    Single { thresholds, models_dir: args.models_dir.as_ref() }.workflow()
}

fn metadata(args: &ImageArgs) -> Result<Value, Failure> {
    let parse = |text: &String| serde_json::from_str(text);
    let metadata = args.metadata.as_ref().map(parse).transpose();
    metadata.map(Option::unwrap_or_default).map_err(|e| Failure::usage(format!("--metadata is no JSON: {e}")))
}

/// One picture's output and exit status. Among several, one that cannot be judged keeps its line, so that the
/// lines are in the order of the files.
fn report(
    path: &Path,
    args: &ImageArgs,
    workflow: &Workflow,
    envelope: &Envelope,
) -> Result<(Option<Value>, u8), Failure> {
    match judge(path, args, workflow) {
        Ok(best) => {
            Ok((Some(envelope.wrap("liveness", report::liveness(&best))?), exit::status_of(best.status)))
        }
        Err(failure) => {
            let failure = failure.about(path.display());
            console::complain(&failure);
            let line =
                (args.files.len() > 1).then(|| envelope.wrap("error", json!(failure.text))).transpose()?;
            Ok((line, failure.exit_status()))
        }
    }
}

/// The judgement of the best turn.
fn judge(path: &Path, args: &ImageArgs, workflow: &Workflow) -> Result<Judgement, Failure> {
    let deadline = Instant::now() + Duration::from_secs_f64(args.timeout);
    let frame = file::decode(path, deadline)?;
    let turns = if args.rotate { Turn::ALL.as_slice() } else { &Turn::ALL[..1] };
    let judged = turns.iter().map(|turn| judge::judge(&frame, *turn, workflow, deadline));
    let judged = judged.collect::<Result<Vec<_>, _>>()?;
    turn::best(judged).ok_or_else(|| Failure::internal("no turn was judged"))
}
