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

    /// @dev Every answer in turn leaves what Rust says, and is no answer to another question.
    function decides(string memory name) private {
        read(string.concat("answers/", name));
        Question memory question = Question({
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
        for (uint256 i = 0; vm.keyExistsJson(file, item(".answers", i)); i++) {
            string memory entry = item(".answers", i);
            bytes memory answer = vm.parseJsonBytes(file, string.concat(entry, ".answer"));
            vm.assertEq(question.progress, word(string.concat(entry, ".progress")), "progress");
            bytes32 left = verifier.decide(question, answer);
            vm.assertEq(left, word(string.concat(entry, ".left")), "left");
            question.id ^= bytes32(uint256(1));
            vm.expectRevert(Groth16.FalseProof.selector);
            verifier.decide(question, answer);
            question.id ^= bytes32(uint256(1));
            question.progress = left;
        }
    }
}
