//! A receipt: what a rig signed.

use crate::job::Settlement;
use crate::sign;
use assay_model::config::MAX_POSITIONS;
use assay_model::domain::{Digest, Domain};
use assay_model::wire::{FileKind, Reader, WireError, Writer};

/// An EVM address.
pub type Address = [u8; 20];

/// Roots of one job's trace, under a rig's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Job digest.
    pub job: Digest,
    /// Where it will be settled, as in the job: part of what is signed.
    pub settlement: Settlement,
    /// Root over the generated tokens.
    pub tokens_root: Digest,
    /// Generated tokens, at least 1.
    pub token_count: u32,
    /// Last link of the chain, h_T.
    pub tip: Digest,
    /// Root over the links h_t.
    pub positions_root: Digest,
    /// keccak256 root for settlement, zero for none.
    pub settlement_root: Digest,
    /// The rig.
    pub rig: Address,
    /// r ‖ s ‖ v over the EIP-712 digest; low s, v 27 or 28.
    pub signature: [u8; 65],
}

impl Receipt {
    /// Receipt id: hash of everything but the signature. Seeds the draws of a challenge.
    pub fn id(&self) -> Digest {
        let mut h = Domain::Receipt.hasher();
        h.framed(&self.unsigned());
        h.digest()
    }

    /// Whether the signature is by the rig that the receipt names.
    pub fn is_signed(&self) -> bool {
        sign::recover(&sign::receipt_digest(self), &self.signature) == Some(self.rig)
    }

    fn unsigned(&self) -> Vec<u8> {
        Writer::file(FileKind::Receipt)
            .raw(&self.job)
            .u64(self.settlement.chain)
            .raw(&self.settlement.contract)
            .raw(&self.tokens_root)
            .u32(self.token_count)
            .raw(&self.tip)
            .raw(&self.positions_root)
            .raw(&self.settlement_root)
            .raw(&self.rig)
            .finish()
    }

    /// Wire bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.unsigned();
        out.extend(self.signature);
        out
    }

    /// From wire bytes.
    ///
    /// # Errors
    /// [`WireError`] for anything that [`Receipt::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Receipt, WireError> {
        let mut r = Reader::file(FileKind::Receipt, bytes)?;
        let receipt = Receipt {
            job: r.array("job")?,
            settlement: Settlement { chain: r.u64("chain")?, contract: r.array("contract")? },
            tokens_root: r.array("tokens_root")?,
            token_count: r.u32("token_count")?,
            tip: r.array("tip")?,
            positions_root: r.array("positions_root")?,
            settlement_root: r.array("settlement_root")?,
            rig: r.array("rig")?,
            signature: r.array("signature")?,
        };
        r.require((1..=MAX_POSITIONS).contains(&receipt.token_count), "token_count")?;
        r.end()?;
        Ok(receipt)
    }
}
