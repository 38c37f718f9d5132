//! Settlement circuits of small shapes: what they show, and that they show no other statement.

mod circuit;
mod counts;
mod encoding;
mod proofs;

use super::*;
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::program::StepKind;
use assay_model::steps::{linear::Rounding, norm, pack};

/// Every tensor but q, k, v and gate, up has a last chunk of a few elements, so that circuits stay small.
const CONFIG: Config =
    Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 };

/// Small integers from a counter.
struct Rng(u64);

impl Rng {
    fn next(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as i64) % (2 * bound) - bound
    }
}

/// The scalars of an input, and what the manifest adds to its shift.
#[derive(Clone, Copy)]
struct Scalars {
    scale: norm::Scale,
    shift: u8,
    exponent: i8,
}

const SCALARS: Scalars =
    Scalars { scale: norm::Scale { s1: 17, s2: 5, r: 40_001, j: 3 }, shift: 9, exponent: 24 };

/// A unit with a true witness: random x, W and residual.
#[derive(Clone)]
struct Toy {
    shape: Shape,
    witness: Witness,
}

impl Toy {
    fn new(kind: StepKind, chunk: u16) -> Toy {
        Toy::with(kind, chunk, SCALARS)
    }

    fn with(kind: StepKind, chunk: u16, scalars: Scalars) -> Toy {
        let shape = Shape::new(&CONFIG, kind, chunk.into()).unwrap();
        let mut rng = Rng(u64::from(chunk) + 7);
        let elements: Vec<i16> = (0..shape.width).map(|_| rng.next(32768).max(-32767) as i16).collect();
        let mut product = || elements.iter().map(|x| i64::from(*x) * rng.next(1 << 15)).sum::<i64>();
        let accumulators: Vec<i64> = (0..shape.rows).map(|_| product()).collect();
        let h: Vec<i32> = (0..shape.len).map(|_| rng.next(1 << 24) as i32).collect();

        let exponent = i32::from(scalars.exponent);
        let rounding = if shape.has_residual() {
            Rounding::Residual { shift: exponent - i32::from(scalars.shift) }
        } else {
            let Scalars { scale, .. } = scalars;
            Rounding::Scaled { r: scale.r, shift: exponent + i32::from(scale.j) - i32::from(scale.s2) }
        };
        let first = usize::from(chunk) * 256;
        let mut y: Vec<i32> = (0..shape.len).map(|_| rng.next(1 << 20) as i32).collect();
        for (i, acc) in accumulators.iter().enumerate() {
            y[first + i] = rounding.apply(*acc, h[first + i]);
        }
        let maxima = y.chunks(256).flat_map(|c| c.iter().max().unwrap().to_le_bytes()).collect();
        let opening = |salt, header, tensor: &[i32]| Opening::new([salt; 32], header, tensor, chunk.into()).unwrap();
        let unit = Unit {
            position: 41,
            input_step: 3,
            output_step: 4,
            residual_step: if shape.has_residual() { 2 } else { 0 },
            residual_kind: if shape.has_residual() { 10 } else { 0 },
            chunk,
            exponent: scalars.exponent,
        };
        let witness = Witness {
            unit,
            job: *blake3::hash(b"job").as_bytes(),
            input: Vector { salt: [1; 32], header: header(&shape, scalars), elements },
            output: opening(2, if kind == StepKind::Head { maxima } else { Vec::new() }, &y),
            residual: shape.has_residual().then(|| opening(3, Vec::new(), &h)),
            accumulators,
            salt: Fr::from(987_654_321u64),
            rho: -Fr::from(1u64 << 50),
            inverse_z: -Fr::from(3u64 << 50),
        };
        Toy { shape, witness }
    }

    fn statement(&self) -> Statement {
        self.witness.statement(&self.shape)
    }
}

fn header(shape: &Shape, scalars: Scalars) -> Vec<u8> {
    let chunks = shape.width.div_ceil(256);
    if shape.has_residual() {
        return pack::Header { chunks: vec![scalars.shift; chunks], shift: scalars.shift }.encode();
    }
    let partial = norm::Partial { s1: 17, s2: 15, sum: u64::MAX };
    norm::Header { partials: vec![partial; chunks], scale: scalars.scale }.encode()
}

/// The smallest circuit with a residual, and the smallest after a norm, which is one with maxima.
fn small() -> [Toy; 2] {
    [Toy::new(StepKind::O, 1), Toy::new(StepKind::Head, 2)]
}
