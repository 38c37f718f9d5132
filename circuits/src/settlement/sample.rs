//! True witnesses of random units: for tests, and for measurements.

use super::{Opening, Shape, Unit, Vector, Witness};
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::program::StepKind;
use assay_model::steps::{linear::Rounding, norm, pack};

/// Small integers from a counter.
struct Rng(u64);

impl Rng {
    fn next(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % (2 * bound) - bound
    }

    fn small(&mut self, bound: i32) -> i32 {
        i32::try_from(self.next(bound.into())).unwrap_or(0)
    }
}

/// The scalars of an input, and what the manifest adds to its shift.
#[derive(Clone, Copy, Debug)]
pub struct Scalars {
    /// Of a norm.
    pub scale: norm::Scale,
    /// Of attn_pack and act.
    pub shift: u8,
    /// Of the unit.
    pub exponent: i8,
}

/// Scalars under which outputs are of some 2^20.
pub const SCALARS: Scalars = Scalars { scale: norm::Scale { s1: 17, s2: 5, r: 40_001, j: 3 }, shift: 9, exponent: 24 };

/// A chunk of a step with random x, rows of W and residual; `None` if there is no such chunk.
pub fn sample(config: &Config, kind: StepKind, chunk: u16, scalars: Scalars) -> Option<(Shape, Witness)> {
    sample_with_rows(config, kind, chunk, scalars).map(|(shape, witness, _)| (shape, witness))
}

/// As [`sample`], with the rows of W.
pub fn sample_with_rows(
    config: &Config,
    kind: StepKind,
    chunk: u16,
    scalars: Scalars,
) -> Option<(Shape, Witness, Vec<Vec<i32>>)> {
    let shape = Shape::new(config, kind, chunk.into())?;
    let mut rng = Rng(u64::from(chunk) + 7);
    let elements: Vec<i16> =
        (0..shape.width).map(|_| i16::try_from(rng.small(32768).max(-32767)).unwrap_or(0)).collect();
    let mut row = || elements.iter().map(|_| rng.small(1 << 15)).collect::<Vec<i32>>();
    let rows: Vec<Vec<i32>> = (0..shape.rows).map(|_| row()).collect();
    let product = |row: &Vec<i32>| elements.iter().zip(row).map(|(x, w)| i64::from(*x) * i64::from(*w)).sum();
    let accumulators: Vec<i64> = rows.iter().map(product).collect();
    let h: Vec<i32> = (0..shape.len).map(|_| rng.small(1 << 24)).collect();

    let (exponent, scale) = (i32::from(scalars.exponent), scalars.scale);
    let rounding = if shape.has_residual() {
        Rounding::Residual { shift: exponent - i32::from(scalars.shift) }
    } else {
        Rounding::Scaled { r: scale.r, shift: exponent + i32::from(scale.j) - i32::from(scale.s2) }
    };
    let mut y: Vec<i32> = (0..shape.len).map(|_| rng.small(1 << 20)).collect();
    let first = 256 * usize::from(chunk);
    for ((y, h), acc) in y.iter_mut().zip(&h).skip(first).zip(&accumulators) {
        *y = rounding.apply(*acc, *h);
    }
    let maxima = y.chunks(256).flat_map(|c| c.iter().max().copied().unwrap_or(0).to_le_bytes());
    let maxima = if kind == StepKind::Head { maxima.collect() } else { Vec::new() };
    let opening = |salt, header, tensor: &[i32]| Opening::new([salt; 32], header, tensor, chunk.into());
    let (residual_step, residual_kind) = if shape.has_residual() { (2, 10) } else { (0, 0) };
    let unit = Unit {
        position: 41,
        input_step: 3,
        output_step: 4,
        residual_step,
        residual_kind,
        chunk,
        exponent: scalars.exponent,
    };
    let witness = Witness {
        unit,
        job: *blake3::hash(b"job").as_bytes(),
        input: Vector { salt: [1; 32], header: header(&shape, scalars), elements },
        output: opening(2, maxima, &y)?,
        residual: if shape.has_residual() { Some(opening(3, Vec::new(), &h)?) } else { None },
        accumulators,
        salt: Fr::from(987_654_321u64),
        rho: -Fr::from(1u64 << 50),
        inverse_z: -Fr::from(3u64 << 50),
    };
    Some((shape, witness, rows))
}

fn header(shape: &Shape, scalars: Scalars) -> Vec<u8> {
    let chunks = shape.width.div_ceil(256);
    if shape.has_residual() {
        return pack::Header { chunks: vec![scalars.shift; chunks], shift: scalars.shift }.encode();
    }
    let partial = norm::Partial { s1: 17, s2: 15, sum: u64::MAX };
    norm::Header { partials: vec![partial; chunks], scale: scalars.scale }.encode()
}
