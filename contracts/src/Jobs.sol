// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Ledger} from "./Ledger.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {Receipt} from "./types/Receipt.sol";
import {Terms} from "./types/Terms.sol";

/// @notice What is kept of jobs, the names of what is signed about them, and how their money moves when they end.
abstract contract Jobs is IEscrow, Ledger, EIP712 {
    bytes32 private constant ACKNOWLEDGEMENT_TYPEHASH =
        keccak256("Acknowledgement(bytes32 id,bytes32 receipt,uint32 tokens)");

    mapping(bytes32 id => Job) internal _jobs;

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
    function _in(bytes32 id, State state) internal view returns (Job storage entry) {
        entry = _jobs[id];
        if (entry.state != state) revert WrongState(id, entry.state);
    }

    /// @dev Ends a committed job in the rig's favour: `paid` of the escrow to the rig, the rest to the client, the stake free.
    function _pay(Terms calldata terms, uint96 paid) internal {
        _unreserve(terms.rig, terms.stake);
        _credit(terms.rig, paid);
        _credit(terms.client, terms.escrow() - paid);
    }

    /// @dev Shares out stake that was taken of the job's rig.
    function _forgo(bytes32 id, Terms calldata terms, Job storage entry, uint96 taken) internal {
        entry.slashed += taken;
        // Whoever gains by a slash may be the rig itself under another name: so half at least is lost to all.
        uint96 toClient = taken / 2;
        _credit(terms.client, toClient);
        _credit(BURN, taken - toClient);
        emit Slashed(id, taken - toClient, toClient);
    }

    /// @dev Ends a committed job against the rig: all of its stake is lost, and the client has its money back.
    function _condemn(bytes32 id, Terms calldata terms, Job storage entry) internal {
        entry.state = State.Slashed;
        _credit(terms.client, terms.escrow());
        _forgo(id, terms, entry, terms.stake);
    }

    /// @dev The hash of a receipt that the terms' rig signed for the terms' job.
    function _requireReceipt(Terms calldata terms, Receipt calldata receipt, bytes calldata signature)
        internal
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
    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) internal pure {
        (address recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (recovered != signer) revert BadSignature(signer);
    }
}
