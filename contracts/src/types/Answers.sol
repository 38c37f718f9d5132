// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {G1} from "../libraries/Bn254.sol";
import {Groth16Proof} from "../libraries/Groth16.sol";
import {ModelRecord} from "./ModelRecord.sol";
import {CircuitKey, Powers, ProductProof} from "./Product.sol";

// What a rig answers. Both answers begin with the record: the contract reads it, draws the unit, and then knows which of the
// two it has before it.

/// @notice A leaf of the trace, with its way to the settlement root. Which leaf it is the contract knows.
struct OpenedLeaf {
    bytes32 tokens;
    bytes32 leaf;
    bytes32[] path;
}

/// @notice An answer about a chunk of a linear step.
struct LinearAnswer {
    ModelRecord record;
    /// Leaves of input, output, and, for o and down, residual.
    OpenedLeaf[] leaves;
    /// The chunk in the record.
    uint32 exponent;
    G1 commitment;
    uint32 chunkIndex;
    bytes32[] chunkPath;
    /// The circuit's key in the record.
    CircuitKey key;
    Powers powers;
    uint32 keyIndex;
    bytes32[] keyPath;
    /// Salted digest of the accumulators.
    uint256 accumulators;
    ProductProof proof;
}

/// @notice An answer about any other unit. What a unit has no use for is zero, or empty.
struct UnitAnswer {
    ModelRecord record;
    /// Leaves in the order of the circuit's fields.
    OpenedLeaf[] leaves;
    /// The circuit's key in the record.
    CircuitKey key;
    uint32 keyIndex;
    bytes32[] keyPath;
    /// The parameter of the model that the circuit reads, in the record: a digest of eps, gains or rotations, or the root of
    /// embeddings.
    uint256 parameter;
    uint32 parameterIndex;
    bytes32[] parameterPath;
    /// p_t under the root of the prompt.
    uint256 promptToken;
    bytes32[] promptPath;
    /// Which proof of an attention head this is: 0 query, 1 block, 2 outputs.
    uint32 stage;
    /// The chunk of head with the token of sample.
    uint32 chunk;
    /// First position that a block reads.
    uint32 position;
    /// Digests of the state before and after.
    uint256 stateIn;
    uint256 stateOut;
    /// Digest h of the statement.
    uint256 digest;
    Groth16Proof proof;
}
