//! The fuzz targets on stable Rust: the committed seeds, and random damage to them, go through the same bodies.

use assay_model::testing::Random;
use assay_verifier::audit;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/lib.rs"]
mod bodies;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_committed_seeds_are_the_ones_that_the_generator_makes() {
    let seeds = bodies::seeds::all();
    if std::env::var_os("ASSAY_WRITE_SEEDS").is_some() {
        let _ = fs::remove_dir_all(folder("seeds"));
        for (target, name, bytes) in &seeds {
            let folder = folder("seeds").join(target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    for (target, name, bytes) in &seeds {
        let path = folder("seeds").join(target).join(name);
        let committed = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(committed == *bytes, "{target}/{name} is stale: run scripts/fuzz.sh seeds");
    }
    let made: BTreeSet<String> = seeds.iter().map(|(target, name, _)| format!("{target}/{name}")).collect();
    assert_eq!(made.len(), seeds.len(), "two seeds have one name");
    for target in names(&folder("seeds")) {
        for name in names(&folder("seeds").join(&target)) {
            assert!(made.contains(&format!("{target}/{name}")), "{target}/{name} is made by nothing");
        }
    }
}

#[test]
fn every_target_has_a_body_and_seeds() {
    let mut targets: BTreeSet<String> = bodies::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    if !cfg!(feature = "cli") {
        targets.insert("arguments".to_owned());
    }
    let files = names(&folder("fuzz_targets")).iter().map(|n| n.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(targets, files);
    assert_eq!(targets, names(&folder("seeds")));
}

#[test]
fn every_target_holds_on_its_seeds_and_on_damage_to_them() {
    let mut random = Random::new(1);
    for (target, body) in bodies::TARGETS {
        let seeds: Vec<_> = bodies::seeds::all().into_iter().filter(|(t, ..)| t == target).collect();
        // One model takes a hundred times as long as one job.
        let variants = if *target == "load" { 40 } else { 2000 };
        for (_, name, bytes) in &seeds {
            body(bytes);
            for i in 0..variants / seeds.len() {
                let damaged = damage(bytes, &mut random);
                let run = std::panic::AssertUnwindSafe(|| body(&damaged));
                assert!(std::panic::catch_unwind(run).is_ok(), "{target}/{name}, variant {i}: {damaged:02x?}");
            }
        }
    }
}

/// One to four bytes changed, or the end cut off or doubled.
fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut below = |n: usize| (random.next() % n.max(1) as u64) as usize;
    match below(8) {
        0 => out.truncate(below(bytes.len())),
        1 => out.extend_from_slice(&bytes[below(bytes.len())..]),
        _ => {
            for _ in 0..=below(4) {
                let at = below(out.len());
                let Some(byte) = out.get_mut(at) else { break };
                *byte = [0, 1, 0x7f, 0x80, 0xff, below(256) as u8][below(6)];
            }
        }
    }
    out
}

#[test]
fn the_honest_seeds_are_accepted() {
    let toy = bodies::trace::toy();
    assert!(toy.receipt.is_signed());
    assert_eq!(toy.output.check(&toy.job, &toy.receipt, toy.model.config.vocab), Ok(()));
    assert!(toy.job.fits(&toy.model.config));
    let checked = audit::challenge(&toy.model, &toy.claim(), &toy.challenge(), &toy.answer()).unwrap();
    assert!(checked.values().sum::<u64>() >= 3, "{checked:?}");
}

#[test]
fn every_unit_of_the_honest_trace_is_accepted() {
    let toy = bodies::trace::toy();
    let config = &toy.model.config;
    for (t, steps) in toy.steps.iter().enumerate() {
        for index in 0..steps.len() {
            let kind = config.step(index as u32).unwrap().kind;
            for unit in 0..config.unit_count(kind) {
                let [t, s, u] = [t, index, unit as usize].map(|v| (v as u16).to_le_bytes());
                bodies::check::unit(&[t, s, u].concat());
            }
        }
    }
}
