// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {MerklePath} from "./MerklePath.sol";

/// @notice The tree over the hidden tokens p_t of a prompt, whose root terms name.
/// @dev verifier/src/settlement/prompt.rs is the other side.
library Prompts {
    bytes32 private constant LEAF = keccak256("assay v1 prompt leaf");
    bytes32 private constant NODE = keccak256("assay v1 prompt node");

    /// @notice The token is not the one that enters this position under the root.
    error NotInPrompt(bytes32 root, bytes32 got);

    /// @notice Reverts unless p_t is the hidden token of position t.
    function requireToken(bytes32 root, uint256 count, uint256 t, uint256 hidden, bytes32[] calldata path)
        internal
        pure
    {
        bytes32 leaf = keccak256(abi.encode(LEAF, t, hidden));
        bytes32 got = MerklePath.root(NODE, count, t, leaf, path);
        if (got != root) revert NotInPrompt(root, got);
    }
}
