//! An old honest trace under the tokens of a new job: only hashes are computed anew.

use crate::stage::{STAGE, Share, of_all};
use assay_tests::machine::Machine;
use assay_tests::rig::{Column, Honest, Rig, Run, run};
use assay_tests::toy;

struct Relabelled<'r> {
    share: Share,
    old: &'r Run,
    prompt: u32,
}

impl Rig for Relabelled<'_> {
    fn whole(&mut self, _: &mut Machine<'_>, t: u32) -> Option<(Column, u32)> {
        let token = (t + 1).checked_sub(self.prompt).map_or(0, |i| self.old.tokens[i as usize]);
        self.share.covers(t).then(|| (self.old.columns[t as usize].clone(), token))
    }
}

#[test]
fn an_old_trace_relabelled() {
    let old = &run(&STAGE.model, &toy::job(&STAGE.model, 8, 13, 77), &mut Honest);
    let prompt = STAGE.job.prompt_len();
    let rows = STAGE.run("old trace relabelled", |share| Relabelled { share, old, prompt });
    assert_eq!(
        of_all(&rows).codes,
        ["wrong-embed"],
        "the prompt alone differs: the old tokens follow from the old trace"
    );
    assert!((of_all(&rows).saved - 1.0).abs() < 1e-9);
}
