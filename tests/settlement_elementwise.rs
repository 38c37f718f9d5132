//! Circuits of norms, attn_pack and act on a real trace: headers and chunks, from leaves as clients have them.

use ark_bn254::Fr;
use assay_circuits::r1cs::blake3::halves_of;
use assay_circuits::r1cs::parameters::{eps_digest, gains_digest};
use assay_circuits::settlement::act::ActChunk;
use assay_circuits::settlement::leaf::Committed;
use assay_circuits::settlement::norm::{NormChunk, NormHeader};
use assay_circuits::settlement::pack::{PackChunk, PackHeader};
use assay_circuits::settlement::{Circuit, check, unit::fields};
use assay_model::domain::Digest;
use assay_model::model::Model;
use assay_model::program::{CHUNK, Step, StepKind};
use assay_model::reference::{Output, Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_tests::toy;
use assay_verifier::trace;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SECRET: [u8; 32] = [5; 32];
const JOB: Digest = [6; 32];
/// The last of two positions, which has a tail.
const POSITION: u32 = 1;

/// Every vector has a short last chunk, and act three of them.
static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::large(), 1));
/// What the steps of the position commit to.
static TRACE: LazyLock<BTreeMap<Step, Output>> = LazyLock::new(|| {
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: POSITION };
    let mut trace = BTreeMap::new();
    Reference::new(&MODEL).extend(&[3, 11], &sampler, &mut |output| {
        trace.insert(output.step, output);
    });
    trace
});

fn committed(step: Step) -> Committed {
    let (output, index) = (&TRACE[&step], MODEL.config.step_index(step));
    assert_eq!(output.position, POSITION);
    let salt = trace::salts(&SECRET, &JOB, POSITION, MODEL.config.step_count(true))[index as usize];
    Committed {
        salt,
        position: POSITION,
        step: index,
        kind: step.kind as u8,
        shape: MODEL.config.shape(step.kind),
        header: output.header.clone(),
        tensor: output.tensor.clone(),
    }
}

/// The fields of a leaf as clients open it.
fn leaf(step: Step) -> [Fr; 3] {
    let (own, index, shape) = (committed(step), MODEL.config.step_index(step), MODEL.config.shape(step.kind));
    let tensor = *blake3::hash(&own.tensor).as_bytes();
    let leaf = trace::leaf(&own.salt, &JOB, POSITION, index, step, &shape, &own.header, &tensor);
    let [high, low] = halves_of(&leaf);
    let place = u128::from(POSITION) | u128::from(index) << 32 | u128::from(step.kind as u8) << 64;
    [high, low, Fr::from(place)]
}

/// That a circuit is satisfied, and begins with the fields of these leaves.
fn shown(circuit: &dyn Circuit, leaves: &[Step]) -> Vec<Fr> {
    assert_eq!(check(circuit), Ok(()), "{leaves:?}");
    let own = fields(circuit);
    let leaves: Vec<Fr> = leaves.iter().flat_map(|step| leaf(*step)).collect();
    assert_eq!(own[..leaves.len()], leaves);
    assert_eq!(own[leaves.len()..][..2], halves_of(&JOB));
    own
}

fn chunks(kind: StepKind) -> std::ops::Range<u32> {
    0..MODEL.config.shape(kind).len.div_ceil(CHUNK) as u32
}

#[test]
fn every_norm_is_shown_as_the_rig_committed_to_it() {
    let config = &MODEL.config;
    let norms = [(StepKind::AttnNorm, 0), (StepKind::AttnNorm, 2), (StepKind::FfnNorm, 1), (StepKind::FinalNorm, 0)];
    for (kind, layer) in norms {
        let step = Step { kind, layer };
        let source = config.residual_source(step);
        let header = NormHeader::new(config.clone(), JOB, committed(step), MODEL.tables.eps.clone());
        let own = shown(&header, &[step]);
        assert_eq!(own[5..], [eps_digest(&MODEL.tables.eps)]);
        let layer = &MODEL.layers[layer as usize];
        let gamma = match kind {
            StepKind::AttnNorm => &layer.attn_norm.gamma,
            StepKind::FfnNorm => &layer.ffn_norm.gamma,
            _ => &MODEL.final_norm.gamma,
        };
        for (gains, c) in gamma.chunks(CHUNK).zip(chunks(kind)) {
            let (norm, residual) = (committed(step), committed(source));
            let circuit = NormChunk::new(config.clone(), c, JOB, norm, residual, gains.to_vec());
            let own = shown(&circuit, &[step, source]);
            assert_eq!(own[10..], [Fr::from(c), gains_digest(gains)], "{step} chunk {c}");
        }
    }
}

#[test]
fn every_packed_vector_is_shown_as_the_rig_committed_to_it() {
    let config = &MODEL.config;
    let of = |kind| Step { kind, layer: 1 };
    for kind in [StepKind::AttnPack, StepKind::Act] {
        let step = of(kind);
        shown(&PackHeader::new(config.clone(), kind, JOB, committed(step)), &[step]);
        for c in chunks(kind) {
            let own = if kind == StepKind::Act {
                let rows = of(StepKind::GateUp);
                shown(&ActChunk::new(config.clone(), c, JOB, committed(step), committed(rows)), &[step, rows])
            } else {
                let outputs = of(StepKind::Attention);
                shown(&PackChunk::new(config.clone(), c, JOB, committed(step), committed(outputs)), &[step, outputs])
            };
            assert_eq!(own.last(), Some(&Fr::from(c)), "{step}");
        }
    }
}
