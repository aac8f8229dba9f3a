// SPDX-License-Identifier: MIT OR Apache-2.0

//! Face liveness detection (presentation attack detection) without GStreamer: from frames to decisions.
//!
//! Each layer imports only from the layers below it, from top to bottom: [`session`] (attempts and
//! decisions), [`check`] (observations over time), [`face`] (one frame), and at the bottom [`vision`]
//! (pixels), [`inference`] (ONNX Runtime) and [`locale`] (the sentences that people read). [`random`] generates repeatable random numbers for tests and
//! rendered people; [`location`] parses the paths of files.

pub mod check;
pub mod face;
pub mod inference;
pub mod locale;
pub mod location;
pub mod random;
pub mod session;
pub mod vision;
