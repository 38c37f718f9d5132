// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "./IBeacon.sol";
import {IUnitVerifier} from "./IUnitVerifier.sol";
import {IVerifierRouter} from "./IVerifierRouter.sol";
import {Receipt} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Holds a client's money until the client says that the work was delivered, the rig proves it, or a deadline gives it back.
/// @dev Jobs whose terms name a verifier are in the contested lane: there a rig is paid by its proofs of drawn units, whatever
/// its client says, and loses its stake without them. docs/settlement.md has the state machine. Deadlines are the first second at which the earlier side is too late
/// and the later side may act, so no two sides can act in one block.
interface IEscrow {
    /// @notice States of a job. The last five are terminal: nothing leaves them.
    enum State {
        None,
        Open,
        Committed,
        Acknowledged,
        Refunded,
        Expired,
        Slashed,
        Proven
    }

    /// @notice What is kept of a job besides its id.
    struct Job {
        State state;
        /// When the rig committed: a beacon's round must be later.
        uint64 committedAt;
        /// Tokens that the receipt counts.
        uint32 tokens;
        /// What has been taken of the rig's stake for this job.
        uint96 slashed;
        /// When the draws became known; zero before.
        uint48 seededAt;
        /// Struct hash of the receipt that was committed.
        bytes32 receipt;
        /// Decides the job's draws; zero without the contested lane.
        IUnitVerifier verifier;
        /// One bit for each draw that is decided; bit `draws` stands for the last position.
        uint96 decided;
        /// Seed of the draws; zero before it is known.
        bytes32 seed;
    }

    /// @notice A client paid in.
    event Opened(bytes32 indexed id, address indexed client, address indexed rig, Terms terms);
    /// @notice A rig committed to a receipt.
    event Committed(bytes32 indexed id, bytes32 indexed receipt, Receipt committed, bytes signature);
    /// @notice The client took delivery of so many tokens; the rig was paid for them.
    event Acknowledged(bytes32 indexed id, uint32 tokens, uint96 paid);
    /// @notice The client has its money back: no receipt came, or the rig refused.
    event Refunded(bytes32 indexed id);
    /// @notice The client has its money back: it did not acknowledge.
    event Expired(bytes32 indexed id);
    /// @notice What decides the job's draws is known: the rig can prove.
    event Seeded(bytes32 indexed id, uint64 round, bytes32 seed);
    /// @notice An answer to a draw was accepted. Zero progress: the draw is decided.
    event Answered(bytes32 indexed id, uint32 draw, bytes32 progress);
    /// @notice The rig begins a draw anew.
    event Restarted(bytes32 indexed id, uint32 draw);
    /// @notice All draws are decided; the rig was paid for its tokens and its proofs.
    event Proven(bytes32 indexed id, uint96 paid);
    /// @notice The rig did not prove in time; `Slashed` says what that cost.
    event Forfeited(bytes32 indexed id);
    /// @notice Stake was taken: two receipts were signed for one job, or it was not proven in time.
    event Slashed(bytes32 indexed id, uint96 burned, uint96 toClient);

    /// @notice The job is in another state than the call is for.
    error WrongState(bytes32 id, State state);
    /// @notice Only the client of the job may do this.
    error NotClient(address caller);
    /// @notice Only the rig of the job may do this.
    error NotRig(address caller);
    /// @notice Deadlines must be ahead, in order, and not too far.
    error BadDeadlines(uint64 commitBy, uint64 acknowledgeBy);
    /// @notice The terms name no verifier, and yet one of record, prompt, promptTokens, draws, proveBy.
    error NoContestedLane();
    /// @notice The verifier does not decide every kind of step: nothing is paid on its word.
    error VerifierDoesNotSuffice(bytes4 verifier, uint16 decidable);
    /// @notice The contested lane needs the model's record.
    error NoRecord();
    /// @notice The contested lane needs a prompt: its root, and at least one token.
    error NoPrompt();
    /// @notice A contested job has 1 to 64 draws.
    error BadDraws(uint32 draws);
    /// @notice The rig must have time to prove after the draws are known and the client is late, and not too much.
    error BadProveBy(uint64 proveBy, uint64 least, uint64 most);
    /// @notice Units cannot be looked up without a settlement root.
    error NoSettlementRoot();
    /// @notice The job is not in the contested lane.
    error NotContested(bytes32 id);
    /// @notice The draws are not known yet.
    error NotSeeded(bytes32 id);
    /// @notice The draws are known.
    error AlreadySeeded(bytes32 id);
    /// @notice The receipt is not the one that was committed.
    error WrongReceipt(bytes32 got);
    /// @notice The job has no draw of this number.
    error NoSuchDraw(uint32 draw);
    /// @notice The draw is decided.
    error AlreadyDecided(uint32 draw);
    /// @notice The deadline has been reached.
    error TooLate(uint64 deadline);
    /// @notice The deadline has not been reached.
    error TooEarly(uint64 deadline);
    /// @notice The receipt is for another job.
    error WrongJob(bytes32 got);
    /// @notice The receipt names another rig.
    error WrongRig(address got);
    /// @notice The receipt has no tokens, or more than the terms allow; or more are acknowledged than it has.
    error WrongTokenCount(uint32 got, uint32 limit);
    /// @notice The signature is not by `signer`, or not in its one accepted form.
    error BadSignature(address signer);
    /// @notice Both receipts are the same: nothing is shown.
    error SameReceipt(bytes32 receipt);
    /// @notice All that the job's terms put at stake is taken, or there is nothing left to take now.
    error NothingToSlash(bytes32 id);

