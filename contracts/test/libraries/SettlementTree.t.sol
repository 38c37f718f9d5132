// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Extent} from "../../src/libraries/Draws.sol";
import {MerklePath} from "../../src/libraries/MerklePath.sol";
import {SettlementLeaf, SettlementTree} from "../../src/libraries/SettlementTree.sol";
import {Vectors} from "../support/Vectors.sol";

contract SettlementTreeTest is Vectors {
    uint256 private constant OPENED = 7;

    function setUp() public {
        read("settlement");
    }

    function test_leaves_that_rust_made_stand_at_their_places() public {
        for (uint256 i = 0; i < OPENED; i++) {
            this.requireIn(word(".root"), extentAt(""), leafAt(i), pathAt(i));
        }
        vm.snapshotGasLastCall("Libraries", "path of a settlement leaf among 267");
    }

    function test_the_leaf_is_the_one_that_rust_makes() public view {
        for (uint256 i = 0; i < OPENED; i++) {
            vm.assertEq(SettlementTree.hash(leafAt(i)), word(string.concat(item(".opened", i), ".hash")), "the leaf");
        }
    }

    function testFuzz_no_field_of_a_leaf_can_change(uint8 which, uint8 field) public {
        SettlementLeaf memory leaf = leafAt(which % OPENED);
        bytes32[] memory path = pathAt(which % OPENED);
        (bytes32 root, Extent memory extent) = (word(".root"), extentAt(""));
        field %= 4;
        if (field == 0) leaf.job ^= bytes32(uint256(1));
        if (field == 1) leaf.tokens ^= bytes32(uint256(1));
        if (field == 2) leaf.leaf ^= bytes32(uint256(1));
        if (field == 3) leaf.len ^= 1;
        vm.expectPartialRevert(SettlementTree.NotInTree.selector);
        this.requireIn(root, extent, leaf, path);
    }

    /// A leaf that says another place than its own is looked for there.
    function testFuzz_a_leaf_stands_at_one_place(uint8 which, uint32 t, uint32 s) public {
        SettlementLeaf memory leaf = leafAt(which % OPENED);
        (bytes32 root, Extent memory extent, bytes32[] memory path) =
            (word(".root"), extentAt(""), pathAt(which % OPENED));
        (leaf.t, leaf.s) = (t % 13, s % 25);
        SettlementLeaf memory own = leafAt(which % OPENED);
        vm.assume(leaf.t != own.t || leaf.s != own.s);
        vm.expectRevert();
        this.requireIn(root, extent, leaf, path);
    }

    function test_positions_before_the_tail_have_no_sample() public {
        SettlementLeaf memory leaf = leafAt(0);
        (bytes32 root, Extent memory extent, bytes32[] memory path) = (word(".root"), extentAt(""), pathAt(0));
        (leaf.t, leaf.s) = (extent.tailFrom - 1, 21);
        vm.expectRevert(abi.encodeWithSelector(SettlementTree.NoSuchStep.selector, leaf.t, 21));
        this.requireIn(root, extent, leaf, path);
        (leaf.t, leaf.s) = (extent.tailFrom, 24);
        vm.expectRevert(abi.encodeWithSelector(SettlementTree.NoSuchStep.selector, leaf.t, 24));
        this.requireIn(root, extent, leaf, path);
        (leaf.t, leaf.s) = (extent.positions, 0);
        vm.expectRevert(abi.encodeWithSelector(SettlementTree.NoSuchStep.selector, leaf.t, 0));
        this.requireIn(root, extent, leaf, path);
    }

    function requireIn(bytes32 root, Extent memory extent, SettlementLeaf memory leaf, bytes32[] calldata path)
        external
        pure
    {
        SettlementTree.requireIn(root, extent, leaf, path);
    }

    function leafAt(uint256 i) private view returns (SettlementLeaf memory) {
        string memory base = item(".opened", i);
        bytes32 tokens = SettlementTree.tokens(
            word(string.concat(base, ".salt")),
            small(string.concat(base, ".tokenIn")),
            small(string.concat(base, ".tokenOut"))
        );
        return SettlementLeaf({
            job: word(string.concat(base, ".job")),
            t: small(string.concat(base, ".t")),
            s: small(string.concat(base, ".s")),
            tokens: tokens,
            leaf: word(string.concat(base, ".leaf")),
            len: small(string.concat(base, ".len"))
        });
    }

    function pathAt(uint256 i) private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(file, string.concat(item(".opened", i), ".path"));
    }
}

