//! The rig's side: its trace under a settlement root, the model's record, the contract's question, and the answer.

use ark_bn254::G1Affine;
use assay_circuits::settlement::encoding::{encode_key, encode_scalar};
use assay_circuits::settlement::product::{self, prove::Holdings};
use assay_circuits::settlement::{Error, Linear, Shape, Witness, insecure_setup};
use assay_circuits::srs::development;
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::Step;
use assay_prover::settlement::chunks::{chunks, powers_needed, rows};
use assay_prover::settlement::witness::{Place, witness};
use assay_tests::toy;
use assay_tests::trace::Signed;
use assay_verifier::answer::Source;
use assay_verifier::draw::Extent;
use assay_verifier::settlement::answer::{LinearAnswer, Opened, Placed};
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::record::{Chunk, KEY_BYTES, Leaves, Record, circuit_id, key_leaf};
use assay_verifier::settlement::{draw, tree};
use assay_verifier::sign::{keccak, receipt_hash};
use assay_verifier::{Job, trace};
use std::sync::LazyLock;

pub static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
static POWERS: LazyLock<Vec<G1Affine>> = LazyLock::new(|| development::powers(powers_needed(&MODEL.config)));

const DRAWS: u32 = 16;

/// The model's chunks. Of keys only that of the drawn shape is made.
pub static CHUNKS: LazyLock<Vec<Chunk>> = LazyLock::new(|| chunks(&MODEL, &POWERS).unwrap());

pub fn job() -> Job {
    toy::job(&MODEL, 5, 4, 2)
}

/// What the contract asks, and what stands behind it.
pub struct Asked {
    pub question: Question,
    pub t: u32,
    pub step: Step,
    pub chunk: u32,
    record: Record,
    chunk_leaves: Vec<Digest>,
    keys: Vec<Digest>,
    key: assay_circuits::settlement::keys::ProvingKey,
    leaves: Vec<tree::Leaf>,
    hashes: Vec<Digest>,
}

/// Every leaf of the trace once more.
fn leaves(signed: &Signed) -> Vec<tree::Leaf> {
    let (job, config) = (&signed.job, &MODEL.config);
    let digest = job.digest();
    let mut all = Vec::new();
    for t in 0..job.positions(signed.receipt.token_count) {
        let own = signed.leaves(t);
        let salts = trace::salts(&job.secret, &digest, t, own.len() as u32);
        let tokens = |salt| {
            let token = |t| signed.output.token_in(job, t).unwrap();
            tree::tokens(salt, token(t), signed.output.token_out(job, t).unwrap())
        };
        for ((s, leaf), salt) in (0u32..).zip(own).zip(&salts) {
            let len = config.shape(config.step(s).unwrap().kind).len as u32;
            all.push(tree::Leaf { job: digest, t, s, tokens: tokens(salt), leaf: *leaf, len });
        }
    }
    all
}

/// The first draw of a chunk of a linear step, once the receipt is committed and a beacon has spoken.
pub fn asked(signed: &Signed) -> Asked {
    let (job, config) = (&signed.job, &MODEL.config);
    let leaves = leaves(signed);
    let hashes: Vec<_> = leaves.iter().map(tree::Leaf::hash).collect();
    let mut receipt = signed.receipt.clone();
    receipt.settlement_root = tree::root(tree::SETTLEMENT, &hashes);
    let (id, receipt_hash) = (keccak(b"the terms of this job"), receipt_hash(&receipt));
    let seed = draw::seed(&keccak(b"a round of the beacon"), &id, &receipt_hash);

    let extent = signed.claim().extent(config);
    let extent = Extent { config, ..extent };
    let units = draw::units(&seed, &extent, DRAWS);
    let linear = |(_, s, _): &(u32, u32, u32)| config.step(*s).unwrap().kind.is_linear();
    let number = units.iter().position(linear).expect("a linear unit among so many draws");
    let (t, s, chunk) = units[number];
    let step = config.step(s).unwrap();

    let shape = Shape::new(config, step.kind, chunk).unwrap();
    let key = insecure_setup(&Linear { shape: &shape, witness: &Witness::zeros(&shape) }, &[3; 32]).unwrap();
    let bytes = key_bytes(&key);
    let mut keys: Vec<_> = Shape::all(config).iter().map(|shape| keccak(shape.to_string().as_bytes())).collect();
    let place = Shape::all(config).iter().position(|other| *other == shape).unwrap();
    keys[place] = key_leaf(&circuit(&shape), &bytes, Some(&powers2(&shape)));
    let chunk_leaves: Vec<_> = CHUNKS.iter().map(Chunk::leaf).collect();
    // No circuit of a linear chunk reads a parameter.
    let of = Leaves { chunks: &chunk_leaves, keys: &keys, parameters: &[] };
    let record = Record::new(job.manifest, [0; 32], config.clone(), &of);
    let question = Question {
        id,
        job: job.digest(),
        record: record.id(),
        receipt: receipt_hash,
        settlement_root: receipt.settlement_root,
        prompt: [0; 32],
        prompt_tokens: job.prompt.len() as u32,
        tokens: receipt.token_count,
        seed,
        draw: number as u32,
        draws: DRAWS,
        progress: [0; 32],
    };
    Asked { question, t, step, chunk, record, chunk_leaves, keys, key, leaves, hashes }
}

