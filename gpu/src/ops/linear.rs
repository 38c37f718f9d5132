//! Linear steps: matrices in the card's memory, and the products that read them.

mod known;
pub(crate) mod matrices;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod tests;

use assay_model::Matrix;
use assay_model::config::{GATE_BITS, RESIDUAL_BITS, VALUE_BITS};
use assay_model::matrix::TILE_ROWS;
use assay_model::program::{Part, StepKind};

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::packed::{BLOCK, Bits, Class, Packed, Scaling};
use crate::shader::Shader;
use crate::variant::{Dot, Reduce, Tokens, Wide};

pub use known::{self_test, self_test_with};

/// Parts of one matrix that a dispatch can hold.
const PARTS: usize = 3;

/// One of the equal ways to multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Variant {
    /// How codes and activations are multiplied.
    pub dot: Dot,
    /// How sums are kept.
    pub wide: Wide,
    /// How lanes that share a row add up.
    pub reduce: Reduce,
    /// Tiles of 16 rows a workgroup.
    pub tiles: u32,
    /// Lanes that share a row.
    pub split: u32,
    /// Rows of a lane: 1, 2 or 4.
    pub rows: u32,
}

impl Variant {
    /// What runs on every card, best on a card that is played by the processor.
    pub const PORTABLE: Variant =
        Variant { dot: Dot::Int, wide: Wide::Pair, reduce: Reduce::Memory, tiles: 8, split: 1, rows: 4 };
}

/// Which kernel a product needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// How the matrix is packed.
    pub class: Class,
    /// Positions at once.
    pub tokens: Tokens,
    /// Whether the product is added to the residual.
    pub residual: bool,
    /// How it is computed.
    pub variant: Variant,
}

impl Key {
    /// Whether the kernel adds a constant to every row.
    fn has_constants(self) -> bool {
        self.variant.dot == Dot::Dot4 && self.class.has_constants()
    }

    /// Text of the kernel.
    pub fn shader(self) -> Shader {
        let Key { class, tokens, residual, variant } = self;
        let wide = match (variant.wide, tokens) {
            (Wide::Pair, _) => Shader::new(),
            (Wide::I64, Tokens::One) => Shader::new().alias("L", "i64"),
            (Wide::I64, Tokens::Four) => Shader::new().alias("L", "vec4<i64>"),
        };
        let shader = wide
            .constant("TILES", variant.tiles)
            .constant("SPLIT", variant.split)
            .constant("ROWS", variant.rows)
            .constant("RESIDUAL", residual.into())
            .constant("CONSTANTS", self.has_constants().into())
            .constant("SIGNED", matches!(class.bits, Bits::Six | Bits::Eight).into())
            .constant("DENSE", class.vectors() as u32)
            .constant("COLUMNS", if class.bits == Bits::Sixteen { 2 } else { 1 })
            .common()
            .file(tokens.file())
            .file(match variant.wide {
                Wide::Pair => include_str!("../kernels/wide_pair.wgsl"),
                Wide::I64 => include_str!("../kernels/wide_i64.wgsl"),
            });
        let shader = match class.bits {
            Bits::Four => shader.file(include_str!("../kernels/codes_4.wgsl")),
            Bits::Five => shader.file(include_str!("../kernels/codes_5.wgsl")),
            Bits::Six => shader.file(include_str!("../kernels/codes_6.wgsl")),
            Bits::Eight => shader.file(include_str!("../kernels/codes_8.wgsl")),
            Bits::Sixteen | Bits::Twenty => shader.file(include_str!("../kernels/dense.wgsl")),
        };
        let shader = match class.scaling {
            Scaling::None => shader,
            Scaling::Narrow => shader.file(include_str!("../kernels/scales_narrow.wgsl")),
            Scaling::Wide => shader.file(include_str!("../kernels/scales_wide.wgsl")),
            Scaling::Half => shader.file(include_str!("../kernels/scales_half.wgsl")),
        };
        let shader = match tokens {
            Tokens::One => shader.file(include_str!("../kernels/octet_1.wgsl")),
            Tokens::Four => shader.file(include_str!("../kernels/octet_4.wgsl")),
        };
        let shader = match variant.dot {
            Dot::Int | Dot::F32 => shader.file(include_str!("../kernels/columns_pairs.wgsl")),
            Dot::Dot4 => shader.file(include_str!("../kernels/columns_digits.wgsl")),
        };
        let shader = match variant.dot {
            _ if !class.has_constants() => shader,
            Dot::Int => shader.file(include_str!("../kernels/dot_int.wgsl")),
            Dot::F32 => shader.file(include_str!("../kernels/dot_f32.wgsl")),
            Dot::Dot4 => shader.file(include_str!("../kernels/dot_packed.wgsl")),
        };
        let shader = if class.has_constants() { shader.file(include_str!("../kernels/products.wgsl")) } else { shader };
        let shader = match (variant.split, variant.reduce) {
            (1, _) => shader.file(include_str!("../kernels/reduce_none.wgsl")),
            (_, Reduce::Memory) => shader.file(include_str!("../kernels/reduce_memory.wgsl")),
            (_, Reduce::Subgroup) => shader.file(include_str!("../kernels/reduce_subgroup.wgsl")),
        };
        shader.file(include_str!("../kernels/round.wgsl")).file(include_str!("../kernels/linear.wgsl"))
    }

