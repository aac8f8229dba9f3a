// SPDX-License-Identifier: MIT OR Apache-2.0

//! The segments of a JPEG file: finds the end of the picture and checks that no scan is missing.

/// The end of a complete picture.
#[derive(Debug, PartialEq)]
pub struct End {
    /// Offset of the end marker in bytes.
    pub marker: usize,
    /// True for a progressive picture.
    pub progressive: bool,
}

impl End {
    /// Returns the offset after the end marker in bytes.
    pub fn after_marker(&self) -> usize {
        self.marker + 2
    }
}

/// A colour component and the progress of its coefficients.
struct Component {
    id: u8,
    /// Missing bits of each coefficient: all of them, or the low ones that a progressive picture sends last.
    missing_bits: [u8; COEFFICIENTS],
}

const COEFFICIENTS: usize = 64;
const ALL_BITS: u8 = u8::MAX;

/// Reads the segments. Returns `None` without an end marker, or if a scan of a progressive picture is
/// missing.
pub fn read(bytes: &[u8]) -> Option<End> {
    const SOF0: u8 = 0xC0;
    const SOF2: u8 = 0xC2;
    const SOS: u8 = 0xDA;
    const EOI: u8 = 0xD9;
    let mut at = 2;
    let mut progressive = false;
    let mut components: Vec<Component> = Vec::new();
    loop {
        let (marker, code) = next_marker(bytes, at)?;
        at = marker + 2;
        match code {
            EOI => {
                return components.iter().all(Component::is_complete).then_some(End { marker, progressive });
            }
            // Start of image, temporary and restart markers have no content.
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = bytes.get(at..at + 2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let content = bytes.get(at + 2..at + length)?;
        match code {
            SOF0..=SOF2 => {
                progressive = code == SOF2;
                components = frame_components(content)?;
            }
            SOS => note_scan(content, &mut components)?,
            _ => {}
        }
        at += length;
    }
}

/// Returns the offset and the code of the next marker at or after `from`. Skips compressed data, in which
/// 0xFF is followed by 0 or a restart marker.
fn next_marker(bytes: &[u8], from: usize) -> Option<(usize, u8)> {
    let pairs = bytes.get(from..)?.windows(2);
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF | 0xD0..=0xD7);
    let offset = pairs.into_iter().position(is_marker)?;
    Some((from + offset, bytes[from + offset + 1]))
}

fn frame_components(frame: &[u8]) -> Option<Vec<Component>> {
    let count = usize::from(*frame.get(5)?);
    let components = frame.get(6..6 + 3 * count)?.chunks_exact(3);
    Some(components.map(|c| Component { id: c[0], missing_bits: [ALL_BITS; COEFFICIENTS] }).collect())
}

/// Records the coefficient bits that a scan delivers.
fn note_scan(scan: &[u8], components: &mut [Component]) -> Option<()> {
    let count = usize::from(*scan.first()?);
    let ids: Vec<u8> = scan.get(1..1 + 2 * count)?.chunks_exact(2).map(|c| c[0]).collect();
    let &[first, last, approximation] = scan.get(1 + 2 * count..)?.first_chunk()?;
    for component in components.iter_mut().filter(|component| ids.contains(&component.id)) {
        component.missing_bits.get_mut(usize::from(first)..=usize::from(last))?.fill(approximation & 0x0F);
    }
    Some(())
}

impl Component {
    fn is_complete(&self) -> bool {
        self.missing_bits.iter().all(|bits| *bits == 0)
    }
}
