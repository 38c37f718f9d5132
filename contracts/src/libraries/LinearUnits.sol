// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Shape} from "../types/Shape.sol";
import {Kind, Unit} from "../types/Steps.sol";
import {Tensors} from "./Tensors.sol";
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
    /// @notice Whether steps of this kind are matrix products.
    function isLinear(Kind kind) internal pure returns (bool) {
        return kind == Kind.Qkv || kind == Kind.O || kind == Kind.GateUp || kind == Kind.Down || kind == Kind.Head;
    }

    /// @notice What a chunk of a linear step reads and writes.
    function describe(Shape memory shape, Unit memory unit) internal pure returns (LinearUnit memory linear) {
        Kind kind = Works.kindOf(shape, unit.step);
        linear.kind = kind;
        linear.width = kind == Kind.O ? shape.queryDim() : kind == Kind.Down ? shape.ffn : shape.dim;
        linear.inputLength = linear.width;
        linear.length = Tensors.length(shape, kind);
        linear.rows = Tensors.rows(linear.length, unit.unit);
        (linear.depth, linear.turns) = Tensors.path(Works.unitCount(shape, kind), unit.unit);
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
}
