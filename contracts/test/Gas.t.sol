// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {EscrowTest} from "./support/EscrowTest.sol";

/// @notice Gas of whole transactions, the 21,000 and the calldata included, each from the dearest state: accounts that hold nothing yet.
/// @dev Figures are kept in snapshots/, and the run fails if they move.
contract GasTest is EscrowTest {
    uint256 private constant COMMIT_LIMIT = 120_000;
    uint256 private constant ACKNOWLEDGE_LIMIT = 80_000;

    function test_bond() public {
        bond(STAKE);
        vm.snapshotGasLastCall("Escrow", "bond");
    }

    function test_open() public {
        open();
        vm.snapshotGasLastCall("Escrow", "open");
    }

    function test_commit() public {
        opened();
        commit();
        vm.assertLe(vm.snapshotGasLastCall("Escrow", "commit"), COMMIT_LIMIT, "gas of a commit");
    }

    function test_acknowledge_by_signature() public {
        committed();
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        uint256 gas = vm.snapshotGasLastCall("Escrow", "acknowledge by signature");
        vm.assertLe(gas, ACKNOWLEDGE_LIMIT, "gas of an acknowledgement");
    }

    function test_acknowledge_by_the_client() public {
        acknowledged();
        uint256 gas = vm.snapshotGasLastCall("Escrow", "acknowledge by the client");
        vm.assertLe(gas, ACKNOWLEDGE_LIMIT, "gas of an acknowledgement");
    }

    function test_acknowledge_when_all_stake_was_reserved() public {
        bond(STAKE);
        open();
        commit();
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        uint256 gas = vm.snapshotGasLastCall("Escrow", "acknowledge, no stake left free");
        vm.assertLe(gas, ACKNOWLEDGE_LIMIT, "gas of an acknowledgement");
    }

    function test_refund() public {
        opened();
        vm.warp(terms.commitBy);
        escrow.refund(terms);
        vm.snapshotGasLastCall("Escrow", "refund");
    }

    function test_expire() public {
        expired();
        vm.snapshotGasLastCall("Escrow", "expire");
    }

    function test_slash() public {
        committed();
        slashTwice(otherReceipt());
        vm.snapshotGasLastCall("Escrow", "slash");
    }

    function test_withdraw() public {
        acknowledged();
        vm.prank(RIG);
        escrow.withdraw(RIG);
        vm.snapshotGasLastCall("Escrow", "withdraw");
    }

    function test_unbond_and_release() public {
        bond(STAKE);
        vm.prank(RIG);
        escrow.unbond(STAKE);
        vm.snapshotGasLastCall("Escrow", "unbond");
        vm.warp(block.timestamp + escrow.UNBONDING_TIME());
        vm.prank(RIG);
        escrow.release();
        vm.snapshotGasLastCall("Escrow", "release");
    }

    function test_the_code_fits_a_chain() public {
        vm.snapshotValue("Escrow", "code bytes", address(escrow).code.length);
        vm.assertLe(address(escrow).code.length, 24_576, "EIP-170");
    }
}
