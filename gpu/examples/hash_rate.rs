//! How fast the trace is hashed: `cargo run --release -p assay-gpu --example hash_rate`.
//!
//! Counts the processor's time of all threads of the process, the driver's included, which on a software card is the
//! whole cost and on a real one the cost of giving it work; and the time by the clock.

use std::time::Instant;

use assay_gpu::adapters;
use assay_gpu::hash::Hasher;
use assay_gpu::layout::{Layout, Share};
use assay_model::config::Config;

const REPETITIONS: u32 = 100;
const TRIALS: u32 = 10;

/// Seconds of processor time that all threads took so far.
fn processor_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists threads");
    let of_task = |task: std::fs::DirEntry| {
        let line = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<u64>().ok()
    };
    tasks.flatten().filter_map(of_task).sum::<u64>() as f64 / 1e9
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let smollm2 =
        Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
    let layout = Layout::new(&smollm2, &Share::whole(&smollm2), true);
    let bytes: u32 = layout.places.iter().map(|p| 4 * p.words).sum();
    for adapter in adapters::all() {
        let gpu = adapter.open()?;
        let hasher = Hasher::new(&gpu, &layout)?;
        for rows in [1, 4] {
            let words = |row: u32| u64::from(rows) * u64::from(row);
            let arena: Vec<u32> = (0..words(layout.arena_row) as u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
            let arena = gpu.upload("arena", &arena);
            let report = gpu.storage("report", words(layout.report_row));
            let scratch = gpu.storage("scratch", words(hasher.scratch_row()));
            let bound = hasher.bind(&gpu, &arena, &report, &scratch);
            let mut best = [f64::INFINITY; 2];
            for _ in 0..TRIALS {
                let (cpu, clock) = (processor_seconds(), Instant::now());
                for _ in 0..REPETITIONS {
                    let mut encoder = gpu.encoder();
                    {
                        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                        hasher.encode(&mut pass, &bound, rows, 0);
                    }
                    gpu.run(encoder)?;
                }
                let each = f64::from(REPETITIONS * rows);
                let took = [(processor_seconds() - cpu) / each, clock.elapsed().as_secs_f64() / each];
                best = std::array::from_fn(|i| best[i].min(took[i]));
            }
            let [cpu, clock] = best;
            println!(
                "{}: {rows} positions of {} tensors and {bytes} bytes: {:.3} CPU-ms each ({:.0} MB per CPU-second), {:.3} ms by the clock",
                gpu.name(),
                layout.places.len(),
                cpu * 1e3,
                f64::from(bytes) / cpu / 1e6,
                clock * 1e3,
            );
        }
    }
    Ok(())
}
