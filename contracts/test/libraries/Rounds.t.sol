// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "../../src/interfaces/IBeacon.sol";
import {Rounds} from "../../src/libraries/Rounds.sol";
import {BeaconDouble} from "../support/BeaconDouble.sol";
import {Test} from "../support/Test.sol";

contract RoundsTest is Test {
    uint64 private constant GENESIS = 1_700_000_000;
    uint64 private constant PERIOD = 3;

    BeaconDouble private beacon = new BeaconDouble(GENESIS, PERIOD);

    /// drand: round 1 is at genesis, round n at genesis + (n − 1)·period.
    function timeOf(uint64 round) private pure returns (uint64) {
        return GENESIS + (round - 1) * PERIOD;
    }

    function testFuzz_the_deciding_round_is_the_first_that_lies_past_drift_and_reorganisation(uint32 since)
        public
        view
    {
        uint64 committedAt = GENESIS + since;
        uint64 round = Rounds.deciding(beacon, committedAt);
        uint64 known = committedAt + 30 seconds + 13 minutes;
        vm.assertTrue(timeOf(round) > known, "not known to anyone when the commit is final");
        vm.assertLe(timeOf(round - 1), known, "and the first such");
    }

    function testFuzz_before_the_beacon_began_it_is_its_first_round(uint32 before) public view {
        uint64 committedAt = GENESIS - 1 - 30 seconds - 13 minutes - before % 1_000_000_000;
        vm.assertEq(Rounds.deciding(beacon, committedAt), 1, "round 1");
    }

    function test_a_round_of_the_very_second_is_known_already() public pure {
        vm.assertEq(Rounds.after_(GENESIS, PERIOD, GENESIS), 2, "round 1 is out");
        vm.assertEq(Rounds.after_(GENESIS, PERIOD, GENESIS + PERIOD - 1), 2, "round 2 is not");
        vm.assertEq(Rounds.after_(GENESIS, PERIOD, GENESIS + PERIOD), 3, "now it is");
    }

    function test_a_round_that_nobody_brought_gives_nothing() public {
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoSuchRound.selector, 7));
        beacon.randomness(7);
        beacon.set(7, keccak256("seven"));
        vm.assertEq(beacon.randomness(7), keccak256("seven"), "what it gave");
    }
}