contract MerklePathTest is Vectors {
    bytes32 private constant LABEL = "label";

    function testFuzz_every_leaf_opens_at_its_place_and_at_no_other(uint256 size, uint256 index, uint256 other)
        public
        view
    {
        bytes32[] memory leaves = leavesOf(bound(size, 1, 70));
        index = bound(index, 0, leaves.length - 1);
        bytes32 whole = rootOf(leaves, 0, leaves.length);
        bytes32[] memory path = pathOf(leaves, index);
        vm.assertEq(this.root(leaves.length, index, leaves[index], path), whole, "its own place");
        other = bound(other, 0, leaves.length + 2);
        if (other == index) return;
        try this.root(leaves.length, other, leaves[index], path) returns (bytes32 got) {
            vm.assertTrue(got != whole, "another place");
        } catch {}
    }

    function testFuzz_a_path_has_the_length_of_its_place(uint256 size, uint256 index) public {
        bytes32[] memory leaves = leavesOf(bound(size, 2, 70));
        index = bound(index, 0, leaves.length - 1);
        bytes32[] memory path = pathOf(leaves, index);
        bytes32[] memory longer = new bytes32[](path.length + 1);
        bytes32[] memory shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < path.length; i++) {
            longer[i] = path[i];
            if (i < shorter.length) shorter[i] = path[i];
        }
        expectNoSuchPath(index, leaves.length, longer.length);
        this.root(leaves.length, index, leaves[index], longer);
        expectNoSuchPath(index, leaves.length, shorter.length);
        this.root(leaves.length, index, leaves[index], shorter);
    }

    function test_a_place_behind_the_last_leaf_is_none() public {
        expectNoSuchPath(3, 3, 0);
        this.root(3, 3, 0, new bytes32[](0));
        expectNoSuchPath(0, 0, 0);
        this.root(0, 0, 0, new bytes32[](0));
    }

    function root(uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata path) external pure returns (bytes32) {
        return MerklePath.root(LABEL, count, index, leaf, path);
    }

    function expectNoSuchPath(uint256 index, uint256 count, uint256 length) private {
        vm.expectRevert(abi.encodeWithSelector(MerklePath.NoSuchPath.selector, index, count, length));
    }

    function leavesOf(uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; i++) {
            leaves[i] = keccak256(abi.encode(i));
        }
    }

    /// @dev The tree as it is defined: the left subtree is the largest power of two below the number of leaves.
    function rootOf(bytes32[] memory leaves, uint256 from, uint256 to) private pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 split = splitOf(to - from);
        return keccak256(abi.encode(LABEL, rootOf(leaves, from, from + split), rootOf(leaves, from + split, to)));
    }

    function pathOf(bytes32[] memory leaves, uint256 index) private pure returns (bytes32[] memory path) {
        bytes32[] memory down = new bytes32[](8);
        (uint256 from, uint256 to, uint256 depth) = (0, leaves.length, 0);
        while (to - from > 1) {
            uint256 middle = from + splitOf(to - from);
            if (index < middle) (down[depth++], to) = (rootOf(leaves, middle, to), middle);
            else (down[depth++], from) = (rootOf(leaves, from, middle), middle);
        }
        path = new bytes32[](depth);
        for (uint256 i = 0; i < depth; i++) {
            path[i] = down[depth - 1 - i];
        }
    }

    function splitOf(uint256 size) private pure returns (uint256 split) {
        for (split = 1; 2 * split < size; split *= 2) {}
    }
}
