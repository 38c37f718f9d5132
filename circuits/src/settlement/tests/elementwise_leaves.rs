//! Circuits of norms, attn_pack and act under their leaves: fields as a contract has them, shapes, and counts.

use crate::r1cs::blake3::halves_of;
use crate::r1cs::parameters::{EPS, eps_digest, gains_digest};
use crate::settlement::act::ActChunk;
use crate::settlement::leaf::Committed;
use crate::settlement::norm::{NormChunk, NormHeader};
use crate::settlement::pack::{PackChunk, PackHeader};
use crate::settlement::unit::{Circuit, count, digest, fields, inputs};
use crate::settlement::witness::kind_byte;
use crate::settlement::{Error, check};
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::program::{CHUNK, StepKind};
use assay_model::steps::norm::{Header, chunk, product_shift, products, residual_shift};
use assay_model::steps::{i16_bytes, i32_bytes, pack};
use assay_model::tables::{TableParams, Tables};

const JOB: [u8; 32] = [6; 32];
const SMOLLM2: Config =
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
const LLAMA3_8B: Config =
    Config { layers: 32, dim: 4096, heads: 32, kv_heads: 8, head_dim: 128, ffn: 14336, vocab: 128256, context: 8192 };
/// The second chunk of every vector is short, and the second half of a chunk of bytes; rows of gate and up are padded.
const SMALL: Config =
    Config { layers: 1, dim: 270, heads: 27, kv_heads: 27, head_dim: 10, ffn: 260, vocab: 516, context: 64 };
/// A third chunk, the first half of a chunk of bytes of its own.
const THREE: Config = Config { dim: 520, heads: 52, ffn: 520, ..SMALL };

/// Leaves of a position of one layer, made from random elements.
struct Layer {
    config: Config,
    tables: Tables,
    seed: u64,
}

impl Layer {
    fn new(config: Config) -> Layer {
        let params = TableParams {
            dim: config.dim,
            head_dim: config.head_dim,
            eps: 1e-5,
            rope_base: 1e4,
            rope_linear: 1.0,
            rope_factors: None,
        };
        Layer { config, tables: Tables::new(&params).unwrap(), seed: 1 }
    }

    fn random(&mut self, count: usize) -> Vec<i32> {
        let next = |i: usize| {
            self.seed = self.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.seed >> 32) as i32 >> (6 + i % 13)
        };
        (0..count).map(next).collect()
    }

    fn leaf(&self, kind: StepKind, header: Vec<u8>, tensor: Vec<u8>) -> Committed {
        let shape = self.config.shape(kind);
        let leaf = Committed {
            salt: [kind as u8 + 1; 32],
            position: 5,
            step: kind as u32,
            kind: kind_byte(kind),
            shape,
            header,
            tensor,
        };
        assert!(leaf.fits(), "{kind:?}");
        leaf
    }

    /// Header of a norm, and all its chunks.
    fn norm(&mut self, kind: StepKind, residual: StepKind) -> (NormHeader, Vec<NormChunk>) {
        let h = self.random(self.config.dim as usize);
        let gains: Vec<i16> = self.random(h.len()).into_iter().map(|g| (g >> 11) as i16).collect();
        let parts = || h.chunks(CHUNK).zip(gains.chunks(CHUNK));
        let s1 = parts().map(|(h, _)| residual_shift(h)).max().unwrap();
        let s2 = parts().map(|(h, g)| product_shift(&products(h, g, s1).unwrap().1)).max().unwrap();
        let (partials, x): (Vec<_>, Vec<_>) = parts().map(|(h, g)| chunk(h, g, s1, s2).unwrap()).unzip();
        let header = Header { scale: Header::derive(&partials, &self.tables.eps), partials };
        assert_eq!([header.scale.s1, header.scale.s2], [s1, s2]);
        let norm = self.leaf(kind, header.encode(), i16_bytes(&x.concat()));
        let residual = self.leaf(residual, vec![], i32_bytes(&h));
        let config = &self.config;
        let chunks = gains
            .chunks(CHUNK)
            .zip(0..)
            .map(|(gains, c)| NormChunk::new(config.clone(), c, JOB, norm.clone(), residual.clone(), gains.to_vec()));
        let chunks = chunks.collect();
        (NormHeader::new(config.clone(), JOB, norm, self.tables.eps.clone()), chunks)
    }

    /// A leaf of these values under one shift.
    fn packed(&self, kind: StepKind, values: &[i128]) -> Committed {
        let header = pack::Header::new(values.chunks(CHUNK).map(pack::shift).collect());
        let x = pack::mantissas(values, header.shift).unwrap();
        self.leaf(kind, header.encode(), i16_bytes(&x))
    }

    fn header(&self, kind: StepKind, pack: &Committed) -> PackHeader {
        PackHeader::new(self.config.clone(), kind, JOB, pack.clone())
    }

    fn attn_pack(&mut self) -> (PackHeader, Vec<PackChunk>) {
        let outputs = self.random(self.config.q_dim() as usize);
        let pack = self.packed(StepKind::AttnPack, &outputs.iter().map(|o| i128::from(*o)).collect::<Vec<_>>());
        let attention = self.leaf(StepKind::Attention, vec![], i32_bytes(&outputs));
        let chunks = (0..outputs.len().div_ceil(CHUNK) as u32)
            .map(|c| PackChunk::new(self.config.clone(), c, JOB, pack.clone(), attention.clone()))
            .collect();
        (self.header(StepKind::AttnPack, &pack), chunks)
    }

    fn act(&mut self) -> (PackHeader, Vec<ActChunk>) {
        // What stands in the rows of padding is no matter.
        let rows = self.random(self.config.shape(StepKind::GateUp).len);
        let (ffn, up) = (self.config.ffn as usize, self.config.parts(StepKind::GateUp)[1].first as usize);
        let pairs = rows[..ffn].iter().zip(&rows[up..]);
        let values: Vec<i128> = pairs.map(|(g, u)| pack::swiglu(*g, *u, &self.tables)).collect();
        let act = self.packed(StepKind::Act, &values);
        let gate_up = self.leaf(StepKind::GateUp, vec![], i32_bytes(&rows));
        let chunks = (0..ffn.div_ceil(CHUNK) as u32)
            .map(|c| ActChunk::new(self.config.clone(), c, JOB, act.clone(), gate_up.clone()))
            .collect();
        (self.header(StepKind::Act, &act), chunks)
    }
}

