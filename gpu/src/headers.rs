//! Header scalars of a step, from the words of the report to wire bytes.

use assay_model::program::StepKind;
use assay_model::steps::norm::{Header, Partial, Scale};

/// Wire bytes of the header of a `kind` step, whose words the report has as [`layout`](crate::layout) says.
pub fn wire(kind: StepKind, words: &[u32]) -> Vec<u8> {
    match kind {
        StepKind::AttnNorm | StepKind::FfnNorm | StepKind::FinalNorm => norm(words),
        StepKind::Kv => words.iter().flat_map(|w| [*w as u8, (w >> 8) as u8]).collect(),
        StepKind::AttnPack | StepKind::Act => words.iter().map(|&w| w as u8).collect(),
        StepKind::Head => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
        _ => Vec::new(),
    }
}

fn norm(words: &[u32]) -> Vec<u8> {
    let (partials, scale) = words.split_at(words.len() - 2);
    let partial =
        |w: &[u32]| Partial { s1: w[0] as u8, s2: (w[0] >> 8) as u8, sum: u64::from(w[1]) | u64::from(w[2]) << 32 };
    let [shifts, r] = [scale[0], scale[1]];
    let scale = Scale { s1: shifts as u8, s2: (shifts >> 8) as u8, r, j: (shifts >> 16) as u8 as i8 };
    Header { partials: partials.chunks_exact(3).map(partial).collect(), scale }.encode()
}
