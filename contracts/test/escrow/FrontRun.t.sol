// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Terms} from "../../src/types/Terms.sol";
import {EscrowTest} from "../support/EscrowTest.sol";

/// @notice Whoever sees a transaction before it is in a block can send its bytes first, or others.
contract FrontRunTest is EscrowTest {
    function test_an_opening_cannot_be_taken_by_another() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotClient.selector, OTHER));
        vm.prank(OTHER);
        escrow.open(terms);
        open();
    }

    function test_a_job_digest_that_another_opened_first_blocks_nobody() public {
        Terms memory copied = terms;
        copied.client = OTHER;
        vm.prank(OTHER);
        escrow.open(copied);
        opened();
        commit();
        assertState(IEscrow.State.Committed, "the client's own job goes on");
    }

    function test_a_commit_cannot_be_sent_by_another() public {
        opened();
        bytes memory signature = sign(receipt);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, OTHER));
        vm.prank(OTHER);
        escrow.commit(terms, receipt, signature);
        commit();
    }

    function test_a_receipt_cannot_be_tied_to_terms_that_another_wrote() public {
        opened();
        terms.client = OTHER;
        terms.pricePerToken = 0;
        terms.stake = 2 * STAKE;
        vm.prank(OTHER);
        escrow.open(terms);
        bytes memory signature = sign(receipt);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, OTHER));
        vm.prank(OTHER);
        escrow.commit(terms, receipt, signature);
    }

    function test_an_acknowledgement_that_another_sends_first_pays_the_same() public {
        committed();
        bytes memory signature = take(TOKENS);
        vm.prank(OTHER);
        escrow.acknowledge(terms, TOKENS, signature);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the rig has it");
        expectWrongState(IEscrow.State.Acknowledged);
        vm.prank(RIG);
        escrow.acknowledge(terms, TOKENS, signature);
    }

    function test_a_client_cannot_overtake_its_acknowledgement() public {
        committed();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, terms.acknowledgeBy));
        vm.prank(CLIENT);
        escrow.expire(terms);
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
    }

    function test_a_rig_that_sees_its_slash_coming_loses_the_same() public {
        committed();
        // It brings the acknowledgement that it was given, and begins to take out everything.
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.prank(RIG);
        escrow.unbond(2 * STAKE);
        slashTwice(otherReceipt());
        vm.assertEq(account(RIG).unbonding, STAKE, "the job's stake is gone");
    }

    function test_no_deadline_is_both_too_late_and_too_early() public {
        opened();
        vm.warp(terms.commitBy - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, terms.commitBy));
        escrow.refund(terms);
        vm.warp(terms.commitBy);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.commitBy));
        commit();
        escrow.refund(terms);
    }
}
