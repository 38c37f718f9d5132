//! True answers about units of every kind that is no product: `tests/vectors/chain/answers`.
//!
//! Keys and proofs take minutes, so they are read from the files; everything else is made anew and compared, and the proofs are
//! verified.

use super::trace::{CONFIG, TOKENS, Trace};
use super::{directory, hex};
use ark_bn254::Fr;
use assay_circuits::settlement::act::ActChunk;
use assay_circuits::settlement::attention::{AttentionBlock, AttentionMix, AttentionQuery, State, largest};
use assay_circuits::settlement::embed::{EmbedGenerated, EmbedPrompt};
use assay_circuits::settlement::encoding::{decode_key, decode_proof, encode_key, encode_proof, encode_scalar};
use assay_circuits::settlement::greedy::GreedySample;
use assay_circuits::settlement::keys::{ProvingKey, insecure_setup, prove, verify};
use assay_circuits::settlement::kv::KeyValueHead;
use assay_circuits::settlement::norm::{NormChunk, NormHeader};
use assay_circuits::settlement::pack::{PackChunk, PackHeader};
use assay_circuits::settlement::{Circuit, Committed, unit};
use assay_model::domain::Digest;
use assay_model::program::StepKind;
use assay_verifier::settlement::answer::{Opened, PROOF_WORDS, Part, Placed, UnitAnswer};
use assay_verifier::settlement::circuits::{self, Kind, Named};
use assay_verifier::settlement::claim::{Claim, Place, Told, claim};
use assay_verifier::settlement::prompt::{self, Prompt};
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::record::{KEY_BYTES, Leaves, Parameter, Record, key_leaf};
use assay_verifier::settlement::statement::{beta, public_inputs};
use assay_verifier::settlement::{draw, progress, tree};
use assay_verifier::sign::keccak;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DRAWS: u32 = 8;
/// Words of an answer before those of its key: an offset, a record, the offset of leaves.
const BEFORE_KEY: usize = 1 + 16 + 1;
/// Words between key and proof: indices, offsets and scalars.
const BEFORE_PROOF: usize = BEFORE_KEY + 22 + 2 + 3 + 2 + 3 + 2 + 1;

/// A unit that is to be drawn; the last one is not drawn but follows the draws.
struct Case {
    name: &'static str,
    kind: StepKind,
    unit: u32,
    t: u32,
    last: bool,
}

const fn case(name: &'static str, kind: StepKind, unit: u32, t: u32) -> Case {
    Case { name, kind, unit, t, last: false }
}

/// Position 5 reads 6 positions: a full block and one of two.
const CASES: [Case; 14] = [
    case("embed_prompt", StepKind::Embed, 0, 1),
    case("embed_generated", StepKind::Embed, 0, 4),
    case("norm_header", StepKind::FfnNorm, 0, 2),
    case("norm_chunk", StepKind::FinalNorm, 1, 3),
    case("norm_chunk_of_embed", StepKind::AttnNorm, 1, 0),
    case("kv", StepKind::Kv, 0, 4),
    case("attention", StepKind::Attention, 1, 5),
    case("attention_of_one", StepKind::Attention, 0, 0),
    case("attn_pack_header", StepKind::AttnPack, 0, 1),
    case("attn_pack_chunk", StepKind::AttnPack, 1, 5),
    case("act_header", StepKind::Act, 0, 3),
    case("act_chunk", StepKind::Act, 1, 2),
    case("sample", StepKind::Sample, 0, 3),
    Case { name: "last", kind: StepKind::Sample, unit: 0, t: 5, last: true },
];

/// Where keys and proofs come from.
pub enum Source {
    Made(BTreeMap<Named, ProvingKey>),
    Kept(BTreeMap<&'static str, Value>),
}

impl Source {
    /// Sets up every circuit that a case takes.
    pub fn made(world: &World) -> Source {
        let claims = CASES.iter().flat_map(|case| world.claims(case)).map(|(_, claim)| claim.circuit);
        let mut keys = BTreeMap::new();
        for kind in claims {
            keys.entry(kind.named(&CONFIG))
                .or_insert_with_key(|named| insecure_setup(&*kind.zeros(&CONFIG), &named.id()).unwrap());
        }
        Source::Made(keys)
    }

    pub fn kept() -> Source {
        Source::Kept(CASES.map(|case| (case.name, kept(case.name))).into())
    }

    /// Every key that there is, by its circuit.
    fn keys(&self, world: &World) -> BTreeMap<Named, [u8; KEY_BYTES]> {
        match self {
            Source::Made(keys) => keys.iter().map(|(n, key)| (*n, encode_key(&key.vk).try_into().unwrap())).collect(),
            Source::Kept(files) => {
                let of = |case: &Case| {
                    let answers = files[case.name]["answers"].as_array().unwrap().clone();
                    let claims = world.claims(case).into_iter().zip(answers);
                    claims.map(|((_, claim), answer)| {
                        let bytes = words(&answer, BEFORE_KEY, KEY_BYTES / 32);
                        (claim.circuit.named(&CONFIG), bytes.try_into().unwrap())
                    })
                };
                CASES.iter().flat_map(of).collect()
            }
        }
    }

