//! What a settlement root costs a rig: every leaf of a trace hashed again with keccak256, and the tree over them, on one
//! thread. Prints milliseconds a position for the shape of SmolLM2-135M.

#![allow(missing_docs, reason = "an example")]

use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_verifier::settlement::trace::{Position, root};
use assay_verifier::trace::salts;
use std::time::Instant;

fn main() {
    let config =
        Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 };
    let steps = config.step_count(true);
    let lens: Vec<u32> = (0..steps).filter_map(|s| config.step(s)).map(|s| config.shape(s.kind).len as u32).collect();
    let (job, secret): (Digest, _) = ([7; 32], [9; 32]);
    let given: Vec<Digest> = (0..steps).map(|s| [s as u8; 32]).collect();
    for positions in [128u32, 1024] {
        let started = Instant::now();
        let mut leaves = Vec::new();
        for t in 0..positions {
            let salts = salts(&secret, &job, t, steps);
            let position = Position { t, token_in: t, token_out: t + 1, salts: &salts, leaves: &given, lens: &lens };
            position.leaves(&job, &mut leaves);
        }
        let hashed = started.elapsed();
        let top = root(&leaves);
        let all = started.elapsed();
        let each = |d: std::time::Duration| d.as_secs_f64() * 1e3 / f64::from(positions);
        println!(
            "{positions} positions, {} leaves: {:.3} ms a position, of which the tree {:.3}; root {:02x}{:02x}",
            leaves.len(),
            each(all),
            each(all - hashed),
            top[0],
            top[1]
        );
    }
}
