//! Evaluation of presentation attack detection: labelled media or rendered sessions, error rates with their
//! confidence intervals, reports.

/// Presentations and their labels.
pub mod case;
/// Labelled media files.
pub mod dataset;
/// The digest of the evaluated data.
pub mod digest;
/// The report as a web page.
pub mod html;
/// Error rates and their confidence intervals.
pub mod metrics;
mod plot;
/// Rendered presentations.
pub mod rendered;
/// The report's figures.
pub mod report;
/// Stored trials.
pub mod results;
/// The run of all presentations.
pub mod run;
/// The report as text.
pub mod text;
/// Thumbnails for the report.
pub mod thumbnail;
mod trial;