    /// Compiles the kernel.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn compile(self, gpu: &Gpu) -> Result<Kernel, GpuError> {
        compile(gpu, self.shader().text())
    }
}

/// Compiles a kernel text, which a test may have altered.
///
/// # Errors
/// If the driver refuses it.
pub fn compile(gpu: &Gpu, text: &str) -> Result<Kernel, GpuError> {
    use Access::{Read, Write};
    Kernel::new(gpu, "linear", text, &[Read, Read, Read, Read, Read, Write])
}

/// Part of a step whose rows stand in a slab.
#[derive(Clone, Copy, Debug)]
struct Piece {
    first_tile: u32,
    end_tile: u32,
    rows: u32,
    /// First output, counted from the start of the step's tensor.
    out: u32,
    shift: i32,
}

/// Rows of one or more parts of a step, in buffers small enough to be bound.
#[derive(Debug)]
pub struct Slab {
    /// How it is packed.
    pub class: Class,
    /// Buffers of codes and of everything else.
    pub buffers: [wgpu::Buffer; 2],
    blocks: u32,
    high: u32,
    constants: u32,
    pieces: Vec<Piece>,
}

/// What of a part's shift does not depend on its input: `kg` is the exponent of the norm's gains, `k` that of the part's
/// matrix.
pub const fn fixed_shift(kind: StepKind, kg: i32, k: i32) -> i32 {
    match kind {
        StepKind::O => k + VALUE_BITS - RESIDUAL_BITS,
        StepKind::Down => k + 2 * GATE_BITS + 15 - RESIDUAL_BITS,
        StepKind::GateUp => kg + 31 + k - GATE_BITS,
        _ => kg + 31 + k - VALUE_BITS,
    }
}

/// A run of tiles of one part, packed.
struct Run {
    packed: Packed,
    out: u32,
    shift: i32,
}

/// Packs the parts of a step: as few slabs as classes and the largest binding allow.
///
/// `parts` are the step's matrices, where their outputs begin, and their fixed shifts.
pub fn pack(parts: &[(&Matrix, Part, i32)], largest_binding: u64) -> Vec<PackedSlab> {
    let mut slabs: Vec<PackedSlab> = Vec::new();
    for &(w, part, shift) in parts {
        let class = Class::of(w);
        let blocks = w.cols.div_ceil(BLOCK);
        let room = (largest_binding / (TILE_ROWS * blocks * 16 * class.vectors()) as u64).max(1) as usize;
        for first in (0..w.tiles()).step_by(room) {
            let tiles = first..w.tiles().min(first + room);
            let out = part.first + (first * TILE_ROWS) as u32;
            let run = Run { packed: Packed::new(w, class, tiles), out, shift };
            match slabs.last_mut() {
                Some(last) if last.takes(&run, largest_binding) => last.runs.push(run),
                _ => slabs.push(PackedSlab { runs: vec![run] }),
            }
        }
    }
    slabs
}

/// A slab before it is uploaded.
pub struct PackedSlab {
    runs: Vec<Run>,
}

impl PackedSlab {
    fn takes(&self, run: &Run, largest_binding: u64) -> bool {
        let first = &self.runs[0].packed;
        let words: usize = self.runs.iter().map(|r| r.packed.codes.len()).sum();
        self.runs.len() < PARTS
            && (first.class, first.blocks) == (run.packed.class, run.packed.blocks)
            && 4 * (words + run.packed.codes.len()) as u64 <= largest_binding
    }

