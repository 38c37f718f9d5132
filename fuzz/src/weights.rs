//! Weight blocks of every type, from any bytes.

use super::alloc;
use super::bytes::{Bytes, readable};
use assay_model::gguf::TensorType;
use assay_model::matrix::Matrix;
use assay_model::steps::linear::{accumulate, accumulator_bound};
use assay_model::weights::{self, MAX_K, MIN_K, Source, Width};

/// Type, width, rows and columns, then the bytes of the rows, repeated to fill them.
pub fn pack(data: &[u8]) {
    let mut b = Bytes(data);
    let kind = TensorType::ALL[usize::from(b.u8()) % TensorType::ALL.len()];
    let width = if b.u8() & 1 == 1 { Width::Bits20 } else { Width::Bits16 };
    let rows = 1 + b.below(17) as usize;
    let unit = kind.block_len().max(2);
    let cols = unit * (1 + b.below((64 / unit).max(1) as u32) as usize);
    let size = rows * (cols / kind.block_len()) * kind.block_bytes();
    let mut bytes: Vec<u8> = b.0.iter().copied().cycle().take(size).collect();
    bytes.resize(size, 0);
    let source = Source { name: "w", kind, rows, cols, bytes: &bytes };
    // A tile is 16 rows, a group's notes are 24 bytes: one row of 4-bit blocks is the worst case.
    match alloc::bounded(rows.next_multiple_of(16) * cols, 16, 4096, || weights::pack(&source, width)) {
        Ok(matrix) => holds(&matrix, width),
        Err(error) => readable(error),
    }
    if kind.block_len() == 1 {
        match weights::gains("g", kind, &bytes[..cols * kind.block_bytes()], cols as u32) {
            Ok(gains) => assert!(gains.gamma.len() == cols && gains.gamma.iter().all(|g| *g > -32768)),
            Err(error) => readable(error),
        }
    }
}

/// A row decodes to its weights, all within the width's bound, the largest of them `max_abs`; k cannot be larger.
fn holds(m: &Matrix, width: Width) {
    assert!((MIN_K..=MAX_K).contains(&m.k) && i64::from(m.max_abs) < width.bound());
    let mut row = vec![0; m.cols];
    let mut largest = 0;
    for r in 0..m.rows {
        m.decode_row(r, &mut row);
        for c in [0, m.cols / 2, m.cols - 1] {
            assert_eq!(m.weight(r, c), row[c]);
        }
        largest = row.iter().map(|w| w.unsigned_abs()).max().unwrap_or(0).max(largest);
    }
    assert_eq!(largest, m.max_abs);
    let ends = [vec![i16::MAX; m.cols], vec![-i16::MAX; m.cols]];
    let bound = accumulator_bound(m.cols, m.max_abs);
    let acc = accumulate(m, 0, m.rows, &[&ends[0], &ends[1]]);
    assert!(acc.iter().flatten().all(|a| a.abs() <= bound));
}
