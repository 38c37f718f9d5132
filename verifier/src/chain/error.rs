//! What goes wrong on a chain, in words that say what to do.

use super::abi::Escrow::{EscrowErrors as E, State};
use super::abi::Router::RouterErrors;
use crate::cli::hex;
use alloy::primitives::{Address, B256, U256};
use std::fmt;

/// A call that did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The URL is none.
    #[error("--rpc {0} is no http or https URL")]
    Url(String),
    /// No answer, or one that is none.
    #[error("the node at {url} gives no answer ({said}): see that it runs and that --rpc is right")]
    Rpc {
        /// Where.
        url: String,
        /// What the transport said.
        said: String,
    },
    /// Another chain.
    #[error("the node is on chain {got}, the job is for chain {want}: name a node of that chain with --rpc")]
    WrongChain {
        /// The node's.
        got: u64,
        /// The job's.
        want: u64,
    },
    /// Nothing lives at the address.
    #[error("there is no contract at {0} on this chain: the job names another chain or a wrong address")]
    NoContract(Address),
    /// Something lives there that is no escrow of this version.
    #[error("the contract at {0} does not answer as an escrow of this version does: do not pay it")]
    NotAnEscrow(Address),
    /// The escrow has nothing that decides draws.
    #[error("the escrow at {0} has no beacon: no draw of it can become known, do not settle on proofs there")]
    NoBeacon(Address),
    /// The account cannot pay.
    #[error("{address} has {has} wei and needs {needs}: send it some, and run this again")]
    Funds {
        /// Whose.
        address: Address,
        /// What it has.
        has: U256,
        /// Value, and gas at the highest fee.
        needs: U256,
    },
    /// Gas is dearer than the caller allows.
    #[error("gas costs {base} wei now, more than --max-fee-per-gas {cap}: wait, or allow more")]
    FeeCap {
        /// Base fee.
        base: u128,
        /// The caller's cap.
        cap: u128,
    },
    /// The contract said no.
    #[error("{0}")]
    Refused(Refusal),
    /// It was sent and is not in a block yet.
    #[error(
        "transaction {hash} is sent but not mined after {seconds} s: run the same command again, it goes on from there"
    )]
    NotMined {
        /// Which.
        hash: B256,
        /// Seconds waited.
        seconds: u64,
    },
    /// It was mined and failed, though it would have worked before.
    #[error("transaction {hash} was mined and reverted: something changed in between; run `status`, then this again")]
    Reverted {
        /// Which.
        hash: B256,
    },
    /// The job is not where the call needs it.
    #[error("{0}")]
    NotNow(String),
    /// The journal cannot be written or read.
    #[error("the journal of sent transactions: {0:#}")]
    Journal(anyhow::Error),
}

impl ChainError {
    /// Whether the chain said no, as against that it could not be asked.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, ChainError::Refused(_) | ChainError::Reverted { .. } | ChainError::NotNow(_))
    }

    /// Whether the same call may succeed a while later with nobody doing anything about it. One that reverted does, if another
    /// transaction of the account came in between.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            ChainError::Rpc { .. }
                | ChainError::NotMined { .. }
                | ChainError::FeeCap { .. }
                | ChainError::Reverted { .. }
        )
    }
}

/// Why the escrow refuses a call.
#[derive(Debug)]
pub enum Refusal {
    /// One of its own errors.
    Named(E),
    /// One of the router of verifiers.
    Router(RouterErrors),
    /// The beacon does not have this round.
    NoSuchRound(u64),
    /// Anything else, as the node tells it.
    Other(String),
}

impl Refusal {
    /// Name of the contract's error, or `reverted`.
    pub const fn name(&self) -> &'static str {
        match self {
            Refusal::Other(_) => "reverted",
            Refusal::Router(RouterErrors::NoVerifier(_)) => "NoVerifier",
            Refusal::Router(RouterErrors::SelectorRetired(_)) => "SelectorRetired",
            Refusal::NoSuchRound(_) => "NoSuchRound",
            Refusal::Named(e) => match e {
                E::WrongState(_) => "WrongState",
                E::NotClient(_) => "NotClient",
                E::NotRig(_) => "NotRig",
                E::BadDeadlines(_) => "BadDeadlines",
                E::NoContestedLane(_) => "NoContestedLane",
                E::VerifierDoesNotSuffice(_) => "VerifierDoesNotSuffice",
                E::NoRecord(_) => "NoRecord",
                E::NoPrompt(_) => "NoPrompt",
                E::BadDraws(_) => "BadDraws",
                E::BadProveBy(_) => "BadProveBy",
                E::NoSettlementRoot(_) => "NoSettlementRoot",
                E::NotContested(_) => "NotContested",
                E::NotSeeded(_) => "NotSeeded",
                E::AlreadySeeded(_) => "AlreadySeeded",
                E::WrongReceipt(_) => "WrongReceipt",
                E::NoSuchDraw(_) => "NoSuchDraw",
                E::AlreadyDecided(_) => "AlreadyDecided",
                E::TooLate(_) => "TooLate",
                E::TooEarly(_) => "TooEarly",
                E::WrongJob(_) => "WrongJob",
                E::WrongRig(_) => "WrongRig",
                E::WrongTokenCount(_) => "WrongTokenCount",
                E::BadSignature(_) => "BadSignature",
                E::SameReceipt(_) => "SameReceipt",
                E::NothingToSlash(_) => "NothingToSlash",
                E::InsufficientStake(_) => "InsufficientStake",
                E::StillUnbonding(_) => "StillUnbonding",
                E::ZeroAddress(_) => "ZeroAddress",
                E::WrongValue(_) => "WrongValue",
                E::WrongAmountReceived(_) => "WrongAmountReceived",
                E::EnforcedPause(_) => "EnforcedPause",
            },
        }
    }
}

