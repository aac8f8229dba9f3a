// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs all presentations, with `jobs` of them in parallel.

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

/// Runs the cases that `results` lack, and adds their trials.
///
/// # Errors
/// A [`Failure`] if the models cannot be loaded, a check fails or a result cannot be stored.
pub fn all(cases: &[Case], node: &Node, results: &mut Results, jobs: usize) -> Result<(), Failure> {
    let left: Vec<_> = cases.iter().filter(|case| results.get(&case.id).is_none()).collect();
    if left.is_empty() {
        return Ok(());
    }
    let _models = LoadedModels::new(&node.model_source(), Model::ALL)
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

/// Returns the progress bar, which is drawn only on a terminal.
fn bar(all: usize, left: usize) -> ProgressBar {
    let bar = ProgressBar::new(all as u64).with_position((all - left) as u64);
    let style = ProgressStyle::with_template("  {bar:40.cyan} {pos} of {len}, {eta} left");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