fn job() -> [Fr; 2] {
    halves_of(&JOB)
}

fn leaves(leaves: &[&Committed]) -> Vec<Fr> {
    leaves.iter().flat_map(|leaf| leaf.fields(&JOB)).chain(job()).collect()
}

#[test]
fn a_norm_is_shown_under_its_fields() {
    for (config, kind, residual) in [
        (SMALL, StepKind::AttnNorm, StepKind::Embed),
        (THREE, StepKind::FfnNorm, StepKind::O),
        (SMALL, StepKind::FinalNorm, StepKind::Down),
    ] {
        let mut layer = Layer::new(config);
        let (header, chunks) = layer.norm(kind, residual);
        assert_eq!(check(&header), Ok(()), "{kind:?}");
        let want = [leaves(&[&header.norm]), vec![eps_digest(&layer.tables.eps)]].concat();
        assert_eq!(fields(&header), want);
        for (circuit, c) in chunks.iter().zip(0u32..) {
            assert_eq!(check(circuit), Ok(()), "{kind:?} chunk {c}");
            let mut want = leaves(&[&circuit.norm, &circuit.residual]);
            // Two chunks of 256 mantissas to a chunk of bytes.
            want.extend([circuit.norm.opening(c / 2), circuit.residual.opening(c)]);
            want.extend([Fr::from(c), gains_digest(&circuit.gains)]);
            assert_eq!(fields(circuit), want);
        }
    }
}

#[test]
fn a_packed_vector_is_shown_under_its_fields() {
    for config in [SMALL, THREE] {
        let mut layer = Layer::new(config);
        let (header, chunks) = layer.attn_pack();
        assert_eq!(check(&header), Ok(()));
        assert_eq!(fields(&header), leaves(&[&header.pack]));
        for (circuit, c) in chunks.iter().zip(0u32..) {
            assert_eq!(check(circuit), Ok(()), "chunk {c}");
            let mut want = leaves(&[&circuit.pack, &circuit.attention]);
            want.extend([circuit.pack.opening(c / 2), circuit.attention.opening(c), Fr::from(c)]);
            assert_eq!(fields(circuit), want);
        }
    }
}

#[test]
fn an_act_is_shown_under_its_fields() {
    for (config, parts) in [(SMALL, 2), (THREE, 3)] {
        let (header, chunks) = Layer::new(config).act();
        assert_eq!(check(&header), Ok(()));
        assert_eq!(fields(&header), leaves(&[&header.pack]));
        for (circuit, c) in chunks.iter().zip(0u32..) {
            assert_eq!(check(circuit), Ok(()), "chunk {c}");
            let mut want = leaves(&[&circuit.act, &circuit.gate_up]);
            let rows = [c, c + parts].map(|chunk| circuit.gate_up.opening(chunk));
            want.extend([circuit.act.opening(c / 2), rows[0], rows[1], Fr::from(c)]);
            assert_eq!(fields(circuit), want);
        }
    }
}

