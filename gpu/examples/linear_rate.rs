//! What the matrix products of a SmolLM2-135M position cost on the first card, for each variant.
//!
//!     cargo run --release -p assay-gpu --example linear_rate

use std::time::Instant;

use assay_gpu::ops::linear::{Key, Places, Slab, Variant, fixed_shift, pack};
use assay_gpu::packed::Class;
use assay_gpu::variant::{Dot, Reduce, Tokens, Wide};
use assay_gpu::{Gpu, adapters};
use assay_model::Matrix;
use assay_model::matrix::{Codes, Scales, TILE_ROWS};
use assay_model::program::{Part, StepKind};

/// A matrix of arbitrary weights: Q4_1, or Q8_0 for the head.
fn matrix(rows: usize, cols: usize, head: bool) -> Matrix {
    let cells = rows.next_multiple_of(TILE_ROWS) * cols;
    let mut state = 1u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    let (codes, scale, offset) = if head {
        let codes = Codes::I8((0..cells / 2).map(|_| [(next() >> 24) as i8, (next() >> 24) as i8]).collect());
        (codes, Scales::I32(vec![777; cells / 32]), Scales::None)
    } else {
        let codes = Codes::U4((0..cells / 8).map(|_| next()).collect());
        (codes, Scales::I16(vec![555; cells / 32]), Scales::I16(vec![-4000; cells / 32]))
    };
    Matrix { rows, cols, k: 14, group: 32, codes, scale, offset, max_abs: 1 << 15 }
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn slab(gpu: &Gpu, shapes: &[(usize, usize)], head: bool) -> Slab {
    let matrices: Vec<Matrix> = shapes.iter().map(|&(rows, cols)| matrix(rows, cols, head)).collect();
    let mut first = 0;
    let parts: Vec<(&Matrix, Part, i32)> = matrices
        .iter()
        .map(|w| {
            let part = Part { first, rows: w.rows as u32 };
            first += part.rows.next_multiple_of(256);
            (w, part, fixed_shift(StepKind::Head, 9, w.k))
        })
        .collect();
    let mut slabs = pack(&parts, gpu.limits().max_storage_buffer_binding_size);
    let only = slabs.remove(0);
    assert!(slabs.is_empty(), "one slab a step");
    only.upload(gpu, &only.words())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = adapters::all().first().ok_or("no Vulkan adapter")?.open()?;
    println!("{}", gpu.name());
    let layers: Vec<[Slab; 4]> = (0..30)
        .map(|_| {
            [
                slab(&gpu, &[(576, 576), (192, 576), (192, 576)], false),
                slab(&gpu, &[(576, 576)], false),
                slab(&gpu, &[(1536, 576), (1536, 576)], false),
                slab(&gpu, &[(576, 1536)], false),
            ]
        })
        .collect();
    let head = slab(&gpu, &[(49_152, 576)], true);
    let (x, sums) = (gpu.storage("x", 1 << 16), gpu.storage("sums", 1 << 12));
    let (report, arena) = (gpu.upload("report", &[0, 1 << 16, 0, 0]), gpu.storage("arena", 4 << 16));
    let places = Places { arena_row: 1 << 16, report_row: 0, header: 0, residual: 0, out: 0 };
    let mut variants = Vec::new();
    for dot in Dot::ALL {
        for (rows, tiles) in [(4, 8), (2, 4), (1, 2), (4, 16)] {
            for wide in Wide::available(&gpu) {
                variants.push(Variant { dot, wide, reduce: Reduce::Memory, tiles, split: 1, rows });
            }
        }
        variants.push(Variant { dot, wide: Wide::Pair, reduce: Reduce::Memory, tiles: 1, split: 8, rows: 4 });
    }
    for tokens in Tokens::ALL {
        for &variant in &variants {
            let kernel = |class: Class| Key { class, tokens, residual: false, variant }.compile(&gpu);
            let (body, tail) = (kernel(layers[0][0].class)?, kernel(head.class)?);
            let bind = |slab: &Slab, kernel: &assay_gpu::kernel::Kernel| {
                kernel.bind(&gpu, &[&slab.buffers[0], &slab.buffers[1], &x, &sums, &report, &arena])
            };
            let bound: Vec<_> = layers.iter().flatten().map(|s| (s, bind(s, &body))).collect();
            let last = bind(&head, &tail);
            let rows = tokens.count();
            let mut spent = [0.0; 3];
            for round in 0..6 {
                let (wall, cpu) = (Instant::now(), cpu_seconds());
                let mut half = 0.0;
                for part in 0..2 {
                    let mut encoder = gpu.encoder();
                    {
                        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                        if part == 0 {
                            for (slab, buffers) in &bound {
                                let parameters = slab.parameters(&places, 0, rows);
                                body.dispatch(&mut pass, buffers, &parameters, slab.groups(variant, tokens, rows));
                            }
                        } else {
                            tail.dispatch(
                                &mut pass,
                                &last,
                                &head.parameters(&places, 0, rows),
                                head.groups(variant, tokens, rows),
                            );
                        }
                    }
                    gpu.run(encoder)?;
                    if part == 0 {
                        half = cpu_seconds() - cpu;
                    }
                }
                if round > 0 {
                    let n = 5.0 * f64::from(rows);
                    spent[0] += wall.elapsed().as_secs_f64() / n;
                    spent[1] += half / n;
                    spent[2] += (cpu_seconds() - cpu - half) / n;
                }
            }
            let [wall, body, tail] = spent.map(|s| 1e3 * s);
            println!("{tokens:?} {variant:?}: {wall:.1} ms; CPU {body:.1} ms in layers, {tail:.1} ms in the head");
        }
    }
    Ok(())
}
