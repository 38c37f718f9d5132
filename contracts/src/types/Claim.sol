// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Kind} from "./Steps.sol";

/// @notice Numbers of circuits in the names of keys (docs/settlement-circuit.md).
library Circuits {
    uint256 internal constant LINEAR = 0;
    uint256 internal constant EMBED_PROMPT = 1;
    uint256 internal constant EMBED_GENERATED = 2;
    uint256 internal constant NORM_HEADER = 3;
    uint256 internal constant NORM_CHUNK = 4;
    uint256 internal constant KEY_VALUE = 5;
    uint256 internal constant ATTENTION_QUERY = 6;
    uint256 internal constant ATTENTION_BLOCK = 7;
    uint256 internal constant ATTENTION_MIX = 8;
    uint256 internal constant PACK_HEADER = 9;
    uint256 internal constant PACK_CHUNK = 10;
    uint256 internal constant ACT_CHUNK = 11;
    uint256 internal constant GREEDY_SAMPLE = 12;
}

/// @notice Which leaf of the trace.
struct Place {
    uint256 t;
    uint256 step;
    Kind kind;
}

/// @notice Which parameter of the model; `what` is 0 for none.
struct Parameter {
    uint256 what;
    uint256 a;
    uint256 b;
}

/// @notice What a proof about a unit must be about, as far as shape, unit and the number of prompt tokens say it.
/// @dev The fields of the statement are, in this order: halves and place of each leaf; the job's halves; `openings`;
/// p_t if `prompted`; `numbers`; the parameter if there is one; the state before if `reads`; the state after if `writes`.
struct Claim {
    uint256 circuit;
    uint256[7] shape;
    Place[] places;
    /// How often the last leaf is repeated: a circuit of several positions has all its places taken.
    uint256 repeats;
    uint256[] openings;
    uint256[] numbers;
    Parameter parameter;
    bool prompted;
    bool reads;
    bool writes;
}

using ClaimLibrary for Claim global;

/// @notice How claims are put together.
library ClaimLibrary {
    /// @notice Fields of the statement.
    function fieldCount(Claim memory claim) internal pure returns (uint256 count) {
        count = 3 * (claim.places.length + claim.repeats) + 2 + claim.openings.length + claim.numbers.length;
        if (claim.prompted) count++;
        if (claim.parameter.what != 0) count++;
        if (claim.reads) count++;
        if (claim.writes) count++;
    }

    /// @notice Leaf number `i`: the step at `t`.
    function leaf(Claim memory claim, uint256 i, uint256 t, uint256 step, Kind kind) internal pure {
        claim.places[i] = Place(t, step, kind);
    }

    /// @notice Words of further opened chunks.
    function open(Claim memory claim, uint256[] memory openings) internal pure {
        uint256[] memory before = claim.openings;
        uint256[] memory all = new uint256[](before.length + openings.length);
        for (uint256 i = 0; i < before.length; i++) {
            all[i] = before[i];
        }
        for (uint256 i = 0; i < openings.length; i++) {
            all[before.length + i] = openings[i];
        }
        claim.openings = all;
    }

    /// @notice One number of the unit.
    function number(Claim memory claim, uint256 a) internal pure {
        claim.numbers = new uint256[](1);
        claim.numbers[0] = a;
    }
}
