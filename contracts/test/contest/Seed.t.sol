// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "../../src/interfaces/IBeacon.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ContestTest} from "../support/ContestTest.sol";
import {Typed} from "../support/Typed.sol";

contract SeedTest is ContestTest {
    function setUp() public override {
        super.setUp();
        committed();
    }

    function test_anyone_fixes_the_draws_by_the_round_that_decides() public {
        bring();
        vm.warp(START + 15 minutes);
        bytes32 expected = seedOf(RANDOMNESS);
        vm.expectEmit(address(escrow));
        emit IEscrow.Seeded(id(), roundOf(START), expected);
        vm.prank(OTHER);
        escrow.seed(terms);
        IEscrow.Job memory job = escrow.job(id());
        vm.assertEq(job.seed, expected, "the seed");
        vm.assertEq(job.seededAt, START + 15 minutes, "when it became known here");
        assertState(IEscrow.State.Committed, "nothing else changed");
    }

    function testFuzz_the_round_follows_from_the_second_of_the_commit(uint32 later) public {
        receipt.job = terms.jobDigest = keccak256("second job");
        vm.warp(START + later % 1 hours);
        open();
        commit();
        beacon.set(roundOf(START + later % 1 hours), RANDOMNESS);
        escrow.seed(terms);
        vm.assertEq(escrow.job(id()).seed, seedOf(RANDOMNESS), "the seed");
    }

    function test_no_other_round_will_do() public {
        uint64 round = roundOf(START);
        beacon.set(round - 1, RANDOMNESS);
        beacon.set(round + 1, RANDOMNESS);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoSuchRound.selector, round));
        escrow.seed(terms);
    }

    function test_jobs_receipts_and_rounds_have_draws_of_their_own() public {
        bring();
        escrow.seed(terms);
        bytes32 first = escrow.job(id()).seed;
        // The same receipt under other terms, in the same round.
        terms.stake = STAKE - 1;
        open();
        commit();
        escrow.seed(terms);
        vm.assertTrue(escrow.job(id()).seed != first, "another job");
        // The same terms but for the digest of the job, another receipt.
        vm.assertTrue(seedOf(RANDOMNESS) != seedOf(keccak256("another round")), "another round");
    }

    function test_draws_are_fixed_once() public {
        bring();
        escrow.seed(terms);
        beacon.set(roundOf(START), keccak256("something else"));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AlreadySeeded.selector, id()));
        escrow.seed(terms);
    }

    function test_a_job_of_the_other_lane_has_no_draws() public {
        (terms, receipt) = (someTerms(), someReceipt());
        open();
        commit();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotContested.selector, id()));
        escrow.seed(terms);
    }

    function test_what_is_not_committed_has_no_draws() public {
        receipt.job = terms.jobDigest = keccak256("second job");
        expectWrongState(IEscrow.State.None);
        escrow.seed(terms);
        open();
        expectWrongState(IEscrow.State.Open);
        escrow.seed(terms);
    }

    function test_nor_has_what_is_over() public {
        bring();
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        expectWrongState(IEscrow.State.Acknowledged);
        escrow.seed(terms);
    }

    function test_a_week_after_the_deadline_it_is_too_late_and_not_a_second_before() public {
        bring();
        vm.warp(terms.proveBy + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.proveBy + 7 days));
        escrow.seed(terms);
        vm.warp(terms.proveBy + 7 days - 1);
        escrow.seed(terms);
    }

    function seedOf(bytes32 randomness) private view returns (bytes32) {
        return keccak256(abi.encode(keccak256("assay v1 chain draw"), randomness, id(), Typed.hash(receipt)));
    }
}
