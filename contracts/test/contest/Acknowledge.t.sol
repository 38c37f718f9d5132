// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ContestTest} from "../support/ContestTest.sol";

contract ContestAcknowledgeTest is ContestTest {
    function test_a_client_in_time_pays_no_proof_fee() public {
        committed();
        vm.warp(terms.acknowledgeBy - 1);
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the tokens");
        vm.assertEq(account(CLIENT).credit, ESCROWED - PRICE * TOKENS, "the rest and the fee");
        vm.assertEq(account(RIG).free, 2 * STAKE, "all stake is free");
    }

    /// Its rig may have proven most of the job by then.
    function test_a_client_that_is_late_pays_the_proof_fee_too() public {
        seeded();
        vm.warp(terms.acknowledgeBy);
        vm.expectEmit(address(escrow));
        emit IEscrow.Acknowledged(id(), TOKENS, PRICE * TOKENS + FEE);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        vm.assertEq(account(RIG).credit, PRICE * TOKENS + FEE, "tokens and proofs");
        vm.assertEq(account(CLIENT).credit, ESCROWED - PRICE * TOKENS - FEE, "the rest");
        assertState(IEscrow.State.Acknowledged, "the job is over");
    }

    function test_a_client_may_be_as_late_as_the_job() public {
        seeded();
        vm.warp(terms.proveBy + 100 days);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        vm.assertEq(account(RIG).free, 2 * STAKE, "all stake is free");
    }

    function test_a_late_client_pays_for_all_tokens() public {
        committed();
        vm.warp(terms.acknowledgeBy);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, CLIENT));
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS - 1, "");
    }

    /// A rig could otherwise keep a signature that it was given in time until it is worth more.
    function test_a_signature_that_the_rig_brings_late_brings_no_fee() public {
        committed();
        bytes memory signature = take(TOKENS);
        vm.warp(terms.acknowledgeBy);
        vm.prank(RIG);
        escrow.acknowledge(terms, TOKENS, signature);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the tokens");
    }

    function test_a_rig_may_agree_to_fewer_tokens_late() public {
        committed();
        bytes memory signature = take(TOKENS - 1);
        vm.warp(terms.acknowledgeBy);
        vm.prank(RIG);
        escrow.acknowledge(terms, TOKENS - 1, signature);
        vm.assertEq(account(RIG).credit, PRICE * (TOKENS - 1), "the tokens");
    }

    function test_a_late_rig_still_needs_the_signature() public {
        committed();
        vm.warp(terms.acknowledgeBy);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadSignature.selector, CLIENT));
        vm.prank(RIG);
        escrow.acknowledge(terms, TOKENS, "");
    }

    function test_nobody_else_brings_a_signature_late() public {
        committed();
        bytes memory signature = take(TOKENS);
        vm.warp(terms.acknowledgeBy);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.acknowledgeBy));
        vm.prank(OTHER);
        escrow.acknowledge(terms, TOKENS, signature);
    }

    function test_without_the_contested_lane_late_is_too_late_for_everybody() public {
        (terms, receipt) = (someTerms(), someReceipt());
        committed();
        bytes memory signature = take(TOKENS);
        vm.warp(terms.acknowledgeBy);
        address[3] memory callers = [CLIENT, RIG, OTHER];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.acknowledgeBy));
            vm.prank(callers[i]);
            escrow.acknowledge(terms, TOKENS, signature);
        }
    }

    function test_an_acknowledgement_that_comes_before_the_last_proof_ends_the_job() public {
        seeded();
        decideAllButTheLast();
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        expectWrongState(IEscrow.State.Acknowledged);
        decide(DRAWS);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "paid once, without the fee: the client was in time");
    }

    function test_a_last_proof_that_comes_before_the_acknowledgement_ends_the_job() public {
        proven();
        expectWrongState(IEscrow.State.Proven);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        vm.assertEq(account(RIG).credit, PRICE * TOKENS + FEE, "paid once");
    }

    function test_a_forfeit_job_is_not_acknowledged() public {
        forfeited();
        expectWrongState(IEscrow.State.Slashed);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
    }
}
