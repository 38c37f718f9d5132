// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Bn254, G1, G2} from "../../src/libraries/Bn254.sol";
import {Groth16, Groth16Proof} from "../../src/libraries/Groth16.sol";
import {CircuitKey} from "../../src/types/Product.sol";
import {Vectors} from "../support/Vectors.sol";

/// @notice A contract around the library, as a verifier of one circuit would be.
contract Groth16Verifier {
    function verify(CircuitKey calldata key, uint256[3] calldata inputs, Groth16Proof calldata proof) external view {
        Groth16.requireValid(key, inputs, proof);
    }
}

/// @notice A key whose secrets Rust knew, and the proof that it made with them.
contract Groth16Test is Vectors {
    Groth16Verifier private verifier;
    CircuitKey private key;
    uint256[3] private inputs;
    Groth16Proof private proof;

    function setUp() public {
        read("groth16");
        verifier = new Groth16Verifier();
        (key.alpha, key.beta, key.gamma, key.delta) = (g1(".alpha"), g2(".beta"), g2(".gamma"), g2(".delta"));
        bytes32[] memory words = vm.parseJsonBytes32Array(file, ".keys");
        (key.one, key.digest, key.challenge, key.fields) = abi.decode(abi.encodePacked(words), (G1, G1, G1, G1));
        uint256[] memory numbers = vm.parseJsonUintArray(file, ".inputs");
        inputs = [numbers[0], numbers[1], numbers[2]];
        proof = Groth16Proof(g1(".a"), g2(".b"), g1(".c"));
    }

    function test_a_key_whose_constant_is_off_the_curve_accepts_nothing() public {
        key.one.y ^= 1;
        expect(abi.encodeWithSelector(Bn254.NotAPoint.selector));
    }

    function test_a_key_with_a_point_off_the_curve_accepts_nothing() public {
        key.digest.y ^= 1;
        expect(abi.encodeWithSelector(Bn254.NotAPoint.selector));
    }

    function test_a_proof_that_rust_made_is_accepted() public {
        verifier.verify(key, inputs, proof);
        vm.snapshotGasLastCall("Libraries", "Groth16, 3 inputs, key in calldata");
    }

    function testFuzz_another_input_is_refused(uint8 which, uint256 input) public {
        input %= Bn254.R;
        vm.assume(input != inputs[which % 3]);
        inputs[which % 3] = input;
        expect(abi.encodeWithSelector(Groth16.FalseProof.selector));
    }

    /// The same scalar modulo r would be the same statement under another name.
    function testFuzz_an_input_is_below_r(uint8 which) public {
        uint256 input = inputs[which % 3] + Bn254.R;
        inputs[which % 3] = input;
        expect(abi.encodeWithSelector(Bn254.ScalarTooLarge.selector, input));
    }

    function test_r_itself_is_no_input() public {
        inputs[1] = Bn254.R;
        expect(abi.encodeWithSelector(Bn254.ScalarTooLarge.selector, Bn254.R));
    }

    function testFuzz_a_coordinate_is_below_p(uint8 which) public {
        which %= 8;
        uint256 coordinate = coordinateOf(which) + Bn254.P;
        setCoordinate(which, coordinate);
        expect(abi.encodeWithSelector(Bn254.CoordinateTooLarge.selector, coordinate));
    }

    function testFuzz_what_is_no_point_is_refused(uint8 which) public {
        which %= 8;
        setCoordinate(which, (coordinateOf(which) + 1) % Bn254.P);
        expect(abi.encodeWithSelector(Bn254.NotAPoint.selector));
    }

    function test_another_point_is_refused() public {
        Groth16Proof memory honest = proof;
        (proof.a, proof.c) = (honest.c, honest.a);
        expect(abi.encodeWithSelector(Groth16.FalseProof.selector));
        (proof.a, proof.c) = (honest.a, G1(honest.c.x, Bn254.P - honest.c.y));
        expect(abi.encodeWithSelector(Groth16.FalseProof.selector));
        proof.c = G1(0, 0);
        expect(abi.encodeWithSelector(Groth16.FalseProof.selector));
        proof.a = G1(0, 0);
        expect(abi.encodeWithSelector(Groth16.FalseProof.selector));
    }

    /// It holds for every Groth16 verifier: so nothing may take proof bytes for a name.
    function test_whoever_has_a_proof_can_write_another_one_of_the_same_statement() public {
        proof.a = G1(proof.a.x, Bn254.P - proof.a.y);
        proof.b.yu = Bn254.P - proof.b.yu;
        proof.b.y = Bn254.P - proof.b.y;
        verifier.verify(key, inputs, proof);
    }

    function expect(bytes memory failure) private {
        vm.expectRevert(failure);
        verifier.verify(key, inputs, proof);
    }

    function coordinateOf(uint8 which) private view returns (uint256) {
        Groth16Proof memory p = proof;
        uint256[8] memory all = [p.a.x, p.a.y, p.b.xu, p.b.x, p.b.yu, p.b.y, p.c.x, p.c.y];
        return all[which];
    }

    function setCoordinate(uint8 which, uint256 value) private {
        if (which == 0) proof.a.x = value;
        if (which == 1) proof.a.y = value;
        if (which == 2) proof.b.xu = value;
        if (which == 3) proof.b.x = value;
        if (which == 4) proof.b.yu = value;
        if (which == 5) proof.b.y = value;
        if (which == 6) proof.c.x = value;
        if (which == 7) proof.c.y = value;
    }

    function g1(string memory name) private view returns (G1 memory) {
        bytes32[] memory w = vm.parseJsonBytes32Array(file, name);
        return G1(uint256(w[0]), uint256(w[1]));
    }

    function g2(string memory name) private view returns (G2 memory) {
        bytes32[] memory w = vm.parseJsonBytes32Array(file, name);
        return G2(uint256(w[0]), uint256(w[1]), uint256(w[2]), uint256(w[3]));
    }
}