    /// @notice Pays for a job. The caller is its client.
    function open(Terms calldata terms) external payable returns (bytes32 id);

    /// @notice Commits to a receipt and reserves the rig's stake. The caller is the rig: by this call it accepts the terms,
    /// which its receipt does not name.
    function commit(Terms calldata terms, Receipt calldata receipt, bytes calldata signature) external;

    /// @notice Pays for `tokens` tokens and gives back the rest. Anyone may bring the client's signature; the client
    /// itself needs none. For fewer tokens than were committed, the rig must bring it, and so agrees.
    /// @dev In the contested lane, the client may do so as long as the job is committed; from acknowledgeBy on it pays the
    /// proof fee besides, since its rig may have proven most of the job by then. The rig may bring a signature late, without
    /// the fee. Nobody else may: a signature that was given in time must not cost the fee.
    function acknowledge(Terms calldata terms, uint32 tokens, bytes calldata signature) external;

    /// @notice Gives the money back if nothing was committed in time. A rig that will not do the job can do it at once.
    function refund(Terms calldata terms) external;

    /// @notice Gives the money back, and the rig its stake, if the client did not acknowledge in time; in the contested lane,
    /// only if the draws were still not known `BEACON_GRACE` after proveBy.
    function expire(Terms calldata terms) external;

    /// @notice Fixes the draws of a contested job by the deciding round, which the beacon must have. Anyone may call it.
    function seed(Terms calldata terms) external;

    /// @notice Answers a draw of a contested job. The caller is the rig. Draw number `draws` is the last position's.
    /// @dev Other callers could only send the rig's own answers again, and so undo its progress.
    function prove(Terms calldata terms, Receipt calldata receipt, uint32 draw, bytes calldata answer) external;

    /// @notice Forgets what was answered to a draw that is not decided. The caller is the rig.
    function restart(Terms calldata terms, uint32 draw) external;

    /// @notice Takes the stake of a rig that did not prove in time: before proveBy, or before `PROVE_TIME` has passed since
    /// the draws were known, whichever is later. The client has its money back. Anyone may call it.
    function forfeit(Terms calldata terms) external;

    /// @notice Takes the rig's stake for two receipts that it signed for the job. Anyone may show them.
    /// @dev A job that had ended stays as it ended. Then only stake that is not reserved for other jobs can be taken, and
    /// the same receipts can be shown again later for what is still owed.
    function slash(
        Terms calldata terms,
        Receipt calldata first,
        bytes calldata firstSignature,
        Receipt calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice Stops new jobs. What is under way goes on.
    function pause() external;

    /// @notice Allows new jobs again.
    function unpause() external;

    /// @notice The id of the job that these terms make here.
    function jobId(Terms calldata terms) external view returns (bytes32);

    /// @notice What a rig signs for a receipt.
    function receiptDigest(Receipt calldata receipt) external view returns (bytes32);

    /// @notice What a client signs to take delivery.
    function acknowledgementDigest(bytes32 id, bytes32 receipt, uint32 tokens) external view returns (bytes32);

    /// @notice What is kept of a job.
    function job(bytes32 id) external view returns (Job memory);

    /// @notice What the last answer to a draw left open.
    function progress(bytes32 id, uint32 draw) external view returns (bytes32);

    /// @notice Where seeds come from.
    function BEACON() external view returns (IBeacon);

    /// @notice Where `open` finds verifiers.
    function ROUTER() external view returns (IVerifierRouter);

    /// @notice Longest time from opening a job to the last deadline in its terms.
    function MAX_JOB_TIME() external view returns (uint64);

    /// @notice Least time that a rig has to prove.
    function PROVE_TIME() external view returns (uint64);

    /// @notice How long after proveBy the draws can still become known.
    function BEACON_GRACE() external view returns (uint64);
}
