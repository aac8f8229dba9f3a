// SPDX-License-Identifier: MIT OR Apache-2.0

//! Evaluation of presentation attack detection: labelled media or rendered sessions, error rates with their
//! confidence intervals, reports.

pub mod case;
pub mod dataset;
pub mod digest;
pub mod html;
pub mod metrics;
mod plot;
pub mod rendered;
pub mod report;
pub mod results;
pub mod run;
pub mod text;
pub mod thumbnail;
mod trial;
