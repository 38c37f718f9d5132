//! What the host needs of a row's logits to choose the next token, and the choice.
//!
//! All logits of a row are far more than sampling needs. The card reports the largest one, the number and the exact total
//! weight of the candidates, and the first of them in their order, ties whole: with top-k, top-p or a usual distribution
//! that decides the token. Where it does not, [`finish`] says so and the host reads all logits.
//!
//! | buffer | words |
//! |---|---|
//! | tails | per tail row [`Tail::words`] |
//! | tables | [`table_words`] |
//! | arena | in: logits, i32 in Q16, of row r at `r·arena_row + logits` |
//! | report | out: chunk maxima of row r at `r·report_row + header`, the sample region at `r·report_row + sample` |

mod known;
#[cfg(test)]
mod tests;

use assay_model::sampling::{Candidate, Sampling, Weighed, choose};
use assay_model::tables::Tables;

use crate::card::Gpu;
use crate::error::GpuError;
use crate::kernel::{Access, Kernel};
use crate::layout::CANDIDATES;
use crate::shader::Shader;

pub use known::{self_test, self_test_with};

/// Lanes of a workgroup: one for each digit of the selection.
const LANES: u32 = 256;

/// A row whose logits are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The row in arena and report.
    pub row: u32,
    /// Temperature in Q16; 0 wants only the largest logits.
    pub temperature: u32,
}

impl Tail {
    /// A row that is sampled with `sampling`.
    pub fn new(row: u32, sampling: &Sampling) -> Tail {
        let temperature = match *sampling {
            Sampling::Greedy => 0,
            Sampling::Draw { temperature, .. } => temperature.max(1),
        };
        Tail { row, temperature }
    }

    /// As the kernel reads it: with the inverse of the temperature, see `sample.wgsl`.
    pub fn words(&self) -> [u32; 4] {
        let t = self.temperature;
        let inverse = (1u64 << (63 - t.max(1).leading_zeros())).checked_div(u64::from(t)).unwrap_or(0);
        [self.row, t, inverse.min(u64::from(u32::MAX)) as u32, 0]
    }
}

/// What a dispatch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Words of a row of the arena.
    pub arena_row: u32,
    /// First word of the logits in a row of the arena.
    pub logits: u32,
    /// Number of logits, not 0.
    pub vocab: u32,
    /// Words of a row of the report.
    pub report_row: u32,
    /// First word of the sample region in a row of the report.
    pub sample: u32,
    /// First word of the head's header in a row of the report.
    pub header: u32,
}

impl Parameters {
    /// As the kernel reads them.
    pub const fn words(&self) -> [u32; 6] {
        [self.arena_row, self.logits, self.vocab, self.report_row, self.sample, self.header]
    }
}

/// Text of the kernel.
pub fn text() -> String {
    let shader = Shader::new().constant("LANES", LANES).constant("CANDIDATES", CANDIDATES).common();
    shader.file(include_str!("../kernels/sample.wgsl")).text().to_owned()
}

/// The kernel.
#[derive(Debug)]
pub struct Sample(Kernel);

impl Sample {
    /// Compiles it.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Sample, GpuError> {
        Sample::from_text(gpu, &text())
    }

    /// Compiles a given text; for planted errors.
    ///
    /// # Errors
    /// If the driver refuses it.
    pub fn from_text(gpu: &Gpu, text: &str) -> Result<Sample, GpuError> {
        Kernel::new(gpu, "sample", text, &[Access::Read, Access::Read, Access::Read, Access::Write]).map(Sample)
    }

    /// Binds tails, tables, arena and report.
    pub fn bind(
        &self,
        gpu: &Gpu,
        tails: &wgpu::Buffer,
        tables: &wgpu::Buffer,
        arena: &wgpu::Buffer,
        report: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        self.0.bind(gpu, &[tails, tables, arena, report])
    }

    /// Adds the first `tails` tails to `pass`.
    pub fn dispatch(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, p: &Parameters, tails: u32) {
        self.0.dispatch(pass, bound, &p.words(), [tails, 1, 1]);
    }
}

/// The tables of the weights: sample_low, then sample_high.
pub fn table_words(tables: &Tables) -> Vec<u32> {
    [tables.sample_low.as_slice(), &tables.sample_high].concat()
}

/// What the reported words decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The next token.
    Token(u32),
    /// The token depends on logits that were not reported.
    NeedsLogits,
}

/// The token that [`assay_model::sampling::sample`] draws, from the sample region of a row's report.
///
/// # Panics
/// If `words` is shorter than the region.
pub fn finish(sampling: &Sampling, seed: &[u8; 32], position: u32, tables: &Tables, words: &[u32]) -> Finish {
    let Sampling::Draw { temperature, top_k, top_p } = *sampling else { return Finish::Token(words[0]) };
    let largest = words[1] as i32;
    let pairs = words[8..][..2 * words[3].min(CANDIDATES) as usize].chunks(2);
    let weigh = |p: &[u32]| Candidate::weigh(p[1] as i32, p[0], largest, temperature.max(1), tables);
    let known = Weighed {
        listed: pairs.filter_map(weigh).collect(),
        count: u64::from(words[2]),
        total: u64::from(words[4]) | u64::from(words[5]) << 32,
    };
    choose(known, top_k, top_p, seed, position).map_or(Finish::NeedsLogits, Finish::Token)
}
