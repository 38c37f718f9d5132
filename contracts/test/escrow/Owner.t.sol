// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EscrowTest} from "../support/EscrowTest.sol";

/// @notice What the owner can do: stop new jobs. Nothing that is under way stops.
contract OwnerTest is EscrowTest {
    function test_only_the_owner_pauses() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, OTHER));
        vm.prank(OTHER);
        escrow.pause();
        vm.prank(OWNER);
        escrow.pause();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, OTHER));
        vm.prank(OTHER);
        escrow.unpause();
    }

    function test_a_new_owner_must_accept() public {
        vm.prank(OWNER);
        escrow.transferOwnership(OTHER);
        vm.assertEq(escrow.owner(), OWNER, "still the old one");
        vm.prank(OTHER);
        escrow.acceptOwnership();
        vm.assertEq(escrow.owner(), OTHER, "the new one");
    }

    function test_a_paused_job_is_committed_and_paid() public {
        opened();
        pause();
        commit();
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.prank(RIG);
        escrow.withdraw(RIG);
    }

    function test_a_paused_job_is_refunded() public {
        opened();
        pause();
        vm.warp(terms.commitBy);
        escrow.refund(terms);
        vm.prank(CLIENT);
        escrow.withdraw(CLIENT);
    }

    function test_a_paused_job_expires() public {
        committed();
        pause();
        vm.warp(terms.acknowledgeBy);
        escrow.expire(terms);
    }

    function test_a_paused_job_is_slashed() public {
        committed();
        pause();
        slashTwice(otherReceipt());
        escrow.burn();
    }

    function test_stake_comes_and_goes_through_a_pause() public {
        pause();
        bond(STAKE);
        vm.prank(RIG);
        escrow.unbond(STAKE);
        vm.warp(START + 7 days);
        vm.prank(RIG);
        escrow.release();
        vm.prank(RIG);
        escrow.withdraw(RIG);
    }

    function pause() private {
        vm.prank(OWNER);
        escrow.pause();
    }
}
