//! Circuits of key/value heads and of attention heads under their leaves: fields as a contract has them, shapes, and counts.

use crate::r1cs::tests::satisfied;
use crate::r1cs::{Group, System, attention_rotation, blake3::halves_of};
use crate::settlement::attention::{AttentionBlock, AttentionMix, AttentionQuery, State, block, largest};
use crate::settlement::kv::KeyValueHead;
use crate::settlement::leaf::Committed;
use crate::settlement::unit::{Circuit, count, fields, whole};
use crate::settlement::witness::kind_byte;
use crate::settlement::{Error, check};
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::program::StepKind;
use assay_model::steps::attention::head;
use assay_model::steps::kv::{Block, KeyValue, rotary};
use assay_model::steps::{i32_bytes, i32_values};
use assay_model::tables::{Rotation, TableParams, Tables};

const JOB: [u8; 32] = [6; 32];
const SMOLLM2: Config =
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
const LLAMA3_8B: Config =
    Config { layers: 32, dim: 4096, heads: 32, kv_heads: 8, head_dim: 128, ffn: 14336, vocab: 128256, context: 8192 };
/// Two key/value heads of six elements.
const SMALL: Config =
    Config { layers: 1, dim: 12, heads: 4, kv_heads: 2, head_dim: 6, ffn: 20, vocab: 516, context: 64 };
/// Rows of head 2 begin in one chunk and end in the next, those of K and V likewise.
const STRADDLING: Config = Config { heads: 4, kv_heads: 4, head_dim: 96, ..SMALL };

/// Leaves of some positions of one layer, made from random rows.
struct Layer {
    config: Config,
    tables: Tables,
    qkv: Vec<Committed>,
    kv: Vec<Committed>,
}

impl Layer {
    fn new(config: Config, positions: u32) -> Layer {
        let params = TableParams {
            dim: config.dim,
            head_dim: config.head_dim,
            eps: 1e-5,
            rope_base: 1e4,
            rope_linear: 1.0,
            rope_factors: None,
        };
        let mut layer = Layer { config, tables: Tables::new(&params).unwrap(), qkv: Vec::new(), kv: Vec::new() };
        let mut seed = 1u64;
        for t in 0..positions {
            let rows = (0..layer.config.shape(StepKind::Qkv).len).map(|i| {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (seed >> 33) as i32 >> (5 + i % 13)
            });
            let rows: Vec<i32> = rows.collect();
            let heads: Vec<KeyValue> = (0..layer.config.kv_heads).map(|g| layer.key_value(&rows, t, g)).collect();
            let header = heads.iter().flat_map(|kv| [kv.key.shift, kv.value.shift]).collect();
            let tensor = heads.iter().flat_map(KeyValue::encode).collect();
            let (qkv, kv) =
                (layer.leaf(StepKind::Qkv, t, vec![], i32_bytes(&rows)), layer.leaf(StepKind::Kv, t, header, tensor));
            layer.qkv.push(qkv);
            layer.kv.push(kv);
        }
        layer
    }

    fn leaf(&self, kind: StepKind, position: u32, header: Vec<u8>, tensor: Vec<u8>) -> Committed {
        let salt = [kind as u8 + 16 * position as u8; 32];
        let shape = self.config.shape(kind);
        Committed { salt, position, step: kind as u32, kind: kind_byte(kind), shape, header, tensor }
    }

    fn rotations(&self, t: u32) -> Vec<Rotation> {
        let mut rotations = vec![Rotation::default(); self.config.head_dim as usize / 2];
        self.tables.rotation(t, &mut rotations);
        rotations
    }

