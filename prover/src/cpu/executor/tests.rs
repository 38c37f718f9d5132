//! The executor against the scalar reference: every header, tensor and token.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::config::Config;
use assay_model::gguf::{File, TensorType};
use assay_model::load;
use assay_model::program::{Element, StepKind};
use assay_model::reference::Reference;
use assay_model::sampling::Sampling;
use assay_model::testing::{Random, Toy};

use super::*;

/// Everything that was recorded, by position and step.
#[derive(Default, PartialEq)]
struct Record {
    outputs: BTreeMap<(u32, u32), (Vec<u8>, Vec<u8>)>,
    next_step: BTreeMap<u32, u32>,
}

impl Recorder for Record {
    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld> {
        for o in outputs {
            let next = self.next_step.entry(o.position).or_default();
            assert_eq!(o.step, *next, "steps of position {} in order, each once", o.position);
            *next += 1;
            self.outputs.insert((o.position, o.step), (o.header.to_vec(), o.bytes()?.to_vec()));
        }
        Ok(())
    }
}

/// 96 wide, 3 heads over 1, and nothing a multiple of a chunk.
fn odd_config() -> Config {
    Config { layers: 2, dim: 96, heads: 3, kv_heads: 1, head_dim: 32, ffn: 160, vocab: 300, context: 512 }
}

/// Widths that super-blocks of 256 columns need; two key/value heads.
fn wide_config() -> Config {
    Config { layers: 2, dim: 256, heads: 4, kv_heads: 2, head_dim: 64, ffn: 512, vocab: 300, context: 512 }
}

fn model(toy: &Toy) -> Arc<Model> {
    let bytes = toy.gguf();
    Arc::new(load::load(&File::parse(&bytes).unwrap()).unwrap().model)
}

fn tokens(count: usize, vocab: u32, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| (random.next() % u64::from(vocab)) as u32).collect()
}

fn sampler(tail_from: u32) -> Sampler {
    let sampling = Sampling::Draw { temperature: 1 << 16, top_k: 40, top_p: 60_000 };
    Sampler { sampling, seed: [7; 32], tail_from }
}

/// Runs `backend` over `tokens` in runs of the given lengths, the last one repeated.
fn run(backend: &mut dyn Backend, tokens: &[u32], runs: &[usize], sampler: &Sampler) -> (Record, Option<u32>) {
    let (mut record, mut last, mut rest, mut runs) = (Record::default(), None, tokens, runs.iter().copied());
    let mut length = 1;
    while !rest.is_empty() {
        length = runs.next().unwrap_or(length).min(rest.len());
        let (now, later) = rest.split_at(length);
        last = backend.extend(now, sampler, Some(&mut record)).unwrap();
        rest = later;
    }
    (record, last)
}

fn assert_same(config: &Config, got: &(Record, Option<u32>), expected: &(Record, Option<u32>), what: &str) {
    for (key, expected) in &expected.0.outputs {
        let step = config.step(key.1).unwrap();
        let got = got.0.outputs.get(key).unwrap_or_else(|| panic!("{what}: no {step} at position {}", key.0));
        assert_eq!(got.0, expected.0, "{what}: header of {step} at position {}", key.0);
        assert!(got.1 == expected.1, "{what}: tensor of {step} at position {}", key.0);
    }
    assert_eq!(got.0.outputs.len(), expected.0.outputs.len(), "{what}: more outputs than the program has");
    assert_eq!(got.1, expected.1, "{what}: sampled token");
}

/// Compares every tier, number of threads and list of runs with the reference, whose record is returned.
fn check(model: &Arc<Model>, tokens: &[u32], tail_from: u32, runs: &[&[usize]], what: &str) -> Record {
    let sampler = sampler(tail_from);
    let expected = run(&mut Reference::new(model), tokens, &[tokens.len()], &sampler);
    assert!(expected.0.outputs.len() > tokens.len());
    for tier in Tier::all_for_tests() {
        for threads in [1, 2] {
            for runs in runs {
                let mut executor = Executor::new(model.clone(), tier, threads).unwrap();
                let got = run(&mut executor, tokens, runs, &sampler);
                let what = format!("{what}, {}, {threads} threads, runs {runs:?}", tier.name());
                assert_same(&model.config, &got, &expected, &what);
            }
        }
    }
    expected.0
}

