// SPDX-License-Identifier: MIT OR Apache-2.0

//! A session: the decisions of its checks, its face, and its records.

pub mod evidence;
mod person;
pub mod recorder;
pub mod records;
pub mod reporter;
mod state;

pub use state::{CheckDecision, Outcome, Session};
