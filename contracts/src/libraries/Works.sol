// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Shape} from "../types/Shape.sol";
import {Kind} from "../types/Steps.sol";

/// @notice Works of all positions: only attention grows with the position, and that linearly.
struct Profile {
    /// Work of position 0 without a tail.
    uint256 first;
    /// What each position has more than the one before it.
    uint256 growth;
    /// Work of final_norm, head and sample.
    uint256 tail;
    /// First position that has them.
    uint256 tailFrom;
}

/// @notice The work of steps and positions, in multiply-accumulates, and where a point falls when they are laid end to end.
/// @dev docs/protocol.md, section 1; model/src/program.rs. Frozen, because draws depend on it.
library Works {
    uint256 internal constant CHUNK = 256;
    uint256 internal constant LAYER_STEPS = 10;

    /// @notice Kind of step number `step`.
    function kindOf(Shape memory shape, uint256 step) internal pure returns (Kind) {
        uint256 body = shape.bodySteps();
        if (step == 0) return Kind.Embed;
        if (step < body) return Kind(1 + (step - 1) % LAYER_STEPS);
        return Kind(uint256(Kind.FinalNorm) + step - body);
    }

    /// @notice Work of a step of this kind at position `t`.
    function ofStep(Shape memory shape, Kind kind, uint256 t) internal pure returns (uint256) {
        if (kind == Kind.Embed) return shape.dim;
        if (kind == Kind.AttnNorm || kind == Kind.FfnNorm || kind == Kind.FinalNorm) return 1 + uint256(shape.dim);
        if (kind == Kind.Kv) return 2 * shape.keyDim();
        if (kind == Kind.Attention) return 2 * shape.queryDim() * (t + 1);
        if (kind == Kind.AttnPack) return 1 + shape.queryDim();
        if (kind == Kind.Act) return 1 + uint256(shape.ffn);
        if (kind == Kind.Sample) return 1;
        (uint256 first, uint256 second, uint256 third) = parts(shape, kind);
        return (first + second + third) * inputs(shape, kind);
    }

    /// @notice Work of one layer at position `t`.
    function ofLayer(Shape memory shape, uint256 t) internal pure returns (uint256 work) {
        for (uint256 kind = uint256(Kind.AttnNorm); kind <= uint256(Kind.Down); kind++) {
            work += ofStep(shape, Kind(kind), t);
        }
    }

    /// @notice Work of final_norm, head and sample.
    function ofTail(Shape memory shape) internal pure returns (uint256) {
        return ofStep(shape, Kind.FinalNorm, 0) + ofStep(shape, Kind.Head, 0) + ofStep(shape, Kind.Sample, 0);
    }

    /// @notice The works of all positions of a trace. Made once for a draw, which looks at many of them.
    function profile(Shape memory shape, uint256 tailFrom) internal pure returns (Profile memory) {
        return Profile({
            first: shape.dim + shape.layers * ofLayer(shape, 0),
            growth: shape.layers * 2 * shape.queryDim(),
            tail: ofTail(shape),
            tailFrom: tailFrom
        });
    }

    /// @notice Work of position `t`.
    function ofPosition(Profile memory works, uint256 t) internal pure returns (uint256) {
        return works.first + works.growth * t + (t < works.tailFrom ? 0 : works.tail);
    }

    /// @notice Work of all positions before `t`.
    function before(Profile memory works, uint256 t) internal pure returns (uint256 work) {
        if (t == 0) return 0;
        work = works.first * t + works.growth * (t * (t - 1) / 2);
        if (t > works.tailFrom) work += works.tail * (t - works.tailFrom);
    }

    /// @notice The position within whose work `point` falls.
    function positionAt(Profile memory works, uint256 positions, uint256 point) internal pure returns (uint256) {
        // Halved at most 16 times: there are at most 2^16 positions.
        (uint256 low, uint256 high) = (0, positions);
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            if (before(works, middle) <= point) low = middle;
            else high = middle;
        }
        return low;
    }

    /// @notice The step of position `t` within whose work `point` falls.
    function stepAt(Shape memory shape, uint256 t, uint256 point) internal pure returns (uint256 step) {
        if (point < shape.dim) return 0;
        point -= shape.dim;
        uint256 layer = ofLayer(shape, t);
        step = 1;
        uint256 kind = uint256(Kind.FinalNorm);
        if (point < layer * shape.layers) {
            step += point / layer * LAYER_STEPS;
            point %= layer;
            kind = uint256(Kind.AttnNorm);
        } else {
            step += LAYER_STEPS * shape.layers;
            point -= layer * shape.layers;
        }
        for (;; kind++) {
            uint256 work = ofStep(shape, Kind(kind), t);
            if (point < work) return step;
            point -= work;
            step++;
        }
    }

    /// @notice The unit of a step within whose work `point` falls.
    function unitAt(Shape memory shape, Kind kind, uint256 t, uint256 point) internal pure returns (uint256) {
        if (kind == Kind.Embed) return point / CHUNK;
        if (kind == Kind.Sample) return 0;
        if (kind == Kind.Kv) return point / (2 * uint256(shape.headDim));
        if (kind == Kind.Attention) return point / (2 * uint256(shape.headDim) * (t + 1));
        if (hasHeader(kind)) return point == 0 ? 0 : 1 + (point - 1) / CHUNK;
        uint256 row = point / inputs(shape, kind);
        (uint256 first, uint256 second,) = parts(shape, kind);
        if (row < first) return row / CHUNK;
        if (row < first + second) return chunks(first) + (row - first) / CHUNK;
        return chunks(first) + chunks(second) + (row - first - second) / CHUNK;
    }

    /// @notice Units of a step.
    function unitCount(Shape memory shape, Kind kind) internal pure returns (uint256) {
        if (kind == Kind.Embed) return chunks(shape.dim);
        if (kind == Kind.Sample) return 1;
        if (kind == Kind.Kv) return shape.kvHeads;
        if (kind == Kind.Attention) return shape.heads;
        if (kind == Kind.AttnPack) return 1 + chunks(shape.queryDim());
        if (kind == Kind.Act) return 1 + chunks(shape.ffn);
        if (hasHeader(kind)) return 1 + chunks(shape.dim);
        (uint256 first, uint256 second, uint256 third) = parts(shape, kind);
        return chunks(first) + chunks(second) + chunks(third);
    }

    /// @dev Rows of the matrices of a linear step; each part is padded to whole chunks.
    function parts(Shape memory shape, Kind kind) private pure returns (uint256, uint256, uint256) {
        if (kind == Kind.Qkv) return (shape.queryDim(), shape.keyDim(), shape.keyDim());
        if (kind == Kind.GateUp) return (shape.ffn, shape.ffn, 0);
        if (kind == Kind.Head) return (shape.vocab, 0, 0);
        return (shape.dim, 0, 0);
    }

    /// @dev Inputs of a row of a linear step.
    function inputs(Shape memory shape, Kind kind) private pure returns (uint256) {
        if (kind == Kind.O) return shape.queryDim();
        if (kind == Kind.Down) return shape.ffn;
        return shape.dim;
    }

    function hasHeader(Kind kind) private pure returns (bool) {
        return kind == Kind.AttnNorm || kind == Kind.FfnNorm || kind == Kind.FinalNorm || kind == Kind.AttnPack
            || kind == Kind.Act;
    }

    function chunks(uint256 length) private pure returns (uint256) {
        return (length + CHUNK - 1) / CHUNK;
    }
}