/// Name of a state.
pub const fn state(state: State) -> &'static str {
    match state {
        State::None => "none",
        State::Open => "open",
        State::Committed => "committed",
        State::Acknowledged => "acknowledged",
        State::Refunded => "refunded",
        State::Expired => "expired",
        State::Slashed => "slashed",
        State::Proven => "proven",
        State::__Invalid => "unknown",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = match self {
            Refusal::Other(said) => return write!(f, "the contract refuses: {said}"),
            Refusal::Router(RouterErrors::NoVerifier(e)) => {
                return write!(f, "the escrow's router has no verifier {}: write new terms", e.selector);
            }
            Refusal::Router(RouterErrors::SelectorRetired(e)) => {
                return write!(f, "verifier {} is retired: it takes no new jobs, write new terms", e.selector);
            }
            Refusal::NoSuchRound(round) => return write!(f, "the beacon does not have round {round} yet"),
            Refusal::Named(named) => named,
        };
        write!(f, "the contract refuses ({}): ", self.name())?;
        match named {
            E::WrongState(e) => {
                write!(f, "job {} is {} already; see `assay-verifier status`", hex(&e.id.0), state(e.state))
            }
            E::NotClient(e) => write!(f, "{} is not the client of these terms: use the client's key", e.caller),
            E::NotRig(e) => write!(f, "{} is not the rig of these terms: use the rig's key", e.caller),
            E::BadDeadlines(e) => write!(
                f,
                "deadlines {} and {} must lie ahead, in order, and within 30 days: write new terms",
                e.commitBy, e.acknowledgeBy
            ),
            E::NoContestedLane(_) => write!(
                f,
                "without a verifier, terms must not name a record, a prompt, draws or a deadline for proofs: write new terms"
            ),
            E::VerifierDoesNotSuffice(e) => write!(
                f,
                "verifier {} decides the kinds {:#06x} and not all, so it pays for nothing: name another, or none",
                e.verifier, e.decidable
            ),
            E::NoRecord(_) => write!(f, "terms that pay on proofs need the model's record: write new terms"),
            E::NoPrompt(_) => write!(f, "terms that pay on proofs need the prompt's commitment: write new terms"),
            E::BadDraws(e) => write!(f, "{} draws, and 1 to 64 are possible: write new terms", e.draws),
            E::BadProveBy(e) => write!(
                f,
                "the deadline {} to prove must lie between {} and {}: write new terms (--prove-in)",
                e.proveBy, e.least, e.most
            ),
            E::NoSettlementRoot(_) => {
                write!(f, "the receipt has no settlement root: run the job again with a version that makes one")
            }
            E::NotContested(_) => write!(f, "the terms of this job name no verifier: nothing is proven"),
            E::NotSeeded(_) => write!(f, "the draws are not known yet: `assay-verifier seed` first"),
            E::AlreadySeeded(_) => write!(f, "the draws are known already; see `assay-verifier status`"),
            E::WrongReceipt(e) => write!(f, "receipt {} is not the one that was committed", e.got),
            E::NoSuchDraw(e) => write!(f, "the job has no draw {}", e.draw),
            E::AlreadyDecided(e) => write!(f, "draw {} is decided already", e.draw),
            E::TooLate(e) => write!(f, "the deadline {} has passed; see `assay-verifier status`", e.deadline),
            E::TooEarly(e) => write!(f, "not before {}: wait until then", e.deadline),
            E::WrongJob(e) => write!(f, "the receipt is for job {}, the terms are for another", e.got),
            E::WrongRig(e) => write!(f, "the receipt is by rig {}, the terms name another", e.got),
            E::WrongTokenCount(e) => write!(f, "{} tokens, and between 1 and {} are possible", e.got, e.limit),
            E::BadSignature(e) => write!(f, "a signature is not by {}", e.signer),
            E::SameReceipt(_) => write!(f, "both receipts are the same: nothing is shown"),
            E::NothingToSlash(_) => {
                write!(f, "there is no stake left to take for this job now; try again when other jobs end")
            }
            E::InsufficientStake(e) => {
                write!(f, "free stake is {} and {} is needed: bond more (`assay-prover stake`)", e.has, e.needs)
            }
            E::StillUnbonding(e) => write!(f, "stake can be released from {} on", e.releaseAt),
            E::ZeroAddress(_) => write!(f, "money cannot go to the zero address"),
            E::WrongValue(e) => write!(f, "it was sent {} and expects {}", e.got, e.expected),
            E::WrongAmountReceived(e) => {
                write!(f, "its token moved {} instead of {}: it is none to use", e.got, e.expected)
            }
            E::EnforcedPause(_) => write!(f, "it takes no new jobs now: its owner has paused it"),
        }
    }
}
