// SPDX-License-Identifier: MIT OR Apache-2.0

//! The session service: sources, check pipelines, decisions, the store, webhooks and evidence, as a library.
//!
//! Standard output, signals and exit statuses belong to the program that uses it.

mod baton;
pub mod bounded;
pub mod check;
mod credential;
mod deadline;
pub mod embed;
pub mod failure;
mod fault;
pub mod hex;
pub mod identity;
pub mod image;
pub mod input;
pub mod picture;
pub mod private;
pub mod provenance;
pub mod purge;
pub mod secret;
pub mod seen;
pub mod session;
pub mod store;
pub mod webhook;
pub mod whole;
