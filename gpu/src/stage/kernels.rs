//! The kernels of a share, compiled as a plan says.

use assay_model::config::Config;
use assay_model::program::StepKind;

use super::weights::Weights;
use crate::canary::Canary;
use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::Kernel;
use crate::layout::Share;
use crate::ops::attention::Attention;
use crate::ops::linear::Key;
use crate::ops::sample::Sample;
use crate::ops::{self, act, embed, kv, norm, pack};
use crate::packed::Class;
use crate::plan::{Compiled, Plan, classes};
use crate::variant::Tokens;

/// Kernels of one number of positions at once.
#[derive(Debug)]
pub struct RowKernels {
    pub norm: Kernel,
    pub pack: Kernel,
    pub act: Kernel,
}

/// All kernels of a share.
#[derive(Debug)]
pub struct Kernels {
    pub rows: [RowKernels; 2],
    pub kv: Kernel,
    pub attention: Attention,
    pub embed: Option<(Class, Kernel)>,
    pub sample: Sample,
    pub canary: Canary,
    products: Compiled<Key>,
    plan: Plan,
}

impl Kernels {
    /// Compiles what `share` needs of `weights`.
    ///
    /// # Errors
    /// If the driver refuses a kernel.
    pub fn new(gpu: &Gpu, config: &Config, share: &Share, weights: &Weights, plan: &Plan) -> Result<Kernels, GpuError> {
        let rows = |tokens| {
            let variant = ops::Variant { lanes: plan.row_lanes, dot: plan.dot(tokens), tokens };
            Ok(RowKernels {
                norm: norm::compile(gpu, variant)?,
                pack: pack::compile(gpu, variant)?,
                act: act::compile(gpu, variant)?,
            })
        };
        let (lanes, wide, reduce) = plan.attention;
        let attention = ops::attention::Plan { lanes, wide, reduce, ..ops::attention::Plan::new(config) };
        let embed = match weights.embedding.first() {
            Some(slab) if share.embed => Some((slab.class, embed::compile(gpu, &embed::packed(slab.class), 2)?)),
            _ => None,
        };
        let mut products = Compiled::new();
        for tokens in Tokens::ALL {
            let key = |class, residual| Key { class, tokens, residual, variant: plan.product(tokens) };
            let plain = weights.layers.iter().flat_map(|l| l.qkv.iter().chain(&l.gate_up));
            let plain = plain.chain(if share.tail { weights.head() } else { &[] });
            let added = weights.layers.iter().flat_map(|l| l.o.iter().chain(&l.down));
            let keys = classes(plain).into_iter().map(|class| key(class, false));
            for key in keys.chain(classes(added).into_iter().map(|class| key(class, true))) {
                products.insert(key, key.compile(gpu)?);
            }
        }
        Ok(Kernels {
            rows: [rows(Tokens::One)?, rows(Tokens::Four)?],
            kv: kv::compile(gpu, plan.kv_lanes)?,
            attention: Attention::new(gpu, attention)?,
            embed,
            sample: Sample::new(gpu)?,
            canary: Canary::new(gpu)?,
            products,
            plan: plan.clone(),
        })
    }

    /// Kernels of rows.
    pub const fn of_rows(&self, tokens: Tokens) -> &RowKernels {
        match tokens {
            Tokens::One => &self.rows[0],
            Tokens::Four => &self.rows[1],
        }
    }

    /// Kernel and key of a product.
    pub fn product(&self, class: Class, kind: StepKind, tokens: Tokens) -> (&Kernel, Key) {
        let residual = matches!(kind, StepKind::O | StepKind::Down);
        let key = Key { class, tokens, residual, variant: self.plan.product(tokens) };
        (&self.products[&key], key)
    }
}
