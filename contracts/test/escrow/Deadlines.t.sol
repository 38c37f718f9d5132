// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";

contract RefundTest is EscrowTest {
    function setUp() public override {
        super.setUp();
        opened();
    }

    function test_without_a_commit_in_time_anyone_gives_the_client_its_money_back() public {
        vm.warp(terms.commitBy);
        vm.expectEmit(address(escrow));
        emit IEscrow.Refunded(id());
        vm.prank(OTHER);
        escrow.refund(terms);
        vm.assertEq(account(CLIENT).credit, ESCROWED, "all of it");
        vm.assertEq(account(RIG).free, 2 * STAKE, "nothing was at stake");
        assertState(IEscrow.State.Refunded, "the job is over");
    }

    function test_not_a_second_early() public {
        vm.warp(terms.commitBy - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, terms.commitBy));
        vm.prank(CLIENT);
        escrow.refund(terms);
    }

    function test_a_rig_that_refuses_the_job_need_not_wait() public {
        vm.prank(RIG);
        escrow.refund(terms);
        vm.assertEq(account(CLIENT).credit, ESCROWED, "all of it");
    }

    function test_money_comes_back_once() public {
        vm.warp(terms.commitBy);
        escrow.refund(terms);
        expectWrongState(IEscrow.State.Refunded);
        escrow.refund(terms);
    }

    function test_a_committed_job_is_not_refunded() public {
        commit();
        vm.warp(terms.commitBy);
        expectWrongState(IEscrow.State.Committed);
        escrow.refund(terms);
    }
}

contract ExpireTest is EscrowTest {
    function setUp() public override {
        super.setUp();
        committed();
    }

    function test_without_acknowledgement_the_client_has_its_money_and_the_rig_its_stake() public {
        vm.warp(terms.acknowledgeBy);
        vm.expectEmit(address(escrow));
        emit IEscrow.Expired(id());
        vm.prank(OTHER);
        escrow.expire(terms);
        vm.assertEq(account(CLIENT).credit, ESCROWED, "all of it");
        vm.assertEq(account(RIG).free, 2 * STAKE, "all stake is free");
        vm.assertEq(account(RIG).credit, 0, "nothing is paid without the client");
        assertState(IEscrow.State.Expired, "the job is over");
    }

    function test_not_a_second_early() public {
        vm.warp(terms.acknowledgeBy - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, terms.acknowledgeBy));
        vm.prank(CLIENT);
        escrow.expire(terms);
    }

    function test_a_job_expires_once() public {
        vm.warp(terms.acknowledgeBy);
        escrow.expire(terms);
        expectWrongState(IEscrow.State.Expired);
        escrow.expire(terms);
    }

    function test_a_job_that_was_paid_does_not_expire() public {
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.warp(terms.acknowledgeBy);
        expectWrongState(IEscrow.State.Acknowledged);
        escrow.expire(terms);
    }
}
