// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../src/UnitVerifier.sol";
import {Question} from "../src/interfaces/IUnitVerifier.sol";
import {Bn254, G1, G2} from "../src/libraries/Bn254.sol";
import {Draws} from "../src/libraries/Draws.sol";
import {Lanes} from "../src/libraries/Lanes.sol";
import {LinearUnits} from "../src/libraries/LinearUnits.sol";
import {MerklePath} from "../src/libraries/MerklePath.sol";
import {Products} from "../src/libraries/Products.sol";
import {SettlementTree} from "../src/libraries/SettlementTree.sol";
import {LinearAnswer, OpenedLeaf} from "../src/types/Answers.sol";
import {ModelRecord, ModelRecordLibrary} from "../src/types/ModelRecord.sol";
import {CircuitKey, Powers, ProductProof} from "../src/types/Product.sol";
import {Kind, Unit} from "../src/types/Steps.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice A job whose contract draws a chunk of o, and what becomes of the rig's answer when anything is another.
contract UnitVerifierTest is Vectors {
    /// Most gas of a linear chunk, the transaction's 21,000 and its calldata included.
    uint256 private constant LIMIT = 550_000;

    UnitVerifier private verifier;
    Question private question;
    LinearAnswer private answer;

    function setUp() public {
        load("unit");
    }

    function load(string memory name) private {
        read(name);
        verifier = new UnitVerifier();
        question = Question({
            id: word(".question.id"),
            jobDigest: word(".question.jobDigest"),
            record: word(".question.record"),
            receipt: word(".question.receipt"),
            settlementRoot: word(".question.settlementRoot"),
            prompt: word(".question.prompt"),
            promptTokens: small(".question.promptTokens"),
            tokens: small(".question.tokens"),
            seed: word(".question.seed"),
            draw: small(".question.draw"),
            draws: small(".question.draws"),
            progress: 0
        });
        answer.record = ModelRecord({
            manifest: word(".record.manifest"),
            srs: word(".record.srs"),
            shape: shapeAt(".record.shape"),
            chunksRoot: word(".record.chunksRoot"),
            chunks: small(".record.chunks"),
            keysRoot: word(".record.keysRoot"),
            keys: small(".record.keys"),
            parametersRoot: word(".record.parametersRoot"),
            parameters: small(".record.parameters")
        });
        delete answer.leaves;
        for (uint256 i = 0; vm.keyExistsJson(file, item(".leaves", i)); i++) {
            string memory leaf = item(".leaves", i);
            answer.leaves
                .push(
                    OpenedLeaf(
                        word(string.concat(leaf, ".tokens")),
                        word(string.concat(leaf, ".leaf")),
                        vm.parseJsonBytes32Array(file, string.concat(leaf, ".path"))
                    )
                );
        }
        answer.exponent = small(".chunk.exponent");
        answer.commitment = abi.decode(words(".chunk.commitment"), (G1));
        answer.chunkIndex = small(".chunk.index");
        answer.chunkPath = vm.parseJsonBytes32Array(file, ".chunk.path");
        answer.key = abi.decode(vm.parseJsonBytes(file, ".key.key"), (CircuitKey));
        answer.powers = Powers(abi.decode(words(".key.tau"), (G2)), abi.decode(words(".key.power"), (G2)));
        answer.keyIndex = small(".key.index");
        answer.keyPath = vm.parseJsonBytes32Array(file, ".key.path");
        answer.accumulators = uint256(word(".accumulators"));
        answer.proof = abi.decode(words(".proof"), (ProductProof));
    }

    function test_the_drawn_unit_is_the_one_that_rust_draws() public view {
        Unit memory unit = verifier.unitOf(question, answer.record);
        uint256[] memory want = vm.parseJsonUintArray(file, ".unit");
        vm.assertEq(unit.t, want[0], "position");
        vm.assertEq(unit.step, want[1], "step");
        vm.assertEq(unit.unit, want[2], "chunk");
        vm.assertEq(Draws.seed(word(".question.randomness"), question.id, question.receipt), question.seed, "seed");
    }

    function test_rust_writes_an_answer_as_the_contract_reads_it() public view {
        vm.assertEq(keccak256(abi.encode(answer)), keccak256(vm.parseJsonBytes(file, ".answer")), "bytes of the answer");
    }

    function test_rust_calls_the_contract_as_it_is_called() public view {
        bytes memory call = abi.encodeCall(verifier.decide, (question, abi.encode(answer)));
        vm.assertEq(keccak256(call), keccak256(vm.parseJsonBytes(file, ".call")), "bytes of the call");
    }

    function test_a_true_answer_decides_the_draw() public {
        vm.assertEq(verifier.decide(question, abi.encode(answer)), bytes32(0), "decided");
        uint256 gas = vm.snapshotGasLastCall("UnitVerifier", "a linear chunk, 6 positions of one layer");
        vm.assertLe(gas, LIMIT, "gas of a linear chunk");
    }

    /// A chunk of o, which opens three leaves, in a job of 1,000 tokens; its circuit has 976,574 constraints.
    function test_a_chunk_of_smollm2_costs_less_than_the_limit() public {
        load("smollm2");
        vm.assertEq(verifier.decide(question, abi.encode(answer)), bytes32(0), "decided");
        uint256 gas = vm.snapshotGasLastCall("UnitVerifier", "a linear chunk of SmolLM2, 1024 positions");
        vm.assertLe(gas, LIMIT, "gas of a linear chunk");
    }

    /// head adds to no residual: two leaves, and a statement with two fields less.
    function test_a_chunk_without_a_residual_is_decided() public {
        load("head");
        vm.assertEq(verifier.decide(question, abi.encode(answer)), bytes32(0), "decided");
        answer.leaves.push(answer.leaves[0]);
        expect(abi.encodeWithSelector(UnitVerifier.WrongLeafCount.selector, 3));
    }

    function test_it_decides_enough_to_be_paid_on() public view {
        vm.assertEq(verifier.decidable(), Lanes.ALL_KINDS, "kinds");
        vm.assertTrue(Lanes.suffices(verifier.decidable()), "enough");
    }

    /// EIP-170.
    function test_its_code_fits_the_limit() public {
        uint256 size = address(verifier).code.length;
        vm.snapshotValue("UnitVerifier", "code bytes", size);
        vm.assertLe(size, 24_576, "bytes of code");
    }

    function test_an_answer_about_a_matrix_product_decides_nothing_else() public {
        for (uint32 draw = 0; draw < 64; draw++) {
            (question.draw, question.draws) = (draw, 64);
            Unit memory unit = verifier.unitOf(question, answer.record);
            if (LinearUnits.isLinear(Kind(unit.step))) continue;
            vm.expectRevert();
            verifier.decide(question, abi.encode(answer));
        }
    }

    function test_another_record_than_that_of_the_terms_is_refused() public {
        answer.record.manifest = 0;
        expect(abi.encodeWithSelector(UnitVerifier.WrongRecord.selector, answer.record.id()));
    }

    /// The proof is bound to the draw: an answer serves once, for one job.
    function test_an_answer_to_another_draw_or_job_is_refused() public {
        question.id = keccak256("another job");
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
        setUp();
        question.receipt = keccak256("another receipt");
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    /// A stale beacon is another seed, and that another unit.
    function test_an_answer_under_another_seed_is_refused() public {
        question.seed = keccak256("another round");
        Unit memory unit = verifier.unitOf(question, answer.record);
        vm.assertTrue(unit.step != 6 || unit.unit != 1, "another unit");
        vm.expectRevert();
        verifier.decide(question, abi.encode(answer));
    }

    function test_another_job_digest_is_another_leaf() public {
        question.jobDigest = keccak256("another job");
        vm.expectPartialRevert(SettlementTree.NotInTree.selector);
        verifier.decide(question, abi.encode(answer));
    }

    function test_another_jobs_root_is_refused() public {
        question.settlementRoot = keccak256("another root");
        vm.expectPartialRevert(SettlementTree.NotInTree.selector);
        verifier.decide(question, abi.encode(answer));
    }

    function testFuzz_a_leaf_that_is_not_in_the_trace_is_refused(uint8 which) public {
        answer.leaves[which % 3].leaf ^= bytes32(uint256(1));
        vm.expectPartialRevert(SettlementTree.NotInTree.selector);
        verifier.decide(question, abi.encode(answer));
    }

    /// Zeros everywhere tell the truth: what stops them is that other kinds are drawn too. Here they are simply not committed.
    function test_leaves_of_zeros_are_not_those_of_the_trace() public {
        for (uint256 i = 0; i < 3; i++) {
            answer.leaves[i].leaf = 0;
        }
        vm.expectPartialRevert(SettlementTree.NotInTree.selector);
        verifier.decide(question, abi.encode(answer));
    }

    function test_leaves_of_other_steps_are_refused() public {
        OpenedLeaf memory input = answer.leaves[0];
        answer.leaves[0] = answer.leaves[1];
        answer.leaves[1] = input;
        vm.expectRevert();
        verifier.decide(question, abi.encode(answer));
    }

    function test_a_leaf_too_few_or_too_many_is_refused() public {
        OpenedLeaf memory last = answer.leaves[2];
        answer.leaves.pop();
        expect(abi.encodeWithSelector(UnitVerifier.WrongLeafCount.selector, 2));
        answer.leaves.push(last);
        answer.leaves.push(last);
        expect(abi.encodeWithSelector(UnitVerifier.WrongLeafCount.selector, 4));
    }

    function test_another_commitment_or_exponent_is_not_the_models() public {
        answer.exponent++;
        vm.expectPartialRevert(ModelRecordLibrary.NotAChunk.selector);
        verifier.decide(question, abi.encode(answer));
        answer.exponent--;
        answer.commitment = G1(1, 2);
        vm.expectPartialRevert(ModelRecordLibrary.NotAChunk.selector);
        verifier.decide(question, abi.encode(answer));
    }

    function test_another_key_or_other_powers_are_not_the_models() public {
        answer.key.alpha = G1(1, 2);
        vm.expectPartialRevert(ModelRecordLibrary.NotAKey.selector);
        verifier.decide(question, abi.encode(answer));
        setUp();
        answer.powers.width = answer.powers.tau;
        vm.expectPartialRevert(ModelRecordLibrary.NotAKey.selector);
        verifier.decide(question, abi.encode(answer));
    }

    function test_a_place_that_the_record_does_not_have_is_refused() public {
        uint32 keys = answer.record.keys;
        answer.keyIndex = keys;
        expect(abi.encodeWithSelector(MerklePath.NoSuchPath.selector, keys, keys, answer.keyPath.length));
    }

    function test_other_accumulators_are_refused() public {
        answer.accumulators ^= 1;
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function test_accumulators_have_one_writing() public {
        answer.accumulators += Bn254.R;
        expect(abi.encodeWithSelector(Bn254.ScalarTooLarge.selector, answer.accumulators));
    }

    function test_a_job_without_prompt_or_tokens_or_with_too_many_has_no_positions() public {
        question.promptTokens = 0;
        expect(abi.encodeWithSelector(UnitVerifier.BadPositions.selector, question.tokens));
        (question.promptTokens, question.tokens) = (1, 0);
        expect(abi.encodeWithSelector(UnitVerifier.BadPositions.selector, 1));
        (question.promptTokens, question.tokens) = (2, 1 << 16);
        expect(abi.encodeWithSelector(UnitVerifier.BadPositions.selector, (1 << 16) + 1));
        (question.promptTokens, question.tokens) = (type(uint32).max, type(uint32).max);
        expect(abi.encodeWithSelector(UnitVerifier.BadPositions.selector, 2 * uint256(type(uint32).max) - 1));
    }

    function test_a_job_has_no_more_positions_than_the_models_context() public {
        (question.promptTokens, question.tokens) = (2, answer.record.shape.context);
        expect(abi.encodeWithSelector(UnitVerifier.BadPositions.selector, answer.record.shape.context + 1));
        question.tokens--;
        // As many as the context are not too many.
        verifier.unitOf(question, answer.record);
    }

    function test_a_record_of_a_shape_that_no_program_has_is_refused() public {
        answer.record.shape.headDim = 7;
        question.record = answer.record.id();
        expect(abi.encodeWithSelector(UnitVerifier.BadShape.selector));
    }

    function test_a_draw_that_the_job_does_not_have_is_refused() public {
        question.draws = question.draw - 1;
        expect(abi.encodeWithSelector(UnitVerifier.NoSuchDraw.selector, question.draw));
    }

    function test_nothing_of_a_chunk_can_be_left_open() public {
        question.progress = keccak256("half of it");
        expect(abi.encodeWithSelector(UnitVerifier.UnknownProgress.selector, question.progress));
    }

    /// It would hide that the step has a residual, even if it stood in the tree.
    function test_a_residual_of_zero_is_refused() public {
        answer.leaves[2].leaf = 0;
        expect(abi.encodeWithSelector(UnitVerifier.ZeroLeaf.selector));
    }

    function testFuzz_bytes_that_are_no_answer_are_refused(bytes calldata garbage) public {
        vm.expectRevert();
        verifier.decide(question, garbage);
    }

    function expect(bytes memory failure) private {
        vm.expectRevert(failure);
        verifier.decide(question, abi.encode(answer));
    }

    function words(string memory name) private view returns (bytes memory) {
        return abi.encodePacked(vm.parseJsonBytes32Array(file, name));
    }
}
