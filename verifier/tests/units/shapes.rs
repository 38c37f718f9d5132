//! Claims about units of several shapes, and what must hold of them for every shape.

use super::hex;
use assay_circuits::settlement::unit::fields;
use assay_model::config::Config;
use assay_model::program::StepKind;
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::circuits::{self, Kind, Named};
use assay_verifier::settlement::claim::{Claim, Place, Told, claim};
use assay_verifier::settlement::record::Parameter;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tokens of the prompt of every job here.
const PROMPT: u32 = 3;

/// Nothing is a multiple of 256 or of 8, nor anything of another thing.
const ODD: Config =
    Config { layers: 2, dim: 600, heads: 6, kv_heads: 2, head_dim: 96, ffn: 272, vocab: 700, context: 64 };
/// The shape of the tests' models; heads share chunks.
const SMALL: Config =
    Config { layers: 2, dim: 64, heads: 4, kv_heads: 2, head_dim: 8, ffn: 272, vocab: 272, context: 64 };
/// Heads of 192 bytes, which end in other chunks than they begin in; one layer.
const NARROW: Config =
    Config { layers: 1, dim: 260, heads: 9, kv_heads: 3, head_dim: 48, ffn: 1000, vocab: 513, context: 40 };
/// Everything at its least.
const LEAST: Config = Config { layers: 1, dim: 1, heads: 1, kv_heads: 1, head_dim: 2, ffn: 1, vocab: 1, context: 1 };
const SMOLLM2: Config =
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49_152, context: 8192 };

/// Parts that a unit at position t is shown in.
fn parts(config: &Config, kind: StepKind, t: u32) -> Vec<Part> {
    match kind {
        StepKind::Attention => {
            let blocks = (0..=t).step_by(4).map(Part::Block);
            [Part::Query].into_iter().chain(blocks).chain([Part::Mix]).collect()
        }
        StepKind::Sample => (0..config.unit_count(StepKind::Head)).map(Part::Token).collect(),
        _ => vec![Part::Whole],
    }
}

/// Every unit at these positions in every part, with what is claimed of it.
fn claims(config: &Config, positions: &[u32]) -> Vec<(Place, Part, Claim)> {
    let steps = |t: u32| (0..config.step_count(t + 1 >= PROMPT)).map(move |step| (t, step));
    let units = |(t, step): (u32, u32)| {
        (0..config.unit_count(config.step(step).unwrap().kind)).map(move |unit| Place { t, step, unit })
    };
    let of = |place: Place| {
        let parts = parts(config, config.step(place.step).unwrap().kind, place.t);
        parts.into_iter().map(move |part| (place, part))
    };
    let all = positions.iter().copied().flat_map(steps).flat_map(units).flat_map(of);
    all.map(|(place, part)| (place, part, claim(config, PROMPT, &place, part).expect("a claim"))).collect()
}

const NUMBERS: fn(Part) -> [u32; 3] = |part| match part {
    Part::Whole | Part::Query => [0, 0, 0],
    Part::Block(first) => [1, first, 0],
    Part::Mix => [2, 0, 0],
    Part::Token(chunk) => [0, 0, chunk],
};

fn described(config: &Config, (place, part, claim): &(Place, Part, Claim)) -> Value {
    let Named { number, words } = claim.circuit.named(config);
    let kind = |kind: StepKind| u32::from(kind as u8);
    let leaves = claim.leaves.iter().flat_map(|leaf| {
        let len = u32::try_from(config.shape(leaf.kind).len).unwrap();
        [leaf.t, leaf.step, kind(leaf.kind), len]
    });
    let opened =
        claim.leaves.iter().flat_map(|leaf| leaf.words(config)).map(|word| word.to_string().parse::<u64>().unwrap());
    let parameter = claim.parameter.map_or([0; 3], |p| p.numbers());
    json!({
        "unit": [place.t, place.step, place.unit], "part": NUMBERS(*part), "circuit": number, "shape": words,
        "id": hex(claim.circuit.named(config).id()), "leaves": leaves.collect::<Vec<_>>(),
        "opened": opened.collect::<Vec<_>>(), "numbers": claim.numbers, "parameter": parameter,
    })
}

/// Each unit of small shapes whose circuit, leaves or part differ from those before it in more than numbers.
pub fn made() -> Value {
    let case = |config: &Config, positions: &[u32], keep: &dyn Fn(&Place, Part) -> bool| {
        let units = claims(config, positions).into_iter().filter(|(place, part, _)| keep(place, *part));
        let mut seen = BTreeSet::new();
        let fresh = units.filter(|(place, _, claim)| {
            let kinds: Vec<_> = claim.leaves.iter().map(|leaf| leaf.kind).collect();
            let opened: Vec<_> = claim.leaves.iter().map(|leaf| leaf.opened.clone()).collect();
            seen.insert((claim.circuit.named(config), kinds, opened, claim.leaves.len()))
        });
        let units: Vec<_> = fresh.map(|unit| described(config, &unit)).collect();
        let all = circuits::all(config);
        let ids = all.iter().flat_map(|(named, _)| named.id()).collect::<Vec<_>>();
        let c = config;
        json!({
            "shape": [c.layers, c.dim, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab, c.context],
            "promptTokens": PROMPT, "circuits": all.len(), "circuitsHash": hex(assay_verifier::sign::keccak(&ids)),
            "parameters": Parameter::all(config).count(), "units": units,
        })
    };
    let everything = |_: &Place, _| true;
    // Of SmolLM2's 192 chunks of logits a few, and of its layers one.
    let some = |place: &Place, part| {
        let body = SMOLLM2.step_count(false);
        let layer = (271..281).contains(&place.step) || place.step == 0 || place.step >= body;
        let few = |n: u32| [0, 1, 128, 191].contains(&n);
        let chunk = if let Part::Token(chunk) = part { few(chunk) } else { place.step != body + 1 || few(place.unit) };
        layer && chunk
    };
    json!({ "cases": [
        case(&SMALL, &[0, 2, 6], &everything),
        case(&ODD, &[1, 5], &everything),
        case(&NARROW, &[3], &everything),
        case(&LEAST, &[0, 4], &everything),
        case(&SMOLLM2, &[2, 1001], &some),
    ] })
}

