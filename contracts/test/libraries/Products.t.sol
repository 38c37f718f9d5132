// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Bn254, G1, G2} from "../../src/libraries/Bn254.sol";
import {Groth16Proof} from "../../src/libraries/Groth16.sol";
import {Products} from "../../src/libraries/Products.sol";
import {Challenges, Transcript} from "../../src/libraries/Transcript.sol";
import {CircuitKey, Powers, ProductProof, Subject} from "../../src/types/Product.sol";
import {Vectors} from "../support/Vectors.sol";

/// @notice A contract around the library.
contract ProductVerifier {
    function verify(
        CircuitKey calldata key,
        Powers calldata powers,
        Subject calldata subject,
        ProductProof calldata proof
    ) external view {
        Products.requireProduct(key, powers, subject, proof);
    }

    function requireUsable(Challenges calldata drawn) external pure {
        Transcript.requireUsable(drawn);
    }

    function draw(Subject calldata subject, ProductProof calldata proof) external pure returns (Challenges memory) {
        return Transcript.draw(subject, proof);
    }
}

/// @notice A chunk that Rust proved, and what becomes of the proof when anything is another.
contract ProductsTest is Vectors {
    ProductVerifier private verifier;
    CircuitKey private key;
    Powers private powers;
    Subject private subject;
    ProductProof private proof;

    /// Words of a proof; the scalars among them stand from 8 to 12.
    uint256 private constant WORDS = 25;

    function setUp() public {
        read("product");
        verifier = new ProductVerifier();
        key = abi.decode(vm.parseJsonBytes(file, ".key"), (CircuitKey));
        powers = Powers(abi.decode(words(".tau"), (G2)), abi.decode(words(".power"), (G2)));
        proof = abi.decode(words(".proof"), (ProductProof));
        bytes32[] memory leaves = vm.parseJsonBytes32Array(file, ".leaves");
        subject = Subject(
            word(".context"),
            abi.decode(words(".commitment"), (G1)),
            number(".width"),
            uint256(word(".unit")),
            leaves[0],
            leaves[1],
            leaves[2],
            word(".job"),
            uint256(word(".accumulators"))
        );
    }

    function test_a_chunk_that_rust_proved_is_accepted() public {
        verifier.verify(key, powers, subject, proof);
        uint256 gas = vm.snapshotGasLastCall("Libraries", "a linear chunk, key in calldata");
        vm.assertLe(gas, 500_000, "gas of a linear chunk");
    }

    /// Nothing that costs gas depends on the width but the bits of one exponent.
    function test_a_width_of_4096_costs_what_one_of_2_does() public {
        refusedAt(2);
        vm.assertLe(refusedAt(4096), refusedAt(2) + 100, "gas of a wide chunk");
    }

    function refusedAt(uint256 width) private returns (uint256 gas) {
        subject.width = width;
        gas = gasleft();
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
        gas -= gasleft();
    }

    function test_challenges_are_those_of_rust() public view {
        Challenges memory drawn = verifier.draw(subject, proof);
        bytes32[] memory want = vm.parseJsonBytes32Array(file, ".challenges");
        vm.assertEq(keccak256(abi.encode(drawn)), keccak256(abi.encodePacked(want)), "challenges");
    }

    function testFuzz_every_word_of_the_subject_is_bound(uint8 which, uint256 change) public {
        bytes memory encoded = abi.encode(subject);
        uint256 place = which % (encoded.length / 32);
        // The commitment is a point or none; the others are any words.
        vm.assume(change != 0 && place != 1 && place != 2);
        poke(encoded, place, bytes32(uint256(peek(encoded, place)) ^ change));
        subject = abi.decode(encoded, (Subject));
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function test_another_commitment_is_refused() public {
        subject.commitment = G1(1, 2);
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function test_no_residual_is_another_statement() public {
        subject.residualLeaf = 0;
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function testFuzz_every_value_of_the_proof_is_bound(uint8 which, uint256 value) public {
        uint256 place = 8 + which % 5;
        bytes memory encoded = abi.encode(proof);
        value %= Bn254.R;
        vm.assume(bytes32(value) != peek(encoded, place));
        poke(encoded, place, bytes32(value));
        proof = abi.decode(encoded, (ProductProof));
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function testFuzz_every_point_of_the_proof_is_bound(uint8 which) public {
        uint256 place = pointAt(which);
        bytes memory encoded = abi.encode(proof);
        poke(encoded, place, bytes32(uint256(1)));
        poke(encoded, place + 1, bytes32(uint256(2)));
        proof = abi.decode(encoded, (ProductProof));
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function test_no_value_and_no_coordinate_has_a_second_writing() public {
        for (uint256 place = 0; place < WORDS; place++) {
            bool isValue = place >= 8 && place <= 12;
            bytes memory encoded = abi.encode(proof);
            uint256 second = uint256(peek(encoded, place)) + (isValue ? Bn254.R : Bn254.P);
            poke(encoded, place, bytes32(second));
            ProductProof memory other = abi.decode(encoded, (ProductProof));
            bytes4 reason = isValue ? Bn254.ScalarTooLarge.selector : Bn254.CoordinateTooLarge.selector;
            vm.expectRevert(abi.encodeWithSelector(reason, second));
            verifier.verify(key, powers, subject, other);
        }
    }

    /// No transcript that anyone could find draws a 0: so the check is asked directly.
    function test_a_challenge_of_zero_is_refused() public {
        Challenges memory drawn = Challenges({rho: 1, gamma: 0, z: 1, nu: 0, beta: 0, e: 0});
        verifier.requireUsable(drawn);
        drawn.rho = 0;
        vm.expectRevert(Transcript.ZeroChallenge.selector);
        verifier.requireUsable(drawn);
        (drawn.rho, drawn.z) = (1, 0);
        vm.expectRevert(Transcript.ZeroChallenge.selector);
        verifier.requireUsable(drawn);
    }

    function testFuzz_what_is_no_point_is_refused(uint8 which) public {
        uint256 place = pointAt(which);
        bytes memory encoded = abi.encode(proof);
        poke(encoded, place, bytes32((uint256(peek(encoded, place)) + 1) % Bn254.P));
        proof = abi.decode(encoded, (ProductProof));
        expect(abi.encodeWithSelector(Bn254.NotAPoint.selector));
    }

    function test_other_powers_of_tau_are_refused() public {
        powers.tau = powers.width;
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
        setUp();
        powers.width = powers.tau;
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function testFuzz_another_key_is_refused(uint8 which) public {
        which %= 5;
        if (which == 0) key.alpha = G1(1, 2);
        if (which == 1) key.one = G1(1, 2);
        if (which == 2) key.digest = G1(1, 2);
        if (which == 3) key.challenge = G1(1, 2);
        if (which == 4) key.fields = G1(1, 2);
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    function test_a_key_with_other_points_of_g2_is_refused() public {
        key.gamma = key.delta;
        expect(abi.encodeWithSelector(Products.FalseProduct.selector));
    }

    /// As of every Groth16 proof: so nothing may take proof bytes for a name.
    function test_whoever_has_a_proof_can_write_another_one_of_the_same_chunk() public {
        proof.circuit.a = G1(proof.circuit.a.x, Bn254.P - proof.circuit.a.y);
        proof.circuit.b.yu = Bn254.P - proof.circuit.b.yu;
        proof.circuit.b.y = Bn254.P - proof.circuit.b.y;
        verifier.verify(key, powers, subject, proof);
    }

    function expect(bytes memory failure) private {
        vm.expectRevert(failure);
        verifier.verify(key, powers, subject, proof);
    }

    /// Where a point of G1 begins: the proof's but those of G2.
    function pointAt(uint8 which) private pure returns (uint256) {
        uint8[8] memory points = [0, 2, 4, 6, 13, 15, 17, 23];
        return points[which % 8];
    }

    function words(string memory name) private view returns (bytes memory) {
        return abi.encodePacked(vm.parseJsonBytes32Array(file, name));
    }

    function peek(bytes memory encoded, uint256 place) private pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(add(encoded, mul(add(place, 1), 0x20)))
        }
    }

    function poke(bytes memory encoded, uint256 place, bytes32 value) private pure {
        assembly ("memory-safe") {
            mstore(add(encoded, mul(add(place, 1), 0x20)), value)
        }
    }
}
