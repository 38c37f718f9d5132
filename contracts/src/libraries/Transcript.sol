// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ProductProof, Subject} from "../types/Product.sol";
import {Bn254} from "./Bn254.sol";

/// @notice All challenges of a proof of a chunk.
struct Challenges {
    uint256 rho;
    uint256 gamma;
    uint256 z;
    uint256 nu;
    uint256 beta;
    uint256 e;
}

/// @notice The order of the transcript. The order is the security: circuits/src/settlement/product/rounds.rs has the table and
/// the reasons, tests/vectors/chain/product.json holds both sides to the same challenges.
library Transcript {
    bytes32 private constant RHO = keccak256("assay v1 product rho");
    bytes32 private constant GAMMA = keccak256("assay v1 product gamma");
    bytes32 private constant Z = keccak256("assay v1 product z");
    bytes32 private constant VALUES = keccak256("assay v1 product values");
    bytes32 private constant BETA = keccak256("assay v1 product beta");
    bytes32 private constant E = keccak256("assay v1 product e");

    /// @notice ρ or z came out as 0, under which rows or elements would not count.
    error ZeroChallenge();

    /// @notice Draws all challenges, in their order.
    function draw(Subject memory subject, ProductProof calldata proof) internal pure returns (Challenges memory drawn) {
        bytes32 state = keccak256(abi.encode(RHO, subject));
        drawn.rho = scalar(state);
        state = keccak256(abi.encode(GAMMA, state, proof.fold, proof.product));
        drawn.gamma = scalar(state);
        state = keccak256(abi.encode(Z, state, proof.degree, proof.quotient));
        drawn.z = scalar(state);
        state = keccak256(
            abi.encode(VALUES, state, proof.foldValue, proof.productValue, proof.xValue, proof.accValue, proof.digest)
        );
        drawn.nu = scalar(state);
        drawn.beta = scalar(keccak256(abi.encode(BETA, state)));
        drawn.e = scalar(keccak256(abi.encode(E, state, proof.atZ, proof.atInverse, proof.circuit)));
        requireUsable(drawn);
    }

    /// @notice Reverts if ρ or z is 0.
    function requireUsable(Challenges memory drawn) internal pure {
        if (drawn.rho == 0 || drawn.z == 0) revert ZeroChallenge();
    }

    /// @dev No scalar is more than 1.14 times as likely as the average.
    function scalar(bytes32 state) private pure returns (uint256) {
        return uint256(state) % Bn254.R;
    }
}
