// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {Typed} from "../support/Typed.sol";

contract AcknowledgeTest is EscrowTest {
    function setUp() public override {
        super.setUp();
        committed();
    }

    function test_the_rig_is_paid_per_token_and_the_client_has_back_the_rest_and_the_fee() public {
        bytes memory signature = take(TOKENS);
        vm.expectEmit(address(escrow));
        emit IEscrow.Acknowledged(id(), TOKENS, PRICE * TOKENS);
        escrow.acknowledge(terms, TOKENS, signature);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "what the rig can withdraw");
        vm.assertEq(account(CLIENT).credit, ESCROWED - PRICE * TOKENS, "what the client can withdraw");
        assertState(IEscrow.State.Acknowledged, "the job is over");
    }

    function test_the_rig_has_its_stake_back() public {
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.assertEq(account(RIG).free, 2 * STAKE, "all stake is free");
    }

    function test_anyone_may_bring_the_clients_signature() public {
        bytes memory signature = take(TOKENS);
        vm.prank(OTHER);
        escrow.acknowledge(terms, TOKENS, signature);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the rig is paid, not who brought it");
    }

    function test_the_client_itself_needs_no_signature() public {
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the rig is paid");
    }

    function testFuzz_a_rig_may_agree_to_fewer_tokens(uint32 tokens) public {
        tokens = uint32(bound(tokens, 0, TOKENS));
        bytes memory signature = take(tokens);
        vm.prank(RIG);
        escrow.acknowledge(terms, tokens, signature);
        vm.assertEq(account(RIG).credit, PRICE * tokens, "paid per token");
        vm.assertEq(account(CLIENT).credit, ESCROWED - PRICE * tokens, "the rest");
    }

    function test_a_client_cannot_end_a_job_for_fewer_tokens_than_were_committed() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, CLIENT));
        vm.prank(CLIENT);
        escrow.acknowledge(terms, 0, "");
    }

    function test_nor_can_another_with_its_signature() public {
        bytes memory signature = take(TOKENS - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, OTHER));
        vm.prank(OTHER);
        escrow.acknowledge(terms, TOKENS - 1, signature);
    }

    function test_nobody_is_paid_for_more_tokens_than_were_committed() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongTokenCount.selector, TOKENS + 1, TOKENS));
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS + 1, "");
    }

    function test_the_signature_is_the_clients() public {
        bytes32 taken = digest(Typed.acknowledgement(id(), Typed.hash(receipt), TOKENS));
        expectBadSignature(TOKENS, signed(RIG_KEY, taken));
    }

    function test_a_signature_is_for_one_number_of_tokens() public {
        expectBadSignature(TOKENS, take(TOKENS - 1));
    }

    function test_a_signature_is_for_one_receipt() public {
        bytes32 other = digest(Typed.acknowledgement(id(), Typed.hash(otherReceipt()), TOKENS));
        expectBadSignature(TOKENS, signed(CLIENT_KEY, other));
    }

    function test_a_signature_is_for_one_job() public {
        bytes32 other = digest(Typed.acknowledgement(keccak256("another id"), Typed.hash(receipt), TOKENS));
        expectBadSignature(TOKENS, signed(CLIENT_KEY, other));
    }

    function test_an_empty_signature_is_none() public {
        expectBadSignature(TOKENS, "");
    }

    function test_the_last_second_before_the_deadline_is_in_time() public {
        vm.warp(terms.acknowledgeBy - 1);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
    }

    function test_the_second_of_the_deadline_is_too_late() public {
        vm.warp(terms.acknowledgeBy);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.acknowledgeBy));
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
    }

    function test_a_job_is_paid_once() public {
        bytes memory signature = take(TOKENS);
        escrow.acknowledge(terms, TOKENS, signature);
        expectWrongState(IEscrow.State.Acknowledged);
        escrow.acknowledge(terms, TOKENS, signature);
    }

    function test_what_is_not_committed_cannot_be_acknowledged() public {
        receipt.job = terms.jobDigest = keccak256("second job");
        open();
        expectWrongState(IEscrow.State.Open);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
    }

    function expectBadSignature(uint32 tokens, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadSignature.selector, CLIENT));
        vm.prank(RIG);
        escrow.acknowledge(terms, tokens, signature);
    }
}