    fn proof(&self, case: &Case, number: usize, named: &Named, circuit: &dyn Circuit, beta: Fr) -> Vec<u8> {
        match self {
            Source::Made(keys) => {
                let mut fresh = [9; 32];
                fresh[0] = number as u8;
                encode_proof(&prove(&keys[named], circuit, beta, &fresh).unwrap())
            }
            Source::Kept(files) => words(&files[case.name]["answers"][number], BEFORE_PROOF, PROOF_WORDS),
        }
    }
}

/// Words of an answer's head.
fn words(answer: &Value, first: usize, count: usize) -> Vec<u8> {
    let bytes = hex::decode(answer["answer"].as_str().unwrap().strip_prefix("0x").unwrap()).unwrap();
    bytes[32 * first..32 * (first + count)].to_vec()
}

fn kept(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(directory().join("answers").join(name).with_extension("json")).unwrap())
        .unwrap()
}

/// What does not depend on keys.
pub struct World {
    trace: Trace,
    job: Digest,
    prompt: Prompt,
    leaves: Vec<tree::Leaf>,
    hashes: Vec<Digest>,
    parameters: Vec<Digest>,
}

impl World {
    pub fn new() -> World {
        let trace = Trace::new();
        let leaves = trace.leaves();
        let hashes = leaves.iter().map(tree::Leaf::hash).collect();
        let leaf = |name: Parameter| name.leaf(&encode_scalar(&trace.parameter(name)));
        let parameters = Parameter::all(&CONFIG).map(leaf).collect();
        World { job: trace.job.digest(), prompt: Prompt::of(&trace.job), leaves, hashes, parameters, trace }
    }

    fn place(case: &Case) -> Place {
        let step = (0..CONFIG.step_count(true)).find(|s| CONFIG.step(*s).unwrap().kind == case.kind).unwrap();
        Place { t: case.t, step, unit: case.unit }
    }

    /// The parts of a case, each with its claim.
    fn claims(&self, case: &Case) -> Vec<(Part, Claim)> {
        let place = World::place(case);
        let parts: Vec<Part> = match case.kind {
            StepKind::Attention => {
                let blocks = (0..=case.t).step_by(4).map(Part::Block);
                [Part::Query].into_iter().chain(blocks).chain([Part::Mix]).collect()
            }
            StepKind::Sample => vec![Part::Token(self.trace.tokens[case.t as usize + 1] / 256)],
            _ => vec![Part::Whole],
        };
        let claim = |part| claim(&CONFIG, self.trace.prompt_tokens(), &place, part).unwrap();
        parts.into_iter().map(|part| (part, claim(part))).collect()
    }

    /// Some receipt, and the number of the draw that draws the case.
    fn drawn(&self, case: &Case) -> (Digest, Digest, u32) {
        let Place { t, step, unit } = World::place(case);
        let mut found = (0u32..).map(|i| keccak(&i.to_be_bytes())).filter_map(|receipt| {
            let seed = draw::seed(&keccak(b"randomness"), &keccak(b"id"), &receipt);
            if case.last {
                return Some((receipt, seed, DRAWS));
            }
            let units = draw::units(&seed, &self.trace.extent(), DRAWS);
            Some((receipt, seed, u32::try_from(units.iter().position(|u| *u == (t, step, unit))?).unwrap()))
        });
        found.next().unwrap()
    }

    fn committed(&self, claim: &Claim, leaf: usize) -> Committed {
        let leaf = &claim.leaves[leaf];
        self.trace.steps[&(leaf.t, leaf.step)].clone()
    }

