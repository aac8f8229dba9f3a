//! Reading files of a known greatest size.

use std::io::{self, Read};

/// All of `input`, or `None` where it has more than `most` bytes. Never reads more than one byte beyond.
pub fn read(input: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}
