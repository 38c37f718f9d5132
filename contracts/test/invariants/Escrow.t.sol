// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Test} from "../support/Test.sol";
import {ContestHandler} from "./ContestHandler.sol";
import {Handler} from "./Handler.sol";

/// @notice What is so after any moves of anybody.
contract EscrowInvariants is Test {
    ContestHandler private handler;

    function setUp() public {
        handler = new ContestHandler();
    }

    /// @dev Asked by the runner: the moves it may make.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory moves = new bytes4[](26);
        (moves[0], moves[1], moves[2]) = (Handler.wait.selector, Handler.bond.selector, Handler.unbond.selector);
        (moves[3], moves[4], moves[5]) = (Handler.release.selector, Handler.withdraw.selector, Handler.burn.selector);
        (moves[6], moves[7], moves[8]) = (Handler.open.selector, Handler.commit.selector, Handler.commit.selector);
        (moves[9], moves[10]) = (Handler.acknowledge.selector, Handler.refund.selector);
        (moves[11], moves[12], moves[13]) = (Handler.expire.selector, Handler.slash.selector, Handler.bond.selector);
        (moves[14], moves[15]) = (ContestHandler.openContested.selector, ContestHandler.seed.selector);
        (moves[16], moves[17]) = (ContestHandler.prove.selector, ContestHandler.proveAll.selector);
        (moves[18], moves[19]) = (ContestHandler.restart.selector, ContestHandler.forfeit.selector);
        (moves[20], moves[21]) = (ContestHandler.expireContested.selector, Handler.commit.selector);
        (moves[22], moves[23]) = (ContestHandler.seed.selector, Handler.commit.selector);
        (moves[24], moves[25]) = (Handler.wait.selector, ContestHandler.forfeit.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), moves);
    }

    function invariant_the_escrow_has_exactly_what_it_owes() public view {
        uint256 balance = handler.token().balanceOf(address(handler.escrow()));
        vm.assertEq(balance, handler.obligations(), "balance and obligations");
    }

    /// No job is paid twice or at another price, no last state is left, half of a slash is burned, no stake escapes one. No
    /// contested job is paid for less than all of its draws, or lost while its rig had time.
    function invariant_nothing_happened_that_must_not() public view {
        vm.assertEq(bytes(handler.broken()).length, 0, handler.broken());
    }

    /// Without this, the invariants could hold because nothing happens.
    function test_the_game_comes_to_every_ending() public {
        FuzzSelector memory target = this.targetSelectors()[0];
        for (uint256 i = 0; i < 2500; i++) {
            uint256 word = uint256(keccak256(abi.encode(i)));
            bytes4 move = target.selectors[word % target.selectors.length];
            bytes memory data = abi.encodePacked(move);
            for (uint256 argument = 0; argument < 6; argument++) {
                // Small enough for every type, large enough for every range.
                data = abi.encodePacked(
                    data, (uint256(keccak256(abi.encode(i, argument))) >> 224) % argumentLimit(move, argument)
                );
            }
            (bool done,) = target.addr.call(data);
            vm.assertTrue(done, "no move fails");
        }
        for (uint256 state = uint256(IEscrow.State.Acknowledged); state <= uint256(IEscrow.State.Proven); state++) {
            vm.assertGe(
                handler.reached(IEscrow.State(state)), 3, string.concat("jobs that came to ending ", vm.toString(state))
            );
        }
        vm.assertGe(handler.lateSlashes(), 3, "slashes after the end");
        vm.assertGe(handler.forfeits(), 2, "rigs that did not prove");
        vm.assertGe(handler.abandoned(), 1, "beacons that stayed away");
    }

    /// Every job ends though its client and its rig are silent, and then every coin can leave.
    function afterInvariant() public {
        handler.endAll();
        invariant_nothing_happened_that_must_not();
        vm.assertEq(handler.token().balanceOf(address(handler.escrow())), 0, "what is left");
    }

    /// @dev Arguments that name somebody are bytes.
    function argumentLimit(bytes4 move, uint256 argument) private pure returns (uint256) {
        bool names = argument == 0
            ? move == Handler.bond.selector || move == Handler.unbond.selector || move == Handler.release.selector
                || move == Handler.withdraw.selector || move == Handler.open.selector
            : (argument == 1 && (move == Handler.withdraw.selector || move == Handler.refund.selector))
                || (argument == 2 && move == Handler.acknowledge.selector);
        return names ? 256 : 1 << 32;
    }
}
