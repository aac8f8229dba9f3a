// SPDX-License-Identifier: MIT OR Apache-2.0

//! ONNX Runtime: one environment per process, and one set of sessions per model, shared by all elements.

mod library;
mod loaded;
mod model;
mod net;

pub use library::set_plugin_directory;
pub use loaded::LoadedModels;
pub use model::{Model, ModelSource};
pub use net::{Net, Outputs};

use std::path::PathBuf;

/// Failure to load or run a model. Each message says how to fix it.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    #[error(
        "ONNX Runtime was not found (looked for {0}); set ORT_DYLIB_PATH to libonnxruntime.so or put it beside the plugin"
    )]
    LibraryMissing(String),
    #[error("ONNX Runtime at {path} cannot be used: {reason}")]
    LibraryUnusable { path: PathBuf, reason: String },
    #[error("models-dir {0} holds none of the plugin's models; unset it or copy the .onnx files there")]
    NoModels(PathBuf),
    #[error("the model file {path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the model {file} cannot be loaded: {reason}")]
    Unloadable { file: String, reason: String },
    #[error("the model {file} is not the one expected: {reason}")]
    WrongModel { file: &'static str, reason: String },
    #[error("running {file} failed: {reason}")]
    Run { file: &'static str, reason: String },
}
