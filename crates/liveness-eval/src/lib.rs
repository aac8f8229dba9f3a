//! Evaluation of presentation attack detection: error rates with their intervals.

pub mod metrics;
