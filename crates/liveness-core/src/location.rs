// SPDX-License-Identifier: MIT OR Apache-2.0

//! Paths of files as users write them: a plain path, a path below the home folder (`~/clips`) or a `file:///` address.

use std::path::{Path, PathBuf};

/// Reason why a text names no file of this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    #[error(
        "{0} begins with another user's home folder: write the whole path, or ./~ for a name that begins with ~"
    )]
    /// The path begins with another user's home folder (`~NAME`).
    OtherHome(String),
    #[error(
        "{0} is no file address of this machine: write file:///PATH, with %20 for a blank and %25 for a percent sign"
    )]
    /// The `file://` address is malformed or names another machine.
    Address(String),
}

/// Returns the path that `text` names. A leading `~` is the home folder; a `file://` address is decoded.
///
/// # Errors
/// [`LocationError::OtherHome`] for another user's home folder, [`LocationError::Address`] for an address
/// that is malformed or names another machine.
///
/// ```
/// use liveness_core::location;
/// assert_eq!(location::path("file:///media/my%20clip.mkv").unwrap().to_str(), Some("/media/my clip.mkv"));
/// assert_eq!(location::path("100%20.mkv").unwrap().to_str(), Some("100%20.mkv"));
/// ```
pub fn path(text: &str) -> Result<PathBuf, LocationError> {
    if let Some(below) = text.strip_prefix('~') {
        return match below.strip_prefix('/') {
            Some(below) => Ok(glib::home_dir().join(below.trim_start_matches('/'))),
            None if below.is_empty() => Ok(glib::home_dir()),
            None => Err(LocationError::OtherHome(text.to_owned())),
        };
    }
    if !text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file://")) {
        return Ok(text.into());
    }
    let wrong = || LocationError::Address(text.to_owned());
    let (path, host) = glib::filename_from_uri(text).map_err(|_| wrong())?;
    let here = host.is_none_or(|host| host.is_empty() || host.eq_ignore_ascii_case("localhost"));
    if here { Ok(path) } else { Err(wrong()) }
}

/// Returns the path that `given` names, as [`path`] does. A path that is not UTF-8 is returned unchanged.
///
/// # Errors
/// See [`path`].
pub fn of_path(given: &Path) -> Result<PathBuf, LocationError> {
    given.to_str().map_or_else(|| Ok(given.to_path_buf()), path)
}

/// Returns the path in a source such as `file:PATH`, given the text after the colon. The text may also be the
/// rest of an address, `///PATH`.
///
/// # Errors
/// See [`path`].
pub fn of_source(rest: &str) -> Result<PathBuf, LocationError> {
    if rest.starts_with("//") { path(&format!("file:{rest}")) } else { path(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_and_addresses_are_resolved_and_plain_paths_left() {
        let home = glib::home_dir();
        for (text, expected) in [
            ("~", home.clone()),
            ("~/", home.join("")),
            ("~/ev", home.join("ev")),
            ("~//ev", home.join("ev")),
            ("./~/ev", "./~/ev".into()),
            ("a/~b", "a/~b".into()),
            ("", "".into()),
            ("100%.mkv", "100%.mkv".into()),
            ("my%20clip.mkv", "my%20clip.mkv".into()),
            ("file:///a/my%20clip.mkv", "/a/my clip.mkv".into()),
            ("FILE:///a/%C3%BC%25.mkv", "/a/ü%.mkv".into()),
            ("file://localhost/a", "/a".into()),
            ("file:clip.mkv", "file:clip.mkv".into()),
        ] {
            assert_eq!(path(text), Ok(expected), "{text}");
        }
        assert_eq!(of_source("///a/b%20c"), Ok("/a/b c".into()));
        assert_eq!(of_source("/a/b%20c"), Ok("/a/b%20c".into()));
        assert_eq!(of_source("~/c"), Ok(home.join("c")));
    }

    #[test]
    fn what_is_elsewhere_or_badly_written_is_refused() {
        for text in ["file://other.example/a", "file:///100%", "file:///a%zz", "file://", "file://a"] {
            assert_eq!(path(text), Err(LocationError::Address(text.to_owned())), "{text}");
        }
        assert_eq!(path("~root/a"), Err(LocationError::OtherHome("~root/a".to_owned())));
    }
}
