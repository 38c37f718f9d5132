//! Random digests for positions that were never computed. If one of them is drawn, the rig makes up an answer.

use crate::stage::{STAGE, print};
use assay_tests::machine::Machine;
use assay_tests::rig::{Column, Rig, blank, run};
use assay_tests::rng::Rng;
use assay_tests::trace::{Signed, commit};
use assay_tests::trial::measure;

struct Garbage<'p>(&'p [u32]);

impl Rig for Garbage<'_> {
    fn whole(&mut self, m: &mut Machine<'_>, t: u32) -> Option<(Column, u32)> {
        self.0.contains(&t).then(|| (blank(m.config(), t >= STAGE.job.tail_from()), t % m.config().vocab))
    }
}

fn lie(positions: &[u32]) -> Signed {
    let made_up = run(&STAGE.model, &STAGE.job, &mut Garbage(positions));
    commit(&STAGE.model.config, &STAGE.job, made_up, &|t, leaves| {
        if positions.contains(&t) {
            let mut rng = Rng::new(u64::from(t));
            leaves.iter_mut().for_each(|leaf| *leaf = rng.bytes());
        }
    })
}

#[test]
fn leaves_of_garbage() {
    let choices: [(&str, Vec<u32>); 4] = [
        ("garbage, 1/4", (2..20).step_by(4).collect()),
        ("garbage, 1/2", (0..20).step_by(2).collect()),
        ("garbage, last quarter but one", (14..19).collect()),
        ("garbage, all", (0..20).collect()),
    ];
    let row = |(name, positions): &(&str, Vec<u32>)| {
        measure(name, &STAGE.model, &lie(positions), STAGE.honest.macs, Some(positions))
    };
    let rows = print(choices.iter().map(row).collect());
    assert!(rows[3].escapes.iter().all(|e| e.passed == 0));
    // Attention reads every earlier position, so an honest column behind a made-up one does not open either.
    assert!(rows[1].escapes[0].passed < rows[2].escapes[0].passed);
}
