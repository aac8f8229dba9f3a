//! `image`: judges single pictures.

mod decode;
pub mod file;
mod judge;
mod report;
mod turn;

use std::path::Path;
use std::time::{Duration, Instant};

use gstliveness::check::Method;
use serde_json::{Value, json};

use super::cli::{self, ImageArgs};
use super::failure::Failure;
use super::{console, exit};
use file::Origin;
use gstliveness::workflow::{Name, Node};
use judge::{Judgement, Nets};
use report::Envelope;
use turn::Turn;

pub fn run(args: &ImageArgs) -> Result<u8, Failure> {
    let node = node(args)?;
    let metadata = cli::metadata(args.metadata.as_deref())?.unwrap_or_default();
    let envelope = Envelope { vendor_data: args.vendor_data.clone(), metadata };
    let _nets = Nets::hold(&node)?;
    let indented = args.files.len() == 1 && !args.json;
    let mut worst = exit::APPROVED;
    for path in &args.files {
        let (report, status) = report(path, args, &node, &envelope)?;
        if let Some(report) = report {
            console::print(&if indented { format!("{report:#}") } else { report.to_string() })?;
        }
        worst = exit::worse(worst, status);
    }
    Ok(worst)
}

/// A check on one picture.
fn node(args: &ImageArgs) -> Result<Node, Failure> {
    let (decline, review) = (args.decline_threshold, args.review_threshold);
    if decline > review {
        let text = format!("decline_threshold ({decline}) lies above review_threshold ({review})");
        return Err(Failure::usage(text));
    }
    Ok(Node {
        max_attempts: Some(1),
        frames: Some(1),
        decline_threshold: Some(decline),
        review_threshold: Some(review),
        models_dir: args.models_dir.as_ref().map(|dir| Name(dir.display().to_string())),
        ..Node::new(Method::Passive)
    })
}

/// One picture's output and exit status. Among several, one that cannot be judged keeps its line, so that the
/// lines are in the order of the files.
fn report(
    path: &Path,
    args: &ImageArgs,
    node: &Node,
    envelope: &Envelope,
) -> Result<(Option<Value>, u8), Failure> {
    match judge(path, args, node) {
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
fn judge(path: &Path, args: &ImageArgs, node: &Node) -> Result<Judgement, Failure> {
    let deadline = Instant::now() + Duration::from_secs_f64(args.timeout);
    let frame = file::decode(path, Origin::Upload, deadline)?;
    let turns = if args.rotate { Turn::ALL.as_slice() } else { &Turn::ALL[..1] };
    let judged = turns.iter().map(|turn| judge::judge(&frame, *turn, node, deadline));
    let judged = judged.collect::<Result<Vec<_>, _>>()?;
    turn::best(judged).ok_or_else(|| Failure::internal("no turn was judged"))
}
