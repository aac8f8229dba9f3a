//! All presentations, as many at a time as there are jobs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use liveness_core::inference::{LoadedModels, Model};
use liveness_workflow::Node;

use super::case::Case;
use super::results::Results;
use super::trial::{self, Trial};
use liveness_service::failure::Failure;

/// Plays what `results` lack and adds it to them.
pub fn all(cases: &[Case], node: &Node, results: &mut Results, jobs: usize) -> Result<(), Failure> {
    let left: Vec<_> = cases.iter().filter(|case| results.get(&case.id).is_none()).collect();
    if left.is_empty() {
        return Ok(());
    }
    let _models = LoadedModels::new(&node.model_source(), &Model::ALL)
        .map_err(|e| Failure::unavailable(format!("the nets cannot be loaded: {e}")))?;
    let bar = bar(cases.len(), left.len());
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (done, trials) = mpsc::channel::<Result<Trial, Failure>>();
    let work = |done: mpsc::Sender<_>| {
        while let Some(case) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stopped.load(Ordering::Relaxed) || done.send(trial::play(case, node)).is_err() {
                return;
            }
        }
    };
    let outcome = thread::scope(|scope| {
        for _ in 0..jobs.min(left.len()) {
            let done = done.clone();
            scope.spawn(|| work(done));
        }
        drop(done);
        let outcome = trials.iter().try_for_each(|trial| {
            bar.inc(1);
            results.add(trial?)
        });
        stopped.store(true, Ordering::Relaxed);
        outcome
    });
    bar.finish_and_clear();
    outcome
}

/// Drawn on a terminal only.
fn bar(all: usize, left: usize) -> ProgressBar {
    let bar = ProgressBar::new(all as u64).with_position((all - left) as u64);
    let style = ProgressStyle::with_template("  {bar:40.cyan} {pos} of {len}, {eta} left");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
