//! Products against the reference: every class, variant and number of positions.

use std::collections::{BTreeSet, HashMap};

use super::*;
use crate::ops::prepared::prepared;
use crate::testing::gpu;
use assay_model::gguf::{File, TensorType};
use assay_model::matrix::{Codes, Scales};
use assay_model::model::Model;
use assay_model::steps::linear::{Rounding, accumulate};
use assay_model::steps::norm::Scale;
use assay_model::testing::{Random, Toy};
use assay_model::{Config, load};

/// Arena: input, residual, output; report: two words of scale.
const ARENA: u32 = 4096;
const RESIDUAL: u32 = 1024;
const OUT: u32 = 2048;
const REPORT: u32 = 4;

fn model(kind: TensorType) -> Model {
    let config = Config { layers: 1, dim: 256, heads: 4, kv_heads: 2, head_dim: 64, ffn: 512, vocab: 300, context: 64 };
    let toy = Toy { config, kinds: vec![kind], embedding: kind, output: Some(kind), seed: 3, ..Toy::default() };
    let bytes = toy.gguf();
    load::load(&File::parse(&bytes).unwrap()).unwrap().model
}

/// The weights' extremes, with every multiplier at its largest.
fn extreme(w: &Matrix) -> Matrix {
    let mut w = w.clone();
    match &mut w.codes {
        Codes::U4(words) => words.fill(u32::MAX),
        Codes::I8(pairs) => {
            let least = pairs.as_flattened().iter().copied().min().unwrap();
            pairs.fill([least; 2]);
        }
        Codes::I16(pairs) => pairs.fill([-32767, 32767]),
        Codes::I32(words) => words.fill(-524_287),
    }
    for scales in [&mut w.scale, &mut w.offset] {
        match scales {
            Scales::None => {}
            Scales::I16(v) => v.fill(-32767),
            Scales::I32(v) => v.fill(524_287),
        }
    }
    w
}

fn vectors(rows: usize, cols: usize, random: &mut Random) -> Vec<Vec<i16>> {
    let one = |row: usize, random: &mut Random| {
        let value = |i: usize, random: &mut Random| match row % 4 {
            1 => 32767,
            2 => -32767,
            3 if i.is_multiple_of(2) => 32640,
            _ => (random.next() % 65535) as i32 - 32767,
        };
        (0..cols).map(|i| value(i, random) as i16).collect()
    };
    (0..rows).map(|row| one(row, random)).collect()
}

struct Case<'a> {
    parts: Vec<&'a Matrix>,
    xs: Vec<Vec<i16>>,
    scales: Vec<Scale>,
    kind: StepKind,
    kg: i32,
}

impl Case<'_> {
    fn parts(&self) -> Vec<(&Matrix, Part, i32)> {
        let mut first = 0;
        let part = |w: &&'_ Matrix| {
            let rows = w.rows as u32;
            let part = Part { first, rows };
            first += rows.next_multiple_of(256);
            part
        };
        let places: Vec<Part> = self.parts.iter().map(part).collect();
        self.parts.iter().zip(places).map(|(&w, p)| (w, p, fixed_shift(self.kind, self.kg, w.k))).collect()
    }

    /// What the reference makes of it, `[row][output]`, with `residual` below.
    fn expected(&self, residual: &[i32]) -> Vec<Vec<i32>> {
        let xs: Vec<&[i16]> = self.xs.iter().map(Vec::as_slice).collect();
        let mut out = vec![vec![0; (ARENA - OUT) as usize]; xs.len()];
        for (w, part, _) in self.parts() {
            let acc = accumulate(w, 0, w.rows, &xs);
            for ((out, acc), scale) in out.iter_mut().zip(acc).zip(&self.scales) {
                let rounding = match self.kind {
                    StepKind::O => Rounding::attention_output(scale.s2, w.k),
                    StepKind::Down => Rounding::ffn_output(scale.s2, w.k),
                    kind => Rounding::after_norm(kind, scale, self.kg, w.k),
                };
                for (i, acc) in acc.into_iter().enumerate() {
                    out[part.first as usize + i] = rounding.apply(acc, residual[i]);
                }
            }
        }
        out
    }

    /// What the card makes of it.
    fn found(&self, gpu: &Gpu, key: Key, kernel: &Kernel, residual: &[i32], largest: u64) -> Vec<Vec<i32>> {
        let rows = self.xs.len() as u32;
        let mut arena = vec![0u32; (rows * ARENA) as usize];
        let mut report = Vec::new();
        for (row, scale) in self.scales.iter().enumerate() {
            for (i, h) in residual.iter().enumerate() {
                arena[row * ARENA as usize + RESIDUAL as usize + i] = *h as u32;
            }
            let word = u32::from(scale.s1) | u32::from(scale.s2) << 8 | u32::from(scale.j as u8) << 16;
            report.extend([if key.residual { scale.s2.into() } else { word }, scale.r, 0, 0]);
        }
        let (arena, report) = (gpu.upload("arena", &arena), gpu.upload("report", &report));
        let vectors = prepared(key.variant.dot, key.tokens, self.xs[0].len(), &self.xs);
        let [x, sums] = vectors.map(|v| gpu.upload("the vectors", &v.after));
        let places = Places { arena_row: ARENA, report_row: REPORT, header: 0, residual: RESIDUAL, out: OUT };
        for slab in pack(&self.parts(), largest) {
            let slab = slab.upload(gpu, &slab.words());
            assert_eq!(slab.class, key.class);
            let [codes, side] = &slab.buffers;
            let groups = slab.groups(key.variant, key.tokens, rows);
            kernel
                .run(gpu, &[codes, side, &x, &sums, &report, &arena], &slab.parameters(&places, 0, rows), groups)
                .unwrap();
        }
        let words = gpu.read(&arena, 0, (rows * ARENA).into()).unwrap();
        let row = |words: &[u32]| words[OUT as usize..].iter().map(|&w| w as i32).collect();
        words.chunks(ARENA as usize).map(row).collect()
    }
}

