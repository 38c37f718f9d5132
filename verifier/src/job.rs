//! A job: what a client asks for. Its digest is the first link of the trace's chain.

use assay_model::config::{Config, MAX_POSITIONS};
use assay_model::domain::{Digest, Domain};
use assay_model::sampling::Sampling;
use assay_model::wire::{FileKind, Reader, WireError, Writer};

/// Most tokens in a stop set.
pub const MAX_STOP: usize = 64;

/// Where a receipt will be settled; all zero for a job that is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// EVM chain id.
    pub chain: u64,
    /// Escrow contract.
    pub contract: [u8; 20],
}

impl Settlement {
    /// Whether a contract is named: then the rig makes a settlement root.
    pub fn is_named(&self) -> bool {
        self.contract != [0; 20]
    }
}

/// Terms of a job. The secret travels with it and enters the digest only through its own hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    /// Model id.
    pub manifest: Digest,
    /// Where the receipt will be settled.
    pub settlement: Settlement,
    /// Prompt, at least one token.
    pub prompt: Vec<u32>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Seed of the draws.
    pub seed: [u8; 32],
    /// Most tokens to generate, at least 1.
    pub max_tokens: u32,
    /// Tokens that end the output; ascending.
    pub stop: Vec<u32>,
    /// The client's nonce: makes the job unique.
    pub nonce: [u8; 32],
    /// Shared by client and rig; salts every leaf of the trace.
    pub secret: [u8; 32],
    /// Unix second from which on no receipt is accepted.
    pub expires: u64,
    /// Receipt id of the job before this one, zero for none.
    pub previous: Digest,
}

/// Shows no secret.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("prompt", &self.prompt.len())
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

impl Job {
    /// The job digest, h_{−1}.
    pub fn digest(&self) -> Digest {
        let mut h = Domain::Job.hasher();
        h.fixed(&self.manifest)
            .u64(self.settlement.chain)
            .fixed(&self.settlement.contract)
            .framed(&tokens(&self.prompt))
            .framed(&sampling_bytes(&self.sampling))
            .fixed(&self.seed)
            .u32(self.max_tokens)
            .framed(&tokens(&self.stop))
            .fixed(&self.nonce)
            .fixed(&Domain::Secret.hasher().fixed(&self.secret).digest())
            .u64(self.expires)
            .fixed(&self.previous);
        h.digest()
    }

    /// Prompt tokens, P.
    pub fn prompt_len(&self) -> u32 {
        u32::try_from(self.prompt.len()).unwrap_or(u32::MAX)
    }

    /// Positions computed for `generated` tokens: the last token is not fed back.
    pub fn positions(&self, generated: u32) -> u32 {
        self.prompt_len().saturating_add(generated).saturating_sub(1)
    }

    /// First position with final_norm, head and sample.
    pub fn tail_from(&self) -> u32 {
        self.prompt_len().saturating_sub(1)
    }

    /// Whether a model of this shape can run the job at all.
    pub fn fits(&self, config: &Config) -> bool {
        let in_vocabulary = |t: &[u32]| t.iter().all(|&t| t < config.vocab);
        !self.prompt.is_empty()
            && self.max_tokens > 0
            && self.positions(self.max_tokens) <= config.context.min(MAX_POSITIONS)
            && in_vocabulary(&self.prompt)
            && in_vocabulary(&self.stop)
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::file(FileKind::Job);
        w.raw(&self.manifest)
            .u64(self.settlement.chain)
            .raw(&self.settlement.contract)
            .u32s(&self.prompt)
            .raw(&sampling_bytes(&self.sampling))
            .raw(&self.seed)
            .u32(self.max_tokens)
            .u32s(&self.stop)
            .raw(&self.nonce)
            .raw(&self.secret)
            .u64(self.expires)
            .raw(&self.previous);
        w.finish()
    }

    /// From wire bytes.
    ///
    /// # Errors
    /// [`WireError`] for anything that [`Job::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Job, WireError> {
        let mut r = Reader::file(FileKind::Job, bytes)?;
        let positions = usize::try_from(MAX_POSITIONS).unwrap_or(usize::MAX);
        let job = Job {
            manifest: r.array("manifest")?,
            settlement: Settlement { chain: r.u64("chain")?, contract: r.array("contract")? },
            prompt: r.u32s(positions, "prompt")?,
            sampling: decode_sampling(&mut r)?,
            seed: r.array("seed")?,
            max_tokens: r.u32("max_tokens")?,
            stop: r.u32s(MAX_STOP, "stop")?,
            nonce: r.array("nonce")?,
            secret: r.array("secret")?,
            expires: r.u64("expires")?,
            previous: r.array("previous")?,
        };
        let ascending = job.stop.iter().zip(job.stop.iter().skip(1)).all(|(a, b)| a < b);
        r.require(ascending, "stop")?;
        r.end()?;
        Ok(job)
    }
}

fn tokens(t: &[u32]) -> Vec<u8> {
    t.iter().flat_map(|t| t.to_le_bytes()).collect()
}

/// Kind, temperature, top_k, top_p; all zero behind kind 0, greedy.
fn sampling_bytes(s: &Sampling) -> [u8; 13] {
    let (kind, values) = match *s {
        Sampling::Greedy => (0, [0; 3]),
        Sampling::Draw { temperature, top_k, top_p } => (1, [temperature, top_k, top_p]),
    };
    let mut out = [kind; 13];
    for (to, from) in out.iter_mut().skip(1).zip(values.iter().flat_map(|v| v.to_le_bytes())) {
        *to = from;
    }
    out
}

fn decode_sampling(r: &mut Reader<'_>) -> Result<Sampling, WireError> {
    let kind = r.u8("sampling")?;
    let [temperature, top_k, top_p] = [r.u32("temperature")?, r.u32("top_k")?, r.u32("top_p")?];
    let sampling = match kind {
        0 => Sampling::Greedy,
        _ => Sampling::Draw { temperature, top_k, top_p },
    };
    let canonical = kind <= 1 && (kind == 1 || [temperature, top_k, top_p] == [0; 3]);
    r.require(canonical && sampling.validate().is_ok(), "sampling")?;
    Ok(sampling)
}
