// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Part, Units} from "./libraries/Units.sol";
import {Claim} from "./types/Claim.sol";
import {Shape} from "./types/Shape.sol";
import {Unit} from "./types/Steps.sol";

/// @notice What proofs about units that are no matrix products must be about.
/// @dev A contract of its own because a contract's code has a limit (EIP-170). `UnitVerifier` makes it when it is made itself, so
/// nobody can put another in its place.
contract UnitClaims {
    /// @notice The claim about a unit of a valid shape, of which `part` is shown.
    function describe(Shape memory shape, Unit memory unit, uint256 promptTokens, Part memory part)
        external
        pure
        returns (Claim memory)
    {
        return Units.describe(shape, unit, promptTokens, part);
    }
}
