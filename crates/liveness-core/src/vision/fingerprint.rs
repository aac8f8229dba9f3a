// SPDX-License-Identifier: MIT OR Apache-2.0

//! Detection of exact copies of a frame.

use std::hash::{DefaultHasher, Hasher};

use super::frame::Frame;

/// Samples along each side. Any camera's noise changes some of them from frame to frame.
const GRID: usize = 64;

/// Returns a 64-bit hash of a grid of 64 × 64 samples of the first channel. It is equal for exact copies;
/// camera noise makes it differ for new frames. Frames that differ only between the samples have the same hash.
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
