//! One linear step, 576 to 1536, set up, proved and verified by processes of their own, so that each can be measured from outside.
//!
//! ```text
//! linear_step setup <q4_1 or q8_0> <folder>   random weights, x, acc = W·x, powers of tau, commitments to the tiles
//! linear_step prove <folder>                  reads them, writes the proof
//! linear_step verify <folder>                 reads all but weights and powers
//! linear_step refuse <folder>                 the same with a wrong accumulator, which has to be refused
//! ```
//!
//! Each prints one line of JSON, with the peak memory of the process. Times are of the call alone, without reading files, so `seconds` and `cpu_seconds` leave out
//! what the process does around it. `scripts/bench-zk.sh` runs this beside other provers on the same integers, which are
//! in `w.i32` (`[row][column]`), `x.i16` and `acc.i64`, little-endian.

use ark_bn254::G1Affine;
use assay_circuits::fold::{BLOCK_ROWS, Block, Claim, Context, Fold, Proof, Statement, tile_height, verify};
use assay_circuits::srs::{development, points};
use assay_model::gguf::{TensorType, quantise};
use assay_model::matrix::Matrix;
use assay_model::testing::Random;
use assay_model::weights::{Source, Width, pack};
use assay_prover::cpu::platform::Tier;
use assay_prover::fold::prove;
use assay_prover::fold::tiles::Committer;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

const ROWS: usize = 1536;
const COLS: usize = 576;
const CONTEXT: Context = Context { srs: [1; 32], manifest: [2; 32], receipt: [3; 32], challenge: [4; 32] };

/// Wall seconds and processor seconds of the whole process that `work` takes.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, f64, T) {
    let cpu = || {
        let t = clock_gettime(ClockId::ProcessCPUTime);
        t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
    };
    let (start, before) = (Instant::now(), cpu());
    let out = work();
    (start.elapsed().as_secs_f64(), cpu() - before, out)
}

/// Most bytes this process held in memory. `getrusage` would count what it was forked from as well.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// What the processes share.
struct Folder(PathBuf);

impl Folder {
    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    }

    fn integers<T, const N: usize>(&self, name: &str, of: impl Fn([u8; N]) -> T) -> Vec<T> {
        self.read(name).as_chunks().0.iter().map(|b| of(*b)).collect()
    }

    fn points(&self, name: &str) -> Vec<G1Affine> {
        points::decode_g1_list(self.read(name).as_chunks().0).unwrap_or_else(|e| panic!("{name}: {e:?}"))
    }

    fn write_points(&self, name: &str, points: &[G1Affine]) {
        self.write(name, points.iter().flat_map(points::encode_g1).collect::<Vec<u8>>());
    }

    /// The matrix, packed from its blocks in the file format.
    fn matrix(&self) -> Matrix {
        let kind = match self.read("kind").as_slice() {
            b"q8_0" => TensorType::Q8_0,
            _ => TensorType::Q4_1,
        };
        let source = Source { name: "step", kind, rows: ROWS, cols: COLS, bytes: &self.read("blocks") };
        pack(&source, Width::of_layer(kind)).unwrap_or_else(|e| panic!("{e}"))
    }

    fn statement<'a>(&self, tiles: &'a [G1Affine]) -> Statement<'a> {
        let tile = tile_height(COLS);
        let blocks = (0..).zip((0..ROWS).step_by(BLOCK_ROWS)).zip(tiles.chunks(BLOCK_ROWS / tile));
        let blocks = blocks.map(|((chunk, row), tiles)| Block { chunk, rows: BLOCK_ROWS.min(ROWS - row), tiles });
        let fold = Fold { matrix: 0, width: COLS, tile, blocks: blocks.collect() };
        let claim = Claim {
            fold: 0,
            x: self.integers("x.i16", i16::from_le_bytes),
            acc: self.integers("acc.i64", i64::from_le_bytes),
        };
        Statement { context: CONTEXT, folds: vec![fold], claims: vec![claim] }
    }
}

