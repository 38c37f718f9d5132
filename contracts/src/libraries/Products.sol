// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {CircuitKey, Powers, ProductProof, Subject} from "../types/Product.sol";
import {Bn254, G1, G2} from "./Bn254.sol";
import {Groth16} from "./Groth16.sol";
import {Challenges, Transcript} from "./Transcript.sol";

/// @notice Decides a chunk of a linear step: that the committed output is the rounding of W·x, in one pairing product.
/// @dev circuits/src/settlement/product has the equations and the prover. With weights e, e², e³ for the opening at z, the one at
/// 1/z and the fold, and 1 for the circuit, whose points then need no multiplication:
///
///     e(L, H)·e(−W, τH)·e(−e³C_q, τ^D H)·e(−A, B)·e(α, β)·e(Σ input_i K_i, γ)·e(C, δ) = 1
///
/// Key, powers and commitment must be known to be the model's: nothing here looks where they come from.
library Products {
    using Bn254 for G1;

    uint256 private constant R = Bn254.R;
    /// Pairs of points in the product.
    uint256 private constant PAIRS = 7;

    /// @notice The equations do not hold: the chunk is not what the rig committed to, or the proof is one of something else.
    error FalseProduct();

    /// @notice Reverts unless `proof` proves the chunk of `subject`.
    function requireProduct(
        CircuitKey calldata key,
        Powers calldata powers,
        Subject memory subject,
        ProductProof calldata proof
    ) internal view {
        requireCanonical(proof);
        Challenges memory drawn = Transcript.draw(subject, proof);
        uint256 inverse = power(drawn.z, R - 2);

        uint256[6 * PAIRS] memory pairs;
        G1 memory quotient = proof.quotient.multiply(mulmod(mulmod(drawn.e, drawn.e, R), drawn.e, R));
        set(pairs, 0, left(subject, proof, drawn, quotient, inverse), generator());
        set(pairs, 1, witnesses(proof, drawn.e).negate(), powers.tau);
        set(pairs, 2, quotient.negate(), powers.width);
        set(pairs, 3, G1(proof.circuit.a.x, proof.circuit.a.y).negate(), proof.circuit.b);
        set(pairs, 4, key.alpha, key.beta);
        set(pairs, 5, inputs(key, subject, proof, drawn, inverse), key.gamma);
        set(pairs, 6, proof.circuit.c, key.delta);
        if (!Bn254.isOne(pairs)) revert FalseProduct();
    }

    /// @dev One writing of every number: a second one would be the same proof under another name.
    function requireCanonical(ProductProof calldata proof) private pure {
        Groth16.requireCanonical(proof.circuit);
        proof.fold.requireCanonical();
        proof.product.requireCanonical();
        proof.degree.requireCanonical();
        proof.quotient.requireCanonical();
        proof.atZ.requireCanonical();
        proof.atInverse.requireCanonical();
        Bn254.requireScalar(proof.foldValue);
        Bn254.requireScalar(proof.productValue);
        Bn254.requireScalar(proof.xValue);
        Bn254.requireScalar(proof.accValue);
        Bn254.requireScalar(proof.digest);
    }

    /// @dev What is paired with H. `quotient` is e³·C_q.
    function left(
        Subject memory subject,
        ProductProof calldata proof,
        Challenges memory drawn,
        G1 memory quotient,
        uint256 inverse
    ) private view returns (G1 memory sum) {
        uint256 e = drawn.e;
        uint256 second = mulmod(e, e, R);
        uint256 third = mulmod(second, e, R);
        // Values: A(z) + ν·u(z) with weight e, B(1/z) with weight e².
        uint256 value = mulmod(e, addmod(proof.productValue, mulmod(drawn.nu, proof.foldValue, R), R), R);
        value = addmod(value, mulmod(second, atInverse(subject.width, proof, drawn, inverse), R), R);
        sum = G1(1, 2).multiply(R - value);
        sum = sum.add(proof.product.multiply(e));
        sum = sum.add(proof.degree.multiply(second));
        sum = sum.add(proof.atZ.multiply(mulmod(e, drawn.z, R)));
        sum = sum.add(proof.atInverse.multiply(mulmod(second, inverse, R)));
        sum = sum.add(proof.fold.multiply(addmod(mulmod(e, drawn.nu, R), R - third, R)));
        sum = sum.add(subject.commitment.multiply(third));
        sum = sum.add(quotient.multiply(drawn.rho));
    }

    /// @dev B(1/z) = z·(u(z)·v_x − v_y + γ z^{−D} u(z) − z·A(z)).
    function atInverse(uint256 width, ProductProof calldata proof, Challenges memory drawn, uint256 inverse)
        private
        view
        returns (uint256 value)
    {
        value = addmod(proof.xValue, mulmod(drawn.gamma, power(inverse, width), R), R);
        value = addmod(mulmod(proof.foldValue, value, R), R - proof.accValue, R);
        value = addmod(value, R - mulmod(drawn.z, proof.productValue, R), R);
        value = mulmod(drawn.z, value, R);
    }

    /// @dev e·W_z + e²·W_{1/z}.
    function witnesses(ProductProof calldata proof, uint256 e) private view returns (G1 memory) {
        return proof.atZ.add(proof.atInverse.multiply(e)).multiply(e);
    }

    /// @dev The circuit's public inputs: h, β, and the statement's fields at β (docs/settlement-circuit.md, section 2).
    function inputs(
        CircuitKey calldata key,
        Subject memory subject,
        ProductProof calldata proof,
        Challenges memory drawn,
        uint256 inverse
    ) private view returns (G1 memory) {
        uint256 beta = drawn.beta;
        // Horner's rule, from the last field.
        uint256 value = addmod(mulmod(proof.accValue, beta, R), proof.xValue, R);
        value = addmod(mulmod(value, beta, R), inverse, R);
        value = addmod(mulmod(value, beta, R), drawn.rho, R);
        value = addmod(mulmod(value, beta, R), subject.accumulators, R);
        value = addmod(mulmod(value, beta, R), subject.unit, R);
        value = halves(value, beta, subject.job);
        if (subject.residualLeaf != 0) value = halves(value, beta, subject.residualLeaf);
        value = halves(value, beta, subject.outputLeaf);
        value = halves(value, beta, subject.inputLeaf);
        return Groth16.sum(key, [proof.digest, beta, value]);
    }

    /// @dev A digest is two fields, its high half before its low one.
    function halves(uint256 value, uint256 beta, bytes32 digest) private pure returns (uint256) {
        value = addmod(mulmod(value, beta, R), uint256(digest) & type(uint128).max, R);
        return addmod(mulmod(value, beta, R), uint256(digest) >> 128, R);
    }

    function power(uint256 base, uint256 exponent) private view returns (uint256 result) {
        uint256[6] memory input = [0x20, 0x20, 0x20, base, exponent, R];
        assembly ("memory-safe") {
            // It fails on malformed lengths only.
            pop(staticcall(gas(), 5, input, 0xc0, input, 0x20))
            result := mload(input)
        }
    }

    function set(uint256[6 * PAIRS] memory pairs, uint256 pair, G1 memory a, G2 memory b) private pure {
        assembly ("memory-safe") {
            let to := add(pairs, mul(pair, 0xc0))
            mcopy(to, a, 0x40)
            mcopy(add(to, 0x40), b, 0x80)
        }
    }

    /// @dev The generator H of G2.
    function generator() private pure returns (G2 memory) {
        return G2(
            0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2,
            0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed,
            0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b,
            0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
        );
    }
}