#[test]
fn every_weight_format_gives_the_reference_s_bits() {
    for kind in TensorType::ALL {
        let super_block = matches!(kind, TensorType::Q4_K | TensorType::Q5_K | TensorType::Q6_K);
        let config = if super_block { wide_config() } else { odd_config() };
        for output in [None, Some(kind)] {
            let toy =
                Toy { config: config.clone(), kinds: vec![kind], embedding: kind, output, seed: 5, ..Toy::default() };
            check(&model(&toy), &tokens(7, 300, 3), 5, &[&[6, 1]], kind.name());
        }
    }
}

#[test]
fn any_chunking_gives_the_same_bits() {
    let toy = Toy { config: odd_config(), seed: 11, ..Toy::default() };
    let runs: [&[usize]; 6] = [&[150], &[1], &[64, 64, 22], &[3, 100, 1, 1, 45], &[5, 2], &[129, 21]];
    check(&model(&toy), &tokens(150, 300, 1), 140, &runs, "chunking");
    // Every position has a tail, as in a replay.
    check(&model(&toy), &tokens(21, 300, 2), 0, &[&[21], &[1], &[10, 11]], "tails");
}

#[test]
fn mixed_formats_and_scaled_rotations_give_the_reference_s_bits() {
    let mut toy = Toy { config: wide_config(), kinds: TensorType::ALL.to_vec(), seed: 8, ..Toy::default() };
    toy.embedding = TensorType::Q6_K;
    toy.output = Some(TensorType::F16);
    toy.rope_factors = Some((0..32).map(|i| 1.0 + i as f32 / 8.0).collect());
    check(&model(&toy), &tokens(12, 300, 4), 11, &[&[12], &[1], &[4, 7, 1]], "mixed");
}

#[test]
fn extreme_activations_saturate_as_in_the_reference() {
    let toy = Toy { config: odd_config(), seed: 21, ..Toy::default() };
    let mut saturated = BTreeSet::new();
    for (norm_k, matrix_k) in [(-60, 0), (40, 0), (0, -30), (0, -60), (-30, -30), (20, 20)] {
        let mut model = Arc::unwrap_or_clone(model(&toy));
        model.embedding.k -= 20;
        for layer in &mut model.layers {
            for gains in [&mut layer.attn_norm, &mut layer.ffn_norm] {
                gains.k = (gains.k + norm_k).max(-24);
            }
            for w in [
                &mut layer.q,
                &mut layer.k,
                &mut layer.v,
                &mut layer.o,
                &mut layer.gate,
                &mut layer.up,
                &mut layer.down,
            ] {
                w.k = (w.k + matrix_k).max(-24);
            }
        }
        let config = model.config.clone();
        let what = format!("k {norm_k} {matrix_k}");
        let record = check(&Arc::new(model), &tokens(9, 300, 6), 8, &[&[8, 1], &[9]], &what);
        let at_the_end = |tensor: &[u8]| tensor.as_chunks::<4>().0.contains(&i32::MAX.to_le_bytes());
        let steps = record.outputs.iter().map(|(key, (_, tensor))| (config.step(key.1).unwrap().kind, tensor));
        let wide = steps.filter(|(kind, tensor)| config.shape(*kind).element == Element::I32 && at_the_end(tensor));
        saturated.extend(wide.map(|(kind, _)| kind));
    }
    let kinds = [StepKind::Qkv, StepKind::O, StepKind::GateUp, StepKind::Down, StepKind::Head];
    assert!(kinds.iter().all(|kind| saturated.contains(kind)), "the test no longer reaches the ends: {saturated:?}");
}

#[test]
fn without_a_recorder_the_tokens_are_the_same() {
    let model = model(&Toy { config: odd_config(), seed: 2, ..Toy::default() });
    let (prompt, sampler) = (tokens(70, 300, 9), sampler(69));
    let generate = |record: bool| {
        let mut executor = Executor::new(model.clone(), Tier::detect(), 2).unwrap();
        let mut recorder = Record::default();
        let mut last =
            executor.extend(&prompt, &sampler, record.then_some(&mut recorder as &mut dyn Recorder)).unwrap();
        (0..10)
            .map(|_| {
                let token = last.expect("a sampled token");
                last =
                    executor.extend(&[token], &sampler, record.then_some(&mut recorder as &mut dyn Recorder)).unwrap();
                token
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(generate(true), generate(false));
}
