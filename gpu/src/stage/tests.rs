//! A card against the reference: every header, tensor, digest and token.

use std::collections::BTreeMap;

use assay_model::config::Config;
use assay_model::gguf::{File, TensorType};
use assay_model::load;
use assay_model::program::{Step, StepKind};
use assay_model::reference::{Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::testing::{Random, Toy};

use super::*;
use crate::headers;
use crate::ops::linear;
use crate::testing::gpu;
use crate::variant::{Dot, Reduce, Wide};

/// 96 wide, 3 heads over 1, and nothing a multiple of a chunk.
fn odd() -> Config {
    Config { layers: 3, dim: 96, heads: 3, kv_heads: 1, head_dim: 32, ffn: 160, vocab: 300, context: 512 }
}

/// Widths that super-blocks of 256 columns need; two key/value heads.
fn wide() -> Config {
    Config { layers: 2, dim: 256, heads: 4, kv_heads: 2, head_dim: 64, ffn: 512, vocab: 300, context: 512 }
}

fn model(toy: &Toy) -> Arc<Model> {
    let bytes = toy.gguf();
    Arc::new(load::load(&File::parse(&bytes).unwrap()).unwrap().model)
}

fn tokens(count: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| (random.next() % 300) as u32).collect()
}

/// Header and tensor by position and step.
type Record = BTreeMap<(u32, Step), (Vec<u8>, Vec<u8>)>;

fn reference(model: &Model, tokens: &[u32], sampler: &Sampler) -> (Record, Vec<u32>) {
    let (mut record, mut sampled) = (Record::new(), Vec::new());
    Reference::new(model).extend(tokens, sampler, &mut |out| {
        if out.step.kind == StepKind::Sample {
            sampled.push(u32::from_le_bytes(out.tensor[..].try_into().unwrap()));
        } else {
            record.insert((out.position, out.step), (out.header, out.tensor));
        }
    });
    (record, sampled)
}

fn room(rows: u32) -> Room {
    Room { rows, entries: 400, positions: 200 }
}

/// Runs `tokens` in batches of the given sizes, the last one repeated, through `stages` one behind the other.
fn run(stages: &mut [Stage], model: &Model, tokens: &[u32], batches: &[usize], s: &Sampler) -> (Record, Vec<u32>) {
    let (mut record, mut sampled, mut at) = (Record::new(), Vec::new(), 0);
    let mut sizes = batches.iter().copied();
    let mut size = 1;
    // Not at the start of the cache.
    let entry = 150;
    while at < tokens.len() {
        size = sizes.next().unwrap_or(size).min(tokens.len() - at);
        let mut incoming = Vec::new();
        for stage in stages.iter_mut() {
            let tail = |t| (t >= s.tail_from).then_some((s.sampling, s.seed));
            let row = |t: usize| Row { token: tokens[t], position: t as u32, entry, tail: tail(t as u32) };
            let rows: Vec<Row> = (at..at + size).map(row).collect();
            let layout = stage.layout(true).unwrap().clone();
            let is_tail = |kind| matches!(kind, StepKind::FinalNorm | StepKind::Head);
            let all = (0..size).flat_map(|row| layout.places.iter().map(move |&place| Fetch { row, place }));
            let fetch: Vec<Fetch> = all.filter(|f| !is_tail(f.place.step.kind) || rows[f.row].tail.is_some()).collect();
            let out = stage.run(&rows, &incoming, true, &fetch).unwrap();
            for (f, words) in fetch.iter().zip(&out.tensors) {
                let (report, kind) = (&out.reports[f.row], f.place.step.kind);
                let header = &report[f.place.header as usize..];
                let header = &header[..crate::layout::header_words(&model.config, kind) as usize];
                let tensor: Vec<u8> = bytemuck::cast_slice(words).to_vec();
                let digest: [u8; 32] =
                    bytemuck::cast_slice(&report[f.place.digest as usize..][..8]).try_into().unwrap();
                assert_eq!(digest, *blake3::hash(&tensor).as_bytes(), "digest of {}", f.place.step);
                record.insert((rows[f.row].position, f.place.step), (headers::wire(kind, header), tensor));
            }
            sampled.extend(out.sampled.iter().copied().flatten());
            incoming = out.outgoing;
        }
        at += size;
    }
    (record, sampled)
}

fn sampler(tail_from: u32) -> Sampler {
    let sampling = Sampling::Draw { temperature: 1 << 16, top_k: 40, top_p: 60_000 };
    Sampler { sampling, seed: [7; 32], tail_from }
}