    fn rows<'a>(&self, rows: &'a [i32], part: usize, head: u32) -> &'a [i32] {
        let width = self.config.head_dim as usize;
        let first = self.config.parts(StepKind::Qkv)[part].first as usize + head as usize * width;
        &rows[first..first + width]
    }

    fn key_value(&self, rows: &[i32], t: u32, g: u32) -> KeyValue {
        KeyValue::new(self.rows(rows, 1, g), self.rows(rows, 2, g), &self.rotations(t))
    }

    fn kv_head(&self, t: u32, g: u32) -> KeyValueHead {
        let (kv, qkv) = (self.kv[t as usize].clone(), self.qkv[t as usize].clone());
        KeyValueHead { config: self.config.clone(), head: g, job: JOB, kv, qkv, rotations: self.rotations(t) }
    }

    /// All circuits of query head `h` at the last position.
    fn head(&self, h: u32) -> (AttentionQuery, Vec<AttentionBlock>, AttentionMix) {
        let (t, g) = (self.kv.len() as u32 - 1, self.config.kv_head_of(h));
        let rows: Vec<Vec<i32>> = self.qkv.iter().map(|leaf| i32_values(&leaf.tensor)).collect();
        let past: Vec<KeyValue> = rows.iter().zip(0..).map(|(rows, t)| self.key_value(rows, t, g)).collect();
        let query = rotary(self.rows(&rows[t as usize], 0, h), &self.rotations(t));
        let maximum = largest(&query, &past);
        let (config, salt) = (&self.config, |i: usize| Fr::from(1000 + i as u64));
        let first = AttentionQuery {
            config: config.clone(),
            head: h,
            job: JOB,
            qkv: self.qkv[t as usize].clone(),
            rotations: self.rotations(t),
            maximum,
            salt: salt(0),
        };
        let mut state = State::new(query.clone(), maximum);
        assert_eq!(first.state(), state);
        let mut blocks = Vec::new();
        for (i, (places, past)) in self.kv.chunks(block::PLACES).zip(past.chunks(block::PLACES)).enumerate() {
            let after = state.after(past);
            let salts = [salt(i), salt(i + 1)];
            let past = places.to_vec();
            blocks.push(AttentionBlock { config: config.clone(), head: g, job: JOB, past, state, salts });
            state = after;
        }
        let width = config.head_dim as usize;
        let mut outputs = vec![0; config.q_dim() as usize];
        outputs[h as usize * width..][..width].copy_from_slice(&head(&query, &past, &self.tables));
        let attention = self.leaf(StepKind::Attention, t, vec![], i32_bytes(&outputs));
        let salt = salt(blocks.len());
        (first, blocks, AttentionMix { config: config.clone(), head: h, job: JOB, attention, state, salt })
    }
}

fn job() -> [Fr; 2] {
    halves_of(&JOB)
}

#[test]
fn a_key_value_head_is_shown_under_its_fields() {
    let layer = Layer::new(SMALL, 2);
    for g in 0..2 {
        let circuit = layer.kv_head(1, g);
        assert_eq!(check(&circuit), Ok(()));
        let mut want = [circuit.kv.fields(&JOB), circuit.qkv.fields(&JOB)].concat();
        want.extend(job());
        // q has chunk 0 of the rows, k chunk 1, v chunk 2.
        want.extend([circuit.kv.opening(0), circuit.qkv.opening(1), circuit.qkv.opening(2)]);
        want.extend([Fr::from(g), attention_rotation::digest(&layer.rotations(1))]);
        assert_eq!(fields(&circuit), want);
    }
}

#[test]
fn an_attention_head_is_shown_under_its_fields() {
    let layer = Layer::new(SMALL, 6);
    let (query, blocks, mix) = layer.head(3);
    assert_eq!(check(&query), Ok(()));
    let mut want = query.qkv.fields(&JOB).to_vec();
    want.extend(job());
    want.extend([query.qkv.opening(0), Fr::from(3), attention_rotation::digest(&layer.rotations(5))]);
    let mut state = query.state().digest(query.salt);
    want.push(state);
    assert_eq!(fields(&query), want);

    assert_eq!(blocks.len(), 2);
    for (i, block) in blocks.iter().enumerate() {
        assert_eq!(check(block), Ok(()));
        // Places 2 and 3 of the last block repeat position 5.
        let places: Vec<&Committed> = (0..4).map(|place| &layer.kv[(4 * i + place).min(5)]).collect();
        let mut want: Vec<Fr> = places.iter().flat_map(|kv| kv.fields(&JOB)).collect();
        want.extend(job());
        want.extend(places.iter().map(|kv| kv.opening(0)));
        want.extend([Fr::from([4, 2][i]), Fr::from(1), state]);
        let own = fields(block);
        assert_eq!(own[..own.len() - 1], want);
        state = own[own.len() - 1];
    }

    assert_eq!(check(&mix), Ok(()));
    let mut want = mix.attention.fields(&JOB).to_vec();
    want.extend(job());
    want.extend([mix.attention.opening(0), Fr::from(3), state]);
    assert_eq!(fields(&mix), want);
}

