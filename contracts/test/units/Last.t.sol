// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../../src/UnitVerifier.sol";
import {Groth16} from "../../src/libraries/Groth16.sol";
import {Products} from "../../src/libraries/Products.sol";
import {SettlementTree} from "../../src/libraries/SettlementTree.sol";
import {Part, Units} from "../../src/libraries/Units.sol";
import {ModelRecordLibrary} from "../../src/types/ModelRecord.sol";
import {Unit} from "../../src/types/Steps.sol";
import {LinearWorld} from "../support/LinearWorld.sol";

/// @notice The draw behind the last: the sample of the last position, then the chunk of head with its token.
contract LastTest is LinearWorld {
    uint256 private constant SAMPLED = 1 << 255;

    function setUp() public {
        begin(toy(), 5, 9);
        question.seed = keccak256("seed");
        question.draw = question.draws;
        // Two layers, thirteen positions: final_norm, head, sample are 21, 22, 23.
        unit = Unit(12, 22, 2);
        addLinear();
        unit = Unit(12, 23, 0);
        prepare(Part(0, 0, 2));
    }

    function sampled() private {
        question.progress = verifier.decide(question, abi.encode(answer));
        unit.step = 22;
        unit.unit = 2;
        respondLinear();
    }

    function test_it_is_the_sample_of_the_last_position_and_then_its_chunk_of_head() public {
        Unit memory first = verifier.unitOf(question, record);
        vm.assertEq(keccak256(abi.encode(first)), keccak256(abi.encode(Unit(12, 23, 0))), "the sample");
        sampled();
        vm.assertEq(question.progress, bytes32(SAMPLED | 2), "the chunk of its token");
        Unit memory second = verifier.unitOf(question, record);
        vm.assertEq(keccak256(abi.encode(second)), keccak256(abi.encode(Unit(12, 22, 2))), "the chunk");
        vm.assertEq(verifier.decide(question, abi.encode(linear)), bytes32(0), "decided");
    }

    /// Whatever the seed is.
    function testFuzz_no_seed_moves_it(bytes32 seed) public {
        question.seed = seed;
        Unit memory drawn = verifier.unitOf(question, record);
        vm.assertEq(drawn.step, 23, "the sample");
        vm.assertEq(drawn.t, 12, "of the last position");
    }

    function test_the_chunk_is_the_one_that_the_proof_shows() public {
        answer.chunk = 1;
        refused(Groth16.FalseProof.selector);
        answer.chunk = 4;
        refused(Units.NoSuchChunk.selector);
        answer.chunk = type(uint32).max;
        refused(Units.NoSuchChunk.selector);
    }

    function test_another_chunk_of_head_is_none() public {
        sampled();
        question.progress = bytes32(SAMPLED | 1);
        refusedLinear(ModelRecordLibrary.NotAChunk.selector);
    }

    function test_progress_that_no_answer_gave_is_refused() public {
        sampled();
        uint256[5] memory none = [SAMPLED | 4, 2, 1 << 254 | 2, SAMPLED | 1 << 32 | 2, type(uint256).max];
        for (uint256 i = 0; i < none.length; i++) {
            question.progress = bytes32(none[i]);
            refusedLinear(UnitVerifier.UnknownProgress.selector);
        }
    }

    function test_each_half_has_its_own_answer() public {
        bytes memory sample = abi.encode(answer);
        sampled();
        vm.expectRevert();
        verifier.decide(question, sample);
        question.progress = 0;
        vm.expectRevert();
        verifier.decide(question, abi.encode(linear));
    }

    function test_its_answers_serve_no_other_draw() public {
        question.draws++;
        question.draw++;
        refused(Groth16.FalseProof.selector);
        question.draws--;
        refused(UnitVerifier.NoSuchDraw.selector);
        question.draw--;
        sampled();
        question.draws++;
        question.draw++;
        refusedLinear(Products.FalseProduct.selector);
        question.draw++;
        refusedLinear(UnitVerifier.NoSuchDraw.selector);
    }

    function test_the_leaves_are_those_of_the_last_position() public {
        question.tokens--;
        vm.expectRevert();
        verifier.decide(question, abi.encode(answer));
        question.tokens++;
        sampled();
        linear.leaves[1].leaf ^= bytes32(uint256(1));
        refusedLinear(SettlementTree.NotInTree.selector);
    }

    function refusedLinear(bytes4 reason) private {
        vm.expectPartialRevert(reason);
        verifier.decide(question, abi.encode(linear));
    }
}
