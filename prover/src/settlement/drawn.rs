//! The units that a contract draws of a job, and what must be computed anew to answer for them.

use super::unit::token_chunk;
use assay_model::config::Config;
use assay_verifier::audit;
use assay_verifier::needs::Needs;
use assay_verifier::settlement::answer::Part;
use assay_verifier::settlement::claim::{Place, claim};
use assay_verifier::settlement::draw;

use super::answerer::Work;
use assay_circuits::settlement::attention::block::PLACES;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Everything that one seed draws.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Draws 0 to `draws` − 1.
    pub units: Vec<Place>,
    /// The last position's sample, and the chunk of head that holds its token: one draw, behind the others.
    pub last: [Place; 2],
}

impl Drawn {
    /// What `seed` draws of a job. `None` for a job without positions.
    pub fn new(config: &Config, work: &Work<'_>, seed: &Digest, draws: u32) -> Option<Drawn> {
        let extent = audit::Claim { receipt: work.receipt, job: work.job, output: work.output }.extent(config);
        let place = |(t, step, unit)| Place { t, step, unit };
        let units = draw::units(seed, &extent, draws).into_iter().map(place).collect();
        let mut last = draw::always(&extent).into_iter().map(place);
        let (first, second) = (last.next()?, last.next()?);
        let is_sample = |place: &Place| config.step(place.step).is_some_and(|s| s.kind == StepKind::Sample);
        Some(Drawn { units, last: if is_sample(&first) { [first, second] } else { [second, first] } })
    }

    /// What answers read: the steps of every leaf that a contract names, and the leaves of all positions, for the
    /// settlement tree.
    pub fn needs(&self, config: &Config, work: &Work<'_>) -> Needs {
        let positions = work.job.positions(work.receipt.token_count);
        let mut needs: Needs = (0..positions).map(|t| (t, Default::default())).collect();
        let prompt = u32::try_from(work.job.prompt.len()).unwrap_or(u32::MAX);
        for place in self.units.iter().chain(&self.last) {
            for part in parts(config, work, place) {
                for leaf in claim(config, prompt, place, part).into_iter().flat_map(|claim| claim.leaves) {
                    needs.entry(leaf.t).or_default().entry(leaf.step).or_default();
                }
            }
        }
        needs
    }
}

/// All parts that a unit is shown in.
fn parts(config: &Config, work: &Work<'_>, place: &Place) -> Vec<Part> {
    match config.step(place.step).map(|step| step.kind) {
        Some(StepKind::Attention) => {
            let blocks = (0..=place.t).step_by(PLACES).map(Part::Block);
            [Part::Query, Part::Mix].into_iter().chain(blocks).collect()
        }
        Some(StepKind::Sample) => {
            let token = work.output.token_out(work.job, place.t).and_then(token_chunk);
            token.map(Part::Token).into_iter().collect()
        }
        _ => vec![Part::Whole],
    }
}
