// SPDX-License-Identifier: MIT OR Apache-2.0

//! Error rates of presentation attack detection after ISO/IEC 30107-3, with their confidence intervals.
//!
//! The module only calculates with counts and scores; `liveness-launch eval` and the examples print the results.

mod bootstrap;
mod rate;
mod roc;

pub use bootstrap::{Resamples, interval};
pub use rate::Rate;
pub use roc::{Roc, auc};

/// The lower and the upper end of a 95 % interval.
pub type Interval = (f64, f64);
