//! Which of the equal variants is fastest on a card, among those that passed its self-test.

mod bench;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt::Debug;

use assay_model::Model;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::ops::{self, linear};
use crate::plan::Plan;
use crate::selftest::Trial;
use crate::shapes::Shapes;
use crate::variant::{Dot, Reduce, Tokens, Wide};
use bench::Bench;

/// A variant takes the place of another if it needs at most this share of its time: clocks are not that steady.
const BETTER: f64 = 0.97;

/// Finds the fastest plan, all of whose kernels passed their self-test.
///
/// # Errors
/// [`GpuError::Wrong`], with the card's name, if a variant that every card has fails, or whatever stops the card.
pub fn tune(gpu: &Gpu, model: &Model) -> Result<Plan, GpuError> {
    let shapes = Shapes::of(model);
    search(&Trial::new(gpu, &shapes))
}

/// [`tune`] of a card on trial.
pub(crate) fn search(trial: &Trial<'_>) -> Result<Plan, GpuError> {
    let mut plan = Plan::PORTABLE;
    trial.all(&plan)?;
    let bench = Bench::new(trial.gpu, trial.shapes);
    let candidates = Candidates::of(trial.gpu);
    for (slot, tokens) in Tokens::ALL.into_iter().enumerate() {
        plan.products[slot] = best(
            trial,
            plan.products[slot],
            &candidates.products,
            |v| {
                trial.product(tokens, v)?;
                if v.dot == Dot::Int { Ok(()) } else { trial.rows(ops::Variant::new(v.dot, tokens)) }
            },
            |v| bench.products(tokens, v),
        )?;
    }
    let lanes: [Step<u32>; 1] = [|_| vec![128, 256]];
    plan.row_lanes = best(
        trial,
        plan.row_lanes,
        if candidates.software { &[] } else { &lanes },
        |lanes| {
            Tokens::ALL.into_iter().try_for_each(|t| trial.rows(ops::Variant { lanes, dot: plan.dot(t), tokens: t }))
        },
        |lanes| bench.rows(ops::Variant { lanes, dot: plan.dot(Tokens::One), tokens: Tokens::One }),
    )?;
    let lanes: [Step<u32>; 1] = [|_| vec![64, 128]];
    let steps: &[_] = if candidates.software { &[] } else { &lanes };
    plan.kv_lanes = best(trial, plan.kv_lanes, steps, |lanes| trial.kv(lanes), |lanes| bench.kv(lanes))?;
    plan.attention =
        best(trial, plan.attention, &candidates.attention, |v| trial.attention(v), |v| bench.attention(v))?;
    Ok(plan)
}

/// Variants that differ from one in one property.
type Step<V> = fn(V) -> Vec<V>;

/// What is tried, one property after the other, each from the best so far.
struct Candidates {
    software: bool,
    products: Vec<Step<linear::Variant>>,
    attention: Vec<Step<(u32, Wide, Reduce)>>,
}

impl Candidates {
    fn of(gpu: &Gpu) -> Candidates {
        let software = gpu.info().device_type == wgpu::DeviceType::Cpu;
        let (long, subgroups) = (gpu.has(wgpu::Features::SHADER_INT64), gpu.has(wgpu::Features::SUBGROUP));
        let mut c = Candidates { software, products: Vec::new(), attention: Vec::new() };
        if !software {
            c.products.push(|v| {
                let split = |rows| [4, 8, 16].map(|split| linear::Variant { split, tiles: 1, rows, ..v });
                [1, 2, 4].into_iter().flat_map(split).collect()
            });
            c.products.push(|v| {
                // Every card takes 256 lanes.
                let more = [2, 4].map(|n| linear::Variant { tiles: n * v.tiles, ..v });
                more.into_iter().filter(|v| 16 / v.rows * v.tiles * v.split <= 256).collect()
            });
            c.attention.push(|(_, wide, reduce)| vec![(32, wide, reduce), (128, wide, reduce)]);
        }
        // Dot products of bytes are what the processor is slowest at.
        if software {
            c.products.push(|v| vec![linear::Variant { dot: Dot::F32, ..v }]);
        } else {
            c.products.push(|v| [Dot::F32, Dot::Dot4].map(|dot| linear::Variant { dot, ..v }).into());
        }
        if long {
            c.products.push(|v| vec![linear::Variant { wide: Wide::I64, ..v }]);
            c.attention.push(|(lanes, _, reduce)| vec![(lanes, Wide::I64, reduce)]);
        }
        if subgroups && !software {
            c.products.push(|v| {
                let reduce = Reduce::Subgroup;
                if v.split > 1 { vec![linear::Variant { reduce, ..v }] } else { Vec::new() }
            });
        }
        if subgroups {
            c.attention.push(|(lanes, wide, _)| vec![(lanes, wide, Reduce::Subgroup)]);
        }
        c
    }
}

/// From `start`, which passed, the fastest that passes.
fn best<V: Copy + Debug>(
    trial: &Trial<'_>,
    start: V,
    steps: &[Step<V>],
    test: impl Fn(V) -> Result<(), GpuError>,
    time: impl Fn(V) -> Result<f64, GpuError>,
) -> Result<V, GpuError> {
    if steps.is_empty() {
        return Ok(start);
    }
    let mut best = (start, time(start)?);
    for step in steps {
        for variant in step(best.0) {
            if !trial.passed(&variant, test(variant))? {
                continue;
            }
            let seconds = time(variant)?;
            tracing::debug!(card = trial.gpu.name(), ?variant, seconds, than = best.1, "timed");
            if seconds < BETTER * best.1 {
                best = (variant, seconds);
            }
        }
    }
    Ok(best.0)
}
