//! Circuits of embed and sample under their leaves: fields as a contract has them, shapes, and counts.

use crate::r1cs::blake3::halves_of;
use crate::settlement::embed::{EmbedGenerated, EmbedPrompt, prompt_token};
use crate::settlement::embedding::{Tree, chunks};
use crate::settlement::greedy::GreedySample;
use crate::settlement::leaf::Committed;
use crate::settlement::unit::{Circuit, count, digest, fields, inputs};
use crate::settlement::witness::kind_byte;
use crate::settlement::{Error, check};
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::program::{CHUNK, StepKind};
use assay_model::steps::i32_bytes;
use std::sync::LazyLock;

const JOB: [u8; 32] = [6; 32];
const SMOLLM2: Config =
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
const LLAMA3_8B: Config =
    Config { layers: 32, dim: 4096, heads: 32, kv_heads: 8, head_dim: 128, ffn: 14336, vocab: 128256, context: 8192 };
/// A last chunk of four values, and of four logits.
const SMALL: Config =
    Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 };
const TOKEN: u32 = 514;

fn row(token: u32) -> Vec<i32> {
    (0..SMALL.dim as i32).map(|i| (i - 130) * 9999 + token as i32 * 31).collect()
}

static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::new(&SMALL, row));

fn leaf(kind: StepKind, header: Vec<u8>, tensor: Vec<u8>) -> Committed {
    let shape = SMALL.shape(kind);
    Committed { salt: [kind as u8; 32], position: 7, step: kind as u32, kind: kind_byte(kind), shape, header, tensor }
}

fn sampled(token: u32, position: u32) -> Committed {
    Committed { position, ..leaf(StepKind::Sample, vec![], token.to_le_bytes().to_vec()) }
}

fn prompt(chunk: u32) -> EmbedPrompt {
    let embed = leaf(StepKind::Embed, vec![], i32_bytes(&row(TOKEN)));
    let path = TREE.path(TOKEN, chunk, row).unwrap();
    EmbedPrompt { config: SMALL, chunk, job: JOB, embed, salt: Fr::from(9u8), token: TOKEN, path }
}

fn generated(chunk: u32) -> EmbedGenerated {
    let EmbedPrompt { config, job, embed, path, .. } = prompt(chunk);
    EmbedGenerated { config, chunk, job, embed, sample: sampled(TOKEN, 6), path }
}

/// Of logits of which that of [`TOKEN`], in the last chunk, is the first of two largest.
fn greedy() -> GreedySample {
    let logits: Vec<i32> = (0..516).map(|i| if i >= TOKEN as i32 { -50 } else { -1000 - i }).collect();
    let maxima: Vec<i32> = logits.chunks(CHUNK).map(|logits| *logits.iter().max().unwrap()).collect();
    let head = leaf(StepKind::Head, i32_bytes(&maxima), i32_bytes(&logits));
    GreedySample { config: SMALL, chunk: 2, job: JOB, sample: sampled(TOKEN, 7), head }
}

#[test]
fn a_token_of_the_prompt_is_shown_under_its_fields() {
    for chunk in 0..2 {
        let circuit = prompt(chunk);
        assert_eq!(check(&circuit), Ok(()), "chunk {chunk}");
        let mut want = circuit.embed.fields(&JOB).to_vec();
        want.extend(halves_of(&JOB));
        want.extend([circuit.embed.opening(chunk), prompt_token(circuit.salt, TOKEN), TREE.root()]);
        assert_eq!(fields(&circuit), want);
    }
}

#[test]
fn a_generated_token_is_shown_under_its_fields() {
    for chunk in 0..2 {
        let circuit = generated(chunk);
        assert_eq!(check(&circuit), Ok(()), "chunk {chunk}");
        let mut want = [circuit.embed.fields(&JOB), circuit.sample.fields(&JOB)].concat();
        want.extend(halves_of(&JOB));
        want.extend([circuit.embed.opening(chunk), Fr::from(0u8), TREE.root()]);
        assert_eq!(fields(&circuit), want);
    }
}

#[test]
fn a_greedy_sample_is_shown_under_its_fields() {
    let circuit = greedy();
    assert_eq!(check(&circuit), Ok(()));
    let mut want = [circuit.sample.fields(&JOB), circuit.head.fields(&JOB)].concat();
    want.extend(halves_of(&JOB));
    want.extend([Fr::from(0u8), circuit.head.opening(2)]);
    assert_eq!(fields(&circuit), want);
}

