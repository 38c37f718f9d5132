// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice Paths in trees whose left subtree is the largest power of two below the number of leaves.
/// @dev The shape of every tree of the protocol, and of RFC 9162, whose section 2.1.3.2 this follows. A path shows the
/// place of its leaf, so nobody has two leaves for one place.
library MerklePath {
    /// @notice The place is not in the tree, or the path has another length than the place.
    error NoSuchPath(uint256 index, uint256 count, uint256 length);

    /// @notice The root that a leaf, its place among `count` and its path give. `label` is the tree's own.
    function root(bytes32 label, uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata path)
        internal
        pure
        returns (bytes32 node)
    {
        if (index >= count) revert NoSuchPath(index, count, path.length);
        (uint256 place, uint256 last) = (index, count - 1);
        node = leaf;
        for (uint256 i = 0; i < path.length; i++) {
            if (last == 0) revert NoSuchPath(index, count, path.length);
            if (place & 1 == 1 || place == last) {
                node = keccak256(abi.encode(label, path[i], node));
                // A leaf at the right edge may have no sibling for some levels.
                for (; place & 1 == 0; (place, last) = (place >> 1, last >> 1)) {}
            } else {
                node = keccak256(abi.encode(label, node, path[i]));
            }
            (place, last) = (place >> 1, last >> 1);
        }
        if (last != 0) revert NoSuchPath(index, count, path.length);
    }
}
