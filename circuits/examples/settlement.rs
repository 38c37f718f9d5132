//! Counts the constraints of settlement circuits, and measures one of them, or the tree over the embedding:
//!
//! ```text
//! cargo run --release -p assay-circuits --features settlement,parallel,testing --example settlement -- counts
//! cargo run --release -p assay-circuits --features settlement,parallel,testing --example settlement -- prove qkv 0
//! cargo run --release -p assay-circuits --features settlement,parallel,testing --example settlement -- embedding
//! ```
//!
//! The keys are insecure. Processor time and memory are read from `/proc`.

use ark_bn254::Fr;
use assay_circuits::r1cs::Group;
use assay_circuits::settlement::embedding::Tree;
use assay_circuits::settlement::sample::{SCALARS, sample};
use assay_circuits::settlement::{Linear, Shape, count, insecure_setup, prove, verify};
use assay_model::config::Config;
use assay_model::program::StepKind;
use std::error::Error;
use std::time::Instant;

const SMOLLM2: Config =
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
const LLAMA3_8B: Config =
    Config { layers: 32, dim: 4096, heads: 32, kv_heads: 8, head_dim: 128, ffn: 14336, vocab: 128256, context: 8192 };

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["counts"] => counts(),
        ["groups", kind, chunk] => groups(kind, chunk.parse()?),
        ["prove", kind, chunk] => measure(kind, chunk.parse()?),
        ["embedding"] => embedding(),
        _ => Err("usage: embedding | counts | groups KIND CHUNK | prove KIND CHUNK".into()),
    }
}

fn counts() -> Result<(), Box<dyn Error>> {
    for (name, config) in [("SmolLM2-135M", SMOLLM2), ("Llama 3 8B", LLAMA3_8B)] {
        for shape in Shape::all(&config) {
            println!("{name} | {shape} | {}", count(&shape)?.total());
        }
    }
    Ok(())
}

fn kind(name: &str) -> Result<StepKind, Box<dyn Error>> {
    StepKind::ALL.into_iter().find(|k| k.name() == name).ok_or_else(|| "no such step".into())
}

fn groups(name: &str, chunk: u32) -> Result<(), Box<dyn Error>> {
    let counts = count(&Shape::new(&SMOLLM2, kind(name)?, chunk).ok_or("no such chunk")?)?;
    Group::ALL.into_iter().for_each(|group| println!("{group:?} | {}", counts.of(group)));
    println!("all | {}", counts.total());
    Ok(())
}

fn measure(name: &str, chunk: u16) -> Result<(), Box<dyn Error>> {
    let (shape, witness) = sample(&SMOLLM2, kind(name)?, chunk, SCALARS).ok_or("no such chunk")?;
    println!("{shape}: {} constraints", count(&shape)?.total());
    let circuit = Linear { shape: &shape, witness: &witness };
    let key = timed("set-up", || insecure_setup(&circuit, &[1; 32]))?;
    let beta = -Fr::from(3u8);
    let proof = timed("prove", || prove(&key, &circuit, beta, &[2; 32]))?;
    let statement = witness.statement(&shape);
    let inputs = statement.inputs(&shape, statement.digest(&shape), beta);
    Ok(timed("verify", || verify(&key.vk, &inputs, &proof))?)
}

/// Root and a path of a tree of SmolLM2's shape, over made-up rows.
fn embedding() -> Result<(), Box<dyn Error>> {
    let row = |token: u32| (0..SMOLLM2.dim).map(|i| (token.wrapping_mul(40_503) ^ i).cast_signed()).collect();
    let tree = timed("root", || Tree::new(&SMOLLM2, row));
    timed("path", || tree.path(SMOLLM2.vocab - 1, 2, row)).ok_or("no such place")?;
    println!("E = {}", tree.root());
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (wall, processor) = (Instant::now(), processor_seconds());
    let result = work();
    let (wall, processor) = (wall.elapsed().as_secs_f64(), processor_seconds() - processor);
    println!("{what}: {wall:.2} s wall, {processor:.2} s of processor time, peak {} so far", peak());
    result
}

/// User and system time of this process.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted behind the name in brackets; a tick is 10 ms.
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("unknown");
    line.trim().to_owned()
}
