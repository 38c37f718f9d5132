//! The plan of every card for a model, and how long finding it, its self-test, and finding it again take.
//!
//!     cargo run --release -p assay-gpu --example plan -- MODEL.gguf

use std::time::Instant;

use assay_gpu::{adapters, remember, selftest, tune};
use assay_model::gguf::File;
use assay_model::load;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which model?")?;
    let bytes = std::fs::read(path)?;
    let model = load::load(&File::parse(&bytes)?)?.model;
    for adapter in adapters::all() {
        let gpu = adapter.open()?;
        println!("{}", gpu.name());
        let started = Instant::now();
        let plan = tune::tune(&gpu, &model)?;
        println!("tuned in {:.2} s: {plan:#?}", started.elapsed().as_secs_f64());
        for _ in 0..2 {
            let started = Instant::now();
            selftest::self_test(&gpu, &model, &plan)?;
            println!("self-test in {:.2} s", started.elapsed().as_secs_f64());
        }
        for force in [true, false] {
            let started = Instant::now();
            remember::plan_for(&gpu, &model, force)?;
            println!("plan, force {force}, in {:.2} s", started.elapsed().as_secs_f64());
        }
    }
    Ok(())
}
