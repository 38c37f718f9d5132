// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {Escrow} from "../src/Escrow.sol";
import {ILedger} from "../src/interfaces/ILedger.sol";
import {Asset, AssetLibrary} from "../src/types/Asset.sol";
import {EscrowTest} from "./support/EscrowTest.sol";

/// @notice A payee that takes no coin.
contract Refusing {
    function withdraw(ILedger ledger, address to) external {
        ledger.withdraw(to);
    }
}

/// @notice A payee that asks for its money again while it is paid.
contract Greedy {
    bool public wasShut;

    function bond(ILedger ledger) external payable {
        ledger.bond{value: msg.value}(uint96(msg.value));
        ledger.unbond(uint96(msg.value));
    }

    function take(ILedger ledger) external {
        ledger.release();
        ledger.withdraw(address(this));
    }

    receive() external payable {
        try ILedger(msg.sender).withdraw(address(this)) {}
        catch {
            wasShut = true;
        }
    }
}

/// @notice The same escrow in the native coin.
contract NativeTest is EscrowTest {
    function setUp() public override {
        super.setUp();
        escrow = new Escrow(Asset.wrap(address(0)), OWNER, beacon, router);
        vm.deal(CLIENT, ESCROWED);
        vm.deal(RIG, 2 * STAKE);
    }

    function test_a_job_from_its_opening_to_the_last_coin() public {
        bondAll();
        vm.prank(CLIENT);
        escrow.open{value: ESCROWED}(terms);
        commit();
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        vm.prank(RIG);
        escrow.withdraw(RIG);
        vm.prank(CLIENT);
        escrow.withdraw(CLIENT);
        vm.assertEq(RIG.balance, PRICE * TOKENS, "the rig's");
        vm.assertEq(CLIENT.balance, ESCROWED - PRICE * TOKENS, "the client's");
        vm.assertEq(address(escrow).balance, 2 * STAKE, "the stake");
    }

    function test_a_burn_leaves() public {
        bondAll();
        vm.prank(CLIENT);
        escrow.open{value: ESCROWED}(terms);
        commit();
        slashTwice(otherReceipt());
        escrow.burn();
        vm.assertEq(escrow.BURN().balance, STAKE / 2, "burned");
    }

    function testFuzz_the_value_is_the_price_and_nothing_else(uint96 value) public {
        vm.assume(value != ESCROWED);
        vm.deal(CLIENT, value);
        vm.expectRevert(abi.encodeWithSelector(AssetLibrary.WrongValue.selector, ESCROWED, value));
        vm.prank(CLIENT);
        escrow.open{value: value}(terms);
    }

    function test_stake_is_the_value() public {
        vm.expectRevert(abi.encodeWithSelector(AssetLibrary.WrongValue.selector, STAKE, STAKE - 1));
        vm.prank(RIG);
        escrow.bond{value: STAKE - 1}(STAKE);
    }

    function test_an_escrow_in_a_token_takes_no_coin() public {
        deploy(token);
        vm.expectRevert(abi.encodeWithSelector(AssetLibrary.WrongValue.selector, 0, 1));
        vm.prank(CLIENT);
        escrow.open{value: 1}(terms);
        vm.expectRevert(abi.encodeWithSelector(AssetLibrary.WrongValue.selector, 0, 1));
        vm.prank(RIG);
        escrow.bond{value: 1}(1);
    }

    function test_a_payee_that_takes_no_coin_names_another() public {
        Refusing refusing = new Refusing();
        terms.client = address(refusing);
        vm.deal(address(refusing), ESCROWED);
        vm.prank(address(refusing));
        escrow.open{value: ESCROWED}(terms);
        vm.prank(RIG);
        escrow.refund(terms);
        vm.expectRevert(Errors.FailedCall.selector);
        refusing.withdraw(escrow, address(refusing));
        refusing.withdraw(escrow, OTHER);
        vm.assertEq(OTHER.balance, ESCROWED, "paid out");
    }

    function test_a_payee_that_calls_back_is_paid_once() public {
        bondAll();
        Greedy greedy = new Greedy();
        greedy.bond{value: 5}(escrow);
        vm.warp(START + 7 days);
        greedy.take(escrow);
        vm.assertTrue(greedy.wasShut(), "the call from within failed");
        vm.assertEq(address(greedy).balance, 5, "its own and no more");
    }

    function test_coin_that_nobody_booked_is_refused() public {
        vm.deal(OTHER, 1);
        vm.prank(OTHER);
        (bool sent,) = address(escrow).call{value: 1}("");
        vm.assertTrue(!sent, "there is no account for it");
    }

    function bondAll() private {
        vm.prank(RIG);
        escrow.bond{value: 2 * STAKE}(2 * STAKE);
    }
}
