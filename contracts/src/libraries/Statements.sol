// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {CircuitKey} from "../types/Product.sol";
import {Bn254} from "./Bn254.sol";
import {Groth16, Groth16Proof} from "./Groth16.sol";

/// @notice Decides a statement of a circuit from its fields (docs/settlement-circuit.md, section 2).
/// @dev The circuit shows that it knows fields f with Poseidon(f) = h and Σ β^i f_i = s. h is named before β is drawn, and s is computed
/// here from the fields that the contract knows: so f are these fields.
library Statements {
    bytes32 private constant BETA = keccak256("assay v1 chain beta");

    /// @notice Reverts unless the proof shows the statement of these fields, for this context.
    function requireTrue(
        bytes32 context,
        bytes32 circuit,
        uint256[] memory fields,
        CircuitKey calldata key,
        uint256 digest,
        Groth16Proof calldata proof
    ) internal view {
        uint256 beta = challenge(context, circuit, fields, digest);
        Groth16.requireValid(key, [digest, beta, evaluate(fields, beta)], proof);
    }

    /// @notice Reverts unless every field is in its one form.
    function requireScalars(uint256[] memory fields) internal pure {
        for (uint256 i = 0; i < fields.length; i++) {
            Bn254.requireScalar(fields[i]);
        }
    }

    /// @notice β, of everything that the proof must be about.
    function challenge(bytes32 context, bytes32 circuit, uint256[] memory fields, uint256 digest)
        internal
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encodePacked(BETA, context, circuit, fields, digest))) % Bn254.R;
    }

    /// @notice Σ β^i·field_i, by Horner's rule from the last field.
    function evaluate(uint256[] memory fields, uint256 beta) internal pure returns (uint256 value) {
        for (uint256 i = fields.length; i > 0; i--) {
            value = addmod(mulmod(value, beta, Bn254.R), fields[i - 1], Bn254.R);
        }
    }
}
