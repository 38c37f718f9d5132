// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Circuits, Claim, Parameter, Place} from "../types/Claim.sol";
import {Parameters} from "../types/ModelRecord.sol";
import {Shape} from "../types/Shape.sol";
import {Kind, Unit} from "../types/Steps.sol";
import {Heads} from "./Heads.sol";
import {Span, Tensors} from "./Tensors.sol";
import {Works} from "./Works.sol";

/// @notice What is left to say of a unit: which proof of an attention head, from which position, which chunk of head.
struct Part {
    uint256 stage;
    uint256 position;
    uint256 chunk;
}

/// @notice Units that are no matrix products: what a proof about each must be about.
/// @dev The circuits in circuits/src/settlement are the other side; tests/vectors/chain/units.json holds both to the same claims.
library Units {
    /// @notice head has no such chunk.
    error NoSuchChunk(uint256 chunk);

    /// @notice The claim about a unit, of which `part` is shown.
    function describe(Shape memory shape, Unit memory unit, uint256 promptTokens, Part memory part)
        internal
        pure
        returns (Claim memory)
    {
        Kind kind = Works.kindOf(shape, unit.step);
        if (kind == Kind.Embed) return embed(shape, unit, unit.t < promptTokens);
        if (kind == Kind.Kv) return Heads.keyValue(shape, unit);
        if (kind == Kind.Attention) return Heads.attention(shape, unit, part.stage, part.position);
        if (kind == Kind.Sample) return sample(shape, unit, part.chunk);
        bool packs = kind == Kind.AttnPack || kind == Kind.Act;
        if (unit.unit == 0) return packs ? packHeader(shape, unit, kind) : normHeader(shape, unit, kind);
        return packs ? packChunk(shape, unit, kind) : normChunk(shape, unit, kind);
    }

    /// @dev A row of the embedding matrix: that of a token of the prompt, or of the token that the position before it gave.
    function embed(Shape memory shape, Unit memory unit, bool prompted) private pure returns (Claim memory claim) {
        Span memory span = chunk(shape, Kind.Embed, unit.unit);
        claim.circuit = prompted ? Circuits.EMBED_PROMPT : Circuits.EMBED_GENERATED;
        claim.shape = [uint256(shape.dim), shape.vocab, span.word, 0, 0, 0, 0];
        claim.places = new Place[](prompted ? 1 : 2);
        claim.leaf(0, unit.t, unit.step, Kind.Embed);
        claim.open(span.openings);
        if (!prompted) {
            claim.leaf(1, unit.t - 1, shape.bodySteps() + 2, Kind.Sample);
            claim.open(chunk(shape, Kind.Sample, 0).openings);
        }
        claim.prompted = prompted;
        claim.parameter = Parameter(Parameters.EMBEDDING, 0, 0);
    }

    function normHeader(Shape memory shape, Unit memory unit, Kind kind) private pure returns (Claim memory claim) {
        claim.circuit = Circuits.NORM_HEADER;
        claim.shape[0] = shape.dim;
        claim.places = new Place[](1);
        claim.leaf(0, unit.t, unit.step, kind);
        claim.parameter = Parameter(Parameters.EPS, 0, 0);
    }

    /// @dev A norm reads the step before it: embed, down or o.
    function normChunk(Shape memory shape, Unit memory unit, Kind kind) private pure returns (Claim memory claim) {
        uint256 c = unit.unit - 1;
        Kind residual = Works.kindOf(shape, unit.step - 1);
        Span memory own = chunk(shape, kind, c);
        Span memory read = chunk(shape, residual, c);
        claim.circuit = Circuits.NORM_CHUNK;
        claim.shape = [uint256(shape.dim), own.word, read.word, Tensors.rows(shape.dim, c), 0, 0, 0];
        claim.places = new Place[](2);
        claim.leaf(0, unit.t, unit.step, kind);
        claim.leaf(1, unit.t, unit.step - 1, residual);
        claim.open(own.openings);
        claim.open(read.openings);
        claim.number(c);
        claim.parameter = Parameter(Parameters.GAINS, unit.step, c);
    }

    function packHeader(Shape memory shape, Unit memory unit, Kind kind) private pure returns (Claim memory claim) {
        claim.circuit = Circuits.PACK_HEADER;
        (claim.shape[0], claim.shape[1]) = (uint256(kind), Tensors.length(shape, kind));
        claim.places = new Place[](1);
        claim.leaf(0, unit.t, unit.step, kind);
    }

    /// @dev attn_pack reads the same chunk of attention; act the chunk of gate and that of up, which stands behind all of gate.
    function packChunk(Shape memory shape, Unit memory unit, Kind kind) private pure returns (Claim memory claim) {
        uint256 c = unit.unit - 1;
        uint256 length = Tensors.length(shape, kind);
        uint256 rows = Tensors.rows(length, c);
        bool acts = kind == Kind.Act;
        Kind source = acts ? Kind.GateUp : Kind.Attention;
        Span memory own = chunk(shape, kind, c);
        Span memory read = Tensors.span(shape, source, Works.CHUNK * c, rows);
        claim.circuit = acts ? Circuits.ACT_CHUNK : Circuits.PACK_CHUNK;
        claim.places = new Place[](2);
        claim.leaf(0, unit.t, unit.step, kind);
        claim.leaf(1, unit.t, unit.step - 1, source);
        claim.open(own.openings);
        claim.open(read.openings);
        claim.number(c);
        if (!acts) {
            claim.shape = [length, own.word, read.word, rows, 0, 0, 0];
            return claim;
        }
        Span memory up = Tensors.span(shape, source, Tensors.padded(length) + Works.CHUNK * c, rows);
        claim.open(up.openings);
        claim.shape = [length, own.word, read.word, up.word, rows, 0, 0];
    }

    /// @dev The greatest logit is in chunk `c` of head; the rig says in which, the proof that it is.
    function sample(Shape memory shape, Unit memory unit, uint256 c) private pure returns (Claim memory claim) {
        if (c >= Works.unitCount(shape, Kind.Head)) revert NoSuchChunk(c);
        Span memory read = chunk(shape, Kind.Head, c);
        claim.circuit = Circuits.GREEDY_SAMPLE;
        (claim.shape[0], claim.shape[1]) = (shape.vocab, read.word);
        claim.places = new Place[](2);
        claim.leaf(0, unit.t, unit.step, Kind.Sample);
        claim.leaf(1, unit.t, unit.step - 1, Kind.Head);
        claim.open(chunk(shape, Kind.Sample, 0).openings);
        claim.open(read.openings);
    }

    /// @dev Chunk `c` of 256 elements of a step's tensor.
    function chunk(Shape memory shape, Kind kind, uint256 c) private pure returns (Span memory) {
        return Tensors.span(shape, kind, Works.CHUNK * c, Tensors.rows(Tensors.length(shape, kind), c));
    }
}
