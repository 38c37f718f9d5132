// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DrandBeacon} from "../src/DrandBeacon.sol";
import {IBeacon} from "../src/interfaces/IBeacon.sol";
import {IDrandBeacon} from "../src/interfaces/IDrandBeacon.sol";
import {Bn254, G1, G2} from "../src/libraries/Bn254.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice Rounds of drand's BN254 network with the signatures that it gave; points hashed by another implementation.
contract DrandBeaconTest is Vectors {
    uint256 private constant ROUNDS = 5;

    DrandBeacon private beacon;
    uint64 private genesis;
    uint64 private period;

    function setUp() public {
        read("drand");
        (genesis, period) = (uint64(number(".genesis")), uint64(number(".period")));
        beacon = new DrandBeacon(key(), genesis, period);
        vm.warp(timeOf(roundAt(ROUNDS - 1)));
    }

    function key() private view returns (G2 memory) {
        bytes32[] memory k = vm.parseJsonBytes32Array(file, ".key");
        return G2(uint256(k[0]), uint256(k[1]), uint256(k[2]), uint256(k[3]));
    }

    function roundAt(uint256 i) private view returns (uint64) {
        return uint64(number(string.concat(item(".rounds", i), ".round")));
    }

    function signatureAt(uint256 i) private view returns (G1 memory) {
        bytes32[] memory s = vm.parseJsonBytes32Array(file, string.concat(item(".rounds", i), ".signature"));
        return G1(uint256(s[0]), uint256(s[1]));
    }

    function timeOf(uint64 round) private view returns (uint256) {
        return uint256(genesis) + (uint256(round) - 1) * period;
    }

    function refuse(uint64 round, G1 memory signature, bytes memory failure) private {
        vm.expectRevert(failure);
        beacon.bring(round, signature);
        if (round != 0) {
            vm.expectRevert(abi.encodeWithSelector(IBeacon.NoSuchRound.selector, round));
            beacon.randomness(round);
        }
    }

    function test_a_round_that_the_network_signed_is_kept_as_the_hash_of_its_signature() public {
        for (uint256 i = 0; i < ROUNDS; i++) {
            vm.prank(address(uint160(0xbeef + i)));
            beacon.bring(roundAt(i), signatureAt(i));
            if (i == 2) vm.snapshotGasLastCall("Beacon", "bring a round");
            bytes32 expected = word(string.concat(item(".rounds", i), ".randomness"));
            vm.assertEq(beacon.randomness(roundAt(i)), expected, "sha256 of the signature");
        }
    }

    function test_a_brought_round_is_announced() public {
        vm.expectEmit(address(beacon));
        emit IDrandBeacon.RoundBrought(roundAt(0), word(".rounds[0].randomness"));
        beacon.bring(roundAt(0), signatureAt(0));
    }

    function test_genesis_period_and_key_are_those_of_the_deployment() public view {
        vm.assertEq(beacon.genesis(), genesis, "genesis");
        vm.assertEq(beacon.period(), period, "period");
        vm.assertEq(keccak256(abi.encode(beacon.publicKey())), keccak256(abi.encode(key())), "key");
    }

    function test_a_round_is_brought_once() public {
        beacon.bring(roundAt(0), signatureAt(0));
        vm.expectRevert(abi.encodeWithSelector(IDrandBeacon.RoundKnown.selector, roundAt(0)));
        beacon.bring(roundAt(0), signatureAt(0));
    }

    function test_the_signature_of_another_round_is_refused() public {
        uint64 round = roundAt(1);
        refuse(round, signatureAt(0), abi.encodeWithSelector(IDrandBeacon.WrongSignature.selector, round));
    }

    function test_the_negated_signature_is_refused() public {
        G1 memory s = signatureAt(0);
        refuse(1, G1(s.x, Bn254.P - s.y), abi.encodeWithSelector(IDrandBeacon.WrongSignature.selector, 1));
    }

    function test_the_identity_signs_nothing() public {
        refuse(1, G1(0, 0), abi.encodeWithSelector(IDrandBeacon.WrongSignature.selector, 1));
    }

    function testFuzz_a_multiple_of_a_signature_is_refused(uint256 k) public {
        G1 memory s = signatureAt(0);
        k = bound(k, 2, Bn254.R - 1);
        refuse(1, Bn254.multiply(s, k), abi.encodeWithSelector(IDrandBeacon.WrongSignature.selector, 1));
    }

    function test_round_zero_does_not_exist() public {
        refuse(0, signatureAt(0), abi.encodeWithSelector(IDrandBeacon.RoundZero.selector));
    }

    function test_a_round_is_not_brought_a_second_before_it_happens() public {
        uint64 round = roundAt(2);
        vm.warp(timeOf(round) - 1);
        refuse(round, signatureAt(2), abi.encodeWithSelector(IDrandBeacon.RoundAhead.selector, round));
        vm.warp(timeOf(round));
        beacon.bring(round, signatureAt(2));
    }

    function test_the_last_number_of_a_round_is_ahead_and_not_an_overflow() public {
        uint64 round = type(uint64).max;
        refuse(round, signatureAt(0), abi.encodeWithSelector(IDrandBeacon.RoundAhead.selector, round));
    }

    /// sha256 of another writing would be other randomness for the same round.
    function test_a_second_writing_of_the_signature_is_refused() public {
        G1 memory s = signatureAt(0);
        refuse(1, G1(s.x + Bn254.P, s.y), abi.encodeWithSelector(Bn254.CoordinateTooLarge.selector, s.x + Bn254.P));
        refuse(1, G1(s.x, s.y + Bn254.P), abi.encodeWithSelector(Bn254.CoordinateTooLarge.selector, s.y + Bn254.P));
    }

    function test_what_is_no_point_is_refused() public {
        G1 memory s = signatureAt(0);
        refuse(1, G1(s.x, s.y ^ 1), abi.encodeWithSelector(Bn254.NotAPoint.selector));
    }

    function test_under_another_key_the_round_is_not_signed() public {
        G2 memory k = key();
        beacon = new DrandBeacon(G2(k.xu, k.x, Bn254.P - k.yu, Bn254.P - k.y), genesis, period);
        refuse(1, signatureAt(0), abi.encodeWithSelector(IDrandBeacon.WrongSignature.selector, 1));
    }

    function test_a_round_that_nobody_brought_gives_nothing() public {
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoSuchRound.selector, 7));
        beacon.randomness(7);
    }

    function test_no_beacon_without_a_key() public {
        vm.expectRevert(IDrandBeacon.NoPublicKey.selector);
        new DrandBeacon(G2(0, 0, 0, 0), genesis, period);
    }

    function test_a_key_off_the_curve_is_refused() public {
        G2 memory k = key();
        vm.expectRevert(Bn254.NotAPoint.selector);
        new DrandBeacon(G2(k.x, k.xu, k.y, k.yu), genesis, period);
    }

    function test_a_key_has_one_writing() public {
        G2 memory k = key();
        vm.expectRevert(abi.encodeWithSelector(Bn254.CoordinateTooLarge.selector, k.x + Bn254.P));
        new DrandBeacon(G2(k.xu, k.x + Bn254.P, k.yu, k.y), genesis, period);
    }

    function test_no_beacon_without_a_period() public {
        vm.expectRevert(IDrandBeacon.NoPeriod.selector);
        new DrandBeacon(key(), genesis, 0);
    }

    function test_the_code_fits_a_chain() public {
        vm.snapshotValue("Beacon", "code bytes", address(beacon).code.length);
        vm.assertLe(address(beacon).code.length, 24_576, "EIP-170");
    }
}
