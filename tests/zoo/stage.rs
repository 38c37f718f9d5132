//! The job that every rig of the zoo was paid for, and how much of it each one lies about.

use assay_model::model::Model;
use assay_tests::rig::{Honest, Rig, Run, run};
use assay_tests::toy;
use assay_tests::trace::{Signed, commit, signed};
use assay_tests::trial::{Row, heading, measure};
use assay_verifier::Job;
use std::sync::LazyLock;

/// The positions that a rig lies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Every fourth.
    Quarter,
    /// Every second.
    Half,
    /// All.
    All,
}

impl Share {
    pub const EACH: [Share; 3] = [Share::Quarter, Share::Half, Share::All];

    /// Whether position `t` is one of them.
    pub const fn covers(self, t: u32) -> bool {
        match self {
            Share::Quarter => t % 4 == 2,
            Share::Half => t.is_multiple_of(2),
            Share::All => true,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Share::Quarter => "1/4",
            Share::Half => "1/2",
            Share::All => "all",
        }
    }
}

/// Model, job, and what the job costs an honest rig.
pub struct Stage {
    pub model: Model,
    pub job: Job,
    pub honest: Run,
}

/// 20 positions: 8 of the prompt, 13 tokens.
pub static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let model = toy::model(toy::small(), 1);
    let job = toy::job(&model, 8, 13, 2);
    let honest = run(&model, &job, &mut Honest);
    Stage { model, job, honest }
});

impl Stage {
    /// Measures a rig in each share, and prints its rows.
    pub fn run<R: Rig>(&self, name: &str, rig: impl Fn(Share) -> R) -> Vec<Row> {
        let lie = |share| (format!("{name}, {}", Share::name(share)), signed(&self.model, &self.job, &mut rig(share)));
        self.table(Share::EACH.map(lie).into())
    }

    /// Measures lies that open, and prints their rows.
    pub fn table(&self, lies: Vec<(String, Signed)>) -> Vec<Row> {
        let row = |(name, lie): &(String, Signed)| measure(name, &self.model, lie, self.honest.macs, None);
        print(lies.iter().map(row).collect())
    }

    /// Signs a run of this job.
    pub fn commit(&self, run: Run) -> Signed {
        commit(&self.model.config, &self.job, run, &|_, _| {})
    }
}

/// Prints rows as one block.
pub fn print(rows: Vec<Row>) -> Vec<Row> {
    let lines: Vec<String> = std::iter::once(heading()).chain(rows.iter().map(Row::to_string)).collect();
    println!("{}", lines.join("\n"));
    rows
}

/// Of the last row, where a rig lies everywhere.
pub fn of_all(rows: &[Row]) -> &Row {
    rows.last().expect("a row for each share")
}
