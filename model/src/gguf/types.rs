//! Tensor types of ggml: those that are read, and the names of the others.

/// A tensor type with an exact integer form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u32)]
#[expect(non_camel_case_types, reason = "ggml's names")]
pub enum TensorType {
    /// IEEE single precision.
    F32 = 0,
    /// IEEE half precision.
    F16 = 1,
    /// 4-bit codes, one multiplier for 32 weights.
    Q4_0 = 2,
    /// 4-bit codes, one multiplier and offset for 32 weights.
    Q4_1 = 3,
    /// 5-bit codes, one multiplier for 32 weights.
    Q5_0 = 6,
    /// 5-bit codes, one multiplier and offset for 32 weights.
    Q5_1 = 7,
    /// 8-bit codes, one multiplier for 32 weights.
    Q8_0 = 8,
    /// 4-bit codes, 6-bit multiplier and offset for 32 weights, in blocks of 256.
    Q4_K = 12,
    /// 5-bit codes, 6-bit multiplier and offset for 32 weights, in blocks of 256.
    Q5_K = 13,
    /// 6-bit codes, 8-bit multiplier for 16 weights, in blocks of 256.
    Q6_K = 14,
    /// The upper half of IEEE single precision.
    BF16 = 30,
}

/// ggml's names by type number; the numbers that are missing here have been removed from ggml.
const NAMES: [&str; 41] = [
    "F32",
    "F16",
    "Q4_0",
    "Q4_1",
    "Q4_2",
    "Q4_3",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q8_1",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "Q8_K",
    "IQ2_XXS",
    "IQ2_XS",
    "IQ3_XXS",
    "IQ1_S",
    "IQ4_NL",
    "IQ3_S",
    "IQ2_S",
    "IQ4_XS",
    "I8",
    "I16",
    "I32",
    "I64",
    "F64",
    "IQ1_M",
    "BF16",
    "Q4_0_4_4",
    "Q4_0_4_8",
    "Q4_0_8_8",
    "TQ1_0",
    "TQ2_0",
    "IQ4_NL_4_4",
    "IQ4_NL_4_8",
    "IQ4_NL_8_8",
    "MXFP4",
    "NVFP4",
];

impl TensorType {
    /// All types that are read.
    pub const ALL: [TensorType; 11] = [
        TensorType::F32,
        TensorType::F16,
        TensorType::Q4_0,
        TensorType::Q4_1,
        TensorType::Q5_0,
        TensorType::Q5_1,
        TensorType::Q8_0,
        TensorType::Q4_K,
        TensorType::Q5_K,
        TensorType::Q6_K,
        TensorType::BF16,
    ];

    /// ggml's number of the type.
    pub const fn id(self) -> u32 {
        self as u32
    }

    /// The type with ggml's number `id`, or the name of the type that is not read.
    pub fn from_id(id: u32) -> Result<Self, String> {
        TensorType::ALL.into_iter().find(|t| t.id() == id).ok_or_else(|| match NAMES.get(id as usize) {
            Some(name) => (*name).to_owned(),
            None => format!("number {id}"),
        })
    }

    /// ggml's name.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Weights of one block.
    pub const fn block_len(self) -> usize {
        match self {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => 1,
            TensorType::Q4_K | TensorType::Q5_K | TensorType::Q6_K => 256,
            _ => 32,
        }
    }

    /// Bytes of one block.
    pub const fn block_bytes(self) -> usize {
        match self {
            TensorType::F32 => 4,
            TensorType::F16 | TensorType::BF16 => 2,
            TensorType::Q4_0 => 18,
            TensorType::Q4_1 => 20,
            TensorType::Q5_0 => 22,
            TensorType::Q5_1 => 24,
            TensorType::Q8_0 => 34,
            TensorType::Q4_K => 144,
            TensorType::Q5_K => 176,
            TensorType::Q6_K => 210,
        }
    }
}