#[test]
fn what_is_false_of_a_key_value_head_is_not_shown() {
    let honest = Layer::new(SMALL, 1).kv_head(0, 1);
    let refused = |change: &dyn Fn(&mut KeyValueHead)| {
        let mut other = honest.clone();
        change(&mut other);
        assert_eq!(check(&other), Err(Error::Unsatisfied));
    };
    // Head 1 has bytes 24..48 and the last two of the header.
    refused(&|w| w.kv.tensor[24] ^= 1);
    refused(&|w| w.kv.header[3] -= 1);
    // Rows of another head are no matter.
    let mut other = honest.clone();
    (other.kv.tensor[0], other.kv.header[0]) = (other.kv.tensor[0] ^ 1, 99);
    assert_eq!(check(&other), Ok(()));
    assert_ne!(fields(&other), fields(&honest));
}

#[test]
fn what_is_false_of_an_attention_head_is_not_shown() {
    let (_, blocks, mix) = Layer::new(SMALL, 1).head(0);
    let mut other = mix.clone();
    other.attention.tensor[4] ^= 1;
    assert_eq!(check(&other), Err(Error::Unsatisfied));
    let other = AttentionMix { state: State { attained: false, ..mix.state.clone() }, ..mix };
    assert_eq!(check(&other), Err(Error::Unsatisfied));
    let mut other = blocks[0].clone();
    other.state.maximum -= 1;
    assert_eq!(check(&other), Err(Error::Unsatisfied));
    // Another state before it makes another statement.
    let mut other = blocks[0].clone();
    other.state.mix[0] += 1;
    assert_eq!(check(&other), Ok(()));
    let (own, other) = (fields(&blocks[0]), fields(&other));
    assert!(own[own.len() - 2] != other[own.len() - 2] && own[own.len() - 1] != other[own.len() - 1]);
}

#[test]
fn rows_that_begin_in_one_chunk_and_end_in_the_next_are_shown() {
    let layer = Layer::new(STRADDLING, 2);
    let circuit = layer.kv_head(1, 2);
    // K and V of 384 bytes from byte 768 of three chunks' worth; rows of 384 bytes from byte 768 of a part of 1,536.
    let own = fields(&circuit);
    let words = [circuit.kv.opening(0), circuit.kv.opening(1), circuit.qkv.opening(2), circuit.qkv.opening(3)];
    assert_eq!(own[8..12], words);
    assert_eq!(own[12..14], [circuit.qkv.opening(4), circuit.qkv.opening(5)]);
    assert_eq!(check(&circuit), Ok(()));
    assert_eq!(check(&layer.head(2).2), Ok(()));
}

#[test]
fn lists_of_another_length_are_no_witness() {
    let layer = Layer::new(SMALL, 1);
    let (query, blocks, mix) = layer.head(0);
    let shape = |circuit: &dyn Circuit| assert_eq!(check(circuit), Err(Error::Shape));
    shape(&KeyValueHead { head: 2, ..layer.kv_head(0, 0) });
    shape(&KeyValueHead { rotations: Vec::new(), ..layer.kv_head(0, 0) });
    shape(&AttentionQuery { head: 4, ..query.clone() });
    shape(&AttentionQuery { qkv: layer.kv[0].clone(), ..query });
    let block = &blocks[0];
    shape(&AttentionBlock { past: Vec::new(), ..block.clone() });
    shape(&AttentionBlock { past: vec![layer.kv[0].clone(); 5], ..block.clone() });
    let short = Block { x: vec![0; 5], shift: 0 };
    shape(&AttentionBlock { state: State { query: short, ..block.state.clone() }, ..block.clone() });
    shape(&AttentionMix { state: State { mix: Vec::new(), ..mix.state.clone() }, ..mix.clone() });
    shape(&AttentionMix { attention: layer.qkv[0].clone(), ..mix });
}

#[test]
fn a_head_is_the_one_that_its_header_is_read_for() {
    // Shifts of head 0 under the number of head 1: both heads have their own, or this would show nothing.
    let circuit = Layer::new(SMALL, 1).kv_head(0, 1);
    let header = &circuit.kv.header;
    assert_ne!(header[..2], header[2..]);
    let moved = [(Group::Select, 0, 1), (Group::Select, 3, -1)];
    assert!(!satisfied(&moved, None, |s| whole(s, &circuit, Fr::from(5u8))));
}

