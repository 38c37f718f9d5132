//! The escrow's interface and what is asked of the contracts beside it, as `contracts/src/interfaces` has them. A test of the crate `assay-tests` compares every selector
//! and topic with what the compiler made of those files.

#![allow(missing_docs, clippy::too_many_arguments, reason = "made by a macro from the interface")]

use super::amount;
use crate::Receipt;
use crate::settlement::terms;
use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, FixedBytes};

alloy::sol! {
    #![sol(all_derives = true)]

    struct Terms {
        address client;
        address rig;
        bytes32 jobDigest;
        bytes32 manifest;
        bytes32 record;
        bytes4 verifier;
        bytes32 prompt;
        uint32 promptTokens;
        uint32 maxTokens;
        uint32 draws;
        uint96 pricePerToken;
        uint96 proofFee;
        uint96 stake;
        uint64 commitBy;
        uint64 acknowledgeBy;
        uint64 proveBy;
    }

    struct SignedReceipt {
        bytes32 job;
        bytes32 tokensRoot;
        uint32 tokenCount;
        bytes32 tip;
        bytes32 positionsRoot;
        bytes32 settlementRoot;
        address rig;
    }

    interface Escrow {
        enum State { None, Open, Committed, Acknowledged, Refunded, Expired, Slashed, Proven }

        struct Job {
            State state;
            uint64 committedAt;
            uint32 tokens;
            uint96 slashed;
            uint48 seededAt;
            bytes32 receipt;
            address verifier;
            uint96 decided;
            bytes32 seed;
        }

        struct Account {
            uint96 credit;
            uint96 free;
            uint64 releaseAt;
            uint96 unbonding;
        }

        error WrongState(bytes32 id, State state);
        error NotClient(address caller);
        error NotRig(address caller);
        error BadDeadlines(uint64 commitBy, uint64 acknowledgeBy);
        error NoContestedLane();
        error VerifierDoesNotSuffice(bytes4 verifier, uint16 decidable);
        error NoRecord();
        error NoPrompt();
        error BadDraws(uint32 draws);
        error BadProveBy(uint64 proveBy, uint64 least, uint64 most);
        error NoSettlementRoot();
        error NotContested(bytes32 id);
        error NotSeeded(bytes32 id);
        error AlreadySeeded(bytes32 id);
        error WrongReceipt(bytes32 got);
        error NoSuchDraw(uint32 draw);
        error AlreadyDecided(uint32 draw);
        error TooLate(uint64 deadline);
        error TooEarly(uint64 deadline);
        error WrongJob(bytes32 got);
        error WrongRig(address got);
        error WrongTokenCount(uint32 got, uint32 limit);
        error BadSignature(address signer);
        error SameReceipt(bytes32 receipt);
        error NothingToSlash(bytes32 id);
        error InsufficientStake(uint96 has, uint96 needs);
        error StillUnbonding(uint64 releaseAt);
        error ZeroAddress();
        error WrongValue(uint256 expected, uint256 got);
        error WrongAmountReceived(uint256 expected, uint256 got);
        error EnforcedPause();

        function open(Terms calldata terms) external payable returns (bytes32 id);
        function commit(Terms calldata terms, SignedReceipt calldata receipt, bytes calldata signature) external;
        function acknowledge(Terms calldata terms, uint32 tokens, bytes calldata signature) external;
        function refund(Terms calldata terms) external;
        function expire(Terms calldata terms) external;
        function slash(
            Terms calldata terms,
            SignedReceipt calldata first,
            bytes calldata firstSignature,
            SignedReceipt calldata second,
            bytes calldata secondSignature
        ) external;
        function seed(Terms calldata terms) external;
        function prove(Terms calldata terms, SignedReceipt calldata receipt, uint32 draw, bytes calldata answer) external;
        function restart(Terms calldata terms, uint32 draw) external;
        function forfeit(Terms calldata terms) external;
        function progress(bytes32 id, uint32 draw) external view returns (bytes32);
        function BEACON() external view returns (address);
        function ROUTER() external view returns (address);
        function PROVE_TIME() external view returns (uint64);
        function BEACON_GRACE() external view returns (uint64);
        function jobId(Terms calldata terms) external view returns (bytes32);
        function job(bytes32 id) external view returns (Job memory);

        function bond(uint96 amount) external payable;
        function unbond(uint96 amount) external;
        function release() external;
        function withdraw(address to) external;
        function account(address owner) external view returns (Account memory);
        function ASSET() external view returns (address);
    }

    interface Beacon {
        error NoSuchRound(uint64 round);

        function genesis() external view returns (uint64);
        function period() external view returns (uint64);
        function randomness(uint64 round) external view returns (bytes32);
    }

    interface Router {
        error NoVerifier(bytes4 selector);
        error SelectorRetired(bytes4 selector);

        function verifierOf(bytes4 selector) external view returns (address);
    }

    interface Decider {
        function decidable() external view returns (uint16);
    }
}

impl From<&terms::Terms> for Terms {
    fn from(t: &terms::Terms) -> Terms {
        Terms {
            client: Address::from(t.client),
            rig: Address::from(t.rig),
            jobDigest: B256::from(t.job),
            manifest: B256::from(t.manifest),
            record: B256::from(t.record),
            verifier: FixedBytes::from(t.verifier),
            prompt: B256::from(t.prompt),
            promptTokens: t.prompt_tokens,
            maxTokens: t.max_tokens,
            draws: t.draws,
            pricePerToken: uint96(&t.price_per_token),
            proofFee: uint96(&t.proof_fee),
            stake: uint96(&t.stake),
            commitBy: t.commit_by,
            acknowledgeBy: t.acknowledge_by,
            proveBy: t.prove_by,
        }
    }
}

impl From<&Receipt> for SignedReceipt {
    fn from(r: &Receipt) -> SignedReceipt {
        SignedReceipt {
            job: B256::from(r.job),
            tokensRoot: B256::from(r.tokens_root),
            tokenCount: r.token_count,
            tip: B256::from(r.tip),
            positionsRoot: B256::from(r.positions_root),
            settlementRoot: B256::from(r.settlement_root),
            rig: Address::from(r.rig),
        }
    }
}

/// An amount as the contract has it.
pub fn uint96(amount: &terms::Amount) -> U96 {
    U96::from(amount::number(amount))
}
