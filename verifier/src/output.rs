//! What travels beside a receipt: the generated tokens and the root of every position.

use crate::job::Job;
use crate::receipt::Receipt;
use crate::reject::{Code, Rejection};
use crate::trace;
use assay_model::config::MAX_POSITIONS;
use assay_model::domain::Digest;
use assay_model::wire::{FileKind, Reader, WireError, Writer};

/// Tokens and position roots of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Generated tokens.
    pub tokens: Vec<u32>,
    /// D_t of every position.
    pub positions: Vec<Digest>,
}

impl Output {
    /// Token that enters position `t`.
    pub fn token_in(&self, job: &Job, t: u32) -> Option<u32> {
        let t = usize::try_from(t).ok()?;
        match t.checked_sub(job.prompt.len()) {
            None => job.prompt.get(t).copied(),
            Some(i) => self.tokens.get(i).copied(),
        }
    }

    /// Token that follows position `t`.
    pub fn token_out(&self, job: &Job, t: u32) -> Option<u32> {
        self.token_in(job, t.checked_add(1)?)
    }

    /// Links h_0 … of the chain that starts in the job's digest.
    pub fn links(&self, job: &Job) -> Vec<Digest> {
        let mut previous = job.digest();
        (0u32..)
            .zip(&self.positions)
            .map_while(|(t, root)| {
                previous = trace::link(&previous, t, self.token_in(job, t)?, root, self.token_out(job, t)?);
                Some(previous)
            })
            .collect()
    }

    /// Checks tokens and position roots against the receipt: count, root, stop rule, chain, tree.
    ///
    /// # Errors
    /// The first [`Rejection`] in that order.
    pub fn check(&self, job: &Job, receipt: &Receipt, vocab: u32) -> Result<(), Rejection> {
        let require = |holds: bool, code| if holds { Ok(()) } else { Err(Rejection::whole(code)) };
        let count = u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
        let positions = u32::try_from(self.positions.len()).unwrap_or(u32::MAX);
        require(count == receipt.token_count && positions == job.positions(count), Code::TokenCount)?;
        require(trace::tokens_root(&self.tokens) == receipt.tokens_root, Code::TokenRoot)?;
        require(self.tokens.iter().all(|&t| t < vocab), Code::TokenRange)?;
        let (last, earlier) = self.tokens.split_last().ok_or(Rejection::whole(Code::TokenCount))?;
        let stops = |t: &u32| job.stop.binary_search(t).is_ok();
        let ends = stops(last) || count == job.max_tokens;
        require(ends && count <= job.max_tokens && !earlier.iter().any(stops), Code::BadStop)?;
        let links = self.links(job);
        require(links.last() == Some(&receipt.tip), Code::ChainTip)?;
        require(trace::links_root(&links) == receipt.positions_root, Code::PositionsRoot)
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        Writer::file(FileKind::Output).u32s(&self.tokens).digests(&self.positions).finish()
    }

    /// From wire bytes.
    ///
    /// # Errors
    /// [`WireError`] for anything that [`Output::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Output, WireError> {
        let max = usize::try_from(MAX_POSITIONS).unwrap_or(usize::MAX);
        let mut r = Reader::file(FileKind::Output, bytes)?;
        let output = Output { tokens: r.u32s(max, "tokens")?, positions: r.digests(max, "positions")? };
        r.end()?;
        Ok(output)
    }
}
