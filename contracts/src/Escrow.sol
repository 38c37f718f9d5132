// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Ledger} from "./Ledger.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {Asset} from "./types/Asset.sol";
import {Receipt} from "./types/Receipt.sol";
import {Terms} from "./types/Terms.sol";

/// @notice Pays a rig for what its client took delivery of.
/// @dev Nothing here can be changed after deployment. The owner can stop new jobs, and nothing else.
contract Escrow is IEscrow, Ledger, EIP712, Ownable2Step, Pausable {
    /// @notice Longest time from opening a job to its last deadline: how long a commit can tie stake down.
    uint64 public constant MAX_JOB_TIME = 30 days;

    bytes32 private constant ACKNOWLEDGEMENT_TYPEHASH =
        keccak256("Acknowledgement(bytes32 id,bytes32 receipt,uint32 tokens)");

    mapping(bytes32 id => Job) private _jobs;

    constructor(Asset asset, address owner) Ledger(asset) EIP712("Assay", "1") Ownable(owner) {}

    /// @inheritdoc IEscrow
    function open(Terms calldata terms) external payable whenNotPaused nonReentrant returns (bytes32 id) {
        if (msg.sender != terms.client) revert NotClient(msg.sender);
        if (terms.verifier != 0 && !Lanes.CONTESTED_LANE_OPEN) revert ContestedLaneClosed(terms.verifier);
        bool inOrder = block.timestamp < terms.commitBy && terms.commitBy < terms.acknowledgeBy
            && terms.acknowledgeBy <= block.timestamp + MAX_JOB_TIME;
        if (!inOrder) revert BadDeadlines(terms.commitBy, terms.acknowledgeBy);
        id = jobId(terms);
        Job storage entry = _in(id, State.None);

        entry.state = State.Open;
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
        if (block.timestamp >= terms.acknowledgeBy) revert TooLate(terms.acknowledgeBy);
        if (tokens > entry.tokens) revert WrongTokenCount(tokens, entry.tokens);
        // Otherwise a client could end a job for nothing by acknowledging no token.
        if (tokens < entry.tokens && msg.sender != terms.rig) revert NotRig(msg.sender);
        if (msg.sender != terms.client) {
            _requireSigned(terms.client, acknowledgementDigest(id, entry.receipt, tokens), signature);
        }

        uint96 paid = terms.price(tokens);
        entry.state = State.Acknowledged;
        _unreserve(terms.rig, terms.stake);
        _credit(terms.rig, paid);
        _credit(terms.client, terms.escrow() - paid);
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
        if (block.timestamp < terms.acknowledgeBy) revert TooEarly(terms.acknowledgeBy);

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

        uint96 taken = terms.stake;
        if (entry.state == State.Committed) {
            entry.state = State.Slashed;
            _credit(terms.client, terms.escrow());
        } else {
            taken = _takeStake(terms.rig, terms.stake - entry.slashed);
            if (taken == 0) revert NothingToSlash(id);
        }
        entry.slashed += taken;
        // Whoever gains by a slash may be the rig itself under another name: so half at least is lost to all.
        uint96 toClient = taken / 2;
        _credit(terms.client, toClient);
        _credit(BURN, taken - toClient);
        emit Slashed(id, taken - toClient, toClient);
    }

    /// @inheritdoc IEscrow
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IEscrow
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IEscrow
    function job(bytes32 id) external view returns (Job memory) {
        return _jobs[id];
    }

    /// @inheritdoc IEscrow
    function jobId(Terms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(terms.hash());
    }

    /// @inheritdoc IEscrow
    function receiptDigest(Receipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(receipt.hash());
    }

    /// @inheritdoc IEscrow
    function acknowledgementDigest(bytes32 id, bytes32 receipt, uint32 tokens) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ACKNOWLEDGEMENT_TYPEHASH, id, receipt, tokens)));
    }

    /// @dev The job, which must be in this state.
    function _in(bytes32 id, State state) private view returns (Job storage entry) {
        entry = _jobs[id];
        if (entry.state != state) revert WrongState(id, entry.state);
    }

    /// @dev The hash of a receipt that the terms' rig signed for the terms' job.
    function _requireReceipt(Terms calldata terms, Receipt calldata receipt, bytes calldata signature)
        private
        view
        returns (bytes32)
    {
        if (receipt.job != terms.jobDigest) revert WrongJob(receipt.job);
        if (receipt.rig != terms.rig) revert WrongRig(receipt.rig);
        bytes32 hash = receipt.hash();
        _requireSigned(terms.rig, _hashTypedDataV4(hash), signature);
        return hash;
    }

    /// @dev One form of a signature is accepted: 65 bytes, low s, v 27 or 28. Any other recovers the zero address, which is
    /// no signer here: a client has opened its job, and a rig committed to it, as callers.
    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private pure {
        (address recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (recovered != signer) revert BadSignature(signer);
    }
}
