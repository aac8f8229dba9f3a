//! Telling exact copies of a frame from new ones.

use std::hash::{DefaultHasher, Hasher};

use super::frame::Frame;

/// Samples along each side: some are in the noise of any camera's picture.
const GRID: usize = 64;

/// A number that is the same for exact copies and, but for one chance in 2⁶⁴, for them alone: of a grid of samples of the
/// first channel.
pub fn fingerprint(frame: &Frame<'_>) -> u64 {
    let channel = frame.format().channels()[0];
    let plane = frame.plane(channel.plane);
    let (columns, rows) = frame.samples();
    let (width, height) = (columns >> channel.shift_x, rows >> channel.shift_y);
    let mut hasher = DefaultHasher::new();
    for row in 0..GRID.min(height) {
        let line = &plane.data[row * height / GRID.min(height) * plane.stride + channel.offset..];
        for column in 0..GRID.min(width) {
            hasher.write_u8(line[column * width / GRID.min(width) * channel.step]);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_known_and_noise_is_seen() {
        for (width, height) in [(1, 1), (3, 200), (640, 480)] {
            let pixels: Vec<u8> = (0..3 * width * height).map(|i| (i * 7 % 251) as u8).collect();
            let noisy: Vec<u8> = pixels.iter().map(|v| v ^ 1).collect();
            let print = |data: &[u8]| fingerprint(&Frame::rgb(data, width, height).unwrap());
            assert_eq!(print(&pixels), print(&pixels.clone()));
            assert_ne!(print(&pixels), print(&noisy));
        }
    }
}
