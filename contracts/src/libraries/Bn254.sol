// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice A point of G1; the identity is (0, 0).
struct G1 {
    uint256 x;
    uint256 y;
}

/// @notice A point of G2, in the order of the precompile: the part with u first.
struct G2 {
    uint256 xu;
    uint256 x;
    uint256 yu;
    uint256 y;
}

/// @notice The curve BN254 by its precompiles (EIP-196, EIP-197).
library Bn254 {
    /// @notice Order p of the field of coordinates.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// @notice Order r of the groups: scalars are below it.
    uint256 internal constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// @notice A coordinate is not below p: another writing of the same point.
    error CoordinateTooLarge(uint256 coordinate);
    /// @notice A scalar is not below r: another writing of the same scalar.
    error ScalarTooLarge(uint256 scalar);
    /// @notice A precompile refused its input: a point is not on its curve, or not in the group.
    error NotAPoint();

    /// @notice Reverts unless both coordinates are in their one form.
    function requireCanonical(G1 memory a) internal pure {
        requireCoordinate(a.x);
        requireCoordinate(a.y);
    }

    /// @notice Reverts unless all coordinates are in their one form.
    function requireCanonical(G2 memory b) internal pure {
        requireCoordinate(b.xu);
        requireCoordinate(b.x);
        requireCoordinate(b.yu);
        requireCoordinate(b.y);
    }

    /// @notice Reverts unless the scalar is in its one form.
    function requireScalar(uint256 scalar) internal pure {
        if (scalar >= R) revert ScalarTooLarge(scalar);
    }

    /// @notice −a, for a canonical a.
    function negate(G1 memory a) internal pure returns (G1 memory) {
        return G1(a.x, a.y == 0 ? 0 : P - a.y);
    }

    /// @notice a + b.
    function add(G1 memory a, G1 memory b) internal view returns (G1 memory sum) {
        uint256[4] memory input = [a.x, a.y, b.x, b.y];
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 6, input, 0x80, sum, 0x40)
        }
        if (!success) revert NotAPoint();
    }

    /// @notice k·a.
    function multiply(G1 memory a, uint256 k) internal view returns (G1 memory product) {
        uint256[3] memory input = [a.x, a.y, k];
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 7, input, 0x60, product, 0x40)
        }
        if (!success) revert NotAPoint();
    }

    /// @notice Whether the product of the pairings of a_i and b_i is 1.
    function pairsToOne(G1[4] memory a, G2[4] memory b) internal view returns (bool) {
        uint256[24] memory input;
        for (uint256 i = 0; i < 4; i++) {
            (input[6 * i], input[6 * i + 1]) = (a[i].x, a[i].y);
            (input[6 * i + 2], input[6 * i + 3]) = (b[i].xu, b[i].x);
            (input[6 * i + 4], input[6 * i + 5]) = (b[i].yu, b[i].y);
        }
        return isProductOne(pointerOf(input), 0x300);
    }

    /// @notice Whether the product of the pairings of seven pairs is 1, each a point of G1 and one of G2 in the precompile's order.
    function isOne(uint256[42] memory pairs) internal view returns (bool) {
        return isProductOne(pointerOf(pairs), 0x540);
    }

    function isProductOne(uint256 input, uint256 length) private view returns (bool) {
        uint256[1] memory output;
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 8, input, length, output, 0x20)
        }
        if (!success) revert NotAPoint();
        return output[0] == 1;
    }

    function pointerOf(uint256[24] memory a) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := a
        }
    }

    function pointerOf(uint256[42] memory a) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := a
        }
    }

    function requireCoordinate(uint256 coordinate) private pure {
        if (coordinate >= P) revert CoordinateTooLarge(coordinate);
    }
}
