// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ids of sessions, and times.

use std::fs::File;
use std::io::Read;

use super::failure::Failure;
use super::hex::hex;

/// RFC 3339 in UTC, to the second.
const FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// Returns a random UUID (version 4) from the operating system's random numbers.
///
/// # Errors
/// `/dev/urandom` cannot be read.
pub fn new() -> Result<String, Failure> {
    let mut bytes = [0u8; 16];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(|e| Failure::internal(format!("/dev/urandom cannot be read: {e}")))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// Returns true if a text has the form of a UUID from [`new`], which is safe as a file name.
pub fn is_one(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => b"89ab".contains(&byte),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

/// Returns the current time (RFC 3339, UTC).
///
/// # Errors
/// The clock cannot be read.
pub fn now() -> Result<String, Failure> {
    in_days(0)
}

/// Returns the time `days` from now (RFC 3339, UTC); negative days are in the past.
///
/// # Errors
/// The clock cannot be read, or the time is out of range.
pub fn in_days(days: i32) -> Result<String, Failure> {
    let text =
        glib::DateTime::now_utc().and_then(|now| now.add_days(days)).and_then(|then| then.format(FORMAT));
    text.map(Into::into).map_err(|e| Failure::internal(format!("the time cannot be told: {e}")))
}

/// Returns the time `days` after `time` (both RFC 3339, UTC); negative days are before it.
///
/// # Errors
/// `time` cannot be parsed, or the result is out of range.
pub fn days_after(time: &str, days: i32) -> Result<String, Failure> {
    let time = glib::DateTime::from_iso8601(time, None).and_then(|time| time.add_days(days));
    let text = time.and_then(|then| then.format(FORMAT));
    text.map(Into::into).map_err(|e| Failure::internal(format!("the time cannot be told: {e}")))
}

/// Returns the seconds since 1970 of an RFC 3339 time, or `None` if it cannot be parsed.
pub fn seconds(text: &str) -> Option<i64> {
    glib::DateTime::from_iso8601(text, None).ok().map(|time| time.to_unix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_4_and_differ() {
        let (a, b) = (new().unwrap(), new().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(a.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&a.as_bytes()[19]));
        assert!(is_one(&a) && is_one(&b));
    }

    #[test]
    fn nothing_else_is_taken_for_an_id() {
        let upper = new().unwrap().to_uppercase();
        let (longer, with_way) = (new().unwrap() + "0", format!("../{}", &new().unwrap()[3..]));
        for other in ["", ".", "..", "/", "/etc", "a/../b", &"0".repeat(36), &upper, &longer, &with_way] {
            assert!(!is_one(other), "{other}");
        }
    }

    #[test]
    fn times_are_utc() {
        let now = now().unwrap();
        assert_eq!((now.len(), now.ends_with('Z')), (20, true), "{now}");
        assert!(in_days(1).unwrap() > now && in_days(-1).unwrap() < now);
        assert_eq!(days_after("2026-03-01T12:00:07Z", -1).unwrap(), "2026-02-28T12:00:07Z");
        assert_eq!(seconds("2026-01-01T00:00:07Z"), Some(1_767_225_607));
    }
}
