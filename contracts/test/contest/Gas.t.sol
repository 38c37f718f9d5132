// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ContestTest} from "../support/ContestTest.sol";
import {IdleVerifier} from "../support/VerifierDouble.sol";

/// @notice Gas of whole transactions in the contested lane, the 21,000 and the calldata included. The verifier is a double that
/// does nothing: what a true one takes comes on top.
contract ContestGasTest is ContestTest {
    uint256 private constant COMMIT_LIMIT = 120_000;
    uint256 private constant ACKNOWLEDGE_LIMIT = 80_000;
    uint256 private constant PROVE_LIMIT = 100_000;

    function test_open() public {
        open();
        vm.snapshotGasLastCall("Escrow", "contested: open");
    }

    function test_commit() public {
        opened();
        commit();
        vm.assertLe(vm.snapshotGasLastCall("Escrow", "contested: commit"), COMMIT_LIMIT, "gas of a commit");
    }

    function test_acknowledge_by_signature() public {
        seeded();
        escrow.acknowledge(terms, TOKENS, take(TOKENS));
        uint256 gas = vm.snapshotGasLastCall("Escrow", "contested: acknowledge by signature");
        vm.assertLe(gas, ACKNOWLEDGE_LIMIT, "gas of an acknowledgement");
    }

    function test_acknowledge_late_when_all_stake_was_reserved() public {
        bond(STAKE);
        open();
        commit();
        vm.warp(terms.acknowledgeBy);
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        uint256 gas = vm.snapshotGasLastCall("Escrow", "contested: acknowledge, late, by the client");
        vm.assertLe(gas, ACKNOWLEDGE_LIMIT, "gas of an acknowledgement");
    }

    function test_seed() public {
        seeded();
        vm.snapshotGasLastCall("Escrow", "contested: seed");
    }

    function test_prove_and_decide() public {
        seeded();
        decide(0);
        uint256 gas = vm.snapshotGasLastCall("Escrow", "contested: prove, decided");
        vm.assertLe(gas, PROVE_LIMIT, "gas of an answer without its verifier");
    }

    function test_prove_and_leave_something() public {
        seeded();
        answer(0, keccak256("left"));
        uint256 gas = vm.snapshotGasLastCall("Escrow", "contested: prove, something left");
        vm.assertLe(gas, PROVE_LIMIT, "gas of an answer without its verifier");
        answer(0, keccak256("less"));
        vm.snapshotGasLastCall("Escrow", "contested: prove, less left");
    }

    /// The bytes cost the same in any call; what is seen here is that handing them on costs little besides.
    function test_prove_with_a_long_answer() public {
        use(0x61737902, new IdleVerifier());
        terms.verifier = 0x61737902;
        seeded();
        prove(0, new bytes(0));
        uint256 short = vm.snapshotGasLastCall("Escrow", "contested: prove, no bytes");
        prove(1, new bytes(8192));
        uint256 long = vm.snapshotGasLastCall("Escrow", "contested: prove, 8,192 bytes of zero");
        vm.assertLe(long - short - 4 * 8192, 10_000, "handing them on");
    }

    function test_prove_the_last_draw() public {
        proven();
        uint256 gas = vm.snapshotGasLastCall("Escrow", "contested: prove, the last");
        vm.assertLe(gas, PROVE_LIMIT, "gas of an answer without its verifier");
    }

    function test_restart() public {
        seeded();
        answer(0, keccak256("left"));
        vm.prank(RIG);
        escrow.restart(terms, 0);
        vm.snapshotGasLastCall("Escrow", "contested: restart");
    }

    function test_forfeit() public {
        forfeited();
        vm.snapshotGasLastCall("Escrow", "contested: forfeit");
    }

    function test_expire() public {
        committed();
        vm.warp(terms.proveBy + 7 days);
        escrow.expire(terms);
        vm.snapshotGasLastCall("Escrow", "contested: expire");
    }

    function prove(uint32 draw, bytes memory shown) private {
        vm.prank(RIG);
        escrow.prove(terms, receipt, draw, shown);
    }
}
