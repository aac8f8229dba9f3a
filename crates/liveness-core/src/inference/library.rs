// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds and loads the ONNX Runtime library, once per process.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::InferenceError;

static PLUGIN_DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
/// Never dropped: the environment must outlive every session, and a process may have only one.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Sets the directory of the plugin file, in which the library is also searched for. Later calls have no effect.
pub fn set_plugin_directory(directory: PathBuf) {
    let _ = PLUGIN_DIRECTORY.set(directory);
}

/// Returns the process's environment and loads the library on first use. After a failure the next call tries again.
pub(super) fn environment() -> Result<Environment, InferenceError> {
    let mut slot = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = slot.as_ref() {
        return Ok(environment.clone());
    }
    let environment = load(&candidates())?;
    *slot = Some(environment.clone());
    Ok(environment)
}

/// Tries each path in turn. A library that exists but is unusable ends the search, so that the user sees its fault.
fn load(candidates: &[PathBuf]) -> Result<Environment, InferenceError> {
    for path in candidates {
        // The system loader searches for a bare file name, so the name need not exist in the current folder.
        let named = path.components().count() > 1;
        match ort::init_from(path) {
            Ok(builder) => {
                let unusable = |reason| InferenceError::LibraryUnusable { path: path.clone(), reason };
                if !offers_interface(path) {
                    return Err(unusable("it does not offer the interface that is needed".to_owned()));
                }
                let built = builder.with_name("liveness").with_telemetry(false).build();
                let environment = built.map_err(|e| unusable(e.to_string()))?;
                environment.set_log_level(LogLevel::Error);
                return Ok(environment);
            }
            Err(e) if named && path.exists() => {
                return Err(InferenceError::LibraryUnusable { path: path.clone(), reason: e.to_string() });
            }
            Err(_) => {}
        }
    }
    let mut looked: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
    looked.extend(directories().iter().map(|p| format!("{}/libonnxruntime.so*", p.display())));
    Err(InferenceError::LibraryMissing(looked.join(", ")))
}

/// Returns whether the library at `path` offers the required version of the interface. `ort` has loaded it
/// already, but panics if the version is missing.
fn offers_interface(path: &Path) -> bool {
    type Base = unsafe extern "C" fn() -> *const ort::sys::OrtApiBase;
    // As safe as loading any library; the symbol has the type of ONNX Runtime's C interface.
    unsafe {
        let Ok(library) = libloading::Library::new(path) else {
            return false;
        };
        let Ok(base) = library.get::<Base>(b"OrtGetApiBase") else {
            return false;
        };
        base().as_ref().is_some_and(|base| !(base.GetApi)(ort::sys::ORT_API_VERSION).is_null())
    }
}

/// Returns the paths to try: `ORT_DYLIB_PATH` alone if it is set; otherwise beside the plugin, beside the
/// program, and in the system's library path.
fn candidates() -> Vec<PathBuf> {
    if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|p| !p.is_empty()) {
        return vec![path.into()];
    }
    let mut found: Vec<PathBuf> =
        directories().iter().flat_map(|directory| libraries_in(directory)).collect();
    found.extend(["libonnxruntime.so.1".into(), "libonnxruntime.so".into()]);
    found
}

/// Returns the folders beside the plugin and the program that may hold the library.
fn directories() -> Vec<PathBuf> {
    let program = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let homes = [PLUGIN_DIRECTORY.get().cloned(), program].into_iter().flatten();
    homes.flat_map(|home| [home.join("liveness"), home]).collect()
}

fn libraries_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut libraries: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("libonnxruntime.so"))
        .map(|entry| entry.path())
        .collect();
    libraries.sort();
    libraries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_names_where_it_was_looked_for() {
        let error = load(&["/nowhere/libonnxruntime.so".into()]).err().unwrap();
        assert!(matches!(&error, InferenceError::LibraryMissing(paths) if paths.contains("/nowhere/")));
        assert!(error.to_string().contains("ORT_DYLIB_PATH"));
    }

    #[test]
    fn a_file_that_is_no_library_is_named_with_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("libonnxruntime.so.1");
        std::fs::write(&path, "not a library").unwrap();
        assert_eq!(libraries_in(directory.path()), std::slice::from_ref(&path));
        // Another test may have loaded the real library already; `ort` then keeps that one.
        if let Err(error) = load(std::slice::from_ref(&path)) {
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
}
