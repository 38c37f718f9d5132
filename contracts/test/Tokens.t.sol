// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "../src/interfaces/IEscrow.sol";
import {ILedger} from "../src/interfaces/ILedger.sol";
import {AssetLibrary} from "../src/types/Asset.sol";
import {EscrowTest} from "./support/EscrowTest.sol";
import {
    BlockingToken,
    CallingToken,
    FeeToken,
    IdleToken,
    RefusingToken,
    SilentToken,
    Token
} from "./support/Tokens.sol";

/// @notice Tokens that do not do as they are told.
contract TokensTest is EscrowTest {
    function test_a_token_that_takes_a_fee_is_refused() public {
        deploy(new FeeToken());
        vm.expectRevert(abi.encodeWithSelector(AssetLibrary.WrongAmountReceived.selector, STAKE, STAKE - STAKE / 100));
        bond(STAKE);
        vm.expectRevert(
            abi.encodeWithSelector(AssetLibrary.WrongAmountReceived.selector, ESCROWED, ESCROWED - ESCROWED / 100)
        );
        open();
    }

    function test_a_token_that_says_yes_and_moves_nothing_is_refused() public {
        deploy(new IdleToken());
        vm.expectRevert(abi.encodeWithSelector(AssetLibrary.WrongAmountReceived.selector, STAKE, 0));
        bond(STAKE);
    }

    function test_a_token_that_says_no_has_not_paid() public {
        deploy(new RefusingToken());
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        bond(STAKE);
    }

    function test_a_token_that_says_no_has_not_been_paid_out() public {
        acknowledged();
        vm.etch(address(token), address(new RefusingToken()).code);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        vm.prank(RIG);
        escrow.withdraw(RIG);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS, "the credit is still there");
    }

    function test_a_token_that_answers_nothing_is_taken_at_its_balance() public {
        deploy(Token(address(new SilentToken())));
        acknowledged();
        vm.prank(RIG);
        escrow.withdraw(OTHER);
        vm.assertEq(token.balanceOf(OTHER), 1_000_000 ether + PRICE * TOKENS, "paid out");
    }

    function test_a_payee_that_the_token_blocks_holds_up_nobody() public {
        BlockingToken blocking = new BlockingToken();
        deploy(blocking);
        committed();
        blocking.setBlocked(RIG, true);
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.prank(CLIENT);
        escrow.withdraw(CLIENT);
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, RIG));
        vm.prank(RIG);
        escrow.withdraw(RIG);
        vm.prank(RIG);
        escrow.withdraw(OTHER);
        vm.assertEq(token.balanceOf(OTHER), 1_000_000 ether + PRICE * TOKENS, "another address takes it");
    }

    function test_a_blocked_client_cannot_keep_its_rig_from_the_stake() public {
        BlockingToken blocking = new BlockingToken();
        deploy(blocking);
        committed();
        blocking.setBlocked(CLIENT, true);
        vm.warp(terms.acknowledgeBy);
        escrow.expire(terms);
        vm.assertEq(account(RIG).free, 2 * STAKE, "all stake is free");
    }

    function test_a_token_that_blocks_the_burn_address_holds_up_no_slash() public {
        BlockingToken blocking = new BlockingToken();
        deploy(blocking);
        committed();
        blocking.setBlocked(escrow.BURN(), true);
        slashTwice(otherReceipt());
        assertState(IEscrow.State.Slashed, "the job is over");
    }
}

/// @notice A token that calls back while it moves: every function that changes anything is shut then.
contract ReentranceTest is EscrowTest {
    CallingToken private calling;

    function setUp() public override {
        super.setUp();
        calling = new CallingToken();
        deploy(calling);
    }

    function test_withdraw_is_shut_while_it_pays() public {
        acknowledged();
        calling.setCall(address(escrow), abi.encodeCall(ILedger.withdraw, (OTHER)));
        vm.prank(RIG);
        escrow.withdraw(RIG);
        requireShut();
        vm.assertEq(token.balanceOf(address(escrow)), 2 * STAKE + ESCROWED - PRICE * TOKENS, "paid once");
    }

    function test_burn_is_shut_while_it_pays() public {
        committed();
        slashTwice(otherReceipt());
        calling.setCall(address(escrow), abi.encodeCall(ILedger.burn, ()));
        escrow.burn();
        requireShut();
    }

    function test_bond_is_shut_while_it_takes() public {
        calling.setCall(address(escrow), abi.encodeCall(ILedger.bond, (1)));
        bond(STAKE);
        requireShut();
    }

    function test_unbond_is_shut() public {
        whileBonding(abi.encodeCall(ILedger.unbond, (0)));
    }

    function test_release_is_shut() public {
        whileBonding(abi.encodeCall(ILedger.release, ()));
    }

    function test_open_is_shut_while_it_takes() public {
        terms.client = address(calling);
        bytes memory again = abi.encodeCall(IEscrow.open, (terms));
        terms.client = CLIENT;
        calling.setCall(address(escrow), again);
        open();
        requireShut();
    }

    function test_commit_is_shut() public {
        terms.rig = address(calling);
        receipt.rig = address(calling);
        open();
        whileBonding(abi.encodeCall(IEscrow.commit, (terms, receipt, "")));
    }

    function test_acknowledge_is_shut() public {
        committed();
        whileBonding(abi.encodeCall(IEscrow.acknowledge, (terms, TOKENS, take(TOKENS))));
        assertState(IEscrow.State.Committed, "nothing happened");
    }

    function test_refund_is_shut() public {
        open();
        vm.warp(terms.commitBy);
        whileBonding(abi.encodeCall(IEscrow.refund, (terms)));
        assertState(IEscrow.State.Open, "nothing happened");
    }

    function test_expire_is_shut() public {
        committed();
        vm.warp(terms.acknowledgeBy);
        whileBonding(abi.encodeCall(IEscrow.expire, (terms)));
        assertState(IEscrow.State.Committed, "nothing happened");
    }

    function test_slash_is_shut() public {
        committed();
        bytes memory first = sign(receipt);
        bytes memory second = sign(otherReceipt());
        whileBonding(abi.encodeCall(IEscrow.slash, (terms, receipt, first, otherReceipt(), second)));
        assertState(IEscrow.State.Committed, "nothing happened");
    }

    function whileBonding(bytes memory data) private {
        calling.setCall(address(escrow), data);
        vm.prank(OTHER);
        escrow.bond(1);
        requireShut();
    }

    function requireShut() private view {
        vm.assertTrue(!calling.succeeded(), "the call from within failed");
        bytes4 reason = bytes4(calling.answer());
        vm.assertTrue(
            reason == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "because the contract was shut"
        );
    }
}
