//! Face liveness detection (presentation attack detection) without GStreamer: frames in, decisions out.
//!
//! A layer imports only from those below it: [`session`] (attempts and decisions), [`check`] (observations over time) and
//! [`face`] (one frame) on [`vision`] (pixels) and [`inference`] (ONNX Runtime). [`random`] is randomness that a seed repeats,
//! for tests and rendered people; [`location`] reads the places of files.

pub mod check;
pub mod face;
pub mod inference;
pub mod location;
pub mod random;
pub mod session;
pub mod vision;
