// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Circuits, Claim, Parameter, Place} from "../types/Claim.sol";
import {Parameters} from "../types/ModelRecord.sol";
import {Shape} from "../types/Shape.sol";
import {Kind, Unit} from "../types/Steps.sol";
import {Span, Tensors} from "./Tensors.sol";

/// @notice Units of heads: a key/value head, and the chain of proofs of an attention head.
/// @dev circuits/src/settlement/kv.rs and attention/ are the other side. An attention head is a query, then blocks of four positions,
/// then its outputs. States go from one proof to the next as digests; that each block reads the positions behind those of
/// the block before it is the progress of the draw.
library Heads {
    /// Positions of a block.
    uint256 private constant BLOCK = 4;

    uint256 internal constant QUERY_STAGE = 0;
    uint256 internal constant BLOCK_STAGE = 1;
    uint256 internal constant MIX_STAGE = 2;

    bytes32 private constant PROGRESS = keccak256("assay v1 attention progress");

    /// @notice An attention head has no such proof.
    error NoSuchStage(uint256 stage);
    /// @notice The head reads no such position.
    error NoSuchBlock(uint256 position);

    /// @notice What is left of an attention head of which the positions before `position` were read, into this state.
    function progress(uint256 position, uint256 state) internal pure returns (bytes32) {
        return keccak256(abi.encode(PROGRESS, position, state));
    }

    /// @notice Positions that the block at `position` reads, for a head at position t.
    function blockLength(uint256 t, uint256 position) internal pure returns (uint256) {
        if (position > t) revert NoSuchBlock(position);
        uint256 left = t + 1 - position;
        return left < BLOCK ? left : BLOCK;
    }

    /// @notice A key/value head.
    function keyValue(Shape memory shape, Unit memory unit) internal pure returns (Claim memory claim) {
        Span memory own = keyValueSpan(shape, unit.unit);
        uint256 first = Tensors.padded(shape.queryDim());
        Span memory keys = rows(shape, first, unit.unit);
        Span memory values = rows(shape, first + Tensors.padded(shape.keyDim()), unit.unit);

        claim.circuit = Circuits.KEY_VALUE;
        claim.shape = [uint256(shape.headDim), shape.heads, shape.kvHeads, own.word, keys.word, values.word, 0];
        claim.places = new Place[](2);
        claim.leaf(0, unit.t, unit.step, Kind.Kv);
        claim.leaf(1, unit.t, unit.step - 1, Kind.Qkv);
        claim.open(own.openings);
        claim.open(keys.openings);
        claim.open(values.openings);
        claim.number(unit.unit);
        claim.parameter = Parameter(Parameters.ROTATIONS, unit.t, 0);
    }

    /// @notice One proof of an attention head.
    function attention(Shape memory shape, Unit memory unit, uint256 stage, uint256 position)
        internal
        pure
        returns (Claim memory)
    {
        if (stage == QUERY_STAGE) return query(shape, unit);
        if (stage == BLOCK_STAGE) return attend(shape, unit, position);
        if (stage == MIX_STAGE) return mix(shape, unit);
        revert NoSuchStage(stage);
    }

    function query(Shape memory shape, Unit memory unit) private pure returns (Claim memory claim) {
        Span memory span = rows(shape, 0, unit.unit);
        claim.circuit = Circuits.ATTENTION_QUERY;
        claim.shape = [uint256(shape.headDim), shape.heads, shape.kvHeads, span.word, 0, 0, 0];
        claim.places = new Place[](1);
        claim.leaf(0, unit.t, unit.step - 2, Kind.Qkv);
        claim.open(span.openings);
        claim.number(unit.unit);
        claim.parameter = Parameter(Parameters.ROTATIONS, unit.t, 0);
        claim.writes = true;
    }

    function attend(Shape memory shape, Unit memory unit, uint256 position) private pure returns (Claim memory claim) {
        uint256 head = unit.unit / (shape.heads / shape.kvHeads);
        uint256 count = blockLength(unit.t, position);
        Span memory span = keyValueSpan(shape, head);
        claim.circuit = Circuits.ATTENTION_BLOCK;
        claim.shape = [uint256(shape.headDim), shape.kvHeads, BLOCK, span.word, 0, 0, 0];
        claim.places = new Place[](count);
        claim.repeats = BLOCK - count;
        for (uint256 i = 0; i < count; i++) {
            claim.leaf(i, position + i, unit.step - 1, Kind.Kv);
        }
        for (uint256 i = 0; i < BLOCK; i++) {
            claim.open(span.openings);
        }
        claim.numbers = new uint256[](2);
        (claim.numbers[0], claim.numbers[1]) = (count, head);
        (claim.reads, claim.writes) = (true, true);
    }

    function mix(Shape memory shape, Unit memory unit) private pure returns (Claim memory claim) {
        Span memory span = Tensors.span(shape, Kind.Attention, unit.unit * shape.headDim, shape.headDim);
        claim.circuit = Circuits.ATTENTION_MIX;
        claim.shape = [uint256(shape.headDim), shape.heads, span.word, 0, 0, 0, 0];
        claim.places = new Place[](1);
        claim.leaf(0, unit.t, unit.step, Kind.Attention);
        claim.open(span.openings);
        claim.number(unit.unit);
        claim.reads = true;
    }

    /// @dev K and V of a key/value head.
    function keyValueSpan(Shape memory shape, uint256 head) private pure returns (Span memory) {
        uint256 width = 2 * uint256(shape.headDim);
        return Tensors.span(shape, Kind.Kv, head * width, width);
    }

    /// @dev Rows of a head in the part of qkv that begins at `first`.
    function rows(Shape memory shape, uint256 first, uint256 head) private pure returns (Span memory) {
        return Tensors.span(shape, Kind.Qkv, first + head * shape.headDim, shape.headDim);
    }
}
