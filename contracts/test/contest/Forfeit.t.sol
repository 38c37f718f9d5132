// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "../../src/interfaces/IBeacon.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {ContestTest} from "../support/ContestTest.sol";

contract ForfeitTest is ContestTest {
    function test_a_silent_rig_loses_its_stake_at_the_deadline() public {
        seeded();
        vm.warp(terms.proveBy);
        vm.expectEmit(address(escrow));
        emit IEscrow.Forfeited(id());
        vm.expectEmit(address(escrow));
        emit IEscrow.Slashed(id(), STAKE / 2, STAKE / 2);
        vm.prank(OTHER);
        escrow.forfeit(terms);
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the client has its money and half of the stake");
        vm.assertEq(account(escrow.BURN()).credit, STAKE / 2, "the other half is lost");
        vm.assertEq(account(RIG).free, STAKE, "stake that the job did not reserve stays");
        vm.assertEq(account(RIG).credit, 0, "nothing is paid");
        vm.assertEq(account(OTHER).credit, 0, "who calls gains nothing");
        vm.assertEq(escrow.job(id()).slashed, STAKE, "what was taken");
        assertState(IEscrow.State.Slashed, "the job is over");
    }

    function test_and_not_one_second_before() public {
        seeded();
        vm.warp(terms.proveBy - 1);
        expectTooEarly(terms.proveBy);
    }

    function test_all_draws_but_one_are_not_all() public {
        seeded();
        decideAllButTheLast();
        answer(DRAWS, keccak256("left"));
        vm.warp(terms.proveBy);
        escrow.forfeit(terms);
        vm.assertEq(account(RIG).credit, 0, "nothing is paid");
    }

    function test_a_proven_job_is_not_forfeited() public {
        proven();
        vm.warp(terms.proveBy);
        expectWrongState(IEscrow.State.Proven);
        escrow.forfeit(terms);
    }

    function test_a_job_is_forfeited_once() public {
        forfeited();
        expectWrongState(IEscrow.State.Slashed);
        escrow.forfeit(terms);
    }

    function test_a_job_of_the_other_lane_is_not_forfeited() public {
        (terms, receipt) = (someTerms(), someReceipt());
        committed();
        vm.warp(terms.acknowledgeBy + 30 days);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotSeeded.selector, id()));
        escrow.forfeit(terms);
    }

    function test_what_is_not_committed_is_not_forfeited() public {
        opened();
        vm.warp(terms.proveBy);
        expectWrongState(IEscrow.State.Open);
        escrow.forfeit(terms);
    }

    /// The rig could not know its draws, and then it has as long as it would have had.
    function testFuzz_a_beacon_that_is_late_takes_no_time_from_the_rig(uint64 late) public {
        committed();
        uint64 seededAt = terms.proveBy - uint64(bound(late, 0, 1 days)) + uint64(bound(late >> 32, 0, 7 days - 1));
        vm.warp(seededAt);
        bring();
        escrow.seed(terms);
        uint64 deadline = seededAt + 1 days;
        if (deadline < terms.proveBy) deadline = terms.proveBy;
        vm.warp(deadline - 1);
        expectTooEarly(deadline);
        decideAllButTheLast();
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, deadline));
        decide(DRAWS);
        escrow.forfeit(terms);
        assertState(IEscrow.State.Slashed, "the job is over");
    }

    function test_a_rig_whose_beacon_was_late_proves_after_the_deadline_of_the_terms() public {
        committed();
        vm.warp(terms.proveBy + 7 days - 1);
        bring();
        escrow.seed(terms);
        vm.warp(terms.proveBy + 8 days - 2);
        decideAllButTheLast();
        decide(DRAWS);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS + FEE, "paid");
    }

    function test_without_draws_nobody_forfeits() public {
        committed();
        vm.warp(terms.proveBy + 30 days);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotSeeded.selector, id()));
        escrow.forfeit(terms);
    }

    function test_unbonding_does_not_escape_a_forfeit() public {
        seeded();
        vm.expectRevert(abi.encodeWithSelector(ILedger.InsufficientStake.selector, STAKE, STAKE + 1));
        vm.prank(RIG);
        escrow.unbond(STAKE + 1);
        vm.prank(RIG);
        escrow.unbond(STAKE);
        vm.warp(terms.proveBy);
        escrow.forfeit(terms);
        vm.assertEq(account(RIG).unbonding, STAKE, "what was not reserved is untouched");
        vm.assertEq(escrow.job(id()).slashed, STAKE, "what was reserved is gone");
    }

    function testFuzz_at_least_half_of_a_forfeit_is_burned(uint96 stake) public {
        terms.stake = uint96(bound(stake, 0, 2 * STAKE));
        forfeited();
        uint256 burned = account(escrow.BURN()).credit;
        vm.assertGe(2 * burned, terms.stake, "half or more");
        vm.assertEq(burned + account(CLIENT).credit, terms.stake + ESCROWED, "nothing is made or lost");
    }

    function expectTooEarly(uint64 deadline) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, deadline));
        escrow.forfeit(terms);
    }
}

contract ContestExpireTest is ContestTest {
    function setUp() public override {
        super.setUp();
        committed();
    }

    /// An absent beacon is nobody's lie.
    function test_a_beacon_that_stays_away_costs_nobody_anything() public {
        vm.warp(terms.proveBy + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.proveBy + 7 days));
        escrow.seed(terms);
        vm.expectEmit(address(escrow));
        emit IEscrow.Expired(id());
        vm.prank(OTHER);
        escrow.expire(terms);
        vm.assertEq(account(CLIENT).credit, ESCROWED, "the client has its money");
        vm.assertEq(account(RIG).free, 2 * STAKE, "the rig has its stake");
        assertState(IEscrow.State.Expired, "the job is over");
    }

    function test_and_not_a_second_early() public {
        uint64 deadline = terms.proveBy + 7 days;
        uint64[3] memory times = [terms.acknowledgeBy, terms.proveBy, deadline - 1];
        for (uint256 i = 0; i < 3; i++) {
            vm.warp(times[i]);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, deadline));
            vm.prank(CLIENT);
            escrow.expire(terms);
        }
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoSuchRound.selector, roundOf(START)));
        escrow.seed(terms);
    }

    function test_once_the_draws_are_known_a_job_does_not_expire() public {
        bring();
        escrow.seed(terms);
        vm.warp(terms.proveBy + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AlreadySeeded.selector, id()));
        escrow.expire(terms);
        escrow.forfeit(terms);
        expectWrongState(IEscrow.State.Slashed);
        escrow.expire(terms);
    }

    function test_a_proven_job_does_not_expire() public {
        bring();
        escrow.seed(terms);
        decideAllButTheLast();
        decide(DRAWS);
        vm.warp(terms.proveBy + 7 days);
        expectWrongState(IEscrow.State.Proven);
        escrow.expire(terms);
    }

    function test_a_committed_job_is_not_refunded() public {
        vm.warp(terms.commitBy);
        expectWrongState(IEscrow.State.Committed);
        escrow.refund(terms);
    }
}
