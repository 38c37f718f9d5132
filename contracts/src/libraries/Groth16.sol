// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Bn254, G1, G2} from "./Bn254.sol";

/// @notice A circuit's verifying key: one point of `inputs` more than the circuit has public inputs.
struct VerifyingKey {
    G1 alpha;
    G2 beta;
    G2 gamma;
    G2 delta;
    G1[] inputs;
}

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
    using Bn254 for G2;

    /// @notice The circuit has another number of public inputs.
    error WrongInputCount(uint256 got, uint256 expected);
    /// @notice The equation does not hold.
    error FalseProof();

    /// @notice Reverts unless the proof shows the statement with these public inputs.
    function requireValid(VerifyingKey memory key, uint256[] memory inputs, Groth16Proof memory proof) internal view {
        if (inputs.length + 1 != key.inputs.length) revert WrongInputCount(inputs.length, key.inputs.length - 1);
        proof.a.requireCanonical();
        proof.b.requireCanonical();
        proof.c.requireCanonical();
        G1 memory sum = key.inputs[0];
        for (uint256 i = 0; i < inputs.length; i++) {
            Bn254.requireScalar(inputs[i]);
            sum = sum.add(key.inputs[i + 1].multiply(inputs[i]));
        }
        bool holds =
            Bn254.pairsToOne([proof.a.negate(), key.alpha, sum, proof.c], [proof.b, key.beta, key.gamma, key.delta]);
        if (!holds) revert FalseProof();
    }
}
