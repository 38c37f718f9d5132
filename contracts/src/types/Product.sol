// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {G1, G2} from "../libraries/Bn254.sol";
import {Groth16Proof} from "../libraries/Groth16.sol";

/// @notice Verifying key of a settlement circuit, which has three public inputs. 704 bytes, in the order of Rust's encoding.
struct CircuitKey {
    G1 alpha;
    G2 beta;
    G2 gamma;
    G2 delta;
    /// Of 1, and of the public inputs: the digest of the statement, β, the fields at β.
    G1 one;
    G1 digest;
    G1 challenge;
    G1 fields;
}

/// @notice Powers of tau for one width D.
struct Powers {
    /// [τ]_2.
    G2 tau;
    /// [τ^D]_2.
    G2 width;
}

/// @notice What a proof of a chunk is about, as far as it is known before ρ: all of it the contract's own.
struct Subject {
    /// Binds job, receipt, seed and draw.
    bytes32 context;
    /// Commitment to the rows of the chunk.
    G1 commitment;
    /// Inputs D.
    uint256 width;
    /// Field of the unit.
    uint256 unit;
    bytes32 inputLeaf;
    bytes32 outputLeaf;
    /// Zero where the step has no residual.
    bytes32 residualLeaf;
    bytes32 job;
    /// Salted digest of the accumulators, which the prover names.
    uint256 accumulators;
}

/// @notice What a prover sends for a chunk of a linear step: 25 words.
struct ProductProof {
    /// Commitments to u, A, B and q.
    G1 fold;
    G1 product;
    G1 degree;
    G1 quotient;
    /// u(z), A(z), v_x, v_y, and the digest h of the statement.
    uint256 foldValue;
    uint256 productValue;
    uint256 xValue;
    uint256 accValue;
    uint256 digest;
    /// Witnesses of the openings at z and at 1/z.
    G1 atZ;
    G1 atInverse;
    Groth16Proof circuit;
}
