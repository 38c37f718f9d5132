//! Known answers of every kernel that a model needs, at the model's own shapes, before a card is trusted with a job.

use assay_model::Model;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::ops::linear::{self, Key};
use crate::ops::{self, act, attention, embed, kv, norm, pack, sample};
use crate::plan::Plan;
use crate::shapes::Shapes;
use crate::variant::{Reduce, Tokens, Wide};
use crate::{canary, hash, rehash};

/// Asks the card for everything that `plan` has it compute of `model`.
///
/// # Errors
/// [`GpuError::Wrong`], with the card's name, if a kernel gives another result than the reference, or whatever stops it.
pub fn self_test(gpu: &Gpu, model: &Model, plan: &Plan) -> Result<(), GpuError> {
    Trial::new(gpu, &Shapes::of(model)).all(plan)
}

/// A card on trial.
pub(crate) struct Trial<'a> {
    pub gpu: &'a Gpu,
    pub shapes: &'a Shapes<'a>,
    /// What is compiled in place of a kernel's text: the text, unless a test plants an error.
    alter: &'a dyn Fn(&str) -> String,
}

impl<'a> Trial<'a> {
    pub fn new(gpu: &'a Gpu, shapes: &'a Shapes<'a>) -> Trial<'a> {
        Trial { gpu, shapes, alter: &str::to_owned }
    }

    /// Of altered texts.
    #[cfg(test)]
    pub fn of_altered(gpu: &'a Gpu, shapes: &'a Shapes<'a>, alter: &'a dyn Fn(&str) -> String) -> Trial<'a> {
        Trial { gpu, shapes, alter }
    }

    /// Everything that `plan` uses.
    pub fn all(&self, plan: &Plan) -> Result<(), GpuError> {
        self.fixed()?;
        for tokens in Tokens::ALL {
            self.product(tokens, plan.product(tokens))?;
            self.rows(ops::Variant { lanes: plan.row_lanes, dot: plan.dot(tokens), tokens })?;
        }
        self.kv(plan.kv_lanes)?;
        self.attention(plan.attention)
    }

    /// Kernels without variants.
    fn fixed(&self) -> Result<(), GpuError> {
        let Trial { gpu, shapes, alter } = *self;
        canary::self_test_with(gpu, &alter(&canary::source()))?;
        rehash::self_test_with(gpu, &alter(&rehash::source()))?;
        hash::self_test(gpu)?;
        sample::self_test_with(gpu, shapes.tables, &alter(&sample::text()))?;
        embed::self_test(gpu, shapes.config.dim)?;
        let text = embed::shader(&embed::packed(shapes.embedding));
        embed::self_test_packed_with(gpu, shapes.embedding, &alter(text.text()), shapes.config.dim)
    }

    /// Every product of `tokens` positions.
    pub fn product(&self, tokens: Tokens, variant: linear::Variant) -> Result<(), GpuError> {
        self.shapes.kinds().iter().try_for_each(|kind| {
            let key = Key { class: kind.class, tokens, residual: kind.residual, variant };
            linear::self_test_with(self.gpu, key, &(self.alter)(key.shader().text()), kind.columns)
        })
    }

    /// Kernels that lay out the vectors of products.
    pub fn rows(&self, variant: ops::Variant) -> Result<(), GpuError> {
        let Trial { gpu, shapes: Shapes { config, tables, .. }, alter } = *self;
        norm::self_test_with(gpu, variant, &alter(norm::shader(variant).text()), config.dim)?;
        pack::self_test_with(gpu, variant, &alter(pack::shader(variant).text()), config.q_dim())?;
        act::self_test_with(gpu, variant, &alter(act::shader(variant).text()), tables, config.ffn)
    }

    /// kv.
    pub fn kv(&self, lanes: u32) -> Result<(), GpuError> {
        kv::self_test_with(self.gpu, &(self.alter)(kv::shader(lanes).text()), self.shapes.config)
    }

    /// Attention.
    pub fn attention(&self, variant: (u32, Wide, Reduce)) -> Result<(), GpuError> {
        let plan = attention_plan(self.shapes, variant);
        attention::self_test_with(self.gpu, plan, self.shapes.tables, &(self.alter)(&plan.text()))
    }

    /// Whether a variant passed. One that did not is reported and dropped; what stops the card is an error.
    pub fn passed(&self, variant: &dyn std::fmt::Debug, tested: Result<(), GpuError>) -> Result<bool, GpuError> {
        match tested {
            Ok(()) => Ok(true),
            Err(reason @ (GpuError::Wrong { .. } | GpuError::Kernel { .. })) => {
                tracing::warn!(card = self.gpu.name(), ?variant, %reason, "a variant is not used on this card");
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }
}

/// Attention of a model in a variant.
pub(crate) const fn attention_plan(shapes: &Shapes<'_>, variant: (u32, Wide, Reduce)) -> attention::Plan {
    let (lanes, wide, reduce) = variant;
    attention::Plan { lanes, wide, reduce, ..attention::Plan::new(shapes.config) }
}
