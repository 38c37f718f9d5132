// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Contest} from "./Contest.sol";
import {Ledger} from "./Ledger.sol";
import {IBeacon} from "./interfaces/IBeacon.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {IUnitVerifier} from "./interfaces/IUnitVerifier.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";
import {Asset} from "./types/Asset.sol";
import {Receipt} from "./types/Receipt.sol";
import {Terms} from "./types/Terms.sol";

/// @notice Pays a rig for what its client took delivery of, or for what the rig proved.
/// @dev Nothing here can be changed after deployment. The owner can stop new jobs, and nothing else.
contract Escrow is Contest, Ownable2Step, Pausable {
    constructor(Asset asset, address owner, IBeacon beacon, IVerifierRouter router)
        Ledger(asset)
        EIP712("Assay", "1")
        Contest(beacon, router)
        Ownable(owner)
    {}

    /// @inheritdoc IEscrow
    function open(Terms calldata terms) external payable whenNotPaused nonReentrant returns (bytes32 id) {
        if (msg.sender != terms.client) revert NotClient(msg.sender);
        bool inOrder = block.timestamp < terms.commitBy && terms.commitBy < terms.acknowledgeBy
            && terms.acknowledgeBy <= block.timestamp + MAX_JOB_TIME;
        if (!inOrder) revert BadDeadlines(terms.commitBy, terms.acknowledgeBy);
        IUnitVerifier verifier = _verifierFor(terms);
        id = jobId(terms);
        Job storage entry = _in(id, State.None);

        entry.state = State.Open;
        // What the router does later touches no job that is open.
        if (terms.verifier != 0) entry.verifier = verifier;
        emit Opened(id, terms.client, terms.rig, terms);
        ASSET.pull(terms.escrow());
    }

    /// @inheritdoc IEscrow
    function commit(Terms calldata terms, Receipt calldata receipt, bytes calldata signature) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _in(id, State.Open);
        if (msg.sender != terms.rig) revert NotRig(msg.sender);
        if (block.timestamp >= terms.commitBy) revert TooLate(terms.commitBy);
        uint32 tokens = receipt.tokenCount;
        if (tokens == 0 || tokens > terms.maxTokens) revert WrongTokenCount(tokens, terms.maxTokens);
        if (terms.verifier != 0 && receipt.settlementRoot == 0) revert NoSettlementRoot();
        bytes32 hash = _requireReceipt(terms, receipt, signature);

        _reserve(terms.rig, terms.stake);
        entry.state = State.Committed;
        entry.committedAt = uint64(block.timestamp);
        entry.tokens = tokens;
        entry.receipt = hash;
        emit Committed(id, hash, receipt, signature);
    }

    /// @inheritdoc IEscrow
    function acknowledge(Terms calldata terms, uint32 tokens, bytes calldata signature) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _in(id, State.Committed);
        uint96 fee = _lateFee(terms);
        if (tokens > entry.tokens) revert WrongTokenCount(tokens, entry.tokens);
        // Otherwise a client could end a job for nothing by acknowledging no token.
        if (tokens < entry.tokens && msg.sender != terms.rig) revert NotRig(msg.sender);
        if (msg.sender != terms.client) {
            _requireSigned(terms.client, acknowledgementDigest(id, entry.receipt, tokens), signature);
        }

        uint96 paid = terms.price(tokens) + fee;
        entry.state = State.Acknowledged;
        _pay(terms, paid);
        emit Acknowledged(id, tokens, paid);
    }

    /// @inheritdoc IEscrow
    function refund(Terms calldata terms) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _in(id, State.Open);
        if (block.timestamp < terms.commitBy && msg.sender != terms.rig) revert TooEarly(terms.commitBy);

        entry.state = State.Refunded;
        _credit(terms.client, terms.escrow());
        emit Refunded(id);
    }

    /// @inheritdoc IEscrow
    function expire(Terms calldata terms) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _in(id, State.Committed);
        if (entry.seededAt != 0) revert AlreadySeeded(id);
        uint64 deadline = terms.verifier == 0 ? terms.acknowledgeBy : terms.proveBy + BEACON_GRACE;
        if (block.timestamp < deadline) revert TooEarly(deadline);

        entry.state = State.Expired;
        _unreserve(terms.rig, terms.stake);
        _credit(terms.client, terms.escrow());
        emit Expired(id);
    }

    /// @inheritdoc IEscrow
    function slash(
        Terms calldata terms,
        Receipt calldata first,
        bytes calldata firstSignature,
        Receipt calldata second,
        bytes calldata secondSignature
    ) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _jobs[id];
        // Only a commit shows that the rig had accepted these terms. Without it, a stranger could write terms about old receipts.
        if (entry.committedAt == 0) revert WrongState(id, entry.state);
        bytes32 hash = _requireReceipt(terms, first, firstSignature);
        if (hash == _requireReceipt(terms, second, secondSignature)) revert SameReceipt(hash);

        if (entry.state == State.Committed) {
            _condemn(id, terms, entry);
            return;
        }
        uint96 taken = _takeStake(terms.rig, terms.stake - entry.slashed);
        if (taken == 0) revert NothingToSlash(id);
        _forgo(id, terms, entry, taken);
    }

    /// @inheritdoc IEscrow
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IEscrow
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @dev What an acknowledgement costs the client besides the tokens.
    function _lateFee(Terms calldata terms) private view returns (uint96) {
        if (block.timestamp < terms.acknowledgeBy) return 0;
        bool contested = terms.verifier != 0;
        if (contested && msg.sender == terms.client) return terms.proofFee;
        if (contested && msg.sender == terms.rig) return 0;
        revert TooLate(terms.acknowledgeBy);
    }
}
