// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Receipt} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Holds a client's money until its client says that the work was delivered, or a deadline gives it back.
/// @dev docs/settlement.md has the state machine. Deadlines are the first second at which the earlier side is too late
/// and the later side may act, so no two sides can act in one block.
interface IEscrow {
    /// @notice States of a job. The last four are terminal: nothing leaves them.
    enum State {
        None,
        Open,
        Committed,
        Acknowledged,
        Refunded,
        Expired,
        Slashed
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
        /// Struct hash of the receipt that was committed.
        bytes32 receipt;
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
    /// @notice Stake was taken because two receipts were signed for one job.
    event Slashed(bytes32 indexed id, uint96 burned, uint96 toClient);

    /// @notice The job is in another state than the call is for.
    error WrongState(bytes32 id, State state);
    /// @notice Only the client of the job may do this.
    error NotClient(address caller);
    /// @notice Only the rig of the job may do this.
    error NotRig(address caller);
    /// @notice Deadlines must be ahead, in order, and not too far.
    error BadDeadlines(uint64 commitBy, uint64 acknowledgeBy);
    /// @notice The terms ask for settlement on proofs, which this version does not do.
    error ContestedLaneClosed(bytes4 verifier);
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
    function acknowledge(Terms calldata terms, uint32 tokens, bytes calldata signature) external;

    /// @notice Gives the money back if nothing was committed in time. A rig that will not do the job can do it at once.
    function refund(Terms calldata terms) external;

    /// @notice Gives the money back, and the rig its stake, if the client did not acknowledge in time.
    function expire(Terms calldata terms) external;

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
}
