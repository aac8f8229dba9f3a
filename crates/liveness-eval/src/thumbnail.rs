// SPDX-License-Identifier: MIT OR Apache-2.0

//! Thumbnails of the presentations with wrong results.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::case::{Case, Origin};
use super::report::Report;
use liveness_service::failure::Failure;
use liveness_service::input::Source;

const PATIENCE: Duration = Duration::from_secs(10);

/// Returns JPEGs as data URLs by the ids of their cases. Rendered presentations and unreadable files are omitted.
pub fn of(report: &Report, cases: &[Case]) -> HashMap<String, String> {
    let wrong = report.attacks_accepted.iter().chain(&report.live_declined);
    let case = |id: &str| cases.iter().find(|case| case.id == id);
    let picture = |id: &str| match &case(id)?.origin {
        Origin::File(path) => Some((id.to_owned(), picture(path).ok()?)),
        Origin::Rendered { .. } => None,
    };
    wrong.filter_map(|mistake| picture(&mistake.id)).collect()
}

fn picture(path: &Path) -> Result<String, Failure> {
    let small =
        "videoscale ! video/x-raw,height=120,pixel-aspect-ratio=1/1 ! videoconvert ! jpegenc quality=80";
    let sample = Source::File(path.to_path_buf()).open()?.through(small)?.first(PATIENCE)?;
    let map = sample.buffer().and_then(|buffer| buffer.map_readable().ok());
    let map = map.ok_or_else(|| Failure::internal("the picture cannot be read"))?;
    Ok(format!("data:image/jpeg;base64,{}", glib::base64_encode(&map)))
}
