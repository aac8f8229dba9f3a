// SPDX-License-Identifier: MIT OR Apache-2.0

//! Exact nearest-neighbour search among many embeddings.

/// Number of products that are summed side by side.
const LANES: usize = 16;

/// Embeddings of one length, stored contiguously. The rows are arbitrary numbers; with unit vectors, the dot
/// products are cosine similarities.
pub struct EmbeddingMatrix {
    width: usize,
    values: Vec<f32>,
}

impl EmbeddingMatrix {
    /// Returns an empty matrix with rows of `width` numbers.
    ///
    /// # Panics
    /// If `width` is 0.
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "rows have at least one number");
        Self { width, values: Vec::new() }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns a row.
    ///
    /// # Panics
    /// If the row does not exist.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// Appends a row. Returns false, and leaves the matrix unchanged, if the row has another length.
    pub fn push(&mut self, row: &[f32]) -> bool {
        let fits = row.len() == self.width;
        if fits {
            self.values.extend_from_slice(row);
        }
        fits
    }

    /// Removes a row and moves the last row into its place.
    ///
    /// # Panics
    /// If the row does not exist.
    pub fn swap_remove(&mut self, row: usize) {
        let last = self.len() - 1;
        self.values.copy_within(last * self.width.., row * self.width);
        self.values.truncate(last * self.width);
    }

    /// Returns the `most` rows with the largest dot products with `query`, with those products, largest
    /// first. Only rows for which `wanted` returns true are considered.
    pub fn nearest(&self, query: &[f32], most: usize, wanted: impl Fn(usize) -> bool) -> Vec<(usize, f32)> {
        let mut best: Vec<(usize, f32)> = Vec::with_capacity(most + 1);
        for (i, row) in self.values.chunks_exact(self.width).enumerate() {
            let product = dot(row, query);
            let beaten = best.len() == most && best.last().is_none_or(|(_, least)| product <= *least);
            if !beaten && wanted(i) {
                let place = best.partition_point(|(_, better)| *better >= product);
                best.insert(place, (i, product));
                best.truncate(most);
            }
        }
        best
    }
}

/// Returns the dot product. Sums in lanes, so that the compiler can use vector registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a.zip(b) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_nearest_are_those_that_sorting_finds(
            rows in prop::collection::vec(prop::collection::vec(-1.0f32..1.0, 19), 0..40),
            query in prop::collection::vec(-1.0f32..1.0, 19),
            most in 0usize..6,
        ) {
            let mut matrix = EmbeddingMatrix::new(19);
            rows.iter().for_each(|row| assert!(matrix.push(row)));
            let found = matrix.nearest(&query, most, |row| row % 3 != 1);
            let mut all: Vec<(usize, f32)> = rows.iter().enumerate().filter(|(i, _)| i % 3 != 1)
                .map(|(i, row)| (i, dot(row, &query))).collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            all.truncate(most);
            prop_assert_eq!(found, all);
        }
    }

    #[test]
    fn a_row_that_is_taken_out_is_not_found_any_more() {
        let mut matrix = EmbeddingMatrix::new(2);
        for row in [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]] {
            assert!(matrix.push(&row));
        }
        assert!(!matrix.push(&[1.0]));
        matrix.swap_remove(0);
        assert_eq!(matrix.len(), 2);
        assert_eq!(matrix.nearest(&[1.0, 0.0], 1, |_| true), [(0, 0.5)]);
    }
}
