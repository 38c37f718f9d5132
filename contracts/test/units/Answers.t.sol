// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../../src/UnitVerifier.sol";
import {Question} from "../../src/interfaces/IUnitVerifier.sol";
import {Groth16} from "../../src/libraries/Groth16.sol";
import {Vectors} from "../support/Vectors.sol";

/// @notice True answers that Rust makes of a toy model's trace, from leaf to proof: tests/vectors/chain/answers.
contract AnswersTest is Vectors {
    UnitVerifier private verifier;

    function setUp() public {
        verifier = new UnitVerifier();
    }

    function test_embed_of_a_token_of_the_prompt() public {
        decides("embed_prompt");
    }

    function test_embed_of_a_generated_token() public {
        decides("embed_generated");
    }

    function test_header_of_a_norm() public {
        decides("norm_header");
    }

    function test_chunks_of_norms() public {
        decides("norm_chunk");
        decides("norm_chunk_of_embed");
    }

    function test_a_key_value_head() public {
        decides("kv");
    }

    function test_an_attention_head_in_parts() public {
        decides("attention");
        decides("attention_of_one");
    }

    function test_headers_of_packed_vectors() public {
        decides("attn_pack_header");
        decides("act_header");
    }

    function test_a_chunk_of_attn_pack() public {
        decides("attn_pack_chunk");
    }

    function test_a_chunk_of_act() public {
        decides("act_chunk");
    }

    function test_a_sample() public {
        decides("sample");
    }

    function test_the_sample_behind_the_last_draw_leaves_its_chunk_open() public {
        decides("last");
    }

    /// A bit that is another is refused, or was of no meaning: the offset of a list that is empty.
    function testFuzz_no_bit_of_an_answer_says_anything_else(uint16 where, uint8 bit) public {
        Question memory question = load("embed_prompt");
        bytes memory answer = vm.parseJsonBytes(file, ".answers[0].answer");
        // The first word is the ABI's own.
        answer[32 + uint256(where) % (answer.length - 32)] ^= bytes1(uint8(1) << (bit % 8));
        try verifier.decide(question, answer) returns (bytes32 left) {
            vm.assertEq(left, word(".answers[0].left"), "the same unit is decided");
        } catch {}
    }

    /// @dev Every answer in turn leaves what Rust says, and is no answer to another question.
    function decides(string memory name) private {
        Question memory question = load(name);
        for (uint256 i = 0; vm.keyExistsJson(file, item(".answers", i)); i++) {
            string memory base = item(".answers", i);
            bytes memory answer = vm.parseJsonBytes(file, string.concat(base, ".answer"));
            vm.assertEq(question.progress, word(string.concat(base, ".progress")), "progress");
            bytes32 left = verifier.decide(question, answer);
            vm.assertEq(left, word(string.concat(base, ".left")), "left");
            question.id ^= bytes32(uint256(1));
            vm.expectRevert(Groth16.FalseProof.selector);
            verifier.decide(question, answer);
            question.id ^= bytes32(uint256(1));
            question.progress = left;
        }
    }

    function load(string memory name) private returns (Question memory question) {
        read(string.concat("answers/", name));
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
    }
}