    /// The circuit with its witness, and digests of the state before and after, for an attention head.
    fn circuit(&self, place: &Place, part: Part, claim: &Claim) -> (Box<dyn Circuit>, [Fr; 2]) {
        let (config, job) = (CONFIG, self.job);
        let leaf = |n| self.committed(claim, n);
        let token = self.trace.tokens[place.t as usize];
        let circuit: Box<dyn Circuit> = match claim.circuit {
            Kind::EmbedPrompt(chunk) => {
                let salt = prompt::salt(&self.trace.job.nonce, place.t);
                let path = self.trace.path(token, chunk);
                Box::new(EmbedPrompt { config, chunk, job, embed: leaf(0), salt, token, path })
            }
            Kind::EmbedGenerated(chunk) => {
                let path = self.trace.path(token, chunk);
                Box::new(EmbedGenerated { config, chunk, job, embed: leaf(0), sample: leaf(1), path })
            }
            Kind::NormHeader => Box::new(NormHeader::new(config, job, leaf(0), self.trace.model.tables.eps.clone())),
            Kind::NormChunk(chunk) => {
                let gains = self.trace.gains(place.step, chunk);
                Box::new(NormChunk::new(config, chunk, job, leaf(0), leaf(1), gains))
            }
            Kind::KeyValueHead(head) => {
                let rotations = self.trace.rotations(place.t);
                Box::new(KeyValueHead { config, head, job, kv: leaf(0), qkv: leaf(1), rotations })
            }
            Kind::PackHeader(kind) => Box::new(PackHeader::new(config, kind, job, leaf(0))),
            Kind::PackChunk(chunk) => Box::new(PackChunk::new(config, chunk, job, leaf(0), leaf(1))),
            Kind::ActChunk(chunk) => Box::new(ActChunk::new(config, chunk, job, leaf(0), leaf(1))),
            Kind::GreedySample(chunk) => Box::new(GreedySample { config, chunk, job, sample: leaf(0), head: leaf(1) }),
            Kind::AttentionQuery(_) | Kind::AttentionBlock(_) | Kind::AttentionMix(_) => {
                return self.attention(place, part, claim);
            }
            Kind::Linear(_) => unreachable!("no case is of a linear step"),
        };
        (circuit, [Fr::from(0u8); 2])
    }

    fn attention(&self, place: &Place, part: Part, claim: &Claim) -> (Box<dyn Circuit>, [Fr; 2]) {
        let (config, job) = (CONFIG, self.job);
        let head = config.kv_head_of(place.unit);
        let past: Vec<Committed> = (0..=place.t).map(|t| self.trace.steps[&(t, place.step - 1)].clone()).collect();
        let read: Vec<_> = past.iter().map(|kv| Trace::key_value(kv, head)).collect();
        let query = AttentionQuery {
            config: config.clone(),
            head: place.unit,
            job,
            qkv: self.trace.steps[&(place.t, place.step - 2)].clone(),
            rotations: self.trace.rotations(place.t),
            maximum: 0,
            salt: salt(0),
        };
        let maximum = largest(&query.state().query, &read);
        let query = AttentionQuery { maximum, ..query };
        // The state when positions before this one are read.
        let at = |t: usize| -> State { query.state().after(&read[..t]) };
        let digest = |t: usize| at(t).digest(salt(t));
        match part {
            Part::Query => (Box::new(query.clone()), [Fr::from(0u8), digest(0)]),
            Part::Block(first) => {
                let (first, end) = (first as usize, first as usize + claim.leaves.len());
                let (state, salts) = (at(first), [salt(first), salt(end)]);
                let block = AttentionBlock { config, head, job, past: past[first..end].to_vec(), state, salts };
                (Box::new(block), [digest(first), digest(end)])
            }
            _ => {
                let end = read.len();
                let attention = self.committed(claim, 0);
                let mix = AttentionMix { config, head: place.unit, job, attention, state: at(end), salt: salt(end) };
                (Box::new(mix), [digest(end), Fr::from(0u8)])
            }
        }
    }

