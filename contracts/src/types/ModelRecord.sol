// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {MerklePath} from "../libraries/MerklePath.sol";
import {Shape} from "./Shape.sol";

/// @notice What a contract knows of a model.
/// @dev verifier/src/settlement/record.rs makes it from a manifest; tests/vectors/chain/record.json holds both to the same id.
struct ModelRecord {
    /// Model id. BLAKE3 over the whole manifest: no contract can look into it.
    bytes32 manifest;
    /// Id of the powers of tau that the commitments were made with.
    bytes32 srs;
    Shape shape;
    /// Root over the commitments to all tiles.
    bytes32 tilesRoot;
    /// Number of tiles.
    uint32 tiles;
}

/// @notice The commitment to one tile: `height` rows of the matrix of a step, from `row` of the step's output on.
struct Tile {
    uint32 step;
    uint32 row;
    uint32 height;
    /// Coordinates, as the precompiles have them.
    uint256 x;
    uint256 y;
}

using ModelRecordLibrary for ModelRecord global;

/// @notice The name of a record, and what can be shown to be in it.
library ModelRecordLibrary {
    bytes32 private constant RECORD = keccak256("assay v1 record");
    bytes32 private constant TILE = keccak256("assay v1 tile leaf");
    bytes32 private constant NODE = keccak256("assay v1 tile node");

    /// @notice The tile is not the one at this place under the record's root.
    error NotATile(bytes32 root, bytes32 got);

    /// @notice The record's id: the hash of all of it, so nobody can take an id for something else.
    function id(ModelRecord memory record) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECORD, record));
    }

    /// @notice Reverts unless the tile stands at place `index` under the record's root.
    function requireTile(ModelRecord memory record, uint256 index, Tile memory tile, bytes32[] calldata path)
        internal
        pure
    {
        bytes32 leaf = keccak256(abi.encode(TILE, tile));
        bytes32 got = MerklePath.root(NODE, record.tiles, index, leaf, path);
        if (got != record.tilesRoot) revert NotATile(record.tilesRoot, got);
    }
}