#[test]
fn what_is_false_of_an_embedding_is_shown_of_no_model() {
    let honest = fields(&generated(1));
    // Values of chunk 1 from byte 1,024 on, the token, and u: there is a root for each, and it is not E.
    let other = |change: &dyn Fn(&mut EmbedGenerated)| {
        let mut circuit = generated(1);
        change(&mut circuit);
        if check(&circuit) == Ok(()) {
            assert_ne!(fields(&circuit).last(), honest.last());
        }
    };
    other(&|w| w.embed.tensor[1024] ^= 1);
    other(&|w| w.embed.tensor[1039] ^= 128);
    other(&|w| w.sample.tensor[0] ^= 1);
    other(&|w| w.path = TREE.path(TOKEN, 0, row).unwrap());
    other(&|w| w.path = TREE.path(TOKEN - 1, 1, row).unwrap());
    other(&|w| w.chunk = 0);
    // Values of another chunk are no matter.
    let mut circuit = generated(1);
    circuit.embed.tensor[0] ^= 1;
    assert_eq!(check(&circuit), Ok(()));
    assert_eq!(fields(&circuit).last(), honest.last());
    // More than the places of the tree.
    for token in [1 << 20, u32::MAX] {
        let circuit = EmbedGenerated { sample: sampled(token, 6), ..generated(1) };
        assert_eq!(check(&circuit), Err(Error::Unsatisfied));
        assert_eq!(check(&EmbedPrompt { token, ..prompt(1) }), Err(Error::Unsatisfied));
    }
}

#[test]
fn what_is_false_of_a_sample_is_not_shown() {
    let refused = |change: &dyn Fn(&mut GreedySample)| {
        let mut circuit = greedy();
        change(&mut circuit);
        assert_eq!(check(&circuit), Err(Error::Unsatisfied));
    };
    refused(&|w| w.sample.tensor = 515u32.to_le_bytes().to_vec());
    refused(&|w| w.sample.tensor = 513u32.to_le_bytes().to_vec());
    refused(&|w| w.sample.tensor = 258u32.to_le_bytes().to_vec());
    refused(&|w| w.sample.tensor = (TOKEN | 1 << 31).to_le_bytes().to_vec());
    // Maxima are bytes 0..12 of the header, logits of chunk 2 begin at byte 2,048.
    refused(&|w| w.header(0, -50));
    refused(&|w| w.header(1, 0));
    refused(&|w| w.header(2, -51));
    refused(&|w| w.logit(512, -50));
    refused(&|w| w.logit(514, -51));
    refused(&|w| w.logit(515, -49));
    // Logits of another chunk are head's own matter, not this unit's.
    let mut circuit = greedy();
    circuit.logit(0, 5);
    assert_eq!(check(&circuit), Ok(()));
    assert_ne!(fields(&circuit), fields(&greedy()));
}

impl GreedySample {
    fn header(&mut self, chunk: usize, maximum: i32) {
        self.head.header[4 * chunk..][..4].copy_from_slice(&maximum.to_le_bytes());
    }

    fn logit(&mut self, at: usize, logit: i32) {
        self.head.tensor[4 * at..][..4].copy_from_slice(&logit.to_le_bytes());
    }
}

/// Fields in which two circuits differ.
fn changed(own: &dyn Circuit, other: &dyn Circuit) -> Vec<usize> {
    let (own, other) = (fields(own), fields(other));
    assert_eq!(own.len(), other.len());
    (0..own.len()).filter(|i| own[*i] != other[*i]).collect()
}

#[test]
fn what_a_prover_has_is_in_the_fields_that_it_is_named_by() {
    let of = |change: &dyn Fn(&mut EmbedPrompt)| {
        let mut other = prompt(1);
        change(&mut other);
        changed(&prompt(1), &other)
    };
    assert_eq!(of(&|w| w.embed.salt[0] ^= 1), [0, 1]);
    assert_eq!(of(&|w| w.embed.position += 1), [0, 1, 2]);
    assert_eq!(of(&|w| w.embed.step += 1), [0, 1, 2]);
    assert_eq!(of(&|w| w.job[0] ^= 1), [0, 1, 3]);
    assert_eq!(of(&|w| w.embed.tensor[1024] ^= 1), [0, 1, 7]);
    assert_eq!(of(&|w| w.salt += Fr::from(1u8)), [6]);
    assert_eq!(of(&|w| w.path[0][0] += Fr::from(1u8)), [7]);
    let of = |change: &dyn Fn(&mut EmbedGenerated)| {
        let mut other = generated(1);
        change(&mut other);
        changed(&generated(1), &other)
    };
    assert_eq!(of(&|w| w.sample.position += 1), [3, 4, 5]);
    assert_eq!(of(&|w| w.sample.salt[0] ^= 1), [3, 4]);
    assert_eq!(of(&|w| w.path[3][6] += Fr::from(1u8)), [10]);
    let of = |change: &dyn Fn(&mut GreedySample)| {
        let mut other = greedy();
        change(&mut other);
        changed(&greedy(), &other)
    };
    assert_eq!(of(&|w| w.sample.tensor[0] ^= 1), [0, 1]);
    assert_eq!(of(&|w| w.head.header[0] ^= 1), [3, 4]);
    assert_eq!(of(&|w| w.head.tensor[0] ^= 1), [3, 4]);
}

