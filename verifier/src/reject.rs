//! Why a claim is rejected: a stable code, and the place where the lie or the damage shows.

use assay_circuits::fold::FoldError;
use assay_model::program::{Step, Unit};
use assay_model::wire::{FileKind, WireError};
use std::fmt;

/// Reason of a rejection. The names that [`Code::name`] gives are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A file that the rig or a messenger supplied does not decode.
    Malformed(FileKind, WireError),
    /// The receipt's signature is not by the address that it names.
    BadSignature,
    /// The receipt is by another rig than the caller named.
    WrongRig,
    /// The receipt answers another job.
    WrongJob,
    /// The job had expired.
    Expired,
    /// The job is for another model.
    WrongModel,
    /// The job asks for what the model cannot do.
    BadJob,
    /// Output and receipt differ in the number of tokens.
    TokenCount,
    /// Output and receipt differ in the tokens.
    TokenRoot,
    /// A token outside the vocabulary.
    TokenRange,
    /// Generation ended early or late, by the job's limit and stop set.
    BadStop,
    /// The chain over the positions does not end where the receipt says.
    ChainTip,
    /// The tree over the positions has another root than the receipt says.
    PositionsRoot,
    /// The challenge is about another receipt.
    WrongReceipt,
    /// The proof answers another challenge.
    WrongChallenge,
    /// Opened data do not hash to the committed position.
    Opening,
    /// A committed scalar is outside the range that the arithmetic gives it.
    OutOfRange,
    /// Scalars derived from the partials of a header are wrong.
    WrongHeader,
    /// The embedding is not the token's row.
    WrongEmbed,
    /// A norm chunk does not follow from the residual.
    WrongNorm,
    /// A linear chunk does not follow from its input and the weights.
    WrongLinear,
    /// Keys or values do not follow from qkv.
    WrongKv,
    /// An attention head does not follow from the query and the past.
    WrongAttention,
    /// A packed chunk does not follow from the attention output.
    WrongPack,
    /// An activation chunk does not follow from gate and up.
    WrongAct,
    /// A chunk's largest logit is not the one in the header.
    WrongMaximum,
    /// The token is not the one that the logits and the seed give.
    WrongSample,
    /// Recomputing the whole trace gives another root for a position.
    WrongPosition,
    /// Recomputing the whole trace gives another settlement root.
    WrongSettlementRoot,
    /// Rows or gains that an answer discloses are not those of the manifest.
    WrongWeights,
    /// The answer has no fold proof where there is something to prove.
    NoFoldProof,
    /// The products are not proved.
    Fold(FoldError),
}

