// SPDX-License-Identifier: MIT OR Apache-2.0

//! WebP: a check for completeness that the decoder does not make.

/// Returns true if the file has all bytes that its RIFF header announces. Reading the first frame of an
/// animation would not reveal that later ones are missing.
pub fn is_complete(bytes: &[u8]) -> bool {
    const HEADER: u64 = 8;
    let size = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    size.is_some_and(|size| u64::from(size) + HEADER <= bytes.len() as u64)
}