/// A line for each unit.
pub fn text(value: &Value) -> String {
    let cases = value["cases"].as_array().unwrap().iter().map(|case| {
        let mut head = case.clone();
        let units = head.as_object_mut().unwrap().remove("units").unwrap();
        let units: Vec<_> = units.as_array().unwrap().iter().map(|unit| format!("      {unit}")).collect();
        let head = head.to_string();
        format!("    {},\n    \"units\": [\n{}\n    ]}}", head.strip_suffix('}').unwrap(), units.join(",\n"))
    });
    format!("{{\n  \"cases\": [\n{}\n  ]\n}}\n", cases.collect::<Vec<_>>().join(",\n"))
}

#[test]
fn the_list_of_circuits_has_one_for_every_unit_in_every_part_and_none_twice() {
    for (config, positions) in [
        (&SMALL, &[0, 2, 3, 9][..]),
        (&ODD, &[0, 2, 3, 9]),
        (&NARROW, &[0, 2, 3, 9]),
        (&LEAST, &[0, 3]),
        (&SMOLLM2, &[2, 3]),
    ] {
        let all = circuits::all(config);
        let names: BTreeSet<_> = all.iter().map(|(named, _)| *named).collect();
        assert_eq!(names.len(), all.len(), "a circuit twice");
        assert!(all.is_sorted_by_key(|(named, _)| named.number));
        assert_eq!(
            names.iter().map(|named| named.number).collect::<BTreeSet<_>>(),
            (0..=12).collect(),
            "every circuit"
        );
        let used: BTreeSet<_> =
            claims(config, positions).iter().map(|(_, _, claim)| claim.circuit.named(config)).collect();
        assert_eq!(used, names, "circuits of units, and the list");
        for (place, (named, _)) in (0u32..).zip(&all) {
            assert_eq!(circuits::index(config, named), Some(place));
        }
    }
}

#[test]
fn a_circuit_of_zeros_is_one_of_its_shape() {
    for config in [&SMALL, &ODD, &NARROW, &LEAST] {
        for (named, kind) in circuits::all(config) {
            assert!(kind.zeros(config).fits(), "{named:?}");
        }
    }
}

/// Of a circuit of zeros, which opens what its place says: the words of opened chunks and the number of fields.
#[test]
fn claims_have_the_fields_of_their_circuits() {
    for config in [&NARROW, &LEAST] {
        let mut seen = BTreeSet::new();
        for (place, part, claim) in claims(config, &[2, 3]) {
            if matches!(claim.circuit, Kind::Linear(_)) || !seen.insert(format!("{:?}", claim.circuit)) {
                continue;
            }
            let own = fields(&*claim.circuit.zeros(config));
            let leaves = vec![[0; 32]; claim.leaves.len()];
            let got = claim.fields(config, &[0; 32], &Told { leaves: &leaves, ..Told::default() });
            assert_eq!(own.len(), got.len(), "{place:?} {part:?}");
            let places = if matches!(claim.circuit, Kind::AttentionBlock(_)) { 4 } else { claim.leaves.len() };
            let first = 3 * places + 2;
            let claimed: Vec<_> = claim.leaves.iter().flat_map(|leaf| leaf.words(config)).collect();
            assert_eq!(own[first..first + claimed.len()], claimed, "{place:?} {part:?}");
        }
    }
}

#[test]
fn parameters_ascend_and_every_claim_reads_one_of_them() {
    for config in [&SMALL, &ODD, &NARROW, &LEAST, &SMOLLM2] {
        let all: Vec<_> = Parameter::all(config).collect();
        assert!(all.is_sorted_by(|a, b| a.numbers() < b.numbers()));
        let chunks = config.dim.div_ceil(256);
        assert_eq!(all.len() as u32, 1 + (2 * config.layers + 1) * chunks + config.context + 1);
    }
    let all: BTreeSet<_> = Parameter::all(&ODD).map(|p| p.numbers()).collect();
    let read: BTreeSet<_> = claims(&ODD, &(0..64).collect::<Vec<_>>())
        .iter()
        .filter_map(|(_, _, c)| Some(c.parameter?.numbers()))
        .collect();
    assert_eq!(all, read, "all of them are read, and no other");
}

#[test]
fn what_is_no_unit_or_no_part_of_one_has_no_claim() {
    let none = |t, step, unit, part| assert_eq!(claim(&SMALL, PROMPT, &Place { t, step, unit }, part), None);
    let tail = SMALL.step_count(false);
    none(0, 0, 1, Part::Whole);
    none(0, SMALL.step_count(true), 0, Part::Whole);
    none(5, 4, 0, Part::Whole);
    none(5, 4, 0, Part::Block(6));
    none(5, 4, 4, Part::Query);
    none(5, 3, 0, Part::Query);
    none(5, tail + 2, 0, Part::Whole);
    none(5, tail + 2, 0, Part::Token(2));
    none(0, 0, 0, Part::Mix);
}
