// SPDX-License-Identifier: MIT OR Apache-2.0

//! `eval`: measures the error rates of a method on labelled media or rendered sessions.

use liveness_core::check::Method;
use liveness_workflow::{Node, Workflow};
use serde::Serialize;

use super::cli::EvalArgs;
use super::{console, exit};
use liveness_eval::case::Case;
use liveness_eval::report::Report;
use liveness_eval::results::{Results, Settings};
use liveness_eval::{dataset, digest, html, rendered, run, text, thumbnail};
use liveness_service::failure::Failure;
use liveness_service::provenance::{Provenance, SOFTWARE};
use liveness_service::{identity, whole};

/// Runs the command. Returns the exit status.
///
/// # Errors
/// The arguments or the data are unusable, a check fails to run, or the report cannot be written.
pub fn run(args: &EvalArgs) -> Result<u8, Failure> {
    let node = node(args)?;
    let (cases, source) = cases(args, &node)?;
    let settings = Settings::of(&node, args.rendered.is_some())?;
    let mut results = Results::open(args.results.as_deref(), &settings)?;
    run::all(&cases, &node, &mut results, jobs(args))?;
    let report = Report::of(&cases, &results, source, settings);
    let origin = origin(&report, digest::of(&cases))?;
    if let Some(path) = &args.html {
        let pictures = if args.thumbnails { thumbnail::of(&report, &cases) } else { Default::default() };
        whole::write(path, html::page(&report, &origin, &pictures).as_bytes())?;
    }
    if args.json || !console::stdout_is_terminal() {
        let json = serde_json::to_string_pretty(&Output { origin: &origin, report: &report });
        console::print(&json.map_err(|e| Failure::internal(format!("the report cannot be written: {e}")))?)?;
    } else {
        console::print(text::table(&report, &origin).trim_end())?;
    }
    Ok(exit::APPROVED)
}

/// The JSON output.
#[derive(Serialize)]
struct Output<'a> {
    origin: &'a Provenance,
    #[serde(flatten)]
    report: &'a Report,
}

/// Returns the provenance of this run. `data_sha256` is the SHA-256 of the data.
fn origin(report: &Report, data_sha256: String) -> Result<Provenance, Failure> {
    Ok(Provenance {
        created_at: identity::now()?,
        software: SOFTWARE,
        session_id: identity::new()?,
        check: report.settings.method.clone(),
        verdict: text::verdict(report),
        data_sha256,
        models: report.settings.models.clone(),
    })
}

/// Returns the check to evaluate, with one attempt: from the workflow, or else with the method's defaults.
fn node(args: &EvalArgs) -> Result<Node, Failure> {
    let Some(path) = &args.workflow else {
        return Ok(once(Node::new(args.method.unwrap_or(Method::Passive))));
    };
    let nodes = Workflow::load(path, None)?.nodes;
    let mut chosen =
        nodes.into_iter().filter(|node| args.method.is_none_or(|method| node.method.0 == method));
    match (chosen.next(), chosen.next()) {
        (Some(node), None) => Ok(once(node)),
        (None, _) => Err(Failure::usage(format!("{} has no check of that method", path.display()))),
        _ => Err(Failure::usage(format!("{} has several checks: choose one with --method", path.display()))),
    }
}

/// Limits a check to one attempt.
fn once(node: Node) -> Node {
    Node { max_attempts: Some(1), ..node }
}

/// Returns the cases to evaluate and the name of their source.
fn cases(args: &EvalArgs, node: &Node) -> Result<(Vec<Case>, String), Failure> {
    let (all, source) = match (args.rendered, &args.dataset) {
        (Some(sessions), _) => {
            let first = args.first;
            let all = rendered::cases(node.method.0, first..first.saturating_add(sessions))?;
            (all, format!("rendered sessions {first} to {}", first.saturating_add(sessions) - 1))
        }
        (None, Some(path)) => (dataset::read(path)?, path.display().to_string()),
        (None, None) => return Err(Failure::usage("say what to evaluate: a DATASET or --rendered")),
    };
    let named = |case: &Case, texts: &[String]| texts.iter().any(|text| case.is_named(text));
    let wanted =
        |case: &Case| (args.only.is_empty() || named(case, &args.only)) && !named(case, &args.except);
    let some: Vec<_> = all.into_iter().filter(wanted).collect();
    if some.is_empty() {
        return Err(Failure::usage("nothing is left to evaluate"));
    }
    Ok((some, source))
}

/// Returns the number of parallel jobs.
fn jobs(args: &EvalArgs) -> usize {
    args.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}
