// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rule for secrets in files and environment variables: a byte order mark at the start and line breaks at
//! the end are ignored. All other bytes count. `examples/webhook_receiver.py` follows the same rule.

use std::env;
use std::os::unix::ffi::OsStringExt;

use super::failure::Failure;

/// Maximum length of a secret in bytes.
pub const MAX_BYTES: usize = 4096;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the user or password in the environment variable `variable`, or `None` if it is not set. `what`
/// names it in errors.
///
/// # Errors
/// The value exceeds 4096 bytes or is not UTF-8.
pub fn of_variable(what: &str, variable: &str) -> Result<Option<String>, Failure> {
    env::var_os(variable).map(|value| text(what, variable, &value.into_vec())).transpose()
}

fn text(what: &str, variable: &str, bytes: &[u8]) -> Result<String, Failure> {
    let secret = trimmed(bytes);
    if secret.len() > MAX_BYTES {
        return Err(too_long(what));
    }
    let text = String::from_utf8(secret.to_vec());
    text.map_err(|_| Failure::usage(format!("{what}, {variable} in the environment, is not UTF-8")))
}

/// Returns `bytes` without a byte order mark at the start and line breaks at the end.
pub fn trimmed(bytes: &[u8]) -> &[u8] {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    &text[..end]
}

/// Returns the error for a secret that exceeds [`MAX_BYTES`].
pub fn too_long(what: &str) -> Failure {
    Failure::usage(format!("{what} is too long: it may have {MAX_BYTES} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_follows_the_rule_of_secrets() {
        let read = |bytes: &[u8]| text("the password", "P", bytes);
        assert_eq!(read("\u{feff} pass word\r\n\n".as_bytes()).unwrap(), " pass word");
        assert_eq!(read(b"").unwrap(), "");
        assert!(read(&[b'x'; 4097]).unwrap_err().text.contains("4096 bytes"));
        assert!(read(b"\xff").unwrap_err().text.contains("P in the environment, is not UTF-8"));
        assert_eq!(of_variable("the user", "LIVENESS_NO_SUCH_VARIABLE").unwrap(), None);
    }
}
