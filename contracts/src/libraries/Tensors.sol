// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Shape} from "../types/Shape.sol";
import {Kind} from "../types/Steps.sol";
import {Works} from "./Works.sol";

/// @notice Where consecutive elements of a tensor stand in its chunks.
struct Span {
    /// What a circuit depends on of it: bits 0..16 the first byte in the first chunk, bits 16..32 the bytes of the last chunk, then
    /// eight bits for each chunk, 128 + its depth.
    uint256 word;
    /// Of each chunk: its number, and from bit 16 on its turns.
    uint256[] openings;
}

/// @notice Tensors that steps commit to, and their trees of chunks of 1,024 bytes.
/// @dev model/src/program.rs and circuits/src/settlement/span.rs are the other side; tests/vectors/chain/units.json holds both to the
/// same words.
library Tensors {
    uint256 private constant CHUNK_BYTES = 1024;

    /// @notice Elements of the step's tensor: each part of a linear step is padded to whole chunks of 256.
    function length(Shape memory shape, Kind kind) internal pure returns (uint256) {
        if (kind == Kind.Qkv) return padded(shape.queryDim()) + 2 * padded(shape.keyDim());
        if (kind == Kind.Kv) return 2 * shape.keyDim();
        if (kind == Kind.Attention || kind == Kind.AttnPack) return shape.queryDim();
        if (kind == Kind.GateUp) return 2 * padded(shape.ffn);
        if (kind == Kind.Act) return shape.ffn;
        if (kind == Kind.Head) return shape.vocab;
        if (kind == Kind.Sample) return 1;
        return shape.dim;
    }

    /// @notice Bytes of an element: mantissas have two, values four.
    function elementSize(Kind kind) internal pure returns (uint256) {
        bool mantissas = kind == Kind.AttnNorm || kind == Kind.FfnNorm || kind == Kind.FinalNorm || kind == Kind.Kv
            || kind == Kind.AttnPack || kind == Kind.Act;
        return mantissas ? 2 : 4;
    }

    /// @notice Elements `first` to `first + count − 1` of the step's tensor, of which there is at least one.
    function span(Shape memory shape, Kind kind, uint256 first, uint256 count)
        internal
        pure
        returns (Span memory found)
    {
        uint256 size = elementSize(kind);
        uint256 total = length(shape, kind) * size;
        uint256 from = first * size / CHUNK_BYTES;
        uint256 to = (first + count) * size - 1;
        to /= CHUNK_BYTES;
        uint256 rest = total - CHUNK_BYTES * to;
        found.word = first * size % CHUNK_BYTES | (rest < CHUNK_BYTES ? rest : CHUNK_BYTES) << 16;
        found.openings = new uint256[](to - from + 1);
        for (uint256 i = 0; i < found.openings.length; i++) {
            (uint256 depth, uint256 turns) = path((total + CHUNK_BYTES - 1) / CHUNK_BYTES, from + i);
            found.word |= (128 | depth) << (32 + 8 * i);
            found.openings[i] = from + i | turns << 16;
        }
    }

    /// @notice Elements of chunk `chunk` of a vector: 256, or fewer in its last.
    function rows(uint256 elements, uint256 chunk) internal pure returns (uint256) {
        uint256 left = elements - Works.CHUNK * chunk;
        return left < Works.CHUNK ? left : Works.CHUNK;
    }

    /// @notice Depth of leaf `index` of `count`, and its turns: bit i if the i-th node from it up is a right child. The left subtree
    /// is the largest power of two below the count.
    function path(uint256 count, uint256 index) internal pure returns (uint256 depth, uint256 turns) {
        while (count > 1) {
            uint256 split = 1;
            while (split * 2 < count) split *= 2;
            turns <<= 1;
            if (index >= split) {
                turns |= 1;
                (count, index) = (count - split, index - split);
            } else {
                count = split;
            }
            depth++;
        }
    }

    /// @notice Elements of a vector with what fills its last chunk.
    function padded(uint256 elements) internal pure returns (uint256) {
        return (elements + Works.CHUNK - 1) / Works.CHUNK * Works.CHUNK;
    }
}
