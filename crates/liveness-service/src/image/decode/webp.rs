//! WebP: what the decoder does not check.

/// Returns whether the file has all the bytes that its RIFF header announces. (Reading the first frame of an animation would not
/// notice that later ones are cut off.)
pub fn is_complete(bytes: &[u8]) -> bool {
    const HEADER: u64 = 8;
    let size = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    size.is_some_and(|size| u64::from(size) + HEADER <= bytes.len() as u64)
}