impl Code {
    /// Stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Code::Malformed(FileKind::Manifest, _) => "malformed-manifest",
            Code::Malformed(FileKind::Job, _) => "malformed-job",
            Code::Malformed(FileKind::Receipt, _) => "malformed-receipt",
            Code::Malformed(FileKind::Output, _) => "malformed-output",
            Code::Malformed(FileKind::Challenge, _) => "malformed-challenge",
            Code::Malformed(FileKind::Proof, _) => "malformed-proof",
            Code::BadSignature => "bad-signature",
            Code::WrongRig => "wrong-rig",
            Code::WrongJob => "wrong-job",
            Code::Expired => "expired",
            Code::WrongModel => "wrong-model",
            Code::BadJob => "bad-job",
            Code::TokenCount => "token-count",
            Code::TokenRoot => "token-root",
            Code::TokenRange => "token-range",
            Code::BadStop => "bad-stop",
            Code::ChainTip => "chain-tip",
            Code::PositionsRoot => "positions-root",
            Code::WrongReceipt => "wrong-receipt",
            Code::WrongChallenge => "wrong-challenge",
            Code::Opening => "opening",
            Code::OutOfRange => "out-of-range",
            Code::WrongHeader => "wrong-header",
            Code::WrongEmbed => "wrong-embed",
            Code::WrongNorm => "wrong-norm",
            Code::WrongLinear => "wrong-linear",
            Code::WrongKv => "wrong-kv",
            Code::WrongAttention => "wrong-attention",
            Code::WrongPack => "wrong-pack",
            Code::WrongAct => "wrong-act",
            Code::WrongMaximum => "wrong-maximum",
            Code::WrongSample => "wrong-sample",
            Code::WrongPosition => "wrong-position",
            Code::WrongSettlementRoot => "wrong-settlement-root",
            Code::WrongWeights => "wrong-weights",
            Code::NoFoldProof => "no-fold-proof",
            Code::Fold(e) => e.code(),
        }
    }

    /// What it means, for people.
    pub const fn meaning(&self) -> &'static str {
        match self {
            Code::Malformed(..) => "the file does not decode",
            Code::BadSignature => "the receipt's signature is not by the rig that it names",
            Code::WrongRig => "the receipt is signed by another rig than the one named",
            Code::WrongJob => "the receipt answers another job",
            Code::Expired => "the job had expired",
            Code::WrongModel => "the job is for another model than this one",
            Code::BadJob => "the job asks for what this model cannot do",
            Code::TokenCount => "the output has another number of tokens than the receipt",
            Code::TokenRoot => "the output's tokens are not those of the receipt",
            Code::TokenRange => "a token is outside the model's vocabulary",
            Code::BadStop => "the output does not end where the job's limit and stop set say",
            Code::ChainTip => "the chain over the positions does not end in the receipt's tip",
            Code::PositionsRoot => "the tree over the positions has another root than the receipt",
            Code::WrongReceipt => "the challenge is about another receipt",
            Code::WrongChallenge => "the proof answers another challenge",
            Code::Opening => "opened data do not hash to what was committed",
            Code::OutOfRange => "a committed scalar is outside its range",
            Code::WrongHeader => "the header's scalars do not follow from its partials",
            Code::WrongEmbed => "the embedding is not the token's row",
            Code::WrongNorm => "the norm does not follow from the residual",
            Code::WrongLinear => "the output does not follow from the input and the model's weights",
            Code::WrongKv => "keys or values do not follow from the projections",
            Code::WrongAttention => "the head does not follow from its query and the past",
            Code::WrongPack => "the packed vector does not follow from the attention output",
            Code::WrongAct => "the activation does not follow from gate and up",
            Code::WrongMaximum => "a chunk's largest logit is not the one in the header",
            Code::WrongSample => "the token is not the one that the logits give",
            Code::WrongPosition => "recomputing the position gives another root",
            Code::WrongSettlementRoot => "recomputing the trace gives another settlement root than the receipt",
            Code::WrongWeights => "disclosed weights are not those that the manifest commits to",
            Code::NoFoldProof => "the answer has no fold proof: the rig answered for a client with weights",
            Code::Fold(_) => "it is not proved that the model's weights were used",
        }
    }
}

/// Where it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Position t.
    pub position: u32,
    /// Step, where one is to blame.
    pub step: Option<Step>,
    /// Unit of the step, where one is to blame.
    pub unit: Option<Unit>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}", self.position)?;
        if let Some(step) = self.step {
            write!(f, ", {step}")?;
        }
        if let Some(unit) = self.unit {
            write!(f, ", {unit}")?;
        }
        Ok(())
    }
}

/// A rejected claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub code: Code,
    /// Where, if one place is to blame.
    pub place: Option<Place>,
}

impl Rejection {
    /// A rejection of a whole file or claim.
    pub const fn whole(code: Code) -> Self {
        Rejection { code, place: None }
    }

    /// A rejection at a position.
    pub const fn position(code: Code, position: u32) -> Self {
        Rejection { code, place: Some(Place { position, step: None, unit: None }) }
    }

    /// A rejection at a step of a position.
    pub const fn step(code: Code, position: u32, step: Step) -> Self {
        Rejection { code, place: Some(Place { position, step: Some(step), unit: None }) }
    }

    /// A rejection at a unit.
    pub const fn unit(code: Code, position: u32, step: Step, unit: Unit) -> Self {
        Rejection { code, place: Some(Place { position, step: Some(step), unit: Some(unit) }) }
    }

    /// A file that does not decode.
    pub const fn malformed(kind: FileKind, error: WireError) -> Self {
        Rejection::whole(Code::Malformed(kind, error))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.meaning())?;
        if let Code::Malformed(kind, error) = self.code {
            write!(f, " ({}: {error})", kind.name())?;
        }
        if let Code::Fold(error) = self.code {
            write!(f, " ({error})")?;
        }
        if let Some(place) = self.place {
            write!(f, " at {place}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}
