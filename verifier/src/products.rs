//! The statement that a fold proof proves for a challenge: every product is the weights times its input.
//!
//! Products of one step at one position make one claim. Claims about the same chunks of the same step share a fold. Both
//! follow from the draw alone, in program order, so prover and verifier make the same statement.

use crate::parameters::Rows;
use crate::public::PublicModel;
use assay_circuits::fold::{Block, Claim, Context, Fold, Statement};
use assay_circuits::srs::known;
use assay_model::domain::Digest;
use assay_model::program::Step;
use std::collections::BTreeMap;

/// The products of one step at one position.
#[derive(Clone, Debug)]
pub struct Products {
    /// The step.
    pub step: Step,
    /// Input.
    pub x: Vec<i16>,
    /// Chunks, ascending, with their accumulators. A chunk of nothing but padding has none.
    pub chunks: Vec<(u32, Vec<i64>)>,
}

/// What a statement is bound to besides the model.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Id of the receipt.
    pub receipt: Digest,
    /// Digest of the challenge.
    pub challenge: Digest,
}

/// The statement about `products`, which stand in program order. `None` if there is nothing to prove, or a product is not
/// one of this model.
pub fn statement<'a>(public: &'a PublicModel, binding: &Binding, products: Vec<Products>) -> Option<Statement<'a>> {
    let context = Context {
        srs: known::id(&public.key.tau2),
        manifest: public.id,
        receipt: binding.receipt,
        challenge: binding.challenge,
    };
    let mut numbers: BTreeMap<(u32, Vec<u32>), usize> = BTreeMap::new();
    let (mut folds, mut claims) = (Vec::new(), Vec::new());
    for mut product in products {
        product.chunks.retain(|(_, acc)| !acc.is_empty());
        if product.chunks.is_empty() {
            continue;
        }
        let matrix = public.config.step_index(product.step);
        let chunks: Vec<u32> = product.chunks.iter().map(|(c, _)| *c).collect();
        let next = numbers.len();
        let fold = *numbers.entry((matrix, chunks.clone())).or_insert(next);
        if fold == next {
            folds.push(self::fold(public, product.step, matrix, &chunks)?);
        }
        claims.push(Claim { fold, x: product.x, acc: product.chunks.into_iter().flat_map(|(_, acc)| acc).collect() });
    }
    (!claims.is_empty()).then_some(Statement { context, folds, claims })
}

fn fold<'a>(public: &'a PublicModel, step: Step, matrix: u32, chunks: &[u32]) -> Option<Fold<'a>> {
    let (mut width, mut tile) = (0, 0);
    let blocks = chunks
        .iter()
        .map(|&chunk| {
            let rows = Rows::of_chunk(&public.config, step.kind, chunk)?;
            let part = public.part(step, rows.part)?;
            (width, tile) = (part.width, part.tile);
            let first = rows.first.checked_div(part.tile)?;
            let end = rows.first.checked_add(rows.count)?.div_ceil(part.tile);
            Some(Block { chunk, rows: rows.count, tiles: part.tiles.get(first..end)? })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Fold { matrix, width, tile, blocks })
}

/// First row of each chunk of a fold and the number of its part, for a prover that has the weights.
pub fn places(public: &PublicModel, fold: &Fold<'_>) -> Option<(Step, Vec<Rows>)> {
    let step = public.config.step(fold.matrix)?;
    let rows = fold.blocks.iter().map(|b| Rows::of_chunk(&public.config, step.kind, b.chunk));
    Some((step, rows.collect::<Option<_>>()?))
}
