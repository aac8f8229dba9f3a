//! Secrets: from a file or the environment, never from the command line.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gstliveness::workflow::Store;

use super::failure::Failure;

/// Guessing a shorter one is a matter of days.
const SHORTEST: usize = 16;
const LONGEST: u64 = 4096;

/// The secret in `file`, else in the environment variable `variable`; a last line end does not count.
pub fn read(what: &str, file: Option<&Path>, variable: Option<&str>) -> Result<Vec<u8>, Failure> {
    let secret = match (file, variable) {
        (Some(file), _) => of_file(what, file)?,
        (None, Some(variable)) => std::env::var(variable)
            .map_err(|_| Failure::usage(format!("{what} is missing: the environment has no {variable}")))?
            .into_bytes(),
        (None, None) => return Err(Failure::usage(format!("{what} is missing"))),
    };
    let secret =
        secret.strip_suffix(b"\n").map_or(&secret[..], |line| line.strip_suffix(b"\r").unwrap_or(line));
    if secret.len() < SHORTEST {
        return Err(Failure::usage(format!("{what} is too short: it needs {SHORTEST} bytes or more")));
    }
    Ok(secret.to_vec())
}

/// The key of a workflow's store.
pub fn of_store(store: &Store) -> Result<Vec<u8>, Failure> {
    let file = store.key_file.as_ref().map(|name| Path::new(&name.0));
    read("the store's key", file, store.key_env.as_ref().map(|name| name.0.as_str()))
}

fn of_file(what: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e| Failure::no_input(format!("{what} cannot be read from {}: {e}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!("others can read {}: chmod 600 keeps it a secret", path.display());
    }
    let mut secret = Vec::new();
    file.take(LONGEST).read_to_end(&mut secret).map_err(failed)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_files_first_line_and_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "0123456789abcdef\r\n").unwrap();
        assert_eq!(read("a key", Some(&path), None).unwrap(), b"0123456789abcdef");
        std::fs::write(&path, "short\n").unwrap();
        let failure = read("a key", Some(&path), None).unwrap_err();
        assert!(!failure.text.contains("short\n") && failure.text.contains("16 bytes"), "{failure}");
        assert!(read("a key", None, Some("LIVENESS_NO_SUCH_VARIABLE")).is_err());
    }
}
