// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../../src/UnitVerifier.sol";
import {Products} from "../../src/libraries/Products.sol";
import {SettlementTree} from "../../src/libraries/SettlementTree.sol";
import {Shape} from "../../src/types/Shape.sol";
import {Kind} from "../../src/types/Steps.sol";
import {LinearWorld} from "../support/LinearWorld.sol";

/// @notice Chunks of every linear step. `UnitVerifier.t.sol` has proofs that Rust made.
abstract contract LinearKindsTest is LinearWorld {
    uint256 private constant ANY = type(uint32).max;

    function shape() internal pure virtual returns (Shape memory);
    function counts() internal pure virtual returns (uint32 promptTokens, uint32 tokens);

    function setUp() public {
        (uint32 promptTokens, uint32 tokens) = counts();
        begin(shape(), promptTokens, tokens);
    }

    function test_chunk_of_qkv() public {
        decides(Kind.Qkv);
    }

    function test_chunk_of_o() public {
        decides(Kind.O);
    }

    function test_chunk_of_gate_up() public {
        decides(Kind.GateUp);
    }

    function test_chunk_of_down() public {
        decides(Kind.Down);
    }

    function test_chunk_of_head() public {
        decides(Kind.Head);
    }

    function decides(Kind kind) private {
        find(kind, [uint256(0), ANY], [uint256(1), ANY]);
        addLinear();
        plant();
        respondLinear();
        vm.assertEq(verifier.decide(question, abi.encode(linear)), bytes32(0), "decided");

        bytes32 flip = bytes32(uint256(1));
        question.id ^= flip;
        refusedLinear(Products.FalseProduct.selector);
        question.id ^= flip;
        question.receipt ^= flip;
        refusedLinear(Products.FalseProduct.selector);
        question.receipt ^= flip;
        question.prompt ^= flip;
        refusedLinear(Products.FalseProduct.selector);
        question.prompt ^= flip;
        question.draws++;
        refusedLinear(Products.FalseProduct.selector);
        question.draws--;
        question.progress = flip;
        refusedLinear(UnitVerifier.UnknownProgress.selector);
        question.progress = bytes32(uint256(1 << 255));
        refusedLinear(UnitVerifier.UnknownProgress.selector);
        question.progress = 0;
        for (uint256 i = 0; i < linear.leaves.length; i++) {
            linear.leaves[i].leaf ^= flip;
            refusedLinear(SettlementTree.NotInTree.selector);
            linear.leaves[i].leaf ^= flip;
        }
        vm.assertEq(verifier.decide(question, abi.encode(linear)), bytes32(0), "as it was");
    }

    function refusedLinear(bytes4 reason) private {
        vm.expectPartialRevert(reason);
        verifier.decide(question, abi.encode(linear));
    }
}

/// @notice A small model whose last chunks are not whole.
contract ToyLinearKindsTest is LinearKindsTest {
    function shape() internal pure override returns (Shape memory) {
        return toy();
    }

    function counts() internal pure override returns (uint32, uint32) {
        return (5, 9);
    }
}

/// @notice SmolLM2-135M.
contract SmolLm2LinearKindsTest is LinearKindsTest {
    function shape() internal pure override returns (Shape memory) {
        return smollm2();
    }

    function counts() internal pure override returns (uint32, uint32) {
        return (512, 513);
    }
}
