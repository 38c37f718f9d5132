//! Circuits of embed and sample on a real trace, from leaves as clients have them.

use ark_bn254::Fr;
use assay_circuits::r1cs::blake3::halves_of;
use assay_circuits::settlement::embed::{EmbedGenerated, EmbedPrompt, prompt_token};
use assay_circuits::settlement::embedding::{Tree, chunks};
use assay_circuits::settlement::greedy::GreedySample;
use assay_circuits::settlement::leaf::Committed;
use assay_circuits::settlement::{Error, check, unit::fields};
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::{CHUNK, Step, StepKind};
use assay_model::reference::{Output, Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::steps::embed;
use assay_tests::toy;
use assay_verifier::trace;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SECRET: [u8; 32] = [5; 32];
const JOB: Digest = [6; 32];
/// The last of them is the last of the vocabulary.
const PROMPT: [u32; 3] = [3, 0, 699];
/// Tokens that follow.
const GENERATED: u32 = 3;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::large(), 1));
static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::new(&MODEL.config, row));
/// What the steps of every position commit to.
static TRACE: LazyLock<BTreeMap<(u32, StepKind), Output>> = LazyLock::new(|| {
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: 2 };
    let mut trace = BTreeMap::new();
    let mut reference = Reference::new(&MODEL);
    let mut tokens = PROMPT.to_vec();
    for _ in 0..=GENERATED {
        let sampled = reference.extend(&tokens, &sampler, &mut |output| {
            trace.insert((output.position, output.step.kind), output);
        });
        tokens = sampled.into_iter().collect();
    }
    trace
});

/// The residual stream's row of a token.
fn row(token: u32) -> Vec<i32> {
    let mut row = vec![0; MODEL.embedding.cols];
    MODEL.embedding.decode_row(token as usize, &mut row);
    embed::chunk(&row, MODEL.embedding.k)
}

fn committed(t: u32, kind: StepKind) -> Committed {
    let (output, index) = (&TRACE[&(t, kind)], MODEL.config.step_index(Step { kind, layer: 0 }));
    let salt = trace::salts(&SECRET, &JOB, t, MODEL.config.step_count(true))[index as usize];
    Committed {
        salt,
        position: t,
        step: index,
        kind: kind as u8,
        shape: MODEL.config.shape(kind),
        header: output.header.clone(),
        tensor: output.tensor.clone(),
    }
}

/// The fields of a leaf as clients open it.
fn leaf(t: u32, kind: StepKind) -> [Fr; 3] {
    let step = Step { kind, layer: 0 };
    let (own, index, shape) = (committed(t, kind), MODEL.config.step_index(step), MODEL.config.shape(kind));
    let tensor = *blake3::hash(&own.tensor).as_bytes();
    let leaf = trace::leaf(&own.salt, &JOB, t, index, step, &shape, &own.header, &tensor);
    let [high, low] = halves_of(&leaf);
    [high, low, Fr::from(u128::from(t) | u128::from(index) << 32 | u128::from(kind as u8) << 64)]
}

/// The token that the sample step of a position commits to.
fn sampled(t: u32) -> u32 {
    u32::from_le_bytes(*TRACE[&(t, StepKind::Sample)].tensor.first_chunk().unwrap())
}

fn rows() -> u32 {
    chunks(&MODEL.config) as u32
}

#[test]
fn every_token_of_the_prompt_is_embedded_as_the_rig_committed_to_it() {
    for (t, token) in (0u32..).zip(PROMPT) {
        for chunk in 0..rows() {
            let salt = Fr::from(1 + t);
            let circuit = EmbedPrompt {
                config: MODEL.config.clone(),
                chunk,
                job: JOB,
                embed: committed(t, StepKind::Embed),
                salt,
                token,
                path: TREE.path(token, chunk, row).unwrap(),
            };
            assert_eq!(check(&circuit), Ok(()), "chunk {chunk} at {t}");
            let own = fields(&circuit);
            assert_eq!(own[..3], leaf(t, StepKind::Embed));
            assert_eq!(own[own.len() - 2..], [prompt_token(salt, token), TREE.root()]);
        }
    }
}

#[test]
fn every_generated_token_is_embedded_as_the_rig_committed_to_it() {
    for t in 3..3 + GENERATED {
        for chunk in 0..rows() {
            let circuit = EmbedGenerated {
                config: MODEL.config.clone(),
                chunk,
                job: JOB,
                embed: committed(t, StepKind::Embed),
                sample: committed(t - 1, StepKind::Sample),
                path: TREE.path(sampled(t - 1), chunk, row).unwrap(),
            };
            assert_eq!(check(&circuit), Ok(()), "chunk {chunk} at {t}");
            let own = fields(&circuit);
            assert_eq!(own[..6], [leaf(t, StepKind::Embed), leaf(t - 1, StepKind::Sample)].concat());
            assert_eq!(own.last(), Some(&TREE.root()));
        }
    }
}

#[test]
fn every_sample_is_shown_as_the_rig_committed_to_it() {
    for t in 2..3 + GENERATED {
        let honest = GreedySample {
            config: MODEL.config.clone(),
            chunk: sampled(t) / CHUNK as u32,
            job: JOB,
            sample: committed(t, StepKind::Sample),
            head: committed(t, StepKind::Head),
        };
        assert_eq!(check(&honest), Ok(()), "position {t}");
        assert_eq!(fields(&honest)[..6], [leaf(t, StepKind::Sample), leaf(t, StepKind::Head)].concat());
        let chunk = (honest.chunk + 1) % MODEL.config.unit_count(StepKind::Head);
        assert_eq!(check(&GreedySample { chunk, ..honest.clone() }), Err(Error::Unsatisfied));
        let mut other = honest;
        other.sample.tensor = (sampled(t) ^ 1).to_le_bytes().to_vec();
        assert_eq!(check(&other), Err(Error::Unsatisfied));
    }
}
