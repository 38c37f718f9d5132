//! What can be wrong with the weights of a tensor.

use thiserror::Error;

/// A refusal of a tensor; [`WeightError::code`] is stable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WeightError {
    /// An infinity or a NaN.
    #[error("tensor `{tensor}` holds an infinity or NaN at row {row}, column {col}; the file is damaged")]
    NonFinite {
        /// The tensor.
        tensor: String,
        /// Its row.
        row: usize,
        /// Its column, or the first column of its group.
        col: usize,
    },
    /// No scale exponent of at least −24 brings the weights below the bound.
    #[error("tensor `{tensor}` has weights too large for any scale exponent down to {min}", min = super::MIN_K)]
    TooLarge {
        /// The tensor.
        tensor: String,
    },
    /// A matrix with an odd number of columns.
    #[error("tensor `{tensor}` has {cols} columns; an odd number is not supported")]
    OddColumns {
        /// The tensor.
        tensor: String,
        /// Its columns.
        cols: usize,
    },
    /// Bytes that are not those of the dimensions.
    #[error("tensor `{tensor}` of {rows} rows and {cols} columns cannot have {bytes} bytes")]
    Size {
        /// The tensor.
        tensor: String,
        /// Its rows.
        rows: usize,
        /// Its columns.
        cols: usize,
        /// Its bytes.
        bytes: usize,
    },
    /// A quantised type where only floats stand.
    #[error("tensor `{tensor}` has type {kind}; norm gains and factors must be F32, F16 or BF16")]
    NotFloat {
        /// The tensor.
        tensor: String,
        /// Name of its type.
        kind: &'static str,
    },
}

impl WeightError {
    /// Stable short code of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            WeightError::NonFinite { .. } => "weights.non_finite",
            WeightError::TooLarge { .. } => "weights.too_large",
            WeightError::OddColumns { .. } => "weights.odd_columns",
            WeightError::Size { .. } => "weights.size",
            WeightError::NotFloat { .. } => "weights.not_float",
        }
    }
}
