// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {Typed} from "../support/Typed.sol";

contract SlashTest is EscrowTest {
    function test_two_receipts_for_a_committed_job_cost_its_stake_and_refund_the_client() public {
        committed();
        vm.expectEmit(address(escrow));
        emit IEscrow.Slashed(id(), STAKE / 2, STAKE / 2);
        vm.prank(OTHER);
        slashTwice(otherReceipt());
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the client has its money and half of the stake");
        vm.assertEq(account(escrow.BURN()).credit, STAKE / 2, "the other half is lost");
        vm.assertEq(account(RIG).free, STAKE, "stake that the job did not reserve stays");
        vm.assertEq(account(OTHER).credit, 0, "who shows the receipts gains nothing");
        assertState(IEscrow.State.Slashed, "the job is over");
    }

    function testFuzz_at_least_half_of_a_slash_is_burned(uint96 stake) public {
        terms.stake = uint96(bound(stake, 0, 2 * STAKE));
        committed();
        slashTwice(otherReceipt());
        uint256 burned = account(escrow.BURN()).credit;
        vm.assertGe(2 * burned, terms.stake, "half or more");
        vm.assertEq(burned + account(CLIENT).credit, terms.stake + ESCROWED, "nothing is made or lost");
    }

    function testFuzz_receipts_that_differ_anywhere_are_two(uint8 field) public {
        committed();
        Receipt memory other = receipt;
        field = uint8(bound(field, 0, 4));
        if (field == 0) other.tokensRoot ^= bytes32(uint256(1));
        if (field == 1) other.tokenCount ^= 1;
        if (field == 2) other.tip ^= bytes32(uint256(1));
        if (field == 3) other.positionsRoot ^= bytes32(uint256(1));
        if (field == 4) other.settlementRoot ^= bytes32(uint256(1));
        slashTwice(other);
        assertState(IEscrow.State.Slashed, "the job is over");
    }

    function test_one_receipt_shown_twice_shows_nothing() public {
        committed();
        (bytes memory a, bytes memory b) = (sign(receipt), sign(receipt));
        vm.expectPartialRevert(IEscrow.SameReceipt.selector);
        escrow.slash(terms, receipt, a, receipt, b);
    }

    function test_both_receipts_are_for_the_job() public {
        committed();
        Receipt memory other = otherReceipt();
        other.job = keccak256("another job");
        expectFailure(abi.encodeWithSelector(IEscrow.WrongJob.selector, other.job), other, RIG_KEY);
    }

    function test_both_receipts_name_the_rig() public {
        committed();
        Receipt memory other = otherReceipt();
        other.rig = OTHER;
        expectFailure(abi.encodeWithSelector(IEscrow.WrongRig.selector, OTHER), other, RIG_KEY);
    }

    function test_both_receipts_are_signed_by_the_rig() public {
        committed();
        expectFailure(abi.encodeWithSelector(IEscrow.BadSignature.selector, RIG), otherReceipt(), OTHER_KEY);
    }

    /// Whoever holds two receipts of a rig could otherwise write terms that put all of its stake at risk.
    function test_terms_that_the_rig_never_accepted_cost_it_nothing() public {
        opened();
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        expectWrongState(IEscrow.State.Open);
        escrow.slash(terms, receipt, a, otherReceipt(), b);
        vm.prank(RIG);
        escrow.refund(terms);
        expectWrongState(IEscrow.State.Refunded);
        escrow.slash(terms, receipt, a, otherReceipt(), b);
    }

    function test_a_job_is_slashed_once() public {
        committed();
        slashTwice(otherReceipt());
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToSlash.selector, id()));
        escrow.slash(terms, receipt, a, otherReceipt(), b);
    }

    function expectFailure(bytes memory failure, Receipt memory other, uint256 key) private {
        bytes memory good = sign(receipt);
        bytes memory bad = signed(key, digest(Typed.hash(other)));
        vm.expectRevert(failure);
        escrow.slash(terms, receipt, good, other, bad);
        vm.expectRevert(failure);
        escrow.slash(terms, other, bad, receipt, good);
    }
}

contract LateSlashTest is EscrowTest {
    function test_a_job_that_was_paid_stays_paid_and_its_rig_still_loses_the_stake() public {
        acknowledged();
        slashTwice(otherReceipt());
        assertState(IEscrow.State.Acknowledged, "how it ended stands");
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the payment stands");
        vm.assertEq(account(RIG).free, STAKE, "the stake is gone");
        vm.assertEq(account(CLIENT).credit, ESCROWED - PRICE * TOKENS + STAKE / 2, "half of it is the client's");
    }

    function test_so_does_one_whose_job_expired() public {
        expired();
        slashTwice(otherReceipt());
        assertState(IEscrow.State.Expired, "how it ended stands");
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the money came back once");
    }

    function test_unbonding_does_not_escape() public {
        acknowledged();
        vm.prank(RIG);
        escrow.unbond(2 * STAKE);
        vm.warp(block.timestamp + escrow.UNBONDING_TIME() - 1);
        slashTwice(otherReceipt());
        vm.assertEq(account(RIG).unbonding, STAKE, "the stake is gone, though it was on its way out");
    }

    function test_what_leaves_first_is_taken_first() public {
        acknowledged();
        vm.prank(RIG);
        escrow.unbond(STAKE / 4);
        slashTwice(otherReceipt());
        vm.assertEq(account(RIG).unbonding, 0, "all that was leaving");
        vm.assertEq(account(RIG).free, STAKE, "and the rest of what stayed");
    }

    function test_what_is_reserved_for_another_job_is_out_of_reach_until_it_is_free_again() public {
        acknowledged();
        // The rig ties all of its stake to a second job.
        (terms.jobDigest, terms.stake) = (keccak256("second job"), 2 * STAKE);
        receipt.job = terms.jobDigest;
        open();
        commit();
        (terms, receipt) = (someTerms(), someReceipt());
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToSlash.selector, id()));
        escrow.slash(terms, receipt, a, otherReceipt(), b);

        // When that one ends, the same receipts take what is owed.
        (terms.jobDigest, terms.stake) = (keccak256("second job"), 2 * STAKE);
        vm.warp(terms.acknowledgeBy);
        escrow.expire(terms);
        terms = someTerms();
        slashTwice(otherReceipt());
        vm.assertEq(account(RIG).free, STAKE, "the stake is gone");
    }

    function test_what_is_taken_in_parts_adds_up_to_the_stake_and_no_more() public {
        acknowledged();
        vm.prank(RIG);
        escrow.unbond(2 * STAKE - 1);
        vm.warp(block.timestamp + escrow.UNBONDING_TIME());
        vm.prank(RIG);
        escrow.release();
        slashTwice(otherReceipt());
        vm.assertEq(escrow.job(id()).slashed, 1, "all there was");
        bond(2 * STAKE);
        slashTwice(otherReceipt());
        vm.assertEq(escrow.job(id()).slashed, STAKE, "the rest");
        vm.assertEq(account(RIG).free, STAKE + 1, "and no more");
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToSlash.selector, id()));
        escrow.slash(terms, receipt, a, otherReceipt(), b);
    }
}
