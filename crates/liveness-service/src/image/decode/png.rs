// SPDX-License-Identifier: MIT OR Apache-2.0

//! PNG: metadata that the decoder does not read.

/// Size of the signature of a PNG file in bytes.
const SIGNATURE: usize = 8;
/// Size of a chunk's length and type in bytes.
const HEADER: usize = 8;
/// Size of a chunk's checksum in bytes.
const CRC: usize = 4;

/// The content of chunks other than pixels.
pub struct Chunks<'a> {
    /// Exif data, which may be stored before or after the pixels.
    pub exif: Option<&'a [u8]>,
}

/// Reads the chunks up to the end marker. Returns `None` if the file ends before it.
pub fn read_chunks(bytes: &[u8]) -> Option<Chunks<'_>> {
    let mut rest = bytes.get(SIGNATURE..)?;
    let mut chunks = Chunks { exif: None };
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let data = after.get(..length)?;
        rest = rest.get(HEADER + length + CRC..)?;
        match kind {
            b"IEND" => return Some(chunks),
            b"eXIf" => chunks.exif = chunks.exif.or(Some(data)),
            _ => {}
        }
    }
}
