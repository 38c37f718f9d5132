// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {ContestTest} from "../support/ContestTest.sol";

/// @notice Two receipts for one contested job, in each of its states.
contract ContestSlashTest is ContestTest {
    function test_two_settlement_roots_for_a_committed_job_cost_its_stake() public {
        committed();
        Receipt memory other = receipt;
        other.settlementRoot = keccak256("another trace");
        slashTwice(other);
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the client has its money and half of the stake");
        assertState(IEscrow.State.Slashed, "the job is over");
    }

    function test_so_do_two_receipts_when_the_draws_are_known_and_some_are_decided() public {
        seeded();
        decideAllButTheLast();
        slashTwice(otherReceipt());
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the client has its money and half of the stake");
        expectWrongState(IEscrow.State.Slashed);
        decide(DRAWS);
        vm.warp(terms.proveBy);
        expectWrongState(IEscrow.State.Slashed);
        escrow.forfeit(terms);
    }

    function test_a_proven_job_stays_paid_and_its_rig_still_loses_the_stake() public {
        proven();
        slashTwice(otherReceipt());
        assertState(IEscrow.State.Proven, "how it ended stands");
        vm.assertEq(account(RIG).credit, PRICE * TOKENS + FEE, "the payment stands");
        vm.assertEq(account(RIG).free, STAKE, "the stake is gone");
        vm.assertEq(account(CLIENT).credit, PRICE * (MAX_TOKENS - TOKENS) + STAKE / 2, "half of it is the client's");
        expectNothingToSlash();
    }

    function test_unbonding_after_a_proof_does_not_escape() public {
        proven();
        vm.prank(RIG);
        escrow.unbond(2 * STAKE);
        vm.warp(block.timestamp + escrow.UNBONDING_TIME() - 1);
        slashTwice(otherReceipt());
        vm.assertEq(account(RIG).unbonding, STAKE, "the stake is gone, though it was on its way out");
    }

    function test_a_forfeit_stake_is_not_taken_again() public {
        forfeited();
        expectNothingToSlash();
    }

    function test_so_does_a_job_whose_beacon_stayed_away() public {
        committed();
        vm.warp(terms.proveBy + 7 days);
        escrow.expire(terms);
        slashTwice(otherReceipt());
        assertState(IEscrow.State.Expired, "how it ended stands");
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the money came back once");
    }

    function test_and_one_that_was_acknowledged() public {
        acknowledged();
        slashTwice(otherReceipt());
        assertState(IEscrow.State.Acknowledged, "how it ended stands");
        vm.assertEq(account(RIG).free, STAKE, "the stake is gone");
    }

    function test_terms_that_the_rig_never_accepted_cost_it_nothing() public {
        opened();
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        expectWrongState(IEscrow.State.Open);
        escrow.slash(terms, receipt, a, otherReceipt(), b);
    }

    function expectNothingToSlash() private {
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingToSlash.selector, id()));
        escrow.slash(terms, receipt, a, otherReceipt(), b);
    }
}
