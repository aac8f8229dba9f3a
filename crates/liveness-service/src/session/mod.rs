//! A session: its checks' decisions, its face, and what is kept of it.

pub mod evidence;
mod person;
pub mod recorder;
pub mod records;
pub mod reporter;
mod state;

pub use state::{CheckDecision, Outcome, Session};