#[test]
fn every_field_altered_is_another_statement() {
    let circuits: [&dyn Circuit; 3] = [&prompt(1), &generated(1), &greedy()];
    for circuit in circuits {
        let (own, beta) = (fields(circuit), -Fr::from(3u8));
        let h = digest(&own);
        for i in 0..own.len() {
            let mut other = own.clone();
            other[i] += Fr::from(1u8);
            assert_ne!(digest(&other), h, "field {i}");
            assert_ne!(inputs(&other, h, beta), inputs(&own, h, beta), "field {i}");
        }
    }
}

#[test]
fn lists_of_another_length_are_no_witness() {
    let shape = |circuit: &dyn Circuit| assert_eq!(check(circuit), Err(Error::Shape));
    shape(&EmbedPrompt { chunk: 2, ..prompt(1) });
    shape(&EmbedPrompt { path: Vec::new(), ..prompt(1) });
    shape(&EmbedPrompt { embed: sampled(1, 7), ..prompt(1) });
    shape(&EmbedGenerated { sample: prompt(1).embed, ..generated(1) });
    shape(&EmbedGenerated { path: [generated(1).path, prompt(1).path].concat(), ..generated(1) });
    shape(&GreedySample { chunk: 3, ..greedy() });
    shape(&GreedySample { head: sampled(1, 7), ..greedy() });
    let mut short = greedy();
    short.head.header.pop();
    shape(&short);
}

/// Units of a kind with another shape than those before them, each with its constraints.
fn counts(n: u32, words: impl Fn(u32) -> [u64; 7], circuit: impl Fn(u32) -> Box<dyn Circuit>) -> Vec<(u32, usize)> {
    let first = |c: &u32| (0..*c).all(|before| words(before) != words(*c));
    (0..n).filter(first).map(|c| (c, count(circuit(c).as_ref()).unwrap().total())).collect()
}

/// Of circuits 1, 2 and 12.
fn all_counts(config: &Config) -> [Vec<(u32, usize)>; 3] {
    let rows = chunks(config) as u32;
    let logits = config.unit_count(StepKind::Head);
    [
        counts(rows, |u| EmbedPrompt::shape_words(config, u), |u| Box::new(EmbedPrompt::zeros(config, u))),
        counts(rows, |u| EmbedGenerated::shape_words(config, u), |u| Box::new(EmbedGenerated::zeros(config, u))),
        counts(logits, |c| GreedySample::shape_words(config, c), |c| Box::new(GreedySample::zeros(config, c))),
    ]
}

#[test]
fn every_shape_has_the_constraints_of_the_documentation() {
    let own = all_counts(&SMOLLM2);
    assert!(own.iter().flatten().all(|(_, n)| *n < 1 << 20));
    let want = [[(0, 309_647), (2, 109_819)], [(0, 353_882), (2, 154_054)], [(0, 636_848), (128, 622_171)]];
    assert_eq!(own, want.map(Vec::from));
    let logits = [(0, 997_300), (496, 982_623), (500, 953_269)].to_vec();
    assert_eq!(all_counts(&LLAMA3_8B), [vec![(0, 339_417)], vec![(0, 383_652)], logits]);
}

#[test]
fn units_of_one_shape_have_the_same_constraints() {
    let own = all_counts(&SMALL);
    assert_eq!(own.map(|shapes| shapes.len()), [2, 2, 2]);
    let pairs: [(&dyn Circuit, &dyn Circuit); 3] = [
        (&prompt(1), &EmbedPrompt::zeros(&SMALL, 1)),
        (&generated(0), &EmbedGenerated::zeros(&SMALL, 0)),
        (&greedy(), &GreedySample::zeros(&SMALL, 2)),
    ];
    for (honest, zeros) in pairs {
        assert!(honest.fits() && zeros.fits());
        assert_eq!(count(honest).unwrap(), count(zeros).unwrap());
    }
    let shape = |u| EmbedPrompt::shape_words(&SMOLLM2, u);
    assert!(shape(0) == shape(1) && shape(1) != shape(2));
    // dim, V; byte 0 of the first chunk, 1,024 of the last, depth 2: three chunks in a tree.
    assert_eq!(shape(0), [576, 49_152, 1024 << 16 | 130 << 32, 0, 0, 0, 0]);
    assert_eq!(shape(2), [576, 49_152, 256 << 16 | 129 << 32, 0, 0, 0, 0]);
    assert_eq!(GreedySample::shape_words(&SMOLLM2, 191), [49_152, 1024 << 16 | 135 << 32, 0, 0, 0, 0, 0]);
}
