//! Face liveness detection (presentation attack detection) without GStreamer: from frames to decisions.
//!
//! Each layer imports only from the layers below it, from top to bottom: [`session`] (attempts and
//! decisions), [`check`] (observations over time), [`face`] (one frame), and at the bottom [`vision`]
//! (pixels) and [`inference`] (ONNX Runtime). [`random`] generates repeatable random numbers for tests and
//! rendered people; [`location`] parses the paths of files.

/// Liveness checks: observations over time.
pub mod check;
/// Analysis of the faces in one frame.
pub mod face;
/// Models and ONNX Runtime.
pub mod inference;
/// Paths of files as users write them.
pub mod location;
/// Repeatable random numbers.
pub mod random;
/// Attempts, rules and decisions.
pub mod session;
/// Frames, sampling and geometry.
pub mod vision;