/// That this change of an honest witness is refused.
fn refused<C: Circuit + Clone>(honest: &C, change: impl Fn(&mut C)) {
    let mut other = honest.clone();
    change(&mut other);
    assert_eq!(check(&other), Err(Error::Unsatisfied));
}

/// That this change of an honest witness shows, in these fields and no others.
fn shows<C: Circuit + Clone>(honest: &C, places: &[usize], change: impl Fn(&mut C)) {
    let mut other = honest.clone();
    change(&mut other);
    let (own, other) = (fields(honest), fields(&other));
    let different: Vec<usize> = (0..own.len()).filter(|i| own[*i] != other[*i]).collect();
    assert_eq!(different, places);
    let beta = Fr::from(5u8);
    assert_ne!(inputs(&own, digest(&own), beta), inputs(&other, digest(&own), beta));
    assert_ne!(digest(&own), digest(&other));
}

#[test]
fn what_is_false_of_a_norm_is_not_shown() {
    let (header, chunks) = Layer::new(SMALL).norm(StepKind::FfnNorm, StepKind::O);
    // Σa² of the first chunk, R.
    refused(&header, |w| w.norm.header[6] ^= 1);
    refused(&header, |w| w.norm.header[22] ^= 1);
    refused(&header, |w| w.eps = vec![1 << 50; EPS]);
    let last = &chunks[1];
    // Elements 256 on: mantissas from byte 512, residuals from byte 1,024; Σa² of the second chunk.
    refused(last, |w| w.norm.tensor[512] ^= 1);
    refused(last, |w| w.norm.header[12] ^= 1);
    refused(last, |w| w.residual.tensor[1027] ^= 1);
    refused(last, |w| w.gains.iter_mut().for_each(|g| *g = -*g));
    let (_, chunks) = Layer::new(THREE).norm(StepKind::FfnNorm, StepKind::O);
    refused(&chunks[1], |w| w.chunk = 0);
    // Elements of another chunk are no matter, but make another leaf.
    let mut other = last.clone();
    other.norm.tensor[511] ^= 1;
    assert_eq!(check(&other), Ok(()));
    assert_ne!(fields(&other), fields(last));
}

#[test]
fn what_is_false_of_a_packed_vector_is_not_shown() {
    let mut layer = Layer::new(SMALL);
    let (header, chunks) = layer.attn_pack();
    refused(&header, |w| w.pack.header[2] += 1);
    refused(&chunks[1], |w| w.pack.tensor[512] ^= 1);
    refused(&chunks[1], |w| w.pack.header[1] += 1);
    refused(&chunks[1], |w| w.attention.tensor[1027] ^= 1);
    let (header, chunks) = layer.act();
    refused(&header, |w| w.pack.header[2] += 1);
    let last = &chunks[1];
    refused(last, |w| w.act.tensor[512] ^= 1);
    refused(last, |w| w.act.header[1] += 1);
    // Gate of element 256, and its up, behind two chunks of gates.
    refused(last, |w| w.gate_up.tensor[1027] ^= 1);
    refused(last, |w| w.gate_up.tensor[3 * 1024 + 3] ^= 1);
    // The first row of padding.
    let mut other = last.clone();
    other.gate_up.tensor[4 * 260] ^= 1;
    assert_eq!(check(&other), Ok(()));
}

