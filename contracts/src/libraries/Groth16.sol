// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {CircuitKey} from "../types/Product.sol";
import {Bn254, G1, G2} from "./Bn254.sol";

/// @notice A Groth16 proof.
struct Groth16Proof {
    G1 a;
    G2 b;
    G1 c;
}

/// @notice Groth16 over BN254: e(−A, B)·e(α, β)·e(Σ input_i·K_i, γ)·e(C, δ) = 1.
/// @dev A proof can be turned into another proof of the same statement by anyone: its bytes must never say whether
/// something was already proved. What is refused is a second writing of the same point or scalar.
library Groth16 {
    using Bn254 for G1;

    /// @notice The equation does not hold.
    error FalseProof();

    /// @notice Reverts unless the proof shows the statement with these public inputs.
    function requireValid(CircuitKey calldata key, uint256[3] memory inputs, Groth16Proof calldata proof)
        internal
        view
    {
        requireCanonical(proof);
        for (uint256 i = 0; i < 3; i++) {
            Bn254.requireScalar(inputs[i]);
        }
        bool holds = Bn254.pairsToOne(
            [G1(proof.a.x, proof.a.y).negate(), key.alpha, sum(key, inputs), proof.c],
            [proof.b, key.beta, key.gamma, key.delta]
        );
        if (!holds) revert FalseProof();
    }

    /// @notice Reverts unless every coordinate is in its one form.
    function requireCanonical(Groth16Proof calldata proof) internal pure {
        proof.a.requireCanonical();
        Bn254.requireCanonical(proof.b);
        proof.c.requireCanonical();
    }

    /// @notice K_0 + Σ input_i·K_{i+1}.
    function sum(CircuitKey calldata key, uint256[3] memory inputs) internal view returns (G1 memory) {
        G1 memory ofInputs = key.one.add(key.digest.multiply(inputs[0]));
        return ofInputs.add(key.challenge.multiply(inputs[1])).add(key.fields.multiply(inputs[2]));
    }
}
