// SPDX-License-Identifier: MIT OR Apache-2.0

//! Secrets from files or the environment, never from the command line.
//!
//! The webhook's secret, the store's key and a camera's password follow the same rule
//! (`credential`). The first two have 16 to 4096 bytes.

use std::fs::File;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use liveness_workflow::Store;

use super::bounded;
use super::credential::{MAX_BYTES, too_long, trimmed};
use super::deadline;
use super::failure::{Code, Failure};

/// Minimum length of a secret in bytes; a shorter one can be guessed within days.
const MIN_BYTES: usize = 16;
/// Maximum size of a file in bytes, including ignored line breaks.
const MAX_FILE_BYTES: u64 = 1 << 16;
/// Mode bits that let the group or others read or write a file.
const OPEN_TO_OTHERS: u32 = 0o066;
/// Time-out for a file, which may be a pipe from a password manager.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Rules for the permissions of files with secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretRules {
    /// Accepts files that others can read or write, as containers mount them.
    pub allow_readable: bool,
}

/// Returns the secret in `file` or, without it, in the environment variable `variable`. `what` names it in
/// errors.
///
/// # Errors
/// The secret is missing, too short or too long, or others can access its file and `args` does not allow
/// that.
pub fn read(
    what: &str,
    file: Option<&Path>,
    variable: Option<&str>,
    args: &SecretRules,
) -> Result<Vec<u8>, Failure> {
    let bytes = match (file, variable) {
        (Some(file), _) => of_file(what, file, args)?,
        (None, Some(variable)) => std::env::var_os(variable)
            .ok_or_else(|| Failure::usage(format!("{what} is missing: the environment has no {variable}")))?
            .into_vec(),
        (None, None) => return Err(Failure::usage(format!("{what} is missing"))),
    };
    let secret = trimmed(&bytes);
    if secret.len() < MIN_BYTES {
        return Err(Failure::usage(format!("{what} is too short: it needs {MIN_BYTES} bytes or more")));
    }
    if secret.len() > MAX_BYTES {
        return Err(too_long(what));
    }
    Ok(secret.to_vec())
}

/// Returns the key of a workflow's store.
///
/// # Errors
/// The errors of [`read`].
pub fn of_store(store: &Store, args: &SecretRules) -> Result<Vec<u8>, Failure> {
    let file = store.key_file.as_ref().map(|name| Path::new(&name.0));
    read("the store's key", file, store.key_env.as_ref().map(|name| name.0.as_str()), args)
}

fn of_file(what: &str, path: &Path, args: &SecretRules) -> Result<Vec<u8>, Failure> {
    of_file_before(Instant::now() + TIMEOUT, what, path, args)
}

/// Reads a file until `deadline`, because a named pipe may have no writer.
fn of_file_before(
    deadline: Instant,
    what: &str,
    path: &Path,
    args: &SecretRules,
) -> Result<Vec<u8>, Failure> {
    let (named, file, args) = (what.to_owned(), path.to_path_buf(), *args);
    deadline::before(deadline, move || read_file(&named, &file, &args)).map_err(|failure| {
        match failure.code {
            Code::Data => {
                Failure::no_input(format!("{what} cannot be read from {}: it takes too long", path.display()))
            }
            _ => failure,
        }
    })
}

fn read_file(what: &str, path: &Path, args: &SecretRules) -> Result<Vec<u8>, Failure> {
    let failed = |e| Failure::no_input(format!("{what} cannot be read from {}: {e}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & OPEN_TO_OTHERS != 0 && !args.allow_readable {
        return Err(Failure::usage(format!(
            "{what} is not secret: others can read or write {} (mode {:04o}); chmod 600 it, or give --allow-readable-secrets",
            path.display(),
            mode & 0o7777
        )));
    }
    bounded::read(file, MAX_FILE_BYTES).map_err(failed)?.ok_or_else(|| too_long(what))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    const STRICT: SecretRules = SecretRules { allow_readable: false };

    /// Reads a secret from a file with this content and mode.
    fn read_from(content: &[u8], mode: u32, args: &SecretRules) -> Result<Vec<u8>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        read("a key", Some(&path), None, args)
    }

    #[test]
    fn marks_and_line_ends_do_not_count_and_blanks_do() {
        let secret = "it is a secret!! 0123";
        for end in ["", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\n\r\r\n"] {
            for start in ["", "\u{feff}"] {
                let content = format!("{start}{secret}{end}");
                assert_eq!(
                    read_from(content.as_bytes(), 0o600, &STRICT).unwrap(),
                    secret.as_bytes(),
                    "{content:?}"
                );
            }
        }
        for inner in [" it is a secret!! 0123 ", "\nit is a secret!! 0123", "it is a\r\nsecret!! 0123\t"] {
            let content = format!("{inner}\r\n");
            assert_eq!(read_from(content.as_bytes(), 0o600, &STRICT).unwrap(), inner.as_bytes(), "{inner:?}");
        }
    }

    #[test]
    fn a_secret_is_refused_and_never_cut_when_its_length_is_wrong() {
        for length in [16, 4096] {
            assert_eq!(read_from(&vec![b'x'; length], 0o600, &STRICT).unwrap().len(), length);
        }
        let ends = [vec![b'x'; 4096], vec![b'\n'; 3000]].concat();
        assert_eq!(read_from(&ends, 0o600, &STRICT).unwrap().len(), 4096);
        for (content, told) in [
            (b"short\n".to_vec(), "16 bytes"),
            (b"fifteen letters\r\n\r\n\r\n".to_vec(), "16 bytes"),
            (vec![b'x'; 4097], "4096 bytes"),
            (vec![b'x'; 5000], "4096 bytes"),
            (vec![b'x'; 1 << 20], "4096 bytes"),
        ] {
            let failure = read_from(&content, 0o600, &STRICT).unwrap_err();
            assert!(failure.text.contains(told) && failure.exit_status() == 64, "{failure}");
        }
        assert!(read("a key", None, Some("LIVENESS_NO_SUCH_VARIABLE"), &STRICT).is_err());
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let [silent, pipe] = ["silent", "key"].map(|name| {
            let pipe = folder.path().join(name);
            rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
            pipe
        });
        let failure = of_file_before(Instant::now(), "a key", &silent, &STRICT).unwrap_err();
        assert!(failure.text.ends_with("it takes too long") && failure.exit_status() == 66, "{failure}");
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::write(pipe, "0123456789abcdef\n").unwrap()
        });
        assert_eq!(read("a key", Some(&pipe), None, &STRICT).unwrap(), b"0123456789abcdef");
        writer.join().unwrap();
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused_unless_allowed() {
        let allowing = SecretRules { allow_readable: true };
        for mode in [0o644, 0o640, 0o604, 0o660, 0o602, 0o444] {
            let failure = read_from(b"0123456789abcdef", mode, &STRICT).unwrap_err();
            let told =
                failure.text.contains("chmod 600") && failure.text.contains("--allow-readable-secrets");
            assert!(told && failure.exit_status() == 64, "{failure}");
            assert_eq!(read_from(b"0123456789abcdef", mode, &allowing).unwrap(), b"0123456789abcdef");
        }
        for mode in [0o600, 0o400, 0o700] {
            assert!(read_from(b"0123456789abcdef", mode, &STRICT).is_ok(), "{mode:o}");
        }
    }
}
