// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Shape} from "../types/Shape.sol";
import {Kind, Unit} from "../types/Steps.sol";
import {Works} from "./Works.sol";

/// @notice What a chunk of a linear step reads and writes, all of it from the model's shape and the unit.
struct LinearUnit {
    Kind kind;
    /// Inputs D.
    uint256 width;
    /// Elements of the output tensor, padding included, and of the input tensor.
    uint256 length;
    uint256 inputLength;
    /// Elements of the chunk, parents above it in the tensor's tree, and which of these are left: bit i if the i-th node from the
    /// chunk up is a right child.
    uint256 rows;
    uint256 depth;
    uint256 turns;
    /// Step that made the residual, and its kind; o and down only.
    bool hasResidual;
    uint256 residualStep;
    Kind residualKind;
}

/// @notice Chunks of linear steps.
/// @dev circuits/src/settlement/{shape,statement}.rs is the other side.
library LinearUnits {
    /// @notice The unit is no chunk of a linear step.
    error NotLinear(Kind kind);

    /// @notice Whether steps of this kind are matrix products.
    function isLinear(Kind kind) internal pure returns (bool) {
        return kind == Kind.Qkv || kind == Kind.O || kind == Kind.GateUp || kind == Kind.Down || kind == Kind.Head;
    }

    /// @notice What the unit reads and writes.
    function describe(Shape memory shape, Unit memory unit) internal pure returns (LinearUnit memory linear) {
        Kind kind = Works.kindOf(shape, unit.step);
        if (!isLinear(kind)) revert NotLinear(kind);
        linear.kind = kind;
        linear.width = kind == Kind.O ? shape.queryDim() : kind == Kind.Down ? shape.ffn : shape.dim;
        linear.inputLength = linear.width;
        linear.length = lengthOf(shape, kind);
        uint256 first = Works.CHUNK * unit.unit;
        linear.rows = linear.length - first < Works.CHUNK ? linear.length - first : Works.CHUNK;
        (linear.depth, linear.turns) = path((linear.length + Works.CHUNK - 1) / Works.CHUNK, unit.unit);
        if (kind == Kind.O || kind == Kind.Down) {
            linear.hasResidual = true;
            // o adds to what its layer's attn_norm read, down to what o gave.
            linear.residualStep = kind == Kind.O ? unit.step - 6 : unit.step - 4;
            linear.residualKind = Works.kindOf(shape, linear.residualStep);
        }
    }

    /// @notice Shape of the circuit: what its name is made of.
    function circuitShape(LinearUnit memory linear) internal pure returns (uint256[7] memory) {
        return [uint256(linear.kind), linear.width, linear.length, linear.rows, linear.depth, 0, 0];
    }

    /// @notice The unit as one field (docs/settlement-circuit.md, section 2). `exponent` has 128 added.
    function field(LinearUnit memory linear, Unit memory unit, uint256 exponent) internal pure returns (uint256 value) {
        value = uint256(unit.t) | (uint256(unit.step) - 1) << 32 | uint256(unit.step) << 64;
        value |= linear.residualStep << 96 | uint256(unit.unit) << 128 | linear.turns << 144;
        value |= exponent << 160 | uint256(linear.residualKind) << 168;
    }

    /// @dev Elements of the step's tensor: each part is padded to whole chunks.
    function lengthOf(Shape memory shape, Kind kind) private pure returns (uint256) {
        if (kind == Kind.Qkv) return padded(shape.queryDim()) + 2 * padded(shape.keyDim());
        if (kind == Kind.GateUp) return 2 * padded(shape.ffn);
        if (kind == Kind.Head) return shape.vocab;
        return shape.dim;
    }

    /// @dev Depth of leaf `index` of `count`, and its turns. The left subtree is the largest power of two below the count.
    function path(uint256 count, uint256 index) private pure returns (uint256 depth, uint256 turns) {
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

    function padded(uint256 length) private pure returns (uint256) {
        return (length + Works.CHUNK - 1) / Works.CHUNK * Works.CHUNK;
    }
}
