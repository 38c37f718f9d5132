//! A job whose contract draws a chunk of o, and the rig's answer: a true proof, with all that a contract looks at.

use super::{digest, hex, shape};
use assay_circuits::settlement::encoding::{encode_key, encode_scalar};
use assay_circuits::settlement::product::prove::{Holdings, commit_rows, prove, subject};
use assay_circuits::settlement::sample::{SCALARS, sample_with_rows};
use assay_circuits::settlement::{Linear, Shape, Unit, Witness, insecure_setup};
use assay_circuits::srs::development;
use assay_circuits::srs::points::{evm_g1, evm_g2};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_verifier::draw::Extent;
use assay_verifier::settlement::answer::{LinearAnswer, Opened, Placed};
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::record::{Chunk, Leaves, Parameter, Record, circuit_id, key_leaf};
use assay_verifier::settlement::{draw, tree};
use assay_verifier::sign::keccak;
use serde_json::{Value, json};

/// A job, and the chunk that is to be drawn.
struct Job {
    config: Config,
    prompt_tokens: u32,
    tokens: u32,
    kind: StepKind,
    chunk: u16,
}

/// Chunk 1 of o has four rows of twelve inputs.
const SMALL: Job = Job {
    config: Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 },
    prompt_tokens: 3,
    tokens: 4,
    kind: StepKind::O,
    chunk: 1,
};

/// Chunk 2 of head, which has no residual and opens two leaves, has four rows of six inputs.
const HEAD: Job = Job {
    config: Config { layers: 1, dim: 6, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 },
    kind: StepKind::Head,
    chunk: 2,
    ..SMALL
};

/// The dearest of SmolLM2-135M's chunks to look at: three leaves, of as many positions as a job of 1,000 tokens has.
const SMOLLM2: Job = Job {
    config: Config {
        layers: 30,
        dim: 576,
        heads: 9,
        kv_heads: 3,
        head_dim: 64,
        ffn: 1536,
        vocab: 49_152,
        context: 8192,
    },
    prompt_tokens: 25,
    tokens: 1000,
    kind: StepKind::O,
    chunk: 0,
};

const DRAWS: u32 = 8;

/// A draw of the chunk.
struct Drawn {
    receipt: Digest,
    seed: Digest,
    number: u32,
    t: u32,
    step: u32,
}

impl Job {
    const fn positions(&self) -> u32 {
        self.prompt_tokens + self.tokens - 1
    }

    const fn tail_from(&self) -> u32 {
        self.prompt_tokens - 1
    }

    fn kind_of(&self, step: u32) -> StepKind {
        self.config.step(step).unwrap().kind
    }

    /// At some position of some layer but the first, if there is another, for some receipt.
    fn drawn(&self) -> Drawn {
        let (config, positions, tail_from) = (&self.config, self.positions(), self.tail_from());
        let extent = Extent { config, positions, tail_from, last_token: 0 };
        let mut found = (0u32..).map(|i| keccak(&i.to_be_bytes())).filter_map(|receipt| {
            let seed = draw::seed(&digest("randomness"), &digest("id"), &receipt);
            let wanted = |(_, s, u): &(u32, u32, u32)| {
                self.kind_of(*s) == self.kind && *u == u32::from(self.chunk) && (config.layers == 1 || *s > 10)
            };
            let units = draw::units(&seed, &extent, DRAWS);
            let number = units.iter().position(wanted)?;
            let (t, step, _) = units[number];
            Some(Drawn { receipt, seed, number: u32::try_from(number).unwrap(), t, step })
        });
        found.next().unwrap()
    }

    /// Every leaf of the trace, those that the unit reads among them.
    fn leaves(&self, witness: &Witness, shape: &Shape) -> Vec<tree::Leaf> {
        let statement = witness.statement(shape);
        let unit = &statement.unit;
        let mut real = vec![(unit.input_step, statement.input_leaf), (unit.output_step, statement.output_leaf)];
        real.extend(statement.residual_leaf.map(|leaf| (unit.residual_step, leaf)));
        let steps = |t| self.config.step_count(t >= self.tail_from());
        let places = (0..self.positions()).flat_map(|t| (0..steps(t)).map(move |s| (t, s)));
        let leaf = |(t, s): (u32, u32)| {
            let own = real.iter().find(|(step, _)| t == unit.position && *step == s).map(|(_, leaf)| *leaf);
            let other = keccak(&[t.to_be_bytes(), s.to_be_bytes()].concat());
            let len = u32::try_from(self.config.shape(self.kind_of(s)).len).unwrap();
            tree::Leaf { job: witness.job, t, s, tokens: keccak(&other), leaf: own.unwrap_or(other), len }
        };
        places.map(leaf).collect()
    }

    /// All chunks of the model's linear steps; those that are not drawn have any commitment.
    fn chunks(&self, own: Chunk) -> Vec<Chunk> {
        let steps = (0..self.config.step_count(true)).filter(|s| self.kind_of(*s).is_linear());
        let units = |s| self.config.unit_count(self.kind_of(s));
        let places = steps.flat_map(|s| (0..units(s)).map(move |c| (s, c)));
        let commitment = development::powers(1)[0];
        let other = |(step, chunk)| Chunk { step, chunk, exponent: 0, commitment };
        places.map(|place| if place == (own.step, own.chunk) { own } else { other(place) }).collect()
    }
}

pub fn small() -> Value {
    described(&SMALL)
}

pub fn head() -> Value {
    described(&HEAD)
}

pub fn smollm2() -> Value {
    described(&SMOLLM2)
}