fn scales(rows: usize) -> Vec<Scale> {
    (0..rows)
        .map(|i| Scale { s1: 3, s2: [15, 0, 7, 3][i % 4], r: [1 << 16, 1 << 15, 40_961][i % 3], j: [8, -15, 4][i % 3] })
        .collect()
}

fn variants(gpu: &Gpu) -> Vec<Variant> {
    let mut all = Vec::new();
    for dot in Dot::ALL {
        for wide in Wide::available(gpu) {
            all.push(Variant { dot, wide, ..Variant::PORTABLE });
        }
        all.push(Variant { dot, split: 4, tiles: 1, rows: 1, ..Variant::PORTABLE });
    }
    all.push(Variant { split: 8, tiles: 2, rows: 2, ..Variant::PORTABLE });
    if gpu.has(wgpu::Features::SUBGROUP) {
        all.push(Variant { split: 4, tiles: 2, rows: 4, reduce: Reduce::Subgroup, ..Variant::PORTABLE });
    }
    all
}

#[test]
fn every_class_variant_and_number_of_positions_gives_the_reference_s_bits() {
    let Some(gpu) = gpu() else { return };
    let mut kernels = HashMap::new();
    let mut random = Random::new(17);
    let residual: Vec<i32> = (0..1024).map(|i| [i32::MAX, i32::MIN, 0, -77, 1 << 20][i % 5]).collect();
    for kind in TensorType::ALL {
        let model = model(kind);
        let layer = &model.layers[0];
        let (hard, head) = (extreme(&layer.q), model.head());
        for (kind, parts, key_kind) in [
            (StepKind::Qkv, vec![&layer.q, &layer.k, &layer.v], false),
            (StepKind::GateUp, vec![&layer.gate, &hard], false),
            (StepKind::Head, vec![head], false),
            (StepKind::O, vec![&layer.o], true),
            (StepKind::Down, vec![&layer.down], true),
        ] {
            let class = Class::of(parts[0]);
            if parts.iter().any(|w| Class::of(w) != class) {
                continue;
            }
            for variant in variants(&gpu) {
                for (tokens, rows) in [(Tokens::One, 1), (Tokens::Four, 6)] {
                    let key = Key { class, tokens, residual: key_kind, variant };
                    let compile = || key.compile(&gpu).unwrap_or_else(|e| panic!("{key:?}: {e}"));
                    let kernel = kernels.entry(key).or_insert_with(compile);
                    let xs = vectors(rows, parts[0].cols, &mut random);
                    let case = Case { parts: parts.clone(), xs, scales: scales(rows), kind, kg: 9 };
                    let got = case.found(&gpu, key, kernel, &residual, 1 << 27);
                    assert!(got == case.expected(&residual), "{kind:?} {key:?}");
                }
            }
        }
    }
    let classes: BTreeSet<Class> = kernels.keys().map(|key| key.class).collect();
    assert_eq!(classes, Class::ALL.into(), "the test no longer reaches every class");
}

#[test]
fn a_matrix_above_the_largest_binding_is_split_by_rows() {
    let Some(gpu) = gpu() else { return };
    let model = model(TensorType::Q8_0);
    let layer = &model.layers[0];
    let key = Key { class: Class::of(&layer.q), tokens: Tokens::Four, residual: false, variant: Variant::PORTABLE };
    let xs = vectors(3, layer.q.cols, &mut Random::new(5));
    let case = Case { parts: vec![&layer.q, &layer.k], xs, scales: scales(3), kind: StepKind::Qkv, kg: 9 };
    let bytes = (TILE_ROWS * layer.q.cols) as u64;
    let (whole, split) = (pack(&case.parts(), 1 << 27), pack(&case.parts(), 3 * bytes));
    assert!(whole.len() == 1 && split.len() > 4, "{} {}", whole.len(), split.len());
    let (kernel, residual) = (key.compile(&gpu).unwrap(), vec![0; 1024]);
    assert!(case.found(&gpu, key, &kernel, &residual, 3 * bytes) == case.expected(&residual));
}

#[test]
fn rows_of_a_split_matrix_are_added_to_their_own_residual() {
    let Some(gpu) = gpu() else { return };
    let model = model(TensorType::Q8_0);
    let down = &model.layers[0].down;
    let key = Key { class: Class::of(down), tokens: Tokens::One, residual: true, variant: Variant::PORTABLE };
    let xs = vectors(2, down.cols, &mut Random::new(6));
    let case = Case { parts: vec![down], xs, scales: scales(2), kind: StepKind::Down, kg: 9 };
    let residual: Vec<i32> = (0..1024).map(|i| 1_000_003 * i).collect();
    let largest = (3 * TILE_ROWS * down.cols) as u64;
    let kernel = key.compile(&gpu).unwrap();
    assert!(case.found(&gpu, key, &kernel, &residual, largest) == case.expected(&residual));
}
