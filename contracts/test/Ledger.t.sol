// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ILedger} from "../src/interfaces/ILedger.sol";
import {EscrowTest} from "./support/EscrowTest.sol";

contract LedgerTest is EscrowTest {
    function test_bonded_stake_is_free() public {
        vm.expectEmit(address(escrow));
        emit ILedger.Bonded(RIG, STAKE);
        bond(STAKE);
        vm.assertEq(account(RIG).free, STAKE, "stake");
        vm.assertEq(token.balanceOf(address(escrow)), STAKE, "what came in");
    }

    function test_unbonding_stake_is_no_longer_free_and_not_yet_out() public {
        bond(STAKE);
        vm.expectEmit(address(escrow));
        emit ILedger.Unbonding(RIG, STAKE / 4, START + 7 days);
        vm.prank(RIG);
        escrow.unbond(STAKE / 4);
        vm.assertEq(account(RIG).free, STAKE - STAKE / 4, "free");
        vm.assertEq(account(RIG).unbonding, STAKE / 4, "on its way");
        vm.assertEq(account(RIG).credit, 0, "not out");
    }

    function test_nobody_unbonds_more_than_is_free() public {
        bond(STAKE);
        vm.expectRevert(abi.encodeWithSelector(ILedger.InsufficientStake.selector, STAKE, STAKE + 1));
        vm.prank(RIG);
        escrow.unbond(STAKE + 1);
    }

    function test_reserved_stake_cannot_be_unbonded() public {
        committed();
        vm.expectRevert(abi.encodeWithSelector(ILedger.InsufficientStake.selector, STAKE, STAKE + 1));
        vm.prank(RIG);
        escrow.unbond(STAKE + 1);
    }

    function test_stake_is_released_seven_days_later_to_the_second() public {
        bond(STAKE);
        vm.prank(RIG);
        escrow.unbond(STAKE);
        vm.warp(START + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILedger.StillUnbonding.selector, START + 7 days));
        vm.prank(RIG);
        escrow.release();
        vm.warp(START + 7 days);
        vm.expectEmit(address(escrow));
        emit ILedger.Released(RIG, STAKE);
        vm.prank(RIG);
        escrow.release();
        vm.assertEq(account(RIG).credit, STAKE, "can be withdrawn");
        vm.assertEq(account(RIG).unbonding, 0, "no longer on its way");
    }

    function test_unbonding_more_starts_the_time_anew() public {
        bond(STAKE);
        vm.prank(RIG);
        escrow.unbond(STAKE / 2);
        vm.warp(START + 7 days - 1);
        vm.prank(RIG);
        escrow.unbond(1);
        vm.warp(START + 7 days);
        vm.expectRevert(abi.encodeWithSelector(ILedger.StillUnbonding.selector, START + 14 days - 1));
        vm.prank(RIG);
        escrow.release();
    }

    function test_nobody_can_delay_another_rigs_release() public {
        bond(STAKE);
        vm.prank(RIG);
        escrow.unbond(STAKE);
        vm.warp(START + 7 days - 1);
        vm.prank(OTHER);
        escrow.unbond(0);
        vm.assertEq(account(RIG).releaseAt, START + 7 days, "the rig's own time");
    }

    function test_credit_is_paid_out_once_and_where_its_owner_says() public {
        acknowledged();
        uint256 before = token.balanceOf(OTHER);
        vm.expectEmit(address(escrow));
        emit ILedger.Withdrawn(RIG, OTHER, PRICE * TOKENS);
        vm.prank(RIG);
        escrow.withdraw(OTHER);
        vm.prank(RIG);
        escrow.withdraw(OTHER);
        vm.assertEq(token.balanceOf(OTHER) - before, PRICE * TOKENS, "what came out");
    }

    function test_credit_does_not_go_to_the_zero_address() public {
        vm.expectRevert(ILedger.ZeroAddress.selector);
        vm.prank(RIG);
        escrow.withdraw(address(0));
    }

    function test_stake_is_not_credit() public {
        bond(STAKE);
        uint256 before = token.balanceOf(RIG);
        vm.prank(RIG);
        escrow.withdraw(RIG);
        vm.assertEq(token.balanceOf(RIG), before, "nothing came out");
    }

    function test_anyone_sends_burned_stake_where_nobody_has_it() public {
        committed();
        slashTwice(otherReceipt());
        vm.expectEmit(address(escrow));
        emit ILedger.Burned(STAKE / 2);
        vm.prank(OTHER);
        escrow.burn();
        vm.assertEq(token.balanceOf(escrow.BURN()), STAKE / 2, "burned");
        escrow.burn();
        vm.assertEq(token.balanceOf(escrow.BURN()), STAKE / 2, "burned once");
    }
}
