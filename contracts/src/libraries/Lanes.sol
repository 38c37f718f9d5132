// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice Which verifiers a job may be paid on, without its client: the contested lane.
/// @dev A rig that commits zeros tells the truth in every matrix product and computes nothing, so proofs of some kinds of
/// step show nothing about the others: only a verifier that decides every kind that can be drawn opens the lane.
library Lanes {
    /// @notice All kinds of step, one bit each, numbered as in docs/protocol.md, section 1.
    uint16 internal constant ALL_KINDS = (1 << 14) - 1;

    /// @notice qkv, o, gate_up, down and head: the kinds that are matrix products.
    uint16 internal constant LINEAR_KINDS = (1 << 2) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 12);

    /// @notice Whether deciding these kinds is enough for a lane that pays on proofs.
    function suffices(uint16 decidable) internal pure returns (bool) {
        return decidable == ALL_KINDS;
    }
}
