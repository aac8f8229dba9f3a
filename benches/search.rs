// SPDX-License-Identifier: MIT OR Apache-2.0

//! What it takes to find a face among many: exact search by brute force (target: 20 ms among 100 000 on one core), against
//! reading the same memory once.
//!
//!     cargo bench --bench search

use std::hint::black_box;
use std::time::Instant;

use liveness_core::face::EmbeddingMatrix;
use liveness_core::random::Random;

const WIDTH: usize = 256;
const ROUNDS: usize = 40;

fn main() {
    let mut random = Random::new(7);
    let mut row = || -> Vec<f32> { (0..WIDTH).map(|_| random.between(-1.0, 1.0)).collect() };
    let query = row();
    for faces in [1_000, 10_000, 100_000] {
        let mut matrix = EmbeddingMatrix::new(WIDTH);
        let mut plain = Vec::with_capacity(faces * WIDTH);
        for _ in 0..faces {
            let row = row();
            matrix.push(&row);
            plain.extend_from_slice(&row);
        }
        let search = fastest(|| matrix.nearest(black_box(&query), 5, |_| true).len());
        let read =
            fastest(|| plain.iter().map(|number| number.to_bits() as usize).fold(0, usize::wrapping_add));
        println!(
            "{faces:>7} faces: the 5 nearest in {search:.2} ms, {:.2} of reading them once",
            search / read
        );
    }
}

/// Milliseconds of the fastest round: other load can only slow one down.
fn fastest(mut run: impl FnMut() -> usize) -> f64 {
    let round = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}
