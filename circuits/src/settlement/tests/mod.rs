//! Settlement circuits of small shapes: what they show, and that they show no other statement.

mod attention;
mod attention_leaves;
mod circuit;
mod counts;
mod elementwise_leaves;
mod embed_leaves;
mod embed_row;
mod encoding;
mod frozen;
mod greedy;
mod leaf;
mod norm;
mod pack;
mod proofs;
mod statement;

use super::sample::{SCALARS, Scalars, sample};
use super::*;
use crate::r1cs::{Group, System};
use ark_bn254::Fr;
use assay_model::config::Config;
use assay_model::program::StepKind;

/// Every tensor but q, k, v and gate, up has a last chunk of a few elements, so that circuits stay small.
const CONFIG: Config =
    Config { layers: 1, dim: 260, heads: 2, kv_heads: 1, head_dim: 6, ffn: 20, vocab: 516, context: 64 };

/// Of few inputs: what follows a norm needs no wide one.
const NARROW: Config = Config { dim: 6, ..CONFIG };

/// A unit with a true witness.
#[derive(Clone)]
struct Toy {
    shape: Shape,
    witness: Witness,
}

impl Toy {
    fn new(kind: StepKind, chunk: u16) -> Toy {
        Toy::with(kind, chunk, SCALARS)
    }

    fn with(kind: StepKind, chunk: u16, scalars: Scalars) -> Toy {
        let config = if kind == StepKind::Head { &NARROW } else { &CONFIG };
        let (shape, witness) = sample(config, kind, chunk, scalars).unwrap();
        Toy { shape, witness }
    }

    fn circuit(&self) -> Linear<'_> {
        Linear { shape: &self.shape, witness: &self.witness }
    }

    fn statement(&self) -> Statement {
        self.witness.statement(&self.shape)
    }
}

/// That a circuit of `n` elements has, in each of these groups, so many constraints an element, and so many besides.
fn costs(circuit: &dyn Fn(&mut System), n: usize, want: &[(Group, usize, usize)]) {
    let mut system = System::counting();
    circuit(&mut system);
    let counts = system.finish().unwrap();
    for (group, each, all) in want {
        assert_eq!(counts.of(*group), each * n + all, "{group:?} of {n}");
    }
}

/// The smallest circuit with a residual, and the smallest after a norm, which is one with maxima.
fn small() -> [Toy; 2] {
    [Toy::new(StepKind::O, 1), Toy::new(StepKind::Head, 2)]
}
