//! PNG: what the decoder does not read.

const SIGNATURE: usize = 8;
/// Length and type.
const HEADER: usize = 8;
const CRC: usize = 4;

/// The content of the chunks beside the pixels.
pub struct Chunks<'a> {
    /// The Exif data, wherever it is stored: it may follow the pixels.
    pub exif: Option<&'a [u8]>,
}

/// Walks the chunks up to the end marker; `None` where the file ends before it.
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
