//! Matrix products in `f32`, written so that the compiler finds the vector instructions by itself; it looks for them at
//! optimisation level 3, which the workspace sets for this package.

use assay_model::gguf::File;
use rayon::prelude::*;

use super::dequantise::dequantise;

/// Positions of one task: enough to share each weight row, few enough to stay in cache.
const POSITIONS: usize = 32;
/// Partial sums of one dot product.
const LANES: usize = 16;

/// A matrix, `rows × cols`.
#[derive(Clone)]
pub struct Dense {
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub cols: usize,
    weights: Vec<f32>,
}

impl Dense {
    /// The matrix of these weights, row by row.
    pub fn new(cols: usize, weights: Vec<f32>) -> Dense {
        Dense { rows: weights.len() / cols, cols, weights }
    }

    /// The matrix of this name, if the file has one.
    pub fn read(file: &File<'_>, name: &str) -> Option<Dense> {
        let tensor = file.tensors().iter().find(|t| t.name == name)?;
        let weights = dequantise(tensor.kind, &file.tensor_bytes(tensor).expect("bytes of a tensor"));
        let cols = tensor.dims[0] as usize;
        Some(Dense::new(cols, weights))
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.weights[i * self.cols..][..self.cols]
    }

    /// `y[t] = W·x[t]` for every position t.
    pub fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut y = vec![0.0; x.len() / self.cols * self.rows];
        let tasks = y.par_chunks_mut(POSITIONS * self.rows).zip(x.par_chunks(POSITIONS * self.cols));
        tasks.for_each(|(y, x)| self.apply_to_few(x, y));
        y
    }

    fn apply_to_few(&self, x: &[f32], y: &mut [f32]) {
        for (i, w) in self.weights.chunks_exact(self.cols).enumerate() {
            for (x, y) in x.chunks_exact(self.cols).zip(y.chunks_exact_mut(self.rows)) {
                y[i] = dot(w, x);
            }
        }
    }
}

/// A dot product.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0f32; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Widths around the lanes, positions around tasks of 32.
    #[test]
    fn a_product_is_the_plain_sum_whatever_the_shape() {
        for (cols, positions) in [(1, 1), (15, 3), (16, 4), (17, 5), (31, 32), (64, 33), (65, 70)] {
            let value = |i: usize| ((i * 37 + 11) % 251) as f32 - 125.0;
            let matrix = Dense { rows: 5, cols, weights: (0..5 * cols).map(value).collect() };
            let x: Vec<f32> = (0..positions * cols).map(|i| value(i + 3)).collect();
            let y = matrix.apply(&x);
            for (t, x) in x.chunks(cols).enumerate() {
                for i in 0..5 {
                    // Sums of integers below 2^24: exact in any order.
                    let plain: f32 = matrix.row(i).iter().zip(x).map(|(w, x)| w * x).sum();
                    assert_eq!(y[t * 5 + i], plain, "{cols} columns, position {t}, row {i}");
                    assert_eq!(dot(matrix.row(i), x), plain);
                }
            }
        }
    }
}
