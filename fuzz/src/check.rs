//! A lying rig: it commits to altered tensors, opens them correctly, and the check of one unit meets them.

use super::bytes::{Bytes, readable};
use super::trace::{self, Tensor, Toy};
use assay_model::domain::Digest;
use assay_model::program::{Step, StepKind, Unit};
use assay_verifier::answer::{self, Binding, Source};
use assay_verifier::check::Checker;
use assay_verifier::needs::{Needs, outputs};
use assay_verifier::trace as commitments;
use std::collections::{BTreeMap, BTreeSet};

/// The toy trace with some steps replaced and the commitments to match.
struct Altered<'a> {
    toy: &'a Toy,
    steps: BTreeMap<(u32, u32), Tensor>,
    leaves: BTreeMap<u32, Vec<Digest>>,
}

impl Source for Altered<'_> {
    fn step(&self, t: u32, index: u32) -> (&[u8], &[u8]) {
        match self.steps.get(&(t, index)) {
            Some((header, tensor)) => (header, tensor),
            None => self.toy.step(t, index),
        }
    }

    fn leaves(&self, t: u32) -> &[Digest] {
        self.leaves.get(&t).map_or_else(|| self.toy.leaves(t), Vec::as_slice)
    }
}

impl<'a> Altered<'a> {
    fn new(toy: &'a Toy, steps: BTreeMap<(u32, u32), Tensor>) -> Self {
        let mut leaves: BTreeMap<u32, Vec<Digest>> = BTreeMap::new();
        for (&(t, index), tensor) in &steps {
            let salt = &toy.salts[t as usize][index as usize];
            let leaf = trace::leaf(&toy.model.config, &toy.receipt.job, salt, (t, index), tensor);
            leaves.entry(t).or_insert_with(|| toy.leaves(t).to_vec())[index as usize] = leaf;
        }
        Altered { toy, steps, leaves }
    }

    fn root(&self, t: u32) -> Option<Digest> {
        match self.leaves.get(&t) {
            Some(leaves) => Some(commitments::position_root(leaves)),
            None => self.toy.output.positions.get(t as usize).copied(),
        }
    }
}

/// Which unit, then what is altered of the steps that its check reads.
pub fn unit(data: &[u8]) {
    let toy = trace::toy();
    let config = &toy.model.config;
    let mut b = Bytes(data);
    let t = b.below(toy.steps.len() as u32);
    let index = b.below(toy.steps[t as usize].len() as u32);
    let step = config.step(index).expect("a step of the program");
    let number = b.below(config.unit_count(step.kind));
    let unit = config.unit(step.kind, number).expect("a unit of the step");
    let drawn = BTreeMap::from([(t, BTreeMap::from([(index, BTreeSet::from([number]))]))]);
    let needs = toy.claim().needs(config, &drawn);
    let altered = Altered::new(toy, alter(toy, &needs, &mut b));
    let verdict = verdict(&altered, &needs, (t, step, unit));
    if altered.steps.is_empty() {
        assert_eq!(verdict, Ok(()), "an honest unit");
    } else if let [(&(at, of), tensor)] = altered.steps.iter().collect::<Vec<_>>()[..] {
        let honest = toy.step(t, index);
        if (at, of) == (t, index) && lies_in_output(config, step, unit, honest, tensor) {
            assert!(verdict.is_err(), "a lie in what the unit writes: {t} {step} {unit}");
        }
    }
}

/// Whether a tensor differs from the honest one in the elements or scalars that the unit alone determines.
fn lies_in_output(c: &assay_model::Config, step: Step, unit: Unit, honest: (&[u8], &[u8]), tensor: &Tensor) -> bool {
    if unit == Unit::Header {
        let derived = if matches!(step.kind, StepKind::AttnPack | StepKind::Act) { 1 } else { 7 };
        let (header, was) = (&tensor.0, honest.0);
        let at = was.len() - derived;
        // Partials that moved as well could make the derived scalars right again.
        return header[..at] == was[..at] && header[at..] != was[at..];
    }
    let size = c.shape(step.kind).element.size();
    let range = outputs(c, step.kind, unit);
    let range = range.start * size..range.end * size;
    tensor.0 == honest.0 && tensor.1[range.clone()] != honest.1[range]
}

/// Alterations: a step of those that are opened, header or tensor, where, and what to write there.
fn alter(toy: &Toy, needs: &Needs, b: &mut Bytes<'_>) -> BTreeMap<(u32, u32), Tensor> {
    let opened: Vec<(u32, u32)> = needs.iter().flat_map(|(&t, steps)| steps.keys().map(move |&i| (t, i))).collect();
    let mut altered: BTreeMap<(u32, u32), Tensor> = BTreeMap::new();
    while !b.0.is_empty() {
        let place = opened[b.below(opened.len() as u32) as usize];
        let (header, tensor) = toy.step(place.0, place.1);
        let step = altered.entry(place).or_insert_with(|| (header.to_vec(), tensor.to_vec()));
        let how = b.u8();
        let part = if how & 1 == 1 && !step.0.is_empty() { &mut step.0 } else { &mut step.1 };
        let at = b.below(part.len() as u32) as usize;
        let value = b.i32().to_le_bytes();
        let run = match how >> 1 & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => part.len(),
        };
        let at = if run == 1 { at } else { at / run * run };
        for (to, from) in part[at..].iter_mut().take(run).zip(value.iter().cycle()) {
            *to = *from;
        }
    }
    altered.retain(|&(t, i), (header, tensor)| toy.step(t, i) != (&header[..], &tensor[..]));
    altered
}

fn verdict(altered: &Altered<'_>, needs: &Needs, (t, step, unit): (u32, Step, Unit)) -> Result<(), &'static str> {
    let toy = altered.toy;
    let answer = answer::build([0; 32], needs, altered, &toy.model);
    let binding =
        Binding { model: &toy.model, job: &toy.receipt.job, secret: &toy.job.secret, tail_from: toy.job.tail_from() };
    let openings = answer::open(&answer.body, needs, &binding, &|t| altered.root(t)).expect("a correct opening");
    let mut checker = Checker { model: &toy.model, job: &toy.job, output: &toy.output, openings };
    checker.unit(t, step, unit).map_err(|rejection| {
        readable(rejection);
        let place = rejection.place.expect("a unit has a place");
        assert_eq!((place.position, place.step, place.unit), (t, Some(step), Some(unit)));
        rejection.code.name()
    })
}
