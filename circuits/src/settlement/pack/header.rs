//! Header of attn_pack or of act: its shift is the largest of all chunks' own.
//!
//! | constraint | attn_pack | act | group |
//! |---|---|---|---|
//! | scalars in range | 7 a scalar | 8 a scalar | Header |
//! | the shift is largest | 8 a chunk, 1 | the same | Maximum |
//!
//! **Fields**, in order: leaf of the step; the job's halves. Nothing of the tensor is said.

use crate::r1cs::blake3::halves;
use crate::r1cs::{Num, System};
use crate::settlement::kv::belongs;
use crate::settlement::leaf::Committed;
use crate::settlement::scalars::PackScalars;
use crate::settlement::unit::Circuit;
use crate::settlement::witness::kind_byte;
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::program::StepKind;

/// Number of the circuit in the names of keys.
pub const CIRCUIT: u64 = 9;
/// Bits of what a shift lacks of the largest.
const SHIFT_BITS: usize = 6;

/// Header of a packed vector with its prover's witness.
#[derive(Clone, Debug)]
pub struct PackHeader {
    /// Dimensions of the model.
    pub config: Config,
    /// attn_pack or act.
    pub kind: StepKind,
    /// Digest of the job.
    pub job: Digest,
    /// Leaf of the step.
    pub pack: Committed,
}

impl PackHeader {
    /// Of this leaf.
    pub const fn new(config: Config, kind: StepKind, job: Digest, pack: Committed) -> PackHeader {
        PackHeader { config, kind, job, pack }
    }

    /// Zeros: what a key is set up with.
    pub fn zeros(config: &Config, kind: StepKind) -> PackHeader {
        let pack = Committed { kind: kind_byte(kind), ..Committed::zeros(config.shape(kind)) };
        PackHeader::new(config.clone(), kind, [0; 32], pack)
    }

    /// Words of its shape: the kind's byte, and elements of the tensor.
    pub fn shape_words(config: &Config, kind: StepKind) -> [u64; 7] {
        let elements = u64::try_from(config.shape(kind).len).unwrap_or(u64::MAX);
        [kind_byte(kind).into(), elements, 0, 0, 0, 0, 0]
    }
}

impl Circuit for PackHeader {
    fn fits(&self) -> bool {
        matches!(self.kind, StepKind::AttnPack | StepKind::Act) && belongs(&self.pack, &self.config, self.kind)
    }

    fn synthesize(&self, system: &mut System) -> Vec<Num> {
        let job = system.data(&self.job);
        let pack = system.leaf(&job, &self.pack, Some(kind_byte(self.kind)), &[]);
        let scalars = system.pack_scalars(&pack.header, self.kind);
        system.pack_header(&scalars);
        [&pack.fields[..], &halves(&job)].concat()
    }
}

impl System {
    /// The shift is that of the chunks.
    pub(in crate::settlement) fn pack_header(&mut self, scalars: &PackScalars) {
        self.maximum(&scalars.chunks, &scalars.shift, SHIFT_BITS);
    }
}
