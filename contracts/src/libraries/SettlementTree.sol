// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Extent} from "./Draws.sol";
import {MerklePath} from "./MerklePath.sol";

/// @notice One leaf of a trace, as the settlement tree has it.
struct SettlementLeaf {
    /// Digest of the job.
    bytes32 job;
    uint32 t;
    uint32 s;
    /// The tokens of the position under the leaf's salt.
    bytes32 tokens;
    /// leaf(t, s) of the trace, which is BLAKE3.
    bytes32 leaf;
    /// Elements of the step's tensor, padding included.
    uint32 len;
}

/// @notice The tree under a receipt's settlement root: every leaf of the trace once more, hashed with keccak256.
/// @dev verifier/src/settlement/tree.rs is the other side; tests/vectors/chain/settlement.json holds both to the same roots.
library SettlementTree {
    bytes32 private constant LEAF = keccak256("assay v1 settlement leaf");
    bytes32 private constant NODE = keccak256("assay v1 settlement node");
    bytes32 private constant TOKENS = keccak256("assay v1 settlement tokens");

    /// @notice The leaf is not in the position that its step and position have in the tree of this root.
    error NotInTree(bytes32 root, bytes32 got);
    /// @notice There is no such step at that position.
    error NoSuchStep(uint32 t, uint32 s);

    /// @notice The tokens that enter and leave a position, hidden by a salt.
    function tokens(bytes32 salt, uint32 tokenIn, uint32 tokenOut) internal pure returns (bytes32) {
        return keccak256(abi.encode(TOKENS, salt, tokenIn, tokenOut));
    }

    /// @notice The leaf's hash.
    function hash(SettlementLeaf memory leaf) internal pure returns (bytes32) {
        return keccak256(abi.encode(LEAF, leaf));
    }

    /// @notice Reverts unless the leaf stands at its place under `root`.
    function requireIn(bytes32 root, Extent memory extent, SettlementLeaf memory leaf, bytes32[] calldata path)
        internal
        pure
    {
        uint256 body = extent.shape.bodySteps();
        bool exists = leaf.t < extent.positions && leaf.s < body + (leaf.t < extent.tailFrom ? 0 : 3);
        if (!exists) revert NoSuchStep(leaf.t, leaf.s);
        uint256 count = before(extent, body, extent.positions);
        bytes32 got = MerklePath.root(NODE, count, before(extent, body, leaf.t) + leaf.s, hash(leaf), path);
        if (got != root) revert NotInTree(root, got);
    }

    /// @dev Leaves of the positions before `t`.
    function before(Extent memory extent, uint256 body, uint256 t) private pure returns (uint256) {
        return t * body + (t > extent.tailFrom ? 3 * (t - extent.tailFrom) : 0);
    }
}