/// Constraints of every shape of a model, with the first head of it.
fn counts(config: &Config) -> [Vec<(u32, usize)>; 4] {
    let of = |heads: u32, words: &dyn Fn(u32) -> [u64; 7], circuit: &dyn Fn(u32) -> Box<dyn Circuit>| {
        let mut seen = Vec::new();
        let first = |h: &u32| {
            let words = words(*h);
            let new = !seen.contains(&words);
            seen.push(words);
            new
        };
        let heads: Vec<u32> = (0..heads).filter(first).collect();
        heads.into_iter().map(|h| (h, count(circuit(h).as_ref()).unwrap().total())).collect::<Vec<_>>()
    };
    [
        of(config.kv_heads, &|g| KeyValueHead::shape_words(config, g), &|g| Box::new(KeyValueHead::zeros(config, g))),
        of(config.heads, &|h| AttentionQuery::shape_words(config, h), &|h| Box::new(AttentionQuery::zeros(config, h))),
        of(config.kv_heads, &|g| AttentionBlock::shape_words(config, g), &|g| {
            Box::new(AttentionBlock::zeros(config, g))
        }),
        of(config.heads, &|h| AttentionMix::shape_words(config, h), &|h| Box::new(AttentionMix::zeros(config, h))),
    ]
}

#[test]
fn every_shape_has_the_constraints_of_the_documentation() {
    let own = counts(&SMOLLM2);
    assert!(own.iter().flatten().all(|(_, n)| *n <= 1_050_000));
    let every = |n: usize, heads: u32| (0..heads).map(|head| (head, n)).collect::<Vec<_>>();
    let last = vec![(8, 119_522)];
    let want = [every(799_386, 3), every(332_643, 4), every(879_967, 3), [every(318_135, 4), last].concat()];
    assert_eq!(own, want);
    // Two heads of one shape to a chunk: the rest are like the first two.
    let want = [every(969_884, 2), every(374_386, 2), every(1_324_643, 2), every(360_497, 2)];
    assert_eq!(counts(&LLAMA3_8B), want);
}

#[test]
fn heads_of_one_shape_have_the_same_constraints() {
    for config in [SMALL, STRADDLING] {
        let first =
            |h: u32| (0..=h).find(|o| KeyValueHead::shape_words(&config, *o) == KeyValueHead::shape_words(&config, h));
        for g in 0..config.kv_heads {
            let of = |g| count(&KeyValueHead::zeros(&config, g)).unwrap();
            assert_eq!(of(g), of(first(g).unwrap()), "head {g}");
        }
    }
    let layer = Layer::new(SMALL, 1);
    let (query, blocks, mix) = layer.head(1);
    let pairs: [(&dyn Circuit, &dyn Circuit); 4] = [
        (&layer.kv_head(0, 1), &KeyValueHead::zeros(&SMALL, 1)),
        (&query, &AttentionQuery::zeros(&SMALL, 1)),
        (&blocks[0], &AttentionBlock::zeros(&SMALL, 0)),
        (&mix, &AttentionMix::zeros(&SMALL, 1)),
    ];
    for (honest, zeros) in pairs {
        assert!(honest.fits() && zeros.fits());
        assert_eq!(count(honest).unwrap(), count(zeros).unwrap());
    }
}

#[test]
fn positions_of_a_block_stand_under_their_own_numbers() {
    let layer = Layer::new(SMALL, 2);
    let (_, blocks, _) = layer.head(0);
    // n is not the number of leaves: the second counts for nothing, but stands in the fields.
    let lie = [(Group::Places, 0, -1)];
    assert!(satisfied(&lie, None, |s| whole(s, &blocks[0], Fr::from(5u8))));
    let mut lied = System::counting();
    lied.lies.offsets = vec![(Group::Places, 0, -Fr::from(1u8))];
    let (own, other) = (fields(&blocks[0]), blocks[0].synthesize(&mut lied));
    let n = own.len() - 4;
    assert_eq!([own[n], other[n].value()], [Fr::from(2), Fr::from(1)]);
}