fn setup(folder: &Folder, kind: &str) -> serde_json::Value {
    let tensor_type = if kind == "q8_0" { TensorType::Q8_0 } else { TensorType::Q4_1 };
    let mut random = Random::new(7);
    let weights: Vec<f32> = (0..ROWS * COLS).map(|_| 0.05 * random.normal()).collect();
    folder.write("kind", kind);
    folder.write("blocks", quantise::encode(tensor_type, &weights));
    let matrix = folder.matrix();
    let x: Vec<i16> = (0..COLS).map(|_| (random.next() >> 48) as u16 as i16).collect();
    let (mut row, mut w, mut acc) = (vec![0; COLS], Vec::new(), Vec::new());
    for r in 0..ROWS {
        matrix.decode_row(r, &mut row);
        w.extend(row.iter().flat_map(|w| w.to_le_bytes()));
        let sum: i64 = row.iter().zip(&x).map(|(&w, &x)| i64::from(w) * i64::from(x)).sum();
        acc.extend(sum.to_le_bytes());
    }
    folder.write("w.i32", w);
    folder.write("x.i16", x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
    folder.write("acc.i64", acc);

    let tile = tile_height(COLS);
    let powers = development::powers(tile * COLS);
    folder.write_points("powers", &powers);
    let (seconds, cpu_seconds, tiles) = timed(|| Committer::new(&powers, matrix.max_abs).tiles(&matrix, tile, &|| ()));
    folder.write_points("tiles", &tiles);
    json!({ "seconds": seconds, "cpu_seconds": cpu_seconds, "rows": ROWS, "cols": COLS, "tile_height": tile,
        "max_weight": matrix.max_abs, "k": matrix.k, "tiles_bytes": tiles.len() * points::G1_BYTES,
        "powers_bytes": powers.len() * points::G1_BYTES })
}

fn prove_step(folder: &Folder) -> serde_json::Value {
    let (matrix, tiles, powers) = (folder.matrix(), folder.points("tiles"), folder.points("powers"));
    let statement = folder.statement(&tiles);
    let rows = |_, block: usize| (&matrix, block * BLOCK_ROWS);
    let (seconds, cpu_seconds, proof) = timed(|| prove(Tier::detect(), &powers, &statement, &rows));
    let bytes = proof.unwrap_or_else(|e| panic!("{e}")).encode();
    folder.write("proof", &bytes);
    json!({ "seconds": seconds, "cpu_seconds": cpu_seconds, "proof_bytes": bytes.len() })
}

/// Verifies the proof of the claim, or of one whose first accumulator is `error` larger.
fn verify_step(folder: &Folder, error: i64) -> serde_json::Value {
    let (tiles, bytes) = (folder.points("tiles"), folder.read("proof"));
    let mut statement = folder.statement(&tiles);
    statement.claims[0].acc[0] += error;
    let power2 = [1, COLS].map(|e| (e, development::power2(e as u64)));
    let power = |e: usize| power2.iter().find(|(exponent, _)| *exponent == e).map(|(_, power)| *power);
    let (seconds, cpu_seconds, verdict) =
        timed(|| Proof::decode(&bytes, &statement).and_then(|proof| verify(&statement, &power, &proof)));
    json!({ "seconds": seconds, "cpu_seconds": cpu_seconds, "accepted": verdict.is_ok() })
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = |path: &String| Folder(Path::new(path).to_owned());
    let mut report = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["setup", kind @ ("q4_1" | "q8_0"), _] => setup(&folder(&args[2]), kind),
        ["prove", _] => prove_step(&folder(&args[1])),
        ["verify", _] => verify_step(&folder(&args[1]), 0),
        ["refuse", _] => verify_step(&folder(&args[1]), 1),
        _ => panic!("linear_step setup <q4_1 or q8_0> <folder> | prove <folder> | verify <folder> | refuse <folder>"),
    };
    report["peak_bytes"] = json!(peak_bytes());
    println!("{report}");
}
