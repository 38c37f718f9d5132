//! Every executor commits the same bytes: each step of each position, and so the receipt, however positions are batched.

use crate::runs::{Pair, greedy};
use crate::toys::cases;
use assay_model::sampling::Sampling;
use assay_model::testing::Random;
use assay_prover::backend::{Backend, Recorder, StepOutput, Withheld};
use assay_prover::cpu::platform::Tier;
use assay_prover::session::{generate, seal};
use assay_prover::trace::recorder::TraceRecorder;
use assay_verifier::Job;
use assay_verifier::job::Settlement;
use assay_verifier::sign::RigKey;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// More than a block of the executor, so that batches split.
const POSITIONS: usize = 83;

/// All outputs by position and step.
#[derive(Default, PartialEq)]
struct Everything(BTreeMap<(u32, u32), (Vec<u8>, Vec<u8>)>);

impl Recorder for Everything {
    fn record(&mut self, outputs: &[StepOutput<'_>]) -> Result<(), Withheld> {
        for o in outputs {
            let before = self.0.insert((o.position, o.step), (o.header.to_vec(), o.bytes()?.to_vec()));
            assert!(before.is_none(), "position {} step {} came twice", o.position, o.step);
        }
        Ok(())
    }
}

/// Runs `tokens` in batches of the given sizes, repeated as needed.
fn record(backend: &mut dyn Backend, tokens: &[u32], sizes: &[usize]) -> Everything {
    let mut all = Everything::default();
    let (mut rest, mut sizes) = (tokens, sizes.iter().cycle());
    while !rest.is_empty() {
        let size = sizes.next().map_or(rest.len(), |&s| s.clamp(1, rest.len()));
        let (batch, after) = rest.split_at(size);
        backend.extend(batch, &greedy(POSITIONS as u32 / 2), Some(&mut all)).expect("the CPU does not fail");
        rest = after;
    }
    all
}

fn assert_same(expected: &Everything, got: &Everything, what: &str) {
    assert_eq!(expected.0.len(), got.0.len(), "{what}: number of outputs");
    for (((position, step), e), g) in expected.0.iter().zip(got.0.values()) {
        assert!(e == g, "{what}: position {position} step {step} differs");
    }
}

fn open(toy: &assay_model::testing::Toy) -> Pair {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), toy.gguf()).expect("room");
    Pair::open(file.path())
}

#[test]
fn every_executor_commits_the_bytes_of_the_reference() {
    let tiers = Tier::all_for_tests();
    cases().par_iter().enumerate().for_each(|(n, case)| {
        let pair = open(&case.toy);
        let mut random = Random::new(n as u64 + 1);
        let tokens: Vec<u32> =
            (0..POSITIONS).map(|_| (random.next() % u64::from(pair.config().vocab)) as u32).collect();
        let expected = record(&mut pair.reference(), &tokens, &[POSITIONS]);
        let steps: u32 = (0..POSITIONS as u32).map(|t| pair.config().step_count(t >= POSITIONS as u32 / 2)).sum();
        assert_eq!(expected.0.len(), steps as usize, "{}", case.name);
        let uneven: Vec<usize> = (0..5).map(|_| 1 + (random.next() % 24) as usize).collect();
        assert_same(&expected, &record(&mut pair.reference(), &tokens, &uneven), &format!("{} reference", case.name));
        for &tier in &tiers {
            // Threads and batches are the same code in every tier, and the portable one is slow.
            let runs = [(1, &uneven[..]), (2, &[POSITIONS]), (2, &uneven), (2, &[1])];
            for (threads, sizes) in runs.into_iter().take(if tier == Tier::PORTABLE { 1 } else { 4 }) {
                let got = record(&mut pair.executor(tier, threads), &tokens, sizes);
                let what = format!("{} {} {threads} threads, batches {sizes:?}", case.name, tier.name());
                assert_same(&expected, &got, &what);
            }
        }
    });
}

fn job(pair: &Pair, sampling: Sampling) -> Job {
    Job {
        manifest: [1; 32],
        settlement: Settlement::default(),
        prompt: pair.tokenizer.encode_prompt("An engine went over the tables.", false).expect("tokens"),
        sampling,
        seed: [2; 32],
        max_tokens: 24,
        stop: vec![2],
        nonce: [3; 32],
        secret: [4; 32],
        expires: 1 << 40,
        previous: [0; 32],
    }
}

/// Output and receipt bytes of a job.
fn receipt(backend: &mut dyn Backend, pair: &Pair, job: &Job) -> (Vec<u8>, Vec<u8>) {
    let mut recorder = TraceRecorder::new(pair.config(), job, None);
    let tokens = generate(backend, job, Some(&mut recorder), &mut |_| {}).expect("the CPU does not fail");
    let key = RigKey::from_bytes(&[5; 32]).expect("a key");
    let (output, receipt) = seal(job, tokens, &recorder, &key);
    (output.encode(), receipt.encode())
}

#[test]
fn every_executor_signs_the_same_receipt() {
    let tier = Tier::detect();
    let drawn = Sampling::Draw { temperature: 60_000, top_k: 40, top_p: 62_000 };
    cases().par_iter().for_each(|case| {
        let pair = open(&case.toy);
        let receipts = [Sampling::Greedy, drawn].map(|sampling| {
            let job = job(&pair, sampling);
            let expected = receipt(&mut pair.reference(), &pair, &job);
            for threads in [1, 2] {
                let got = receipt(&mut pair.executor(tier, threads), &pair, &job);
                assert!(got == expected, "{} {} on {threads} threads", case.name, tier.name());
            }
            expected
        });
        assert!(receipts[0] != receipts[1], "{}: another job, another receipt", case.name);
    });
}
