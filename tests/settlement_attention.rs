//! Circuits of attention on a real trace: key/value heads and whole attention heads, from leaves as clients have them.

use ark_bn254::Fr;
use assay_circuits::r1cs::attention_rotation;
use assay_circuits::r1cs::blake3::halves_of;
use assay_circuits::settlement::attention::{AttentionBlock, AttentionMix, AttentionQuery, State, block, largest};
use assay_circuits::settlement::kv::KeyValueHead;
use assay_circuits::settlement::leaf::Committed;
use assay_circuits::settlement::{check, unit::fields};
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::{Step, StepKind};
use assay_model::reference::{Output, Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::steps::kv::KeyValue;
use assay_model::tables::Rotation;
use assay_tests::toy;
use assay_verifier::trace;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SECRET: [u8; 32] = [5; 32];
const JOB: Digest = [6; 32];
const LAYER: u32 = 1;
/// Two blocks, the second of them not full.
const POSITIONS: u32 = 6;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::small(), 1));
/// What the steps of every position commit to.
static TRACE: LazyLock<BTreeMap<(u32, Step), Output>> = LazyLock::new(|| {
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: POSITIONS - 1 };
    let mut trace = BTreeMap::new();
    Reference::new(&MODEL).extend(&[3, 11, 7, 3, 200, 45], &sampler, &mut |output| {
        trace.insert((output.position, output.step), output);
    });
    trace
});

fn committed(t: u32, kind: StepKind) -> Committed {
    let step = Step { kind, layer: LAYER };
    let (output, index) = (&TRACE[&(t, step)], MODEL.config.step_index(step));
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
    let step = Step { kind, layer: LAYER };
    let (own, index, shape) = (committed(t, kind), MODEL.config.step_index(step), MODEL.config.shape(kind));
    let tensor = *blake3::hash(&own.tensor).as_bytes();
    let leaf = trace::leaf(&own.salt, &JOB, t, index, step, &shape, &own.header, &tensor);
    let [high, low] = halves_of(&leaf);
    [high, low, Fr::from(u128::from(t) | u128::from(index) << 32 | u128::from(kind as u8) << 64)]
}

fn rotations(t: u32) -> Vec<Rotation> {
    let mut rotations = vec![Rotation::default(); MODEL.config.head_dim as usize / 2];
    MODEL.tables.rotation(t, &mut rotations);
    rotations
}

/// Key/value head g as a position committed to it.
fn key_value(t: u32, g: u32) -> KeyValue {
    let (kv, bytes) = (committed(t, StepKind::Kv), 4 * MODEL.config.head_dim as usize);
    let g = g as usize;
    KeyValue::decode(&kv.tensor[g * bytes..][..bytes], [kv.header[2 * g], kv.header[2 * g + 1]]).unwrap()
}

#[test]
fn every_key_value_head_is_shown_as_the_rig_committed_to_it() {
    for head in 0..MODEL.config.kv_heads {
        let t = 4 + head;
        let circuit = KeyValueHead {
            config: MODEL.config.clone(),
            head,
            job: JOB,
            kv: committed(t, StepKind::Kv),
            qkv: committed(t, StepKind::Qkv),
            rotations: rotations(t),
        };
        assert_eq!(check(&circuit), Ok(()), "head {head}");
        let own = fields(&circuit);
        assert_eq!(own[..6], [leaf(t, StepKind::Kv), leaf(t, StepKind::Qkv)].concat());
        assert_eq!(own[own.len() - 1], attention_rotation::digest(&rotations(t)));
    }
}

/// That query head h at position t is shown from its query to its outputs, each circuit under the state of the one before.
fn shown(t: u32, h: u32) {
    let (config, g) = (&MODEL.config, MODEL.config.kv_head_of(h));
    let past: Vec<KeyValue> = (0..=t).map(|j| key_value(j, g)).collect();
    let salt = |i: usize| Fr::from(1 + i as u64);
    let mut query = AttentionQuery {
        config: config.clone(),
        head: h,
        job: JOB,
        qkv: committed(t, StepKind::Qkv),
        rotations: rotations(t),
        maximum: 0,
        salt: salt(0),
    };
    query.maximum = largest(&query.state().query, &past);
    let mut state: State = query.state();
    assert_eq!(check(&query), Ok(()), "query {h} at {t}");
    let own = fields(&query);
    assert_eq!(own[..3], leaf(t, StepKind::Qkv));
    let mut digest = own[own.len() - 1];

    let positions: Vec<u32> = (0..=t).collect();
    let blocks = positions.chunks(block::PLACES).zip(past.chunks(block::PLACES)).enumerate();
    for (i, (positions, past)) in blocks {
        let after = state.after(past);
        let circuit = AttentionBlock {
            config: config.clone(),
            head: g,
            job: JOB,
            past: positions.iter().map(|j| committed(*j, StepKind::Kv)).collect(),
            state,
            salts: [salt(i), salt(i + 1)],
        };
        assert_eq!(check(&circuit), Ok(()), "positions {positions:?} of head {h} at {t}");
        let own = fields(&circuit);
        let last = positions.len() - 1;
        let leaves = (0..block::PLACES).flat_map(|place| leaf(positions[place.min(last)], StepKind::Kv));
        assert_eq!(own[..3 * block::PLACES], leaves.collect::<Vec<_>>());
        let rest = &own[own.len() - 4..];
        assert_eq!(rest[..3], [Fr::from(positions.len() as u64), Fr::from(g), digest]);
        (state, digest) = (after, rest[3]);
    }

    let salt = salt((t as usize + 1).div_ceil(block::PLACES));
    let attention = committed(t, StepKind::Attention);
    let mix = AttentionMix { config: config.clone(), head: h, job: JOB, attention, state, salt };
    assert_eq!(check(&mix), Ok(()), "outputs of head {h} at {t}");
    let own = fields(&mix);
    assert_eq!(own[..3], leaf(t, StepKind::Attention));
    assert_eq!(own[own.len() - 1], digest);
}

#[test]
fn every_attention_head_is_shown_as_the_rig_committed_to_it() {
    (0..MODEL.config.heads).for_each(|h| shown(5, h));
}

#[test]
fn a_head_of_the_first_position_is_shown_by_itself() {
    shown(0, 2);
    shown(3, 1);
}
