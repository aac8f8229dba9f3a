// SPDX-License-Identifier: MIT OR Apache-2.0

//! Separable low-pass filters on planar pictures.

/// Gaussian kernel of σ = 0.8 pixels, from its centre outwards.
pub const GAUSSIAN_0_8: [f32; 4] = [0.498_682, 0.228_310, 0.021_910_3, 0.000_440_8];

/// Convolves planes of `width` × `height` pixels along both axes with a symmetric kernel of at most 9 taps,
/// given from its centre outwards. The edges are mirrored about their pixels. `scratch` is reused between calls.
pub fn smooth(planes: &mut [f32], width: usize, height: usize, kernel: &[f32], scratch: &mut Vec<f32>) {
    if width == 0 || height == 0 || kernel.is_empty() {
        return;
    }
    for plane in planes.chunks_exact_mut(width * height) {
        plane.chunks_exact_mut(width).for_each(|row| along_row(row, kernel, scratch));
        down_columns(plane, width, kernel, scratch);
    }
}

/// Returns the index of position `i` in a line of `len` pixels that is mirrored about its first and last pixel.
fn mirrored(i: isize, len: usize) -> usize {
    let last = len as isize - 1;
    let i = i.abs();
    (if i > last { (2 * last - i).max(0) } else { i }) as usize
}

fn along_row(row: &mut [f32], kernel: &[f32], scratch: &mut Vec<f32>) {
    let (len, reach) = (row.len(), kernel.len() as isize - 1);
    scratch.clear();
    scratch.extend((-reach..len as isize + reach).map(|i| row[mirrored(i, len)]));
    let reach = reach as usize;
    row.iter_mut().enumerate().for_each(|(x, value)| *value = kernel[0] * scratch[x + reach]);
    for (distance, weight) in kernel.iter().enumerate().skip(1) {
        let (before, after) = (&scratch[reach - distance..], &scratch[reach + distance..]);
        for ((value, a), b) in row.iter_mut().zip(before).zip(after) {
            *value += weight * (a + b);
        }
    }
}

fn down_columns(plane: &mut [f32], width: usize, kernel: &[f32], scratch: &mut Vec<f32>) {
    scratch.clear();
    scratch.extend_from_slice(plane);
    let height = plane.len() / width;
    let line = |y: isize| {
        let y = mirrored(y, height);
        &scratch[y * width..(y + 1) * width]
    };
    for (y, out) in plane.chunks_exact_mut(width).enumerate() {
        let y = y as isize;
        out.iter_mut().zip(line(y)).for_each(|(value, middle)| *value = kernel[0] * middle);
        for (distance, weight) in kernel.iter().enumerate().skip(1) {
            let (above, below) = (line(y - distance as isize), line(y + distance as isize));
            for ((value, a), b) in out.iter_mut().zip(above).zip(below) {
                *value += weight * (a + b);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINOMIAL: [f32; 3] = [6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

    #[test]
    fn an_impulse_becomes_the_kernel() {
        let mut plane = vec![0.0; 7 * 9];
        plane[4 * 7 + 3] = 256.0;
        smooth(&mut plane, 7, 9, &BINOMIAL, &mut Vec::new());
        assert_eq!(plane[4 * 7 + 1..4 * 7 + 6], [6.0, 24.0, 36.0, 24.0, 6.0]);
        assert_eq!([2, 3, 5, 6].map(|y| plane[y * 7 + 3]), [6.0, 24.0, 24.0, 6.0]);
    }

    #[test]
    fn flat_planes_of_any_size_stay_flat() {
        for (width, height) in [(1, 1), (2, 1), (1, 3), (3, 2), (5, 5)] {
            let mut planes = vec![3.0; 2 * width * height];
            smooth(&mut planes, width, height, &BINOMIAL, &mut Vec::new());
            assert!(planes.iter().all(|v| (v - 3.0).abs() < 1e-6));
        }
    }
}