fn key_bytes(key: &assay_circuits::settlement::keys::ProvingKey) -> [u8; KEY_BYTES] {
    encode_key(&key.vk).try_into().unwrap()
}

fn circuit(shape: &Shape) -> Digest {
    let words = [shape.kind as usize, shape.width, shape.len, shape.rows, shape.depth, 0, 0];
    circuit_id(0, &words.map(|n| n as u64))
}

fn powers2(shape: &Shape) -> [ark_bn254::G2Affine; 2] {
    [development::tau2(), development::power2(shape.width as u64)]
}

/// The answer to what was asked; `lie` may change what the rig says it has computed.
pub fn proved(signed: &Signed, asked: &Asked, lie: impl FnOnce(&mut Witness)) -> Result<Vec<u8>, Error> {
    let config = &MODEL.config;
    let place = Place {
        job: &asked.question.job,
        secret: &signed.job.secret,
        t: asked.t,
        step: asked.step,
        chunk: asked.chunk,
        fresh: &[5; 64],
    };
    let (shape, mut witness) = witness(&MODEL, signed, &place).expect("a chunk");
    lie(&mut witness);
    let rows = rows(&MODEL, asked.step, asked.chunk).unwrap();
    let holdings = Holdings { powers: &POWERS, key: &asked.key, rows: &rows };
    let (subject, proof) = product::prove(&holdings, &asked.question.context(), &shape, &mut witness, &[6; 32])?;

    let number = config.step_index(asked.step);
    let mut steps = vec![number - 1, number];
    if shape.has_residual() {
        steps.push(witness.unit.residual_step);
    }
    let tail_from = signed.job.prompt.len() as u32 - 1;
    let opened: Vec<_> = steps
        .into_iter()
        .map(|s| {
            let index = tree::index(config, tail_from, asked.t, s) as usize;
            let leaf = &asked.leaves[index];
            let path = tree::path(tree::SETTLEMENT, &asked.hashes, index);
            Opened { tokens: leaf.tokens, leaf: leaf.leaf, path }
        })
        .collect();
    let place = CHUNKS.iter().position(|c| (c.step, c.chunk) == (number, asked.chunk)).unwrap();
    let chunk = Placed {
        value: CHUNKS[place],
        index: place as u32,
        path: tree::path(tree::CHUNKS, &asked.chunk_leaves, place),
    };
    assert_eq!(chunk.value.commitment, subject.commitment, "the record has the commitment to these rows");
    let own = key_leaf(&circuit(&shape), &key_bytes(&asked.key), Some(&powers2(&shape)));
    let place = asked.keys.iter().position(|leaf| *leaf == own).unwrap();
    let key = Placed {
        value: (key_bytes(&asked.key), powers2(&shape)),
        index: place as u32,
        path: tree::path(tree::KEYS, &asked.keys, place),
    };
    let answer = LinearAnswer {
        record: &asked.record,
        leaves: &opened,
        chunk: &chunk,
        key: &key,
        accumulators: encode_scalar(&subject.accumulators),
        proof: &proof.words(),
    };
    Ok(answer.encode())
}