fn assert_same(got: &(Record, Vec<u32>), expected: &(Record, Vec<u32>), what: &str) {
    for ((position, step), (header, tensor)) in &expected.0 {
        let (h, t) = got.0.get(&(*position, *step)).unwrap_or_else(|| panic!("{what}: no {step} at {position}"));
        assert!(t == tensor, "{what}: tensor of {step} at position {position}");
        assert_eq!(h, header, "{what}: header of {step} at position {position}");
    }
    assert_eq!(got.0.len(), expected.0.len(), "{what}");
    assert_eq!(got.1, expected.1, "{what}: sampled tokens");
}

fn load_whole(gpu: &Gpu, model: &Arc<Model>, plan: &Plan, rows: u32) -> Stage {
    Stage::load(gpu.clone(), Arc::clone(model), Share::whole(&model.config), plan, room(rows)).unwrap()
}

#[test]
fn every_weight_format_gives_the_reference_s_bits() {
    let Some(gpu) = gpu() else { return };
    for kind in TensorType::ALL {
        let super_block = matches!(kind, TensorType::Q4_K | TensorType::Q5_K | TensorType::Q6_K);
        let config = if super_block { wide() } else { odd() };
        let output = (kind != TensorType::Q4_1).then_some(kind);
        let toy = Toy { config, kinds: vec![kind], embedding: kind, output, seed: 5, ..Toy::default() };
        let (model, tokens) = (model(&toy), tokens(7, 3));
        let expected = reference(&model, &tokens, &sampler(5));
        let stage = load_whole(&gpu, &model, &Plan::PORTABLE, 8);
        assert_same(&run(&mut [stage], &model, &tokens, &[6, 1], &sampler(5)), &expected, kind.name());
    }
}

#[test]
fn any_batches_variants_and_mixed_formats_give_the_same_bits() {
    let Some(gpu) = gpu() else { return };
    let mut toy = Toy { config: wide(), kinds: TensorType::ALL.to_vec(), seed: 8, ..Toy::default() };
    toy.embedding = TensorType::Q6_K;
    toy.output = Some(TensorType::F16);
    toy.rope_factors = Some((0..32).map(|i| 1.0 + i as f32 / 8.0).collect());
    let (model, tokens) = (model(&toy), tokens(21, 4));
    let expected = reference(&model, &tokens, &sampler(11));
    let mut plans = vec![Plan::PORTABLE];
    let product = |dot, wide, rows, split| linear::Variant { dot, wide, reduce: Reduce::Memory, tiles: 2, split, rows };
    plans.push(Plan {
        products: [product(Dot::Dot4, Wide::Pair, 1, 4), product(Dot::F32, Wide::Pair, 2, 1)],
        row_lanes: 128,
        ..Plan::PORTABLE
    });
    for plan in &plans {
        for batches in [&[21][..], &[1], &[3, 10, 1, 1, 6]] {
            let stage = load_whole(&gpu, &model, plan, 21);
            assert_same(&run(&mut [stage], &model, &tokens, batches, &sampler(11)), &expected, &format!("{batches:?}"));
        }
    }
}

#[test]
fn layers_divided_among_cards_give_the_same_bits() {
    let Some(gpu) = gpu() else { return };
    let model = model(&Toy { config: odd(), seed: 2, ..Toy::default() });
    let (tokens, s) = (tokens(9, 8), sampler(6));
    let expected = reference(&model, &tokens, &s);
    for cuts in [&[0, 3][..], &[0, 1, 3], &[0, 1, 2, 3]] {
        let last = cuts.len() - 2;
        let mut stages: Vec<Stage> = cuts
            .windows(2)
            .enumerate()
            .map(|(i, w)| {
                let share = Share { embed: i == 0, layers: w[0]..w[1], tail: i == last };
                Stage::load(gpu.clone(), Arc::clone(&model), share, &Plan::PORTABLE, room(8)).unwrap()
            })
            .collect();
        assert_same(&run(&mut stages, &model, &tokens, &[5, 1], &s), &expected, &format!("{cuts:?}"));
    }
}

#[test]
fn a_damaged_weight_is_found_where_it_lies() {
    let Some(gpu) = gpu() else { return };
    let model = model(&Toy { config: odd(), ..Toy::default() });
    let stage = load_whole(&gpu, &model, &Plan::PORTABLE, 4);
    assert_eq!(stage.check_weights(), Ok(()));
    stage.damage_weights();
    assert!(matches!(stage.check_weights(), Err(GpuError::Wrong { what, .. }) if what.contains("layer 0 qkv")));
}
