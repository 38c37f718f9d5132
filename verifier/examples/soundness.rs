//! Prints the worked examples of `docs/soundness.md`: `cargo run -p assay-verifier --no-default-features --example soundness`.

use assay_model::config::Config;
use assay_model::program::StepKind;
use assay_verifier::challenge::{FULL_DENSITY, Policy};
use assay_verifier::draw::Extent;
use assay_verifier::soundness::{
    cheating_loses, column_escape, escape_bound, lower_confidence_limit, rarest_unit, share, unit_escape,
};

/// Positions of the example trace: a prompt of 100 tokens, 101 generated.
const POSITIONS: u32 = 200;
const PROMPT: u32 = 100;

fn smollm2() -> Config {
    Config { layers: 30, dim: 576, heads: 9, kv_heads: 3, head_dim: 64, ffn: 1536, vocab: 49152, context: 8192 }
}

fn llama3() -> Config {
    Config { layers: 32, dim: 4096, heads: 32, kv_heads: 8, head_dim: 128, ffn: 14336, vocab: 128_256, context: 8192 }
}

fn columns() {
    println!("escape of k columns at density a, share phi: (1 - a phi)^k");
    for phi in [1.0, 0.5, 0.1, 0.01] {
        for a in [1.0, 0.25] {
            let row: Vec<String> = [1, 4, 16, 64].iter().map(|&k| format!("{:.4}", column_escape(phi, a, k))).collect();
            println!("  phi {phi:<5} a {a:<5} k 1 4 16 64: {}", row.join("  "));
        }
    }
}

fn draws_until(target: f64, chance: f64) -> u64 {
    ((1.0 - target).ln() / (-chance).ln_1p()).ceil() as u64
}

fn model(name: &str, config: &Config) {
    let extent = Extent { config, positions: POSITIONS, tail_from: PROMPT - 1, last_token: 0 };
    let units: u32 =
        (0..config.step_count(true)).filter_map(|i| config.step(i)).map(|s| config.unit_count(s.kind)).sum();
    let (first, last) = (config.position_work(0, false), config.position_work(POSITIONS - 1, true));
    println!(
        "{name}: {} steps, {units} units in a position with a tail, work {first} at t = 0, {last} at the end",
        config.step_count(true)
    );
    let w = rarest_unit(&extent, 2);
    println!("  w_min (even k) {w:.3e} = 1 in {:.0}", 1.0 / w);
    for k in [100, 1000, 10_000, 100_000] {
        println!(
            "  unit mode k {k}: phi 1 escapes {:.4}, phi 0.1 {:.4}",
            unit_escape(1.0, w, k),
            unit_escape(0.1, w, k)
        );
    }
    // One wrong logit of one position: the head chunk that holds it is one unit of one position.
    let t = POSITIONS / 2;
    let head = config.unit(StepKind::Head, 1).map_or(0, |u| config.unit_work(StepKind::Head, u, t));
    let total: u64 = (0..POSITIONS).map(|t| config.position_work(t, t >= extent.tail_from)).sum();
    let classes = f64::from(config.step_count(true));
    let tails = f64::from(POSITIONS - extent.tail_from);
    let by_class = 1.0 / (classes * tails * f64::from(config.unit_count(StepKind::Head)));
    let unit = 0.5 * head as f64 / total as f64 + 0.5 * by_class;
    let column = share(&extent, &[t]);
    println!("  one flipped logit at t = {t}: chance of a unit draw {unit:.3e}, of a column {column:.4e}");
    for target in [0.5, 0.99] {
        println!(
            "    detected with chance {target}: {} unit draws, {} full columns",
            draws_until(target, unit),
            draws_until(target, column)
        );
    }
    let policy = Policy::Columns { count: 4, density: FULL_DENSITY };
    println!("  escape_bound of 4 full columns at phi 0.1: {:.4}", escape_bound(policy, 0.1, &extent));
}

fn incentives() {
    println!("smallest (S + P)/c at which cheating loses, lambda 10:");
    for (a, k) in [(1.0, 1), (1.0, 4), (1.0, 16), (0.25, 1), (0.25, 4), (0.25, 16)] {
        let detected = 1.0 - column_escape(0.1, a, k);
        let at = 1.0 / detected;
        assert!(cheating_loses(a, k, 10.0, at * 1.001, 0.0, 1.0) && !cheating_loses(a, k, 10.0, at * 0.999, 0.0, 1.0));
        println!("  a {a:<5} k {k:<3} {at:.3}");
    }
}

fn main() {
    columns();
    model("SmolLM2-135M", &smollm2());
    model("Llama 3 8B", &llama3());
    incentives();
    println!(
        "99 % lower limit of the rate, 500 of 500 and 990 of 1000: {:.5} {:.5}",
        lower_confidence_limit(500, 500, 0.99),
        lower_confidence_limit(990, 1000, 0.99)
    );
}
