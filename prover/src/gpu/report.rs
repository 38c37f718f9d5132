//! What there is to say of every adapter of this machine.

use super::choice::HELP;
use assay_gpu::GpuError;
use assay_gpu::adapters::{self, Adapter};
use assay_gpu::plan::Plan;
use assay_gpu::remember::plan_for;
use assay_gpu::variant::Dot;
use assay_model::config::Config;
use assay_model::gguf::{File, TensorType};
use assay_model::testing::Toy;
use assay_model::{Model, load};
use assay_verifier::cli::Report;
use serde_json::{Value, json};

/// One layer with the widths of a small model.
pub fn small_model() -> Model {
    let config =
        Config { layers: 1, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 2048, context: 512 };
    let kinds = vec![TensorType::Q4_1];
    let bytes = Toy { config, kinds, embedding: TensorType::Q8_0, ..Toy::default() }.gguf();
    let file = File::parse(&bytes).expect("the writer writes what the reader reads");
    load::load(&file).expect("a model of usual shapes").model
}

/// Every adapter, tested at the shapes of `model`.
pub fn all(model: &Model) -> Report {
    let (words, values): (Vec<String>, Vec<Value>) = adapters::all().iter().map(|a| one(a, model)).unzip();
    if words.is_empty() {
        let help = format!("no graphics card is found: {HELP}");
        return Report::done(help.clone(), json!({ "adapters": values, "help": help }));
    }
    Report::done(words.join("\n\n"), json!({ "adapters": values }))
}

fn one(adapter: &Adapter, model: &Model) -> (String, Value) {
    let (info, limits) = (&adapter.info, adapter.limits());
    let (int64, subgroups) = (adapter.has_int64(), adapter.subgroups());
    let found = tested(adapter, model);
    let (plan, test) = match &found {
        Ok(plan) => (Some(plan), "passed".to_owned()),
        Err(error) => (None, error.to_string()),
    };
    let packed = plan.is_some_and(|p| p.products.iter().any(|v| v.dot == Dot::Dot4));
    let memory = adapter.memory();
    let yes = |b| if b { "yes" } else { "no" };
    let mut words = format!("{} {}", adapter.index, info.name);
    words.push_str(if adapter.is_software() { ", software adapter" } else { "" });
    words.push_str(&format!(
        "\n  PCI bus id {}; {:?}; driver {} {}",
        adapter.bus().unwrap_or("not told"),
        info.device_type,
        info.driver,
        info.driver_info
    ));
    words.push_str(&format!(
        "\n  memory {}, largest binding {}, largest buffer {}",
        memory.map_or_else(|| "not told".into(), megabytes),
        megabytes(limits.max_storage_buffer_binding_size),
        megabytes(limits.max_buffer_size)
    ));
    words.push_str(&format!(
        "\n  64-bit integers: {}; subgroups: {}; packed dot products in use: {}",
        yes(int64),
        subgroups.map_or_else(|| "no".into(), |[least, most]| format!("{least} to {most}")),
        yes(packed)
    ));
    words.push_str(&format!("\n  self-test: {test}"));
    let value = json!({
        "index": adapter.index, "name": info.name, "type": format!("{:?}", info.device_type),
        "software": adapter.is_software(), "pci_bus_id": adapter.bus(),
        "vendor": info.vendor, "device": info.device, "driver": info.driver, "driver_version": info.driver_info,
        "memory_bytes": memory,
        "features": {
            "int64": int64, "packed_dot_in_use": packed, "subgroup_sizes": subgroups,
        },
        "limits": {
            "largest_binding_bytes": limits.max_storage_buffer_binding_size,
            "largest_buffer_bytes": limits.max_buffer_size,
        },
        "plan": plan.map(|p| json!(p)), "usable": found.is_ok(), "self_test": test,
    });
    (words, value)
}

/// How the adapter computes, if it does so rightly now.
fn tested(adapter: &Adapter, model: &Model) -> Result<Plan, GpuError> {
    plan_for(&adapter.open()?, model, false)
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}
