// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../../src/UnitVerifier.sol";
import {Bn254, G1} from "../../src/libraries/Bn254.sol";
import {Groth16} from "../../src/libraries/Groth16.sol";
import {MerklePath} from "../../src/libraries/MerklePath.sol";
import {Prompts} from "../../src/libraries/Prompts.sol";
import {SettlementTree} from "../../src/libraries/SettlementTree.sol";
import {Part} from "../../src/libraries/Units.sol";
import {OpenedLeaf} from "../../src/types/Answers.sol";
import {ModelRecordLibrary} from "../../src/types/ModelRecord.sol";
import {Shape} from "../../src/types/Shape.sol";
import {Kind} from "../../src/types/Steps.sol";
import {UnitWorld} from "../support/UnitWorld.sol";

/// @notice Every kind of unit that one proof decides: what is decided, and that nothing of the answer or the question can be another.
abstract contract KindsTest is UnitWorld {
    /// Most gas of a unit that is no matrix product, the transaction's 21,000 and its calldata included.
    uint256 private constant LIMIT = 1_500_000;
    uint256 private constant ANY = type(uint32).max;

    function shape() internal pure virtual returns (Shape memory);
    function name() internal pure virtual returns (string memory);
    function counts() internal pure virtual returns (uint32 promptTokens, uint32 tokens);

    function setUp() public {
        (uint32 promptTokens, uint32 tokens) = counts();
        begin(shape(), promptTokens, tokens);
    }

    function test_embed_of_a_prompt_token() public {
        find(Kind.Embed, [uint256(0), question.promptTokens - 1], [uint256(0), ANY]);
        decided("embed, a prompt token");
        binds(true, true);
    }

    function test_embed_of_a_generated_token() public {
        find(Kind.Embed, [uint256(question.promptTokens), ANY], [uint256(0), ANY]);
        decided("embed, a generated token");
        binds(true, false);
    }

    function test_header_of_a_norm() public {
        find(Kind.AttnNorm, [uint256(0), ANY], [uint256(0), 0]);
        decided("header of a norm");
        binds(true, false);
    }

    function test_chunk_of_a_norm() public {
        find(Kind.AttnNorm, [uint256(0), ANY], [uint256(1), ANY]);
        decided("chunk of a norm");
        binds(true, false);
    }

    function test_last_chunk_of_the_norm_before_ffn() public {
        find(Kind.FfnNorm, [uint256(0), ANY], [uint256(3), ANY]);
        decided("");
        binds(true, false);
    }

    function test_chunk_of_the_last_norm() public {
        find(Kind.FinalNorm, [uint256(0), ANY], [uint256(2), ANY]);
        decided("");
        binds(true, false);
    }

    function test_key_value_head() public {
        find(Kind.Kv, [uint256(0), ANY], [uint256(1), ANY]);
        decided("key/value head");
        binds(true, false);
    }

    function test_header_of_attn_pack() public {
        find(Kind.AttnPack, [uint256(0), ANY], [uint256(0), 0]);
        decided("header of attn_pack");
        binds(false, false);
    }

    function test_chunk_of_attn_pack() public {
        find(Kind.AttnPack, [uint256(0), ANY], [uint256(2), ANY]);
        decided("chunk of attn_pack");
        binds(false, false);
    }

    function test_header_of_act() public {
        find(Kind.Act, [uint256(0), ANY], [uint256(0), 0]);
        decided("");
        binds(false, false);
    }

    function test_chunk_of_act() public {
        find(Kind.Act, [uint256(0), ANY], [uint256(3), ANY]);
        decided("chunk of act");
        binds(false, false);
    }

    function test_sample() public {
        find(Kind.Sample, [uint256(0), ANY], [uint256(0), ANY]);
        prepare(Part(0, 0, 3));
        decidedAs("sample");
        binds(false, false);
    }

    function decided(string memory what) private {
        prepare(Part(0, 0, 0));
        decidedAs(what);
    }

    function decidedAs(string memory what) private {
        vm.assertEq(verifier.decide(question, abi.encode(answer)), bytes32(0), "decided");
        if (bytes(what).length == 0 || bytes(name()).length == 0) return;
        uint256 gas = vm.snapshotGasLastCall("UnitVerifier", string.concat(what, name()));
        vm.assertLe(gas, LIMIT, "gas of a unit");
    }

    /// @dev Nothing of the answer can be another, one thing at a time.
    function binds(bool hasParameter, bool prompted) private {
        bindsLeaves();
        bindsModel(hasParameter);
        bindsPrompt(prompted);
        bindsProof();
        bindsQuestion(prompted);
        bindsUnused();
        vm.assertEq(verifier.decide(question, abi.encode(answer)), bytes32(0), "as it was");
    }

    function bindsLeaves() private {
        uint256 count = answer.leaves.length;
        for (uint256 i = 0; i < count; i++) {
            answer.leaves[i].leaf ^= bytes32(uint256(1));
            refused(SettlementTree.NotInTree.selector);
            answer.leaves[i].leaf ^= bytes32(uint256(1) ^ uint256(1) << 200);
            refused(SettlementTree.NotInTree.selector);
            answer.leaves[i].leaf ^= bytes32(uint256(1) << 200);
            answer.leaves[i].tokens ^= bytes32(uint256(1));
            refused(SettlementTree.NotInTree.selector);
            answer.leaves[i].tokens ^= bytes32(uint256(1));
            answer.leaves[i].path[0] ^= bytes32(uint256(1));
            refused(SettlementTree.NotInTree.selector);
            answer.leaves[i].path[0] ^= bytes32(uint256(1));
            answer.leaves[i].path.push();
            refused(MerklePath.NoSuchPath.selector);
            answer.leaves[i].path.pop();
        }
        if (count == 2) {
            swapLeaves();
            vm.expectRevert();
            verifier.decide(question, abi.encode(answer));
            swapLeaves();
        }
        answer.leaves.push(answer.leaves[0]);
        refused(UnitVerifier.WrongLeafCount.selector);
        answer.leaves.pop();
        OpenedLeaf memory last = answer.leaves[count - 1];
        answer.leaves.pop();
        refused(UnitVerifier.WrongLeafCount.selector);
        answer.leaves.push(last);
    }

    function swapLeaves() private {
        OpenedLeaf memory first = answer.leaves[0];
        answer.leaves[0] = answer.leaves[1];
        answer.leaves[1] = first;
    }

    function bindsModel(bool hasParameter) private {
        answer.record.manifest ^= bytes32(uint256(1));
        refused(UnitVerifier.WrongRecord.selector);
        answer.record.manifest ^= bytes32(uint256(1));
        answer.key.fields.x ^= 1;
        refused(ModelRecordLibrary.NotAKey.selector);
        answer.key.fields.x ^= 1;
        answer.keyIndex ^= 2;
        vm.expectRevert();
        verifier.decide(question, abi.encode(answer));
        answer.keyIndex ^= 2;
        answer.keyPath[0] ^= bytes32(uint256(1));
        refused(ModelRecordLibrary.NotAKey.selector);
        answer.keyPath[0] ^= bytes32(uint256(1));

        bytes4 reason = hasParameter ? ModelRecordLibrary.NotAParameter.selector : UnitVerifier.Superfluous.selector;
        answer.parameter ^= 1;
        refused(reason);
        answer.parameter ^= 1;
        answer.parameterIndex ^= 1;
        refused(reason);
        answer.parameterIndex ^= 1;
        answer.parameterPath.push();
        refused(hasParameter ? MerklePath.NoSuchPath.selector : reason);
        answer.parameterPath.pop();
    }

    function bindsPrompt(bool prompted) private {
        bytes4 reason = prompted ? Prompts.NotInPrompt.selector : UnitVerifier.Superfluous.selector;
        answer.promptToken ^= 1;
        refused(reason);
        answer.promptToken ^= 1;
        answer.promptPath.push();
        refused(prompted ? MerklePath.NoSuchPath.selector : reason);
        answer.promptPath.pop();
    }

    function bindsProof() private {
        answer.digest ^= 1;
        refused(Groth16.FalseProof.selector);
        answer.digest ^= 1;
        answer.digest += Bn254.R;
        refused(Bn254.ScalarTooLarge.selector);
        answer.digest -= Bn254.R;
        answer.proof.a.y = Bn254.P - answer.proof.a.y;
        refused(Groth16.FalseProof.selector);
        answer.proof.a.y = Bn254.P - answer.proof.a.y;
        answer.proof.c.x += Bn254.P;
        refused(Bn254.CoordinateTooLarge.selector);
        answer.proof.c.x -= Bn254.P;
        answer.proof.b.yu += Bn254.P;
        refused(Bn254.CoordinateTooLarge.selector);
        answer.proof.b.yu -= Bn254.P;
        answer.proof.a.x += Bn254.P;
        refused(Bn254.CoordinateTooLarge.selector);
        answer.proof.a.x -= Bn254.P;
        answer.proof.b.x ^= 1;
        refused(Bn254.NotAPoint.selector);
        answer.proof.b.x ^= 1;
        G1 memory c = answer.proof.c;
        answer.proof.c = G1(0, 0);
        refused(Groth16.FalseProof.selector);
        answer.proof.c = c;
    }

    function bindsQuestion(bool prompted) private {
        bytes32 flip = bytes32(uint256(1));
        question.id ^= flip;
        refused(Groth16.FalseProof.selector);
        question.id ^= flip;
        question.receipt ^= flip;
        refused(Groth16.FalseProof.selector);
        question.receipt ^= flip;
        question.draws++;
        refused(Groth16.FalseProof.selector);
        question.draws--;
        question.prompt ^= flip;
        refused(prompted ? Prompts.NotInPrompt.selector : Groth16.FalseProof.selector);
        question.prompt ^= flip;
        question.jobDigest ^= flip;
        refused(SettlementTree.NotInTree.selector);
        question.jobDigest ^= flip;
        question.settlementRoot ^= flip;
        refused(SettlementTree.NotInTree.selector);
        question.settlementRoot ^= flip;
        question.record ^= flip;
        refused(UnitVerifier.WrongRecord.selector);
        question.record ^= flip;
        question.progress ^= flip;
        refused(UnitVerifier.UnknownProgress.selector);
        question.progress ^= flip;
        uint32 draws = question.draws;
        question.draws = 0;
        refused(UnitVerifier.NoSuchDraw.selector);
        question.draws = draws;
    }

    /// @dev What belongs to units of other kinds.
    function bindsUnused() private {
        bytes4 reason = UnitVerifier.Superfluous.selector;
        answer.stage = 1;
        refused(reason);
        answer.stage = 0;
        answer.position = 1;
        refused(reason);
        answer.position = 0;
        answer.stateIn = 1;
        refused(reason);
        answer.stateIn = 0;
        answer.stateOut = 1;
        refused(reason);
        answer.stateOut = 0;
    }
}

/// @notice A small model whose heads lie across chunks.
contract ToyKindsTest is KindsTest {
    function shape() internal pure override returns (Shape memory) {
        return toy();
    }

    function name() internal pure override returns (string memory) {
        return "";
    }

    function counts() internal pure override returns (uint32, uint32) {
        return (5, 9);
    }
}

/// @notice SmolLM2-135M, in a job of 1,024 positions.
contract SmolLm2KindsTest is KindsTest {
    function shape() internal pure override returns (Shape memory) {
        return smollm2();
    }

    function name() internal pure override returns (string memory) {
        return ", SmolLM2, 1024 positions";
    }

    function counts() internal pure override returns (uint32, uint32) {
        return (512, 513);
    }
}