fn described(job: &Job) -> Value {
    let Drawn { receipt, seed, number, t, step } = job.drawn();
    let (of, mut witness, rows) = sample_with_rows(&job.config, job.kind, job.chunk, SCALARS).unwrap();
    let source = of.has_residual().then(|| job.config.residual_source(job.config.step(step).unwrap()));
    witness.unit = Unit {
        position: t,
        input_step: step - 1,
        output_step: step,
        residual_step: source.map_or(0, |source| job.config.step_index(source)),
        residual_kind: source.map_or(0, |source| source.kind as u8),
        ..witness.unit
    };
    let key = insecure_setup(&Linear { shape: &of, witness: &witness }, &[7; 32]).unwrap();

    // The record.
    let powers = development::powers(of.rows * of.width);
    let commitment = commit_rows(&powers, &rows).unwrap();
    let own = Chunk { step, chunk: job.chunk.into(), exponent: witness.unit.exponent, commitment };
    let chunks = job.chunks(own);
    let chunk_index = chunks.iter().position(|c| *c == own).unwrap();
    let chunk_leaves: Vec<_> = chunks.iter().map(Chunk::leaf).collect();
    let powers2 = [development::tau2(), development::power2(u64::try_from(of.width).unwrap())];
    let kind = usize::from(of.kind as u8);
    let words = [kind, of.width, of.len, of.rows, of.depth, 0, 0].map(|n| u64::try_from(n).unwrap());
    let key_bytes = encode_key(&key.vk).try_into().unwrap();
    let mut keys: Vec<_> = (0..Shape::all(&job.config).len()).map(|i| keccak(&i.to_be_bytes())).collect();
    keys[1] = key_leaf(&circuit_id(0, &words), &key_bytes, Some(&powers2));
    let parameters: Vec<_> = Parameter::all(&job.config).map(|p| p.leaf(&[0; 32])).collect();
    let trees = Leaves { chunks: &chunk_leaves, keys: &keys, parameters: &parameters };
    let record = Record::new(digest("manifest"), digest("srs"), job.config.clone(), &trees);

    // The trace.
    let leaves = job.leaves(&witness, &of);
    let hashes: Vec<_> = leaves.iter().map(tree::Leaf::hash).collect();
    let question = Question {
        id: digest("id"),
        job: witness.job,
        record: record.id(),
        receipt,
        settlement_root: tree::root(tree::SETTLEMENT, &hashes),
        prompt: digest("prompt"),
        prompt_tokens: job.prompt_tokens,
        tokens: job.tokens,
        seed,
        draw: number,
        draws: DRAWS,
        progress: [0; 32],
    };
    let mut steps = vec![step - 1, step];
    steps.extend(source.map(|source| job.config.step_index(source)));
    let open = |s| {
        let index = usize::try_from(tree::index(&job.config, job.tail_from(), t, s)).unwrap();
        let path = tree::path(tree::SETTLEMENT, &hashes, index);
        Opened { tokens: leaves[index].tokens, leaf: leaves[index].leaf, path }
    };
    let opened: Vec<_> = steps.into_iter().map(open).collect();

    let holdings = Holdings { powers: &powers, key: &key, rows: &rows };
    let (subject_of, proof) = prove(&holdings, &question.context(), &of, &mut witness, &[9; 32]).unwrap();
    assert_eq!(subject(&question.context(), &of, &witness, commitment), subject_of);
    let [x, y] = evm_g1(&commitment);
    let chunk_path = tree::path(tree::CHUNKS, &chunk_leaves, chunk_index);
    let answer = LinearAnswer {
        record: &record,
        leaves: &opened,
        chunk: &Placed { value: own, index: u32::try_from(chunk_index).unwrap(), path: chunk_path },
        key: &Placed { value: (key_bytes, powers2), index: 1, path: tree::path(tree::KEYS, &keys, 1) },
        accumulators: encode_scalar(&subject_of.accumulators),
        proof: &proof.words(),
    };
    json!({
        "answer": hex(answer.encode()), "call": hex(question.call(&answer.encode())),
        "question": {
            "id": hex(question.id), "jobDigest": hex(question.job), "record": hex(question.record),
            "receipt": hex(question.receipt), "settlementRoot": hex(question.settlement_root),
            "prompt": hex(question.prompt), "promptTokens": job.prompt_tokens, "tokens": job.tokens, "seed": hex(question.seed), "draw": number,
            "draws": DRAWS, "randomness": hex(digest("randomness")), "context": hex(question.context()),
        },
        "unit": [t, step, job.chunk],
        "record": {
            "manifest": hex(record.manifest), "srs": hex(record.srs), "shape": shape(&record.config),
            "chunksRoot": hex(record.chunks_root), "chunks": record.chunks, "keysRoot": hex(record.keys_root),
            "keys": record.keys, "parametersRoot": hex(record.parameters_root), "parameters": record.parameters,
        },
        "leaves": opened.iter().map(|o| json!({
            "tokens": hex(o.tokens), "leaf": hex(o.leaf), "path": o.path.iter().map(hex).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "chunk": {
            "exponent": i32::from(own.exponent) + 128, "commitment": [hex(x), hex(y)], "index": chunk_index,
            "path": path(tree::CHUNKS, &chunk_leaves, chunk_index),
        },
        "key": {
            "key": hex(key_bytes), "tau": evm_g2(&powers2[0]).map(hex), "power": evm_g2(&powers2[1]).map(hex), "index": 1,
            "path": path(tree::KEYS, &keys, 1),
        },
        "accumulators": hex(encode_scalar(&subject_of.accumulators)),
        "proof": proof.words().iter().map(hex).collect::<Vec<_>>(),
    })
}

fn path(label: &str, leaves: &[Digest], index: usize) -> Vec<String> {
    tree::path(label, leaves, index).iter().map(hex).collect()
}
