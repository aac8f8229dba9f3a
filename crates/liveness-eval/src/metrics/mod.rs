//! Error rates of presentation attack detection, by ISO/IEC 30107-3, each with its interval.
//!
//! Pure arithmetic on counts and scores; `liveness-launch eval` and the examples print it.

mod bootstrap;
mod rate;
mod roc;

pub use bootstrap::{Resamples, interval};
pub use rate::Rate;
pub use roc::{Roc, auc};

/// The two ends of a 95 % interval.
pub type Interval = (f64, f64);
