//! Settlement circuits on a real trace: what the rig committed to is what they show, step kind by step kind.

use ark_bn254::Fr;
use assay_circuits::settlement::{Linear, Opening, Shape, Unit, Vector, Witness, check};
use assay_model::domain::Digest;
use assay_model::matrix::Matrix;
use assay_model::model::Model;
use assay_model::program::{Step, StepKind};
use assay_model::reference::{Output, Reference, Sampler};
use assay_model::sampling::Sampling;
use assay_model::steps::{i16_values, i32_values, linear};
use assay_tests::toy;
use assay_verifier::trace;
use std::sync::LazyLock;

const SECRET: [u8; 32] = [5; 32];
const JOB: Digest = [6; 32];
const POSITION: u32 = 1;

static MODEL: LazyLock<Model> = LazyLock::new(|| toy::model(toy::large(), 1));
/// Everything that position 1 commits to, by step number.
static TRACE: LazyLock<Vec<Output>> = LazyLock::new(|| {
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: POSITION };
    let mut trace = Vec::new();
    Reference::new(&MODEL).extend(&[3, 11], &sampler, &mut |output| {
        if output.position == POSITION {
            trace.push(output);
        }
    });
    trace.sort_by_key(|output| MODEL.config.step_index(output.step));
    trace
});

/// The matrix of each part, and kg of the gains before it.
fn weights(step: Step) -> (Vec<&'static Matrix>, i32) {
    let layer = &MODEL.layers[step.layer as usize];
    match step.kind {
        StepKind::Qkv => (vec![&layer.q, &layer.k, &layer.v], layer.attn_norm.k),
        StepKind::GateUp => (vec![&layer.gate, &layer.up], layer.ffn_norm.k),
        StepKind::O => (vec![&layer.o], 0),
        StepKind::Down => (vec![&layer.down], 0),
        _ => (vec![MODEL.head()], MODEL.final_norm.k),
    }
}

fn salt(index: u32) -> Digest {
    trace::salts(&SECRET, &JOB, POSITION, MODEL.config.step_count(true))[index as usize]
}

/// The leaf of a step as clients open it.
fn leaf(index: u32) -> Digest {
    let output = &TRACE[index as usize];
    let shape = MODEL.config.shape(output.step.kind);
    let tensor = *blake3::hash(&output.tensor).as_bytes();
    trace::leaf(&salt(index), &JOB, POSITION, index, output.step, &shape, &output.header, &tensor)
}

/// The witness of a chunk, from the trace alone and the weights.
fn witness(step: Step, chunk: u16) -> Witness {
    let config = &MODEL.config;
    let index = config.step_index(step);
    let (matrices, kg) = weights(step);
    let first = u32::from(chunk) * 256;
    let part = config.parts(step.kind).iter().rposition(|p| p.first <= first).unwrap();
    let (own, matrix) = (config.parts(step.kind)[part], matrices[part]);
    let input = &TRACE[index as usize - 1];
    let x = i16_values(&input.tensor);
    let row = (first - own.first) as usize;
    let rows = (own.rows as usize - row).min(256);
    let mut accumulators = linear::accumulate(matrix, row, rows, &[&x]).remove(0);

    let opening = |index: u32| {
        let output = &TRACE[index as usize];
        let tensor = i32_values(&output.tensor);
        Opening::new(salt(index), output.header.clone(), &tensor, chunk.into()).unwrap()
    };
    let output = opening(index);
    accumulators.resize(output.elements.len(), 0);
    let source = matches!(step.kind, StepKind::O | StepKind::Down).then(|| config.residual_source(step));
    let unit = Unit {
        position: POSITION,
        input_step: index - 1,
        output_step: index,
        residual_step: source.map_or(0, |s| config.step_index(s)),
        residual_kind: source.map_or(0, |s| s.kind as u8),
        chunk,
        exponent: Unit::exponent(step.kind, kg, matrix.k).unwrap(),
    };
    Witness {
        unit,
        job: JOB,
        input: Vector { salt: salt(index - 1), header: input.header.clone(), elements: x },
        output,
        residual: source.map(|s| opening(config.step_index(s))),
        accumulators,
        salt: Fr::from(1u8),
        rho: Fr::from(2u8),
        inverse_z: Fr::from(3u8),
    }
}

/// That the circuit shows this chunk of the trace, under the leaves that clients have.
fn shown(step: Step, chunk: u16) {
    let shape = Shape::new(&MODEL.config, step.kind, chunk.into()).unwrap();
    let witness = witness(step, chunk);
    assert_eq!(check(&Linear { shape: &shape, witness: &witness }), Ok(()), "{step} chunk {chunk}");
    let statement = witness.statement(&shape);
    assert_eq!(statement.input_leaf, leaf(witness.unit.input_step));
    assert_eq!(statement.output_leaf, leaf(witness.unit.output_step));
    assert_eq!(statement.residual_leaf, witness.residual.as_ref().map(|_| leaf(witness.unit.residual_step)));
}

#[test]
fn a_chunk_of_every_linear_kind_is_shown_as_the_rig_committed_to_it() {
    let step = |kind, layer| Step { kind, layer };
    // Chunk 1 of o and down is their last; of qkv it is k's, most of which is padding; of head it is the last of three.
    shown(step(StepKind::Qkv, 2), 1);
    shown(step(StepKind::O, 0), 1);
    shown(step(StepKind::O, 1), 1);
    shown(step(StepKind::Down, 1), 1);
    shown(step(StepKind::Head, 0), 2);
}

#[test]
fn the_second_part_of_gate_up_is_shown_with_its_own_exponent() {
    shown(Step { kind: StepKind::GateUp, layer: 0 }, 5);
}