    /// Every file of the directory.
    pub fn described(&self, source: &Source) -> BTreeMap<&'static str, Value> {
        let keys = source.keys(self);
        let all = circuits::all(&CONFIG);
        // Circuits that no case takes have any leaf.
        let leaf = |(named, _): &(Named, Kind)| {
            keys.get(named).map_or_else(|| keccak(&named.id()), |key| key_leaf(&named.id(), key, None))
        };
        let key_leaves: Vec<_> = all.iter().map(leaf).collect();
        let trees = Leaves { chunks: &[[7; 32]], keys: &key_leaves, parameters: &self.parameters };
        let record = Record::new(keccak(b"manifest"), keccak(b"srs"), CONFIG, &trees);
        let of = |case: &Case| (case.name, self.case(case, source, &keys, &key_leaves, &record));
        CASES.iter().map(of).collect()
    }

    fn case(
        &self,
        case: &Case,
        source: &Source,
        keys: &BTreeMap<Named, [u8; KEY_BYTES]>,
        key_leaves: &[Digest],
        record: &Record,
    ) -> Value {
        let place = World::place(case);
        let (receipt, seed, number) = self.drawn(case);
        let mut question = Question {
            id: keccak(b"id"),
            job: self.job,
            record: record.id(),
            receipt,
            settlement_root: tree::root(tree::SETTLEMENT, &self.hashes),
            prompt: self.prompt.root(),
            prompt_tokens: self.trace.prompt_tokens(),
            tokens: TOKENS,
            seed,
            draw: number,
            draws: DRAWS,
            progress: [0; 32],
        };
        let context = question.context();
        let mut answers = Vec::new();
        for (number, (part, claim)) in self.claims(case).into_iter().enumerate() {
            let named = claim.circuit.named(&CONFIG);
            let (circuit, states) = self.circuit(&place, part, &claim);
            let open = |leaf: &assay_verifier::settlement::claim::Leaf| {
                let index = tree::index(&CONFIG, self.trace.prompt_tokens() - 1, leaf.t, leaf.step) as usize;
                let path = tree::path(tree::SETTLEMENT, &self.hashes, index);
                Opened { tokens: self.leaves[index].tokens, leaf: self.leaves[index].leaf, path }
            };
            let opened: Vec<_> = claim.leaves.iter().map(open).collect();
            let prompted = matches!(claim.circuit, Kind::EmbedPrompt(_));
            let prompt_token = prompted.then(|| self.prompt.open(place.t).unwrap());
            let hidden = prompt::hidden(&self.trace.job.nonce, place.t, self.trace.tokens[place.t as usize]);
            let value = claim.parameter.map(|name| self.trace.parameter(name));
            let leaves: Vec<_> = opened.iter().map(|opened| opened.leaf).collect();
            let told = Told { leaves: &leaves, prompt_token: hidden, parameter: value.unwrap_or_default(), states };
            let fields = claim.fields(&CONFIG, &self.job, &told);
            assert_eq!(unit::fields(&*circuit), fields, "{} {part:?}: the circuit's fields are the claim's", case.name);

            let inputs = public_inputs(&context, &named.id(), &fields);
            assert_eq!(beta(&context, &named.id(), &fields, inputs[0]), inputs[1]);
            let proof = source.proof(case, number, &named, &*circuit, inputs[1]);
            let vk = decode_key(&keys[&named]).unwrap();
            verify(&vk, &inputs, &decode_proof(&proof).unwrap()).expect("a proof that holds");

            let key_index = circuits::index(&CONFIG, &named).unwrap();
            let parameter = claim.parameter.map(|name| {
                let index = name.index(&CONFIG).unwrap();
                let path = tree::path(tree::PARAMETERS, &self.parameters, index as usize);
                Placed { value: encode_scalar(&value.unwrap()), index, path }
            });
            let proof_words: Vec<[u8; 32]> = proof.as_chunks::<32>().0.to_vec();
            let answer = UnitAnswer {
                record,
                leaves: &opened,
                key: &Placed {
                    value: keys[&named],
                    index: key_index,
                    path: tree::path(tree::KEYS, key_leaves, key_index as usize),
                },
                parameter: parameter.as_ref(),
                prompt_token: prompt_token.as_ref(),
                part,
                states: states.map(|state| encode_scalar(&state)),
                digest: encode_scalar(&inputs[0]),
                proof: &proof_words.try_into().unwrap(),
            };
            let left = left(case, part, &claim, &encode_scalar(&states[1]));
            answers.push(json!({
                "progress": hex(question.progress), "circuit": hex(named.id()), "beta": hex(encode_scalar(&inputs[1])),
                "answer": hex(answer.encode()), "left": hex(left),
            }));
            question.progress = left;
        }
        let q = &question;
        json!({
            "question": {
                "id": hex(q.id), "jobDigest": hex(q.job), "record": hex(q.record), "receipt": hex(q.receipt),
                "settlementRoot": hex(q.settlement_root), "prompt": hex(q.prompt), "promptTokens": q.prompt_tokens,
                "tokens": q.tokens, "seed": hex(q.seed), "draw": q.draw, "draws": q.draws, "context": hex(context),
            },
            "unit": [place.t, place.step, place.unit],
            "answers": answers,
        })
    }
}

/// What an answer leaves open.
fn left(case: &Case, part: Part, claim: &Claim, state: &[u8; 32]) -> [u8; 32] {
    match part {
        Part::Query => progress::attention(0, state),
        Part::Block(first) => progress::attention(first + claim.leaves.len() as u32, state),
        Part::Token(chunk) if case.last => progress::last(chunk),
        _ => [0; 32],
    }
}

/// Salt of a state: any scalar, another for each.
fn salt(position: usize) -> Fr {
    Fr::from(1_000_003 * (position as u64 + 1))
}

#[test]
fn the_answers_are_what_the_library_encodes_and_their_proofs_hold() {
    let files = World::new().described(&Source::kept());
    for (name, value) in files {
        assert_eq!(kept(name), value, "{name}: if the change is meant, make the answers anew");
    }
}

/// A key for each circuit of the cases: some minutes of two cores.
#[test]
#[ignore = "writes tests/vectors/chain/answers"]
fn make_the_answers() {
    let world = World::new();
    std::fs::create_dir_all(directory().join("answers")).unwrap();
    for (name, value) in world.described(&Source::made(&world)) {
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        std::fs::write(directory().join("answers").join(name).with_extension("json"), text).unwrap();
    }
}