    /// Words of the two buffers: codes, and everything else.
    pub fn words(&self) -> [Vec<u32>; 2] {
        let all = |of: fn(&Packed) -> &Vec<u32>| self.runs.iter().flat_map(|r| of(&r.packed)).copied().collect();
        let codes: Vec<u32> = all(|p| &p.codes);
        let side: [Vec<u32>; 3] = [all(|p| &p.scales), all(|p| &p.high), all(|p| &p.constants)];
        [codes, side.concat()]
    }

    /// Uploads it.
    pub fn upload(&self, gpu: &Gpu, words: &[Vec<u32>; 2]) -> Slab {
        self.slab([gpu.upload("codes", &words[0]), gpu.upload("side", &words[1])])
    }

    /// The slab, given the buffers that hold its words.
    pub fn slab(&self, buffers: [wgpu::Buffer; 2]) -> Slab {
        let first = &self.runs[0].packed;
        let sum = |of: fn(&Packed) -> usize| self.runs.iter().map(|r| of(&r.packed)).sum::<usize>() as u32;
        let high = sum(|p| p.scales.len());
        let mut tiles = 0;
        let piece = |run: &Run| {
            let first_tile = tiles;
            tiles += run.packed.rows.div_ceil(TILE_ROWS) as u32;
            Piece { first_tile, end_tile: tiles, rows: run.packed.rows as u32, out: run.out, shift: run.shift }
        };
        Slab {
            class: first.class,
            buffers,
            blocks: first.blocks as u32,
            high,
            constants: high + sum(|p| p.high.len()),
            pieces: self.runs.iter().map(piece).collect(),
        }
    }
}

/// Where single weights of a slab are.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// First row.
    pub first: u32,
    /// Rows.
    pub rows: u32,
    /// First word of code bits above the fourth.
    pub high: u32,
    /// Blocks of a row.
    pub blocks: u32,
}

/// Where a product reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// Words of a row of the report.
    pub report_row: u32,
    /// Word of the report's row with the input's scale.
    pub header: u32,
    /// First word of the residual in a row of the arena, for o and down.
    pub residual: u32,
    /// First word of the output in a row of the arena.
    pub out: u32,
}

impl Slab {
    /// A slab of one part whose weights are all zero, to time products with.
    pub(crate) fn blank(gpu: &Gpu, class: Class, rows: u32, columns: u32) -> Slab {
        let (tiles, blocks) = (rows.div_ceil(TILE_ROWS as u32), columns.div_ceil(BLOCK as u32));
        let cells = u64::from(tiles * TILE_ROWS as u32) * u64::from(blocks);
        let [vectors, scales, high] =
            [class.vectors(), class.scale_words(), class.high_words()].map(|words| words as u64 * cells);
        let constants = u64::from(tiles) * 2 * TILE_ROWS as u64;
        Slab {
            class,
            buffers: [gpu.storage("codes", 4 * vectors), gpu.storage("side", scales + high + constants)],
            blocks,
            high: scales as u32,
            constants: (scales + high) as u32,
            pieces: vec![Piece { first_tile: 0, end_tile: tiles, rows, out: 0, shift: 20 }],
        }
    }

    /// Parameters of a dispatch for rows `first..first + rows`.
    pub fn parameters(&self, places: &Places, first: u32, rows: u32) -> Vec<u32> {
        let Places { arena_row, report_row, header, .. } = *places;
        // A step that adds has one part, of which a slab may hold later rows only.
        let residual = places.residual + self.pieces[0].out;
        let mut words =
            vec![first, rows, self.blocks, arena_row, report_row, header, residual, self.high, self.constants];
        for i in 0..PARTS {
            // Parts that are not there end where the last one does, so that no tile is theirs.
            let piece = self.pieces[i.min(self.pieces.len() - 1)];
            let Piece { first_tile, end_tile, rows, out, shift } = piece;
            words.extend([first_tile, end_tile, rows, places.out + out, shift as u32]);
        }
        words
    }

    /// Workgroups of a dispatch.
    pub fn groups(&self, variant: Variant, tokens: Tokens, rows: u32) -> [u32; 3] {
        let tiles = self.pieces.last().map_or(0, |p| p.end_tile);
        [tiles.div_ceil(variant.tiles), rows.div_ceil(tokens.count()), 1]
    }

    /// Inputs, D, in whole blocks.
    pub const fn columns(&self) -> u32 {
        self.blocks * BLOCK as u32
    }

    /// For a slab of one part: its first row, the number of its rows, and what a kernel needs to find single weights.
    pub fn lookup(&self) -> Lookup {
        let piece = self.pieces[0];
        Lookup { first: piece.out, rows: piece.rows, high: self.high, blocks: self.blocks }
    }
}
