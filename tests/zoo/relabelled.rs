//! An old honest trace under the tokens of a new job: only hashes are computed anew.
//!
//! Only the positions whose tokens differ are wrong. The generated tokens follow from the old trace, so they are the old
//! ones and right in themselves: what differs is the prompt, and of the prompt perhaps a single token. Then one position
//! of N is a lie and all of the work is saved, a leverage of N. No choice of columns can see that with more than the
//! chance to draw this position; `docs/attacks.md` says what follows for prices.

use crate::stage::{STAGE, Share, of_all};
use assay_tests::machine::Machine;
use assay_tests::rig::{Column, Honest, Rig, Run, run};
use assay_tests::toy;
use assay_tests::trace::signed;

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
    let relabelled = |share| Relabelled { share, old, prompt };
    let rows = STAGE.run("old trace relabelled", relabelled);
    assert_eq!(of_all(&rows).codes, ["wrong-embed"], "the prompt alone differs");
    assert!((of_all(&rows).saved - 1.0).abs() < 1e-9);
}

#[test]
fn an_old_trace_whose_prompt_differs_in_one_token() {
    let mut job = STAGE.job.clone();
    job.prompt[5] ^= 1;
    let old = &run(&STAGE.model, &job, &mut Honest);
    let lie = signed(&STAGE.model, &STAGE.job, &mut Relabelled { share: Share::All, old, prompt: job.prompt_len() });
    let rows = STAGE.table(vec![("old trace, 1 prompt token differs".into(), lie)]);
    assert_eq!(rows[0].codes, ["wrong-embed"]);
    assert!(rows[0].lambda().expect("it saves") > 18.0, "one position of twenty, and all of the work");
}
