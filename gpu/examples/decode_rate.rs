//! What a model costs on the first card: decoding one sequence, with and without a trace, and several at once.
//!
//!     cargo run --release -p assay-gpu --example decode_rate -- MODEL.gguf [CONTEXT]

use std::sync::Arc;
use std::time::Instant;

use assay_gpu::adapters;
use assay_gpu::fleet::{Card, Fleet, Work};
use assay_gpu::plan::Plan;
use assay_model::reference::Sampler;
use assay_model::sampling::Sampling;

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which model?")?;
    let context: u32 = arguments.next().map_or(Ok(64), |s| s.parse())?;
    let model = Arc::new(assay_model::open::open(std::path::Path::new(&path))?.model);
    let gpu = adapters::all().first().ok_or("no Vulkan adapter")?.open()?;
    println!("{}", gpu.name());
    let started = Instant::now();
    let mut fleet = Fleet::load(&model, vec![Card { gpu, limit: None, plan: Plan::PORTABLE }])?;
    println!("loaded in {:.2} s", started.elapsed().as_secs_f64());
    let sampler = Sampler { sampling: Sampling::Greedy, seed: [0; 32], tail_from: context - 1 };
    let prompt: Vec<u32> = (0..context).map(|i| i * 7919 % model.config.vocab).collect();
    let ids: Vec<u64> = (0..8).map(|_| fleet.open(context + 80)).collect::<Result<_, _>>()?;
    let mut next = vec![0; ids.len()];
    let mut step = |name: &str, count: usize, tokens: Option<&[u32]>, trace: bool, times: u32| {
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let mut each = 0;
        for _ in 0..times {
            let fed: Vec<Vec<u32>> =
                (0..count).map(|i| tokens.map_or_else(|| vec![next[i]], <[u32]>::to_vec)).collect();
            each = fed.iter().map(Vec::len).sum::<usize>();
            let work =
                |i: usize| Work { sequence: ids[i], tokens: &fed[i], sampler: &sampler, trace, wants: &|_, _| false };
            let works: Vec<Work<'_>> = (0..count).map(work).collect();
            let done = fleet.forward(&works)?;
            for (next, done) in next.iter_mut().zip(done) {
                *next = done.sampled.unwrap_or(0);
            }
        }
        let n = f64::from(times) * each as f64 / 1e3;
        let (wall, cpu) = (wall.elapsed().as_secs_f64() / n, (cpu_seconds() - cpu) / n);
        println!("{name:<28} {wall:>8.1} ms {cpu:>8.1} CPU-ms a token");
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    step("prefill", 8, Some(&prompt), false, 1)?;
    for _ in 0..2 {
        step("decode, 1 sequence", 1, None, false, 8)?;
        step("decode, 1 sequence, traced", 1, None, true, 8)?;
    }
    step("decode, 8 sequences", 8, None, false, 4)?;
    step("decode, 8 sequences, traced", 8, None, true, 4)?;
    Ok(())
}