#[test]
fn whatever_is_altered_makes_another_statement() {
    let mut layer = Layer::new(SMALL);
    let (header, chunks) = layer.norm(StepKind::AttnNorm, StepKind::Embed);
    shows(&header, &[0, 1], |w| w.norm.salt[0] ^= 1);
    shows(&header, &[0, 1], |w| w.norm.header[0] ^= 1);
    shows(&header, &[0, 1], |w| w.norm.tensor[0] ^= 1);
    shows(&header, &[0, 1, 2], |w| w.norm.position += 1);
    shows(&header, &[0, 1, 2], |w| w.norm.step += 1);
    shows(&header, &[0, 1, 2], |w| w.norm.kind = kind_byte(StepKind::FinalNorm));
    shows(&header, &[0, 1, 3, 4], |w| (w.job[0], w.job[31]) = (1, 1));
    shows(&header, &[5], |w| w.eps[17] += 1);

    let chunk = &chunks[1];
    shows(chunk, &[0, 1], |w| w.norm.tensor[0] ^= 1);
    shows(chunk, &[0, 1, 2], |w| w.norm.kind = kind_byte(StepKind::FinalNorm));
    shows(chunk, &[3, 4], |w| w.residual.tensor[0] ^= 1);
    shows(chunk, &[3, 4, 5], |w| w.residual.kind = kind_byte(StepKind::Down));
    shows(chunk, &[3, 4, 5], |w| w.residual.step += 1);
    shows(chunk, &[0, 1, 3, 4, 6, 7], |w| (w.job[0], w.job[31]) = (1, 1));
    shows(chunk, &[11], |w| w.gains[13] += 1);

    let (header, chunks) = layer.attn_pack();
    shows(&header, &[0, 1], |w| w.pack.header[2] ^= 1);
    shows(&header, &[0, 1, 2], |w| w.pack.step += 1);
    shows(&header, &[0, 1, 3, 4], |w| (w.job[0], w.job[31]) = (1, 1));
    shows(&chunks[0], &[0, 1, 2], |w| w.pack.position += 1);
    shows(&chunks[0], &[3, 4, 5], |w| w.attention.position += 1);
    shows(&chunks[0], &[3, 4], |w| w.attention.salt[31] ^= 1);

    let (_, chunks) = layer.act();
    shows(&chunks[0], &[0, 1], |w| w.act.salt[31] ^= 1);
    shows(&chunks[0], &[3, 4, 5], |w| w.gate_up.step += 1);
    shows(&chunks[0], &[3, 4], |w| w.gate_up.tensor[2047] ^= 1);
}

#[test]
fn the_number_of_a_chunk_is_a_field_of_its_own() {
    let mut layer = Layer::new(THREE);
    let (_, norm) = layer.norm(StepKind::AttnNorm, StepKind::Embed);
    // Of one BLAKE3 chunk: its word is the same for both.
    let (own, other) = (fields(&norm[0]), fields(&norm[1]));
    assert!(own[8] == other[8] && own[9] != other[9] && own[10] != other[10]);
    let (own, other) = (fields(&norm[1]), fields(&norm[2]));
    assert_ne!(own[8], other[8]);
    let (_, act) = layer.act();
    let (own, other) = (fields(&act[0]), fields(&act[1]));
    assert!(own[8] == other[8] && (9..12).all(|i| own[i] != other[i]));
}

#[test]
fn lists_of_another_length_or_kind_are_no_witness() {
    let mut layer = Layer::new(SMALL);
    let (header, chunks) = layer.norm(StepKind::AttnNorm, StepKind::Embed);
    let shape = |circuit: &dyn Circuit| assert_eq!(check(circuit), Err(Error::Shape));
    shape(&NormHeader { eps: vec![0; EPS - 1], ..header.clone() });
    shape(&NormHeader { norm: chunks[0].residual.clone(), ..header });
    shape(&NormChunk { chunk: 2, ..chunks[0].clone() });
    shape(&NormChunk { chunk: u32::MAX, gains: Vec::new(), ..chunks[0].clone() });
    shape(&NormChunk { gains: vec![0; 255], ..chunks[0].clone() });
    shape(&NormChunk { residual: chunks[0].norm.clone(), ..chunks[0].clone() });
    let (header, chunks) = layer.attn_pack();
    shape(&PackHeader { kind: StepKind::Act, ..header.clone() });
    shape(&PackHeader { kind: StepKind::Kv, ..header });
    shape(&PackChunk { chunk: 2, ..chunks[0].clone() });
    shape(&PackChunk { attention: chunks[0].pack.clone(), ..chunks[0].clone() });
    let (_, chunks) = layer.act();
    shape(&ActChunk { chunk: 2, ..chunks[0].clone() });
    shape(&ActChunk { gate_up: chunks[0].act.clone(), ..chunks[0].clone() });
}

