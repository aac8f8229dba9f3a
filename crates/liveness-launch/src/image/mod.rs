// SPDX-License-Identifier: MIT OR Apache-2.0

//! `image`: checks single pictures.

mod report;

use std::path::Path;
use std::time::{Duration, Instant};

use liveness_core::check::Method;
use liveness_core::inference::{LoadedModels, Model};
use serde_json::json;

use super::cli::{self, ImageArgs};
use super::console::{self, Style};
use super::exit;
use liveness_service::failure::Failure;
use liveness_service::image::file::{self, Origin};
use liveness_service::image::judge::{self, Judgement};
use liveness_service::image::turn::{self, Turn};
use liveness_workflow::{Name, Node};
use report::Envelope;

/// Runs the command. Returns the most severe exit status of the pictures.
///
/// # Errors
/// The arguments or the models are unusable, or stdout cannot be written.
pub fn run(args: &ImageArgs) -> Result<u8, Failure> {
    let node = node(args)?;
    let metadata = cli::metadata(args.metadata.as_deref())?.unwrap_or_default();
    let envelope = Envelope { vendor_data: args.vendor_data.clone(), metadata };
    let models = Model::ALL.into_iter().filter(|model| *model != Model::Embedding);
    let _models =
        LoadedModels::new(&node.model_source(), models).map_err(|e| Failure::unavailable(e.to_string()))?;
    let form = Form::of(args, console::stdout_is_terminal());
    let mut worst = exit::APPROVED;
    for path in &args.files {
        let status = match judge(path, args, &node) {
            Ok(best) => {
                console::print(&form.judged(path, &best, &envelope)?)?;
                exit::status_of(best.check.status)
            }
            Err(failure) => {
                let failure = failure.about(path.display());
                console::complain(&failure);
                form.failed(&failure, &envelope)?.map_or(Ok(()), |line| console::print(&line))?;
                failure.exit_status()
            }
        };
        worst = exit::worse(worst, status);
    }
    Ok(worst)
}

/// The output format of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Text, with the decision last.
    Words,
    /// Indented JSON, for a single picture.
    Indented,
    /// One line of JSON for each picture.
    Lines,
}

impl Form {
    /// Returns the format that fits the arguments and stdout.
    fn of(args: &ImageArgs, terminal: bool) -> Self {
        match args.files.len() {
            _ if args.json => Self::Lines,
            _ if terminal => Self::Words,
            1 => Self::Indented,
            _ => Self::Lines,
        }
    }

    /// Returns the output for a picture.
    fn judged(self, path: &Path, best: &Judgement, envelope: &Envelope) -> Result<String, Failure> {
        Ok(match self {
            Self::Words => report::words(path, best, Style::of_stdout()),
            Self::Indented => format!("{:#}", envelope.wrap("liveness", report::liveness(best))?),
            Self::Lines => envelope.wrap("liveness", report::liveness(best))?.to_string(),
        })
    }

    /// Returns the output for a picture that cannot be checked. JSON lines have a line for it, in the order of the
    /// files.
    fn failed(self, failure: &Failure, envelope: &Envelope) -> Result<Option<String>, Failure> {
        let line = || Ok(envelope.wrap("error", json!(failure.text))?.to_string());
        (self == Self::Lines).then(line).transpose()
    }
}

/// Returns the check for one picture.
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
        // The output has fields for age and gender.
        age_estimation: Some(true),
        models_dir: args.models_dir.as_ref().map(|dir| Name(dir.display().to_string())),
        ..Node::new(Method::Passive)
    })
}

/// Checks a picture, with `--rotate` in each rotation. Returns the best judgement.
fn judge(path: &Path, args: &ImageArgs, node: &Node) -> Result<Judgement, Failure> {
    let deadline = Instant::now() + Duration::from_secs_f64(args.timeout);
    let frame = file::decode(path, Origin::Upload, deadline)?;
    let turns = if args.rotate { Turn::ALL.as_slice() } else { &Turn::ALL[..1] };
    let judged = turns.iter().map(|turn| judge::judge(&frame, *turn, node, deadline));
    let judged = judged.collect::<Result<Vec<_>, _>>()?;
    turn::best(judged).ok_or_else(|| Failure::internal("no turn was judged"))
}
