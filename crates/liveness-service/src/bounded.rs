// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reading with a size limit.

use std::io::{self, Read};

/// Returns the content of `input`, or `None` if it exceeds `most` bytes. Reads at most one byte more than
/// that.
///
/// # Errors
/// Reading fails.
pub fn read(input: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}
