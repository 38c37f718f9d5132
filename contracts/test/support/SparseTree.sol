// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice A tree of many leaves, few of which are ever looked at: the others are made up, whole subtrees at a time.
library SparseTree {
    struct Tree {
        bytes32 label;
        /// Places of the leaves that are looked at, ascending, and their hashes.
        uint256[] places;
        bytes32[] leaves;
        bytes32[][] paths;
        /// Siblings found so far, a leaf.
        uint256[] lengths;
    }

    /// @notice The root, and the path of each leaf.
    function build(bytes32 label, uint256 count, uint256[] memory places, bytes32[] memory leaves)
        internal
        pure
        returns (bytes32 root, bytes32[][] memory paths)
    {
        Tree memory tree = Tree(label, places, leaves, new bytes32[][](places.length), new uint256[](places.length));
        for (uint256 i = 0; i < places.length; i++) {
            require(places[i] < count && (i == 0 || places[i - 1] < places[i]), "places ascend");
            tree.paths[i] = new bytes32[](64);
        }
        root = node(tree, 0, count, 0, places.length);
        paths = tree.paths;
        for (uint256 i = 0; i < places.length; i++) {
            (bytes32[] memory path, uint256 length) = (paths[i], tree.lengths[i]);
            assembly ("memory-safe") {
                mstore(path, length)
            }
        }
    }

    /// @notice As `build`, with one leaf.
    function single(bytes32 label, uint256 count, uint256 place, bytes32 leaf)
        internal
        pure
        returns (bytes32 root, bytes32[] memory path)
    {
        (uint256[] memory places, bytes32[] memory leaves) = (new uint256[](1), new bytes32[](1));
        (places[0], leaves[0]) = (place, leaf);
        bytes32[][] memory paths;
        (root, paths) = build(label, count, places, leaves);
        path = paths[0];
    }

    /// @dev Over leaves `first..first + count`, of which `from..to` are looked at.
    function node(Tree memory tree, uint256 first, uint256 count, uint256 from, uint256 to)
        private
        pure
        returns (bytes32)
    {
        if (from == to) return keccak256(abi.encode("made up", tree.label, first, count));
        if (count == 1) return tree.leaves[from];
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        uint256 middle = from;
        while (middle < to && tree.places[middle] < first + split) middle++;
        bytes32 left = node(tree, first, split, from, middle);
        bytes32 right = node(tree, first + split, count - split, middle, to);
        for (uint256 i = from; i < to; i++) {
            tree.paths[i][tree.lengths[i]++] = i < middle ? right : left;
        }
        return keccak256(abi.encode(tree.label, left, right));
    }
}
