// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice Shape of a model, as `Config` in model/src/config.rs has it.
struct Shape {
    uint32 layers;
    uint32 dim;
    uint32 heads;
    uint32 kvHeads;
    uint32 headDim;
    uint32 ffn;
    uint32 vocab;
    uint32 context;
}

using ShapeLibrary for Shape global;

/// @notice Which shapes there are, and what follows from one.
library ShapeLibrary {
    uint32 internal constant MAX_LAYERS = 1 << 10;
    uint32 internal constant MAX_WIDTH = 1 << 16;
    uint32 internal constant MAX_HEAD_DIM = 512;
    uint32 internal constant MAX_VOCAB = 1 << 20;
    uint32 internal constant MAX_POSITIONS = 1 << 16;

    /// @notice Whether the step machine is defined for the shape. Its sums of work stay far below 2^128 then.
    function isValid(Shape memory shape) internal pure returns (bool) {
        return within(shape.layers, MAX_LAYERS) && within(shape.dim, MAX_WIDTH) && within(shape.ffn, MAX_WIDTH)
            && within(shape.headDim, MAX_HEAD_DIM) && shape.headDim % 2 == 0 && shape.kvHeads != 0
            && shape.heads % shape.kvHeads == 0 && within(uint256(shape.heads) * shape.headDim, MAX_WIDTH)
            && within(shape.vocab, MAX_VOCAB) && within(shape.context, MAX_POSITIONS);
    }

    /// @notice Width of all query heads together.
    function queryDim(Shape memory shape) internal pure returns (uint256) {
        return uint256(shape.heads) * shape.headDim;
    }

    /// @notice Width of all key (or value) heads together.
    function keyDim(Shape memory shape) internal pure returns (uint256) {
        return uint256(shape.kvHeads) * shape.headDim;
    }

    /// @notice Steps of a position without final_norm, head and sample.
    function bodySteps(Shape memory shape) internal pure returns (uint256) {
        return 1 + 10 * uint256(shape.layers);
    }

    function within(uint256 value, uint256 most) private pure returns (bool) {
        return value != 0 && value <= most;
    }
}
