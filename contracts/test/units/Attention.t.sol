// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../../src/UnitVerifier.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {Groth16} from "../../src/libraries/Groth16.sol";
import {Heads} from "../../src/libraries/Heads.sol";
import {SettlementTree} from "../../src/libraries/SettlementTree.sol";
import {Part} from "../../src/libraries/Units.sol";
import {OpenedLeaf} from "../../src/types/Answers.sol";
import {ModelRecordLibrary} from "../../src/types/ModelRecord.sol";
import {Kind} from "../../src/types/Steps.sol";
import {UnitWorld} from "../support/UnitWorld.sol";

/// @notice An attention head at a position, shown by a chain of proofs: what is decided at its end, and every way to cut it short.
contract AttentionTest is UnitWorld {
    uint256 private constant ANY = type(uint32).max;
    uint256 private constant LIMIT = 1_500_000;

    /// Of the head at position 9, which reads ten positions: three blocks, the last of two.
    function setUp() public {
        begin(toy(), 5, 9);
        find(Kind.Attention, [uint256(9), 9], [uint256(3), 3]);
        prepareHead();
    }

    function prepareHead() private {
        uint256 blocks = (uint256(unit.t) + 4) / 4;
        Part[] memory parts = new Part[](2 + blocks);
        for (uint256 i = 0; i < blocks; i++) {
            parts[1 + i] = Part(1, 4 * i, 0);
        }
        parts[1 + blocks] = Part(2, 0, 0);
        prepare(parts);
    }

    function state(uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("state", i))) % Bn254.R;
    }

    /// @dev Answers to the end of block number `count`.
    function read(uint256 count) private {
        query();
        for (uint256 i = 0; i < count; i++) {
            respond(Part(1, 4 * i, 0), state(i), state(i + 1));
            question.progress = decide();
        }
    }

    function query() private {
        respond(Part(0, 0, 0), 0, state(0));
        question.progress = decide();
    }

    function decide() private view returns (bytes32) {
        return verifier.decide(question, abi.encode(answer));
    }

    function test_a_head_is_decided_when_all_its_positions_were_read() public {
        read(3);
        vm.assertEq(question.progress, Heads.progress(10, state(3)), "ten positions");
        respond(Part(2, 0, 0), state(3), 0);
        vm.assertEq(decide(), bytes32(0), "decided");
    }

    function test_progress_is_position_and_state() public {
        query();
        bytes32 label = keccak256("assay v1 attention progress");
        vm.assertEq(question.progress, keccak256(abi.encode(label, uint256(0), state(0))), "before any");
        read(1);
        vm.assertEq(question.progress, keccak256(abi.encode(label, uint256(4), state(1))), "after four");
    }

    function test_heads_of_every_length_are_decided() public {
        for (uint256 t = 0; t < 9; t++) {
            question.progress = 0;
            find(Kind.Attention, [t, t], [uint256(0), ANY]);
            prepareHead();
            uint256 blocks = (t + 4) / 4;
            read(blocks);
            vm.assertEq(question.progress, Heads.progress(t + 1, state(blocks)), "all positions");
            respond(Part(2, 0, 0), state(blocks), 0);
            vm.assertEq(decide(), bytes32(0), "decided");
        }
    }

    function test_a_head_of_smollm2_costs_less_than_the_limit() public {
        begin(smollm2(), 512, 513);
        find(Kind.Attention, [uint256(700), ANY], [uint256(0), ANY]);
        Part[] memory parts = new Part[](3);
        (parts[1], parts[2]) = (Part(1, 0, 0), Part(2, 0, 0));
        prepare(parts);
        query();
        gasOf("query of a head, SmolLM2, 1024 positions");
        respond(Part(1, 0, 0), state(0), state(1));
        decide();
        gasOf("block of a head, SmolLM2, 1024 positions");
        question.progress = Heads.progress(uint256(unit.t) + 1, state(1));
        respond(Part(2, 0, 0), state(1), 0);
        decide();
        gasOf("outputs of a head, SmolLM2, 1024 positions");
    }

    function gasOf(string memory what) private {
        vm.assertLe(vm.snapshotGasLastCall("UnitVerifier", what), LIMIT, "gas of a part of a head");
    }

    function test_a_head_can_be_begun_anew() public {
        read(2);
        query();
        vm.assertEq(question.progress, Heads.progress(0, state(0)), "nothing is read");
        question.progress = keccak256("anything");
        query();
    }

    function test_nothing_comes_before_the_query() public {
        respond(Part(1, 0, 0), state(0), state(1));
        refused(UnitVerifier.UnknownProgress.selector);
        respond(Part(2, 0, 0), state(0), 0);
        refused(UnitVerifier.UnknownProgress.selector);
    }

    function test_no_position_is_passed_over() public {
        query();
        respond(Part(1, 4, 0), state(0), state(1));
        refused(UnitVerifier.UnknownProgress.selector);
        respond(Part(1, 8, 0), state(0), state(1));
        refused(UnitVerifier.UnknownProgress.selector);
    }

    function test_no_position_is_read_twice() public {
        read(1);
        respond(Part(1, 0, 0), state(1), state(2));
        refused(UnitVerifier.UnknownProgress.selector);
    }

    function test_outputs_come_when_all_positions_were_read() public {
        for (uint256 count = 0; count < 3; count++) {
            read(count);
            respond(Part(2, 0, 0), state(count), 0);
            refused(UnitVerifier.UnknownProgress.selector);
        }
    }

    function test_no_block_comes_after_the_last_position() public {
        read(3);
        answer.position = 10;
        answer.stateIn = state(3);
        refused(Heads.NoSuchBlock.selector);
        question.progress = Heads.progress(type(uint32).max, state(3));
        answer.position = type(uint32).max;
        refused(Heads.NoSuchBlock.selector);
    }

    function test_a_state_that_no_proof_gave_is_refused() public {
        read(1);
        respond(Part(1, 4, 0), state(1), state(2));
        answer.stateIn ^= 1;
        refused(UnitVerifier.UnknownProgress.selector);
        respond(Part(1, 4, 0), state(7), state(2));
        refused(UnitVerifier.UnknownProgress.selector);
        read(3);
        respond(Part(2, 0, 0), state(2), 0);
        refused(UnitVerifier.UnknownProgress.selector);
    }

    function test_the_state_after_is_the_proofs() public {
        respond(Part(0, 0, 0), 0, state(0));
        answer.stateOut ^= 1;
        refused(Groth16.FalseProof.selector);
        read(1);
        answer.stateOut ^= 1;
        question.progress = Heads.progress(0, state(0));
        refused(Groth16.FalseProof.selector);
    }

    /// The same state under another name would be another progress.
    function test_a_state_has_one_writing() public {
        respond(Part(0, 0, 0), 0, state(0));
        answer.stateOut += Bn254.R;
        refused(Bn254.ScalarTooLarge.selector);
        answer.stateOut -= Bn254.R;
        question.progress = decide();
        respond(Part(1, 0, 0), state(0), state(1));
        answer.stateIn += Bn254.R;
        refused(UnitVerifier.UnknownProgress.selector);
        question.progress = Heads.progress(0, answer.stateIn);
        refused(Bn254.ScalarTooLarge.selector);
    }

    function test_a_proof_of_one_draw_serves_no_other() public {
        read(1);
        question.progress = Heads.progress(0, state(0));
        decide();
        bytes32 seed = question.seed;
        uint256 step = unit.step;
        for (uint256 nonce = 1; question.seed == seed; nonce++) {
            find(Kind.Attention, [uint256(9), 9], [uint256(3), 3], nonce);
            if (unit.step != step) question.seed = seed;
        }
        refused(Groth16.FalseProof.selector);
        question.seed = seed;
        question.id ^= bytes32(uint256(1));
        refused(Groth16.FalseProof.selector);
    }

    function test_leaves_of_a_block_are_those_of_its_positions() public {
        query();
        respond(Part(1, 0, 0), state(0), state(1));
        for (uint256 i = 0; i < 4; i++) {
            answer.leaves[i].leaf ^= bytes32(uint256(1));
            refused(SettlementTree.NotInTree.selector);
            answer.leaves[i].leaf ^= bytes32(uint256(1));
            OpenedLeaf memory other = answer.leaves[(i + 1) % 4];
            OpenedLeaf memory own = answer.leaves[i];
            answer.leaves[i] = other;
            vm.expectRevert();
            decide();
            answer.leaves[i] = own;
        }
        answer.leaves.pop();
        refused(UnitVerifier.WrongLeafCount.selector);
    }

    function test_a_short_block_has_as_many_leaves_as_positions() public {
        read(2);
        respond(Part(1, 8, 0), state(2), state(3));
        vm.assertEq(answer.leaves.length, 2, "two positions are left");
        answer.leaves.push(answer.leaves[1]);
        refused(UnitVerifier.WrongLeafCount.selector);
        answer.leaves.push(answer.leaves[1]);
        refused(UnitVerifier.WrongLeafCount.selector);
    }

    function test_a_head_has_no_other_proofs() public {
        read(3);
        respond(Part(2, 0, 0), state(3), 0);
        answer.stage = 3;
        refused(Heads.NoSuchStage.selector);
        answer.stage = type(uint32).max;
        refused(Heads.NoSuchStage.selector);
    }

    /// Each circuit has its own key, so a proof of one is none of another.
    function test_a_proof_of_one_stage_is_none_of_another() public {
        read(3);
        respond(Part(2, 0, 0), state(3), 0);
        (answer.stage, answer.stateIn, answer.stateOut) = (0, 0, 1);
        refused(ModelRecordLibrary.NotAKey.selector);
    }

    function test_a_stage_has_no_use_for_what_belongs_to_another() public {
        query();
        bytes4 reason = UnitVerifier.Superfluous.selector;
        answer.stateIn = 1;
        refused(reason);
        answer.stateIn = 0;
        answer.position = 1;
        refused(reason);
        answer.position = 0;
        answer.chunk = 1;
        refused(reason);
        read(3);
        answer.parameter = 1;
        question.progress = Heads.progress(8, state(2));
        refused(reason);
        read(3);
        respond(Part(2, 0, 0), state(3), 0);
        answer.stateOut = 1;
        refused(reason);
        answer.stateOut = 0;
        answer.position = 10;
        refused(reason);
    }

    function test_the_rotations_are_the_models() public {
        query();
        answer.parameter ^= 1;
        refused(ModelRecordLibrary.NotAParameter.selector);
    }
}