#[test]
fn circuits_of_one_shape_have_the_same_constraints() {
    for config in [SMALL, THREE] {
        let mut layer = Layer::new(config.clone());
        let (header, chunks) = layer.norm(StepKind::FinalNorm, StepKind::Down);
        let (pack, pack_chunks) = layer.attn_pack();
        let (act, act_chunks) = layer.act();
        let same = |honest: &dyn Circuit, zeros: &dyn Circuit| {
            assert!(honest.fits() && zeros.fits());
            assert_eq!(count(honest).unwrap(), count(zeros).unwrap());
        };
        same(&header, &NormHeader::zeros(&config));
        same(&pack, &PackHeader::zeros(&config, StepKind::AttnPack));
        same(&act, &PackHeader::zeros(&config, StepKind::Act));
        chunks.iter().for_each(|c| same(c, &NormChunk::zeros(&config, c.chunk)));
        pack_chunks.iter().for_each(|c| same(c, &PackChunk::zeros(&config, c.chunk)));
        act_chunks.iter().for_each(|c| same(c, &ActChunk::zeros(&config, c.chunk)));
    }
}

/// A circuit by its number: the first unit of each shape, with its constraints.
type Shapes = Vec<(u64, u32, usize)>;

fn shapes(config: &Config) -> Shapes {
    use crate::settlement::{act, norm, pack};
    let mut seen = Vec::new();
    let mut all = Vec::new();
    let mut add = |circuit: u64, unit: u32, words: [u64; 7], zeros: &dyn Circuit| {
        let new = !seen.contains(&(circuit, words));
        if new {
            seen.push((circuit, words));
            all.push((circuit, unit, count(zeros).unwrap().total()));
        }
    };
    let chunks = |elements: u32| 0..elements.div_ceil(CHUNK as u32);
    let zeros = NormHeader::zeros(config);
    add(norm::header::CIRCUIT, 0, NormHeader::shape_words(config), &zeros);
    for c in chunks(config.dim) {
        add(norm::chunk::CIRCUIT, c, NormChunk::shape_words(config, c), &NormChunk::zeros(config, c));
    }
    for kind in [StepKind::AttnPack, StepKind::Act] {
        add(pack::header::CIRCUIT, 0, PackHeader::shape_words(config, kind), &PackHeader::zeros(config, kind));
    }
    for c in chunks(config.q_dim()) {
        add(pack::chunk::CIRCUIT, c, PackChunk::shape_words(config, c), &PackChunk::zeros(config, c));
    }
    for c in chunks(config.ffn) {
        add(act::CIRCUIT, c, ActChunk::shape_words(config, c), &ActChunk::zeros(config, c));
    }
    all
}

#[test]
fn every_shape_has_the_constraints_of_the_documentation() {
    let own = shapes(&SMOLLM2);
    assert!(own.iter().all(|(.., n)| *n <= 1 << 20), "{own:?}");
    let act = [(0, 1_032_900), (1, 1_032_900), (2, 1_018_223), (3, 1_018_223), (4, 1_003_546), (5, 1_003_546)];
    let want = [(3, 0, 47_324), (4, 0, 647_455), (4, 1, 647_455), (4, 2, 206_176), (9, 0, 30_540), (9, 0, 30_616)];
    let want = want.into_iter().chain([(10, 0, 608_956), (10, 1, 608_956), (10, 2, 184_999)]);
    assert_eq!(own, want.chain(act.map(|(c, n)| (11, c, n))).collect::<Vec<_>>());
    // Sizes of the 8B are even numbers of chunks.
    let act = [(0, 1_180_693), (1, 1_180_693), (40, 1_166_016), (41, 1_166_016), (48, 1_151_339), (49, 1_151_339)];
    let want = [(3, 0, 78_315), (4, 0, 737_024), (4, 1, 737_024), (9, 0, 45_639), (9, 0, 46_616)];
    let want = want.into_iter().chain([(10, 0, 682_685), (10, 1, 682_685)]);
    assert_eq!(shapes(&LLAMA3_8B), want.chain(act.map(|(c, n)| (11, c, n))).collect::<Vec<_>>());
}

#[test]
fn chunks_of_one_shape_have_the_same_constraints() {
    let same = |words: &dyn Fn(u32) -> [u64; 7], counts: &dyn Fn(u32) -> usize, chunks: u32| {
        for c in 0..chunks {
            let first = (0..=c).find(|first| words(*first) == words(c)).unwrap();
            assert_eq!(counts(first), counts(c), "chunk {c}");
        }
    };
    let total = |circuit: &dyn Circuit| count(circuit).unwrap().total();
    let config = &SMOLLM2;
    same(&|c| NormChunk::shape_words(config, c), &|c| total(&NormChunk::zeros(config, c)), 3);
    same(&|c| PackChunk::shape_words(config, c), &|c| total(&PackChunk::zeros(config, c)), 3);
    same(&|c| ActChunk::shape_words(config, c), &|c| total(&ActChunk::zeros(config, c)), 6);
}
