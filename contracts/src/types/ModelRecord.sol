// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {G1} from "../libraries/Bn254.sol";
import {MerklePath} from "../libraries/MerklePath.sol";
import {Parameter} from "./Claim.sol";
import {CircuitKey, Powers} from "./Product.sol";
import {Shape} from "./Shape.sol";

/// @notice What a contract knows of a model.
/// @dev verifier/src/settlement/record.rs is the other side; tests/vectors/chain/unit.json holds both to the same id.
struct ModelRecord {
    /// Model id. BLAKE3 over the whole manifest: no contract can look into it.
    bytes32 manifest;
    /// Id of the powers of tau that the commitments were made with.
    bytes32 srs;
    Shape shape;
    /// Root over the chunks of all linear steps.
    bytes32 chunksRoot;
    /// Number of chunks.
    uint32 chunks;
    /// Root over the keys of all circuits.
    bytes32 keysRoot;
    /// Number of keys.
    uint32 keys;
    /// Root over the parameters that circuits read beside weights.
    bytes32 parametersRoot;
    /// Number of parameters.
    uint32 parameters;
}

/// @notice What a parameter is, in its leaf.
library Parameters {
    /// Digest of eps and its powers.
    uint256 internal constant EPS = 1;
    /// Digest of the gains of a chunk of a norm: of step a, chunk b.
    uint256 internal constant GAINS = 2;
    /// Digest of the rotations of position a.
    uint256 internal constant ROTATIONS = 3;
    /// Root over the rows of the embedding matrix.
    uint256 internal constant EMBEDDING = 4;
}

/// @notice A chunk of a linear step: what the weights add to the shift of its rounding, plus 128, and the commitment to its rows.
struct ChunkLeaf {
    uint32 step;
    uint32 chunk;
    uint32 exponent;
    G1 commitment;
}

using ModelRecordLibrary for ModelRecord global;

/// @notice The name of a record, and what can be shown to be in it.
library ModelRecordLibrary {
    bytes32 private constant RECORD = keccak256("assay v1 record");
    bytes32 private constant CHUNK = keccak256("assay v1 chunk leaf");
    bytes32 private constant CHUNK_NODE = keccak256("assay v1 chunk node");
    bytes32 private constant CIRCUIT = keccak256("assay v1 circuit");
    bytes32 private constant KEY = keccak256("assay v1 key leaf");
    bytes32 private constant KEY_NODE = keccak256("assay v1 key node");
    bytes32 private constant PARAMETER = keccak256("assay v1 parameter leaf");
    bytes32 private constant PARAMETER_NODE = keccak256("assay v1 parameter node");

    /// @notice The chunk is not the one at this place under the record's root.
    error NotAChunk(bytes32 root, bytes32 got);
    /// @notice The key is not the one of this circuit at this place under the record's root.
    error NotAKey(bytes32 root, bytes32 got);
    /// @notice The parameter is not the one at this place under the record's root.
    error NotAParameter(bytes32 root, bytes32 got);

    /// @notice The record's id: the hash of all of it, so nobody can take an id for something else.
    function id(ModelRecord memory record) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECORD, record));
    }

    /// @notice Reverts unless the chunk stands at place `index` under the record's root.
    function requireChunk(ModelRecord memory record, uint256 index, ChunkLeaf memory chunk, bytes32[] calldata path)
        internal
        pure
    {
        bytes32 leaf = keccak256(abi.encode(CHUNK, chunk));
        bytes32 got = MerklePath.root(CHUNK_NODE, record.chunks, index, leaf, path);
        if (got != record.chunksRoot) revert NotAChunk(record.chunksRoot, got);
    }

    /// @notice Name of a circuit: its number, and up to seven numbers of its shape.
    function circuitId(uint256 circuit, uint256[7] memory shape) internal pure returns (bytes32) {
        return keccak256(abi.encode(CIRCUIT, circuit, shape));
    }

    /// @notice Reverts unless key and powers stand at place `index` under the record's root, as those of this circuit of a matrix product.
    function requireKey(
        ModelRecord memory record,
        uint256 index,
        bytes32 circuit,
        CircuitKey calldata key,
        Powers calldata powers,
        bytes32[] calldata path
    ) internal pure {
        requireKey(record, index, keyLeaf(circuit, key, keccak256(abi.encode(powers))), path);
    }

    /// @notice Reverts unless the key stands at place `index` under the record's root, as that of this circuit, which needs no powers.
    function requireKey(
        ModelRecord memory record,
        uint256 index,
        bytes32 circuit,
        CircuitKey calldata key,
        bytes32[] calldata path
    ) internal pure {
        requireKey(record, index, keyLeaf(circuit, key, 0), path);
    }

    /// @notice Reverts unless the parameter stands at place `index` under the record's root, as that of this name.
    function requireParameter(
        ModelRecord memory record,
        Parameter memory name,
        uint256 value,
        uint256 index,
        bytes32[] calldata path
    ) internal pure {
        bytes32 leaf = keccak256(abi.encode(PARAMETER, name, value));
        bytes32 got = MerklePath.root(PARAMETER_NODE, record.parameters, index, leaf, path);
        if (got != record.parametersRoot) revert NotAParameter(record.parametersRoot, got);
    }

    function requireKey(ModelRecord memory record, uint256 index, bytes32 leaf, bytes32[] calldata path) private pure {
        bytes32 got = MerklePath.root(KEY_NODE, record.keys, index, leaf, path);
        if (got != record.keysRoot) revert NotAKey(record.keysRoot, got);
    }

    function keyLeaf(bytes32 circuit, CircuitKey calldata key, bytes32 powers) private pure returns (bytes32) {
        return keccak256(abi.encode(KEY, circuit, keccak256(abi.encode(key)), powers));
    }
}
